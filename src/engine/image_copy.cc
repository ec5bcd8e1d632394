// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Images from one memory to another.
#include "engine/plan.h"
#include "glimt/image.h"
#include "gpu/image_memory.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/convert.h"
#include "pixel/device.h"

namespace glimt {
inline namespace v0 {
namespace {

/// Samples as they are, whatever they mean.
PixelForm plain_form(const ImageSpec& spec) {
  PixelForm form;
  form.type = spec.type;
  form.bit_depth = static_cast<std::uint8_t>(8 * sample_bytes(spec.type));
  form.channels = static_cast<std::uint16_t>(spec.channels);
  form.color = ColorModel::other;
  form.planar = is_planar(spec.sample_format);
  return form;
}

/// Whether rows (of each plane) are stretches of memory, one after the other.
bool has_rows(const Image& image) {
  const Strides packed = packed_strides(image.spec());
  const Strides& own = image.strides();
  const bool planar = is_planar(image.spec().sample_format);
  return own.pixel == packed.pixel && own.row > 0 &&
         (planar ? own.channel > 0 : own.channel == packed.channel);
}

/// Memory that copies from and to a GPU reach directly.
Result<Image> make_pinned(const ImageSpec& spec) {
  GLIMT_TRY(const std::size_t bytes, spec.packed_bytes());
  GLIMT_TRY(gpu::Block block, gpu::take_block(gpu::MemoryKind::pinned, 0, bytes));
  auto owner = std::make_shared<gpu::Block>(std::move(block));
  return Image::own(spec, owner, owner->data(), owner->size());
}

Status copy_planes(const Image& from, const Image& to, gpu::StreamHandle stream) {
  const ImageSpec& spec = from.spec();
  const bool planar = is_planar(spec.sample_format);
  const auto row_bytes = static_cast<std::size_t>(packed_strides(spec).row);
  for (std::uint32_t plane = 0; plane < (planar ? spec.channels : 1U); ++plane) {
    GLIMT_TRY(gpu::copy_rows(
        {to.data() + plane * to.strides().channel, static_cast<std::size_t>(to.strides().row),
         from.data() + plane * from.strides().channel, static_cast<std::size_t>(from.strides().row),
         row_bytes, static_cast<std::size_t>(spec.height)},
        stream));
  }
  return {};
}

}  // namespace

Result<Image> Image::packed_copy() const {
  if (!place_.on_host()) {
    gpu::renew_image_memory(place_.device, gpu::stream_of(place_.cuda_stream));
  }
  GLIMT_TRY(Image copy, make(spec_, place_));
  const PixelForm form = plain_form(spec_);
  const PixelView from = view_of(*this, form), to = view_of(copy, form);
  if (place_.on_host()) {
    GLIMT_TRY(const Converter converter, Converter::make(form, form));
    converter.run(from, to);
    return copy;
  }
  const gpu::DeviceScope scope(place_.device);
  GLIMT_TRY(scope.status());
  const DeviceConversion conversion{from, to};
  GLIMT_TRY(DeviceStaging staging, DeviceStaging::make(place_.device));
  GLIMT_TRY(convert_on_device({&conversion, 1}, staging, gpu::stream_of(place_.cuda_stream)));
  return copy;
}

void Image::set_cuda_stream(std::uintptr_t stream) {
  place_.cuda_stream = stream;
  if (borrowed_ || place_.on_host() || owner_ == nullptr) return;
  static_cast<gpu::ImageMemory*>(owner_.get())->join(gpu::stream_of(stream));
}

void Image::used_on(std::uintptr_t cuda_stream) const {
  if (borrowed_ || place_.on_host() || owner_ == nullptr) return;
  static_cast<gpu::ImageMemory*>(owner_.get())->used_on(gpu::stream_of(cuda_stream));
}

Result<Image> Image::copy_to(const Place& place, bool wait) const {
  if (place.device == place_.device) return *this;
  Image from = *this;
  if (!has_rows(from)) {
    GLIMT_TRY(from, packed_copy());
  }
  const Place& busy = place.on_host() ? place_ : place;  // whose stream copies
  const gpu::DeviceScope scope(busy.device);
  GLIMT_TRY(scope.status());
  const gpu::StreamHandle stream = gpu::stream_of(busy.cuda_stream);
  if (!place_.on_host() && !place.on_host()) {
    const gpu::DeviceScope other(place_.device);
    GLIMT_TRY(gpu::follow(stream, gpu::stream_of(place_.cuda_stream)));
  }
  if (!place.on_host()) gpu::renew_image_memory(place.device, stream);
  GLIMT_TRY(Image to, place.on_host() ? make_pinned(spec_) : make(spec_, place));
  GLIMT_TRY(copy_planes(from, to, stream));
  if (wait || place.on_host()) {
    GLIMT_TRY(gpu::Event done, gpu::Event::make());
    GLIMT_TRY(gpu::record(done.get(), stream));
    GLIMT_TRY(gpu::synchronize(done.get()));
  }
  return to;
}

}  // namespace v0
}  // namespace glimt
