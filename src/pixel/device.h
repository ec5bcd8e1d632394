// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What Converter and Canvas do, for pixels in device memory: same rules, same bits (pixel_rule.h).
// A span of images is one or two launches, whatever its forms. In a build without CUDA there is no
// DeviceStaging to be had: make() fails with Code::device.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/result.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/canvas.h"
#include "pixel/form.h"

namespace glimt {

/// Memory in which descriptors travel to the device, kept between calls. Serves one thread at a
/// time; calls may use different streams of the device. The 9th call in flight waits for the first.
class DeviceStaging {
 public:
  /// Code::device, out_of_memory.
  static Result<DeviceStaging> make(int device);
  DeviceStaging(DeviceStaging&&) noexcept = default;
  DeviceStaging& operator=(DeviceStaging&&) = delete;
  /// Waits for what still reads the memory.
  ~DeviceStaging();

  [[nodiscard]] int device() const { return device_; }

  /// The host's and the device's side of one call's descriptors.
  struct Slot {
    gpu::Block host, device;
    gpu::Event free;  ///< recorded behind the last kernel that reads the device's side
  };
  /// A slot that nothing uses, with at least `bytes` on either side.
  Result<Slot*> take(std::size_t bytes);

 private:
  DeviceStaging() = default;

  static constexpr std::size_t kSlots = 8;
  int device_ = 0;
  std::size_t next_ = 0;
  std::array<Slot, kSlots> slots_;
};

/// Stored pixels `rect`, lying at `view` in its form, into `target.image`: what Canvas::start, put
/// and fill_outside do. All pointers are device memory; the two must not overlap.
struct DevicePut {
  CanvasTarget target;
  PixelView view;
  Rect rect;
};

/// Puts the work on the stream and returns. The views may be forgotten after that; their memory
/// must last until the stream has done it. Code::unsupported, with nothing begun, when a form
/// cannot become the wanted one.
Status put_on_device(std::span<const DevicePut> puts, DeviceStaging& staging,
                     gpu::StreamHandle stream);

/// All pixels of `from` into `to`: equal size, any strides, no overlap.
struct DeviceConversion {
  PixelView from, to;
};
/// As put_on_device(). Code::bad_argument when sizes differ.
Status convert_on_device(std::span<const DeviceConversion> conversions, DeviceStaging& staging,
                         gpu::StreamHandle stream);

}  // namespace glimt
