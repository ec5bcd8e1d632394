// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Device memory of images that callers hold. When a caller drops an image, kernels of the caller's
// may still read it, so its memory is not handed out again before the streams that it was used on
// have passed that point. No stream is touched when memory is dropped: the caller may have
// destroyed it; points are marked when the caller comes with the stream again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::gpu {

class ImageMemory {
 public:
  /// At least `bytes` on `device` that nobody uses any more; contents undefined. `stream`: what the
  /// image will be used on. Code::out_of_memory, device.
  static Result<std::shared_ptr<ImageMemory>> take(int device, std::size_t bytes,
                                                   StreamHandle stream);
  ~ImageMemory();
  ImageMemory(const ImageMemory&) = delete;
  ImageMemory& operator=(const ImageMemory&) = delete;

  [[nodiscard]] std::uint8_t* data() const { return block_.data(); }
  [[nodiscard]] std::size_t size() const { return block_.size(); }
  [[nodiscard]] int device() const { return device_; }

  /// The image is used on this stream, too, from now on: it must have passed as well.
  void join(StreamHandle stream);
  /// What `stream` has been given so far may use the memory; called by whoever lets go of it, while
  /// the stream exists.
  void used_on(StreamHandle stream);

 private:
  ImageMemory(Block block, int device, StreamHandle stream)
      : block_(std::move(block)), device_(device), streams_{stream} {}

  Block block_;
  int device_;
  std::vector<StreamHandle> streams_;
  std::shared_ptr<Event> foreign_use_;
};

/// Marks on `stream`, which must exist, the point up to which memory dropped so far is in use, and
/// frees what has been passed. Once a call, before memory is taken.
void renew_image_memory(int device, StreamHandle stream);

/// Bytes that were dropped and may still be in use, of all devices.
std::size_t waiting_image_bytes();

}  // namespace glimt::gpu
