// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/lane.h"

#include <algorithm>
#include <utility>

#include "gpu/image_memory.h"

namespace glimt {

Result<std::unique_ptr<Lane>> Lane::make(int device) {
  const gpu::DeviceScope scope(device);
  GLIMT_TRY(scope.status());
  std::unique_ptr<Lane> lane(new Lane);
  GLIMT_TRY(lane->stream_, gpu::Stream::make());
  GLIMT_TRY(lane->done_, gpu::Event::make());
  GLIMT_TRY(DeviceStaging staging, DeviceStaging::make(device));
  lane->staging_ = std::make_unique<DeviceStaging>(std::move(staging));
  lane->gpu_ = {device, lane->stream_.get()};
  return lane;
}

Lane::~Lane() {
  if (stream_.get() != nullptr) (void)let_go().ok();
}

/// Images that were used on the lane's own stream are marked as passed while there is one.
Status Lane::let_go() {
  const gpu::DeviceScope scope(gpu_.device);
  GLIMT_TRY(scope.status());
  GLIMT_TRY(gpu::synchronize(stream_.get()));
  held_.clear();
  held_images_.clear();
  gpu::renew_image_memory(gpu_.device, stream_.get());
  return {};
}

Status Lane::begin() {
  // The call before may have left copies under way that read what is held.
  puts_.clear();
  return held_.empty() && held_images_.empty() ? Status() : let_go();
}

Status Lane::wait_for(gpu::StreamHandle stream) { return gpu::follow(stream_.get(), stream); }

Result<std::uint8_t*> Lane::take_pinned(std::size_t bytes) {
  GLIMT_TRY(gpu::Block block, gpu::take_block(gpu::MemoryKind::pinned, gpu_.device, bytes));
  std::uint8_t* const memory = block.data();
  const std::lock_guard lock(mutex_);
  held_.push_back(std::move(block));
  return memory;
}

void Lane::hold(Image image) {
  const std::lock_guard lock(mutex_);
  held_images_.push_back(std::move(image));
}

Status Lane::land(const CanvasTarget& target, const PixelView& captured, const Rect& rect) {
  const gpu::DeviceScope scope(gpu_.device);
  GLIMT_TRY(scope.status());
  DevicePut put{target, captured, rect};
  gpu::Block block;
  if (!rect.empty()) {
    const std::size_t bytes = packed_bytes(captured.width, captured.height, captured.form);
    GLIMT_TRY(block, gpu::take_block(gpu::MemoryKind::device, gpu_.device, bytes));
    GLIMT_TRY(gpu::copy_to_device(block.data(), captured.data, bytes, stream_.get()));
    put.view.data = block.data();
  }
  const std::lock_guard lock(mutex_);
  held_.push_back(std::move(block));
  puts_.push_back(put);
  return {};
}

Status Lane::finish(gpu::StreamHandle stream) {
  const gpu::DeviceScope scope(gpu_.device);
  GLIMT_TRY(scope.status());
  if (!puts_.empty()) GLIMT_TRY(put_on_device(puts_, *staging_, stream_.get()));
  GLIMT_TRY(gpu::record(done_.get(), stream_.get()));
  return gpu::wait(stream, done_.get());
}

Result<Lanes::Lease> Lanes::take(int device) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(free_.begin(), free_.end(), [device](const auto& lane) {
      return lane->gpu().device == device;
    });
    if (found != free_.end()) {
      Lease lease(*this, std::move(*found));
      free_.erase(found);
      return lease;
    }
  }
  GLIMT_TRY(std::unique_ptr<Lane> lane, Lane::make(device));
  return Lease(*this, std::move(lane));
}

void Lanes::give(std::unique_ptr<Lane> lane) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(lane));
}

}  // namespace glimt
