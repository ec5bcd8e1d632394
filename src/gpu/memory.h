// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Pools of device and pinned memory that keep their blocks: cudaMalloc and cudaFree synchronise the
// device, so in the steady state neither is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gpu/runtime.h"

namespace glimt::gpu {

/// A block of a pool, given back when this object dies. Whoever lets go of device memory must know
/// that no stream uses it any more: the pool hands it out again at once.
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept { *this = std::move(other); }
  Block& operator=(Block&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(device_, other.device_);
    std::swap(kind_, other.kind_);
    return *this;
  }
  ~Block();

  [[nodiscard]] std::uint8_t* data() const { return memory_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Replaces the block by one of at least `bytes`, rounded up so that slowly growing wishes find
  /// it large enough; keeps it when it is. Contents are lost. Code::out_of_memory, device.
  Status grow(MemoryKind kind, int device, std::size_t bytes);

 private:
  friend Result<Block> take_block(MemoryKind kind, int device, std::size_t bytes);

  std::uint8_t* memory_ = nullptr;
  std::size_t size_ = 0;
  int device_ = 0;
  MemoryKind kind_ = MemoryKind::device;
};

/// At least `bytes` on `device` (or pinned on the host), 256-byte aligned, contents undefined.
/// When memory is short, blocks that lie unused in the pools are returned to the driver first.
Result<Block> take_block(MemoryKind kind, int device, std::size_t bytes);

/// Returns unused blocks to the driver.
void trim_pools();

struct PoolCounts {
  std::size_t bytes_in_use = 0, bytes_unused = 0;
  std::uint64_t allocations = 0;  ///< calls of the driver since the start
};
PoolCounts pool_counts(MemoryKind kind);

}  // namespace glimt::gpu
