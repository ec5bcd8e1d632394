// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/objects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <span>

namespace nb = nanobind;

namespace glimt::python {

Region RegionObject::planar() const {
  Region region{start[0], start[1], end[0], end[1], {}};
  for (int i = 0; i < kFillSamples; ++i) region.fill[i] = fill[i].value;
  return region;
}

std::string RegionObject::repr() const {
  const auto dims = static_cast<std::size_t>(ndim);
  std::string samples;
  for (const FillSample& sample : fill) {
    if (!samples.empty()) samples += ", ";
    samples +=
        sample.integral ? fmt::format("{:.0f}", sample.value) : fmt::format("{:g}", sample.value);
  }
  return fmt::format("Region(start=({}) end=({}) out_of_bounds_policy=CONSTANT with samples=[{}])",
                     fmt::join(std::span(start).first(dims), ", "),
                     fmt::join(std::span(end).first(dims), ", "), samples);
}

StreamView ViewObject::stream_view() const {
  // There are never as many images as do not fit.
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  StreamView view{static_cast<std::uint32_t>(std::min(image_idx, kMost)), std::nullopt,
                  bitstream_offset, static_cast<std::uint32_t>(std::min(limit_images, kMost))};
  if (region && region->ndim == 2) view.region = region->planar();
  return view;
}

std::string ViewObject::repr() const {
  std::string text = fmt::format("CodeStreamView(image_idx={}, region={}", image_idx,
                                 region ? region->repr() : "None");
  if (bitstream_offset != 0) text += fmt::format(", bitstream_offset={}", bitstream_offset);
  if (limit_images != 0) text += fmt::format(", limit_images={}", limit_images);
  return text + ")";
}

StreamObject::StreamObject(EncodedBytes encoded)
    : view(std::make_unique<ViewObject>()), output(std::make_unique<Output>()) {
  set_encoded(std::move(encoded));
}

void StreamObject::set_encoded(EncodedBytes encoded) {
  output->bytes = std::move(encoded);
  if (view == nullptr) view = std::make_unique<ViewObject>();
  const EncodedBytes& bytes = output->bytes;
  output->capacity = std::max(output->capacity, bytes.bytes().size());
  stream =
      bytes.data() == nullptr ? CodeStream() : CodeStream::from_bytes(bytes.bytes(), bytes.owner());
}

EncodedBytes StreamObject::take_output() {
  stream = CodeStream();
  EncodedBytes bytes = std::exchange(output->bytes, {});
  if (bytes.owner().use_count() == 1) return bytes;
  output->capacity = 0;
  return {};
}

void ImageObject::replace(Image next) {
  const bool same_memory = image.owner() == next.owner();
  if (shown && !same_memory) {
    kept.push_back(image.owner());
    shown = false;
  }
  capacity = same_memory ? std::max(capacity, next.size_bytes()) : next.size_bytes();
  image = std::move(next);
}

namespace {
// After the interpreter has gone the objects have, too.
struct DropReference {
  void operator()(PyObject* object) const {
    if (!Py_IsInitialized()) return;
    const nb::gil_scoped_acquire gil;
    Py_DECREF(object);
  }
};
struct DropBuffer {
  void operator()(Py_buffer* view) const {
    if (Py_IsInitialized()) {
      const nb::gil_scoped_acquire gil;
      PyBuffer_Release(view);
    }
    delete view;
  }
};
}  // namespace

std::shared_ptr<void> keep_alive(nb::object object) {
  return std::shared_ptr<PyObject>(object.release().ptr(), DropReference{});
}

std::shared_ptr<Py_buffer> hold_buffer(nb::handle object, int flags) {
  auto view = std::make_unique<Py_buffer>();
  if (PyObject_GetBuffer(object.ptr(), view.get(), flags) != 0) throw nb::python_error();
  return std::shared_ptr<Py_buffer>(view.release(), DropBuffer{});
}

nb::handle numpy_dtype(SampleType type) {
  static std::atomic<PyObject*> cache[11];
  std::atomic<PyObject*>& slot = cache[static_cast<std::size_t>(type)];
  PyObject* found = slot.load(std::memory_order_acquire);
  if (found == nullptr) {
    // Two threads may both come here: one reference more is kept for ever.
    const std::string_view name = name_of(type);
    found = nb::module_::import_("numpy")
                .attr("dtype")(nb::str(name.data(), name.size()))
                .release()
                .ptr();
    slot.store(found, std::memory_order_release);
  }
  return found;
}

}  // namespace glimt::python
