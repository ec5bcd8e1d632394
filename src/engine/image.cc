// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/image.h"

#include <optional>
#include <string>

#include "base/checked.h"
#include "base/page_pool.h"
#include "gpu/image_memory.h"

namespace glimt {
inline namespace v0 {
namespace {

std::string size_text(const ImageSpec& spec) {
  return std::to_string(spec.height) + " x " + std::to_string(spec.width) + " x " +
         std::to_string(spec.channels) + " " + std::string(name_of(spec.type));
}

/// The place that an image of `spec` takes in borrowed memory that was wrapped as `first`: the
/// rules of reuse, in their order. Nothing when it does not fit.
std::optional<Strides> place_in(const ImageSpec& first, const Strides& strides,
                                std::size_t capacity, const ImageSpec& spec, std::size_t bytes) {
  const Strides packed = packed_strides(spec), first_packed = packed_strides(first);
  const bool same_layout = is_planar(spec.sample_format) == is_planar(first.sample_format);
  const bool gapless_rows =
      strides.pixel == first_packed.pixel &&
      (is_planar(first.sample_format) || strides.channel == first_packed.channel);
  if (same_layout && spec.height <= first.height) {
    // The top left part, of every plane.
    if (gapless_rows && !is_planar(spec.sample_format) && packed.row <= first_packed.row) {
      return Strides{strides.row, packed.pixel, packed.channel};
    }
    if (gapless_rows && is_planar(spec.sample_format) && packed.row <= first_packed.row &&
        spec.channels <= first.channels) {
      return Strides{strides.row, packed.pixel, strides.channel};
    }
    // Memory that is neither (mirrored, transposed, every second column) keeps its order.
    if (!gapless_rows && spec.width <= first.width && spec.channels <= first.channels &&
        sample_bytes(spec.type) == sample_bytes(first.type)) {
      return strides;
    }
  }
  if (strides == first_packed && bytes <= capacity) return packed;
  return std::nullopt;
}

struct Memory {
  std::shared_ptr<void> owner;
  std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
};
Result<Memory> take_memory(std::size_t bytes, const Place& place, const ImageSpec& spec) {
  if (!place.on_host()) {
    GLIMT_TRY(const auto memory,
              gpu::ImageMemory::take(place.device, bytes, gpu::stream_of(place.cuda_stream)));
    return Memory{memory, memory->data(), memory->size()};
  }
  auto block = std::make_shared<PageBlock>(allocate_pages(bytes));
  if (!*block) {
    return Status(Code::out_of_memory, "no memory for an image of " + size_text(spec));
  }
  return Memory{block, block->data(), block->size()};
}

}  // namespace

Result<std::size_t> ImageSpec::packed_bytes() const {
  if (width <= 0 || height <= 0 || channels == 0) {
    return Status(Code::bad_argument, "an image needs at least one pixel and one channel");
  }
  const auto bytes = checked_size(width, height, channels, sample_bytes(type));
  if (!bytes) return Status(Code::limit, size_text(*this) + " is more than memory can address");
  return *bytes;
}

Strides packed_strides(const ImageSpec& spec) {
  const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(spec.type));
  if (is_planar(spec.sample_format)) {
    const std::ptrdiff_t row = sample * spec.width;
    return {row, sample, row * spec.height};
  }
  const std::ptrdiff_t pixel = sample * spec.channels;
  return {pixel * spec.width, pixel, sample};
}

Result<Image> Image::make(const ImageSpec& spec, const Place& place) {
  Image image;
  image.place_ = place;
  if (Status status = image.reshape(spec); !status.ok()) return status;
  return image;
}

Image Image::own(const ImageSpec& spec, std::shared_ptr<void> owner, std::uint8_t* data,
                 std::size_t capacity_bytes, const Place& place) {
  Image image;
  image.spec_ = spec;
  image.strides_ = packed_strides(spec);
  image.place_ = place;
  image.data_ = data;
  image.owner_ = std::move(owner);
  image.capacity_ = capacity_bytes;
  return image;
}

Image Image::wrap(const ImageSpec& spec, const Strides& strides, void* data,
                  std::shared_ptr<void> owner, std::size_t capacity_bytes, const Place& place) {
  Image image;
  image.place_ = place;
  image.spec_ = image.first_spec_ = spec;
  image.strides_ = image.first_strides_ = strides;
  image.data_ = static_cast<std::uint8_t*>(data);
  image.owner_ = std::move(owner);
  image.capacity_ = capacity_bytes;
  image.borrowed_ = true;
  return image;
}

std::size_t Image::size_bytes() const {
  const auto bytes = spec_.packed_bytes();
  return bytes.ok() ? *bytes : 0;
}

Status Image::reshape(const ImageSpec& spec) {
  const auto bytes = spec.packed_bytes();
  if (!bytes.ok()) return bytes.status();
  const Strides packed = packed_strides(spec);
  if (!borrowed_) {
    if (*bytes > capacity_ || owner_ == nullptr) {
      GLIMT_TRY(const Memory memory, take_memory(*bytes, place_, spec));
      data_ = memory.data;
      capacity_ = memory.bytes;
      owner_ = memory.owner;
    }
    spec_ = spec;
    strides_ = packed;
    return {};
  }
  if (capacity_ == 0) {
    return {Code::bad_argument, "the buffer to reuse is read only: pass a writable one or none"};
  }
  const auto place = place_in(first_spec_, first_strides_, capacity_, spec, *bytes);
  if (!place) {
    const bool enough = *bytes <= capacity_;
    return {Code::bad_argument,
            "the buffer to reuse holds " + size_text(first_spec_) +
                (enough ? ", is not contiguous, and its rows or height are too small for "
                        : " and is too small for ") +
                size_text(spec) + "; pass a larger one or none"};
  }
  strides_ = *place;
  spec_ = spec;
  return {};
}

}  // namespace v0
}  // namespace glimt
