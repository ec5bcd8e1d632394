// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The GPU side of one call of a Decoder or Encoder: a stream between what the caller's stream holds
// and what comes on it, and the pixels that CPU codecs decoded on their way to the device.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "codec/worker.h"
#include "glimt/image.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/canvas.h"
#include "pixel/device.h"

namespace glimt {

class Lane {
 public:
  static Result<std::unique_ptr<Lane>> make(int device);
  /// Waits for the lane's work.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] const GpuLane& gpu() const { return gpu_; }

  /// A call begins. Memory of the call before is let go of.
  Status begin();
  /// Work from now on comes behind what is on `stream`, one of the lane's device.
  Status wait_for(gpu::StreamHandle stream);
  /// Pinned memory until the next begin(). Safe from several threads, as is land().
  Result<std::uint8_t*> take_pinned(std::size_t bytes);
  /// Keeps an image until the next begin().
  void hold(Image image);
  /// Sends captured pixels on their way to `target`, device memory. `rect`: those pixels, as
  /// stored; empty: only the fill around them. finish() brings them in.
  Status land(const CanvasTarget& target, const PixelView& captured, const Rect& rect);
  /// What comes on `stream` from now on waits for the call's work. The calling thread does not.
  Status finish(gpu::StreamHandle stream);

 private:
  Lane() = default;
  Status let_go();

  gpu::Stream stream_;
  gpu::Event done_;
  std::unique_ptr<DeviceStaging> staging_;
  GpuLane gpu_;
  std::mutex mutex_;
  std::vector<gpu::Block> held_;
  std::vector<Image> held_images_;
  std::vector<DevicePut> puts_;
};

/// Lanes of calls that are over, for the next ones.
class Lanes {
 public:
  /// A lane for as long as this object lives.
  class Lease {
   public:
    Lease(Lanes& lanes, std::unique_ptr<Lane> lane) : lanes_(&lanes), lane_(std::move(lane)) {}
    Lease(Lease&& other) noexcept : lanes_(other.lanes_), lane_(std::move(other.lane_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (lane_ != nullptr) lanes_->give(std::move(lane_));
    }
    Lane* operator->() const { return lane_.get(); }
    Lane& operator*() const { return *lane_; }

   private:
    Lanes* lanes_;
    std::unique_ptr<Lane> lane_;
  };

  /// Code::device, out_of_memory.
  Result<Lease> take(int device);

 private:
  void give(std::unique_ptr<Lane> lane);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> free_;
};

}  // namespace glimt
