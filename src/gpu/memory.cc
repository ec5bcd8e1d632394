// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "gpu/memory.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

namespace glimt::gpu {
namespace {

// A block serves wishes down to a quarter of its size.
constexpr std::size_t kWaste = 4;
constexpr std::size_t kLeast = std::size_t{64} << 10;

/// The sizes of blocks: 4 steps to a power of two.
std::size_t rounded_up(std::size_t bytes) {
  std::size_t step = kLeast;
  while (step < bytes / 8) step *= 2;
  return (std::max(bytes, kLeast) + step - 1) / step * step;
}

struct Pool {
  std::mutex mutex;
  std::multimap<std::pair<int, std::size_t>, std::uint8_t*> unused;  // by device and size
  PoolCounts counts;

  std::uint8_t* reuse(int device, std::size_t wanted, std::size_t& size) {
    const std::lock_guard lock(mutex);
    const auto found = unused.lower_bound({device, wanted});
    if (found == unused.end() || found->first.first != device ||
        found->first.second / kWaste > wanted) {
      return nullptr;
    }
    std::uint8_t* memory = found->second;
    size = found->first.second;
    unused.erase(found);
    counts.bytes_unused -= size;
    counts.bytes_in_use += size;
    return memory;
  }
};

/// Never destroyed: blocks may outlive static destructors, and the driver frees all at the end.
Pool& pool_of(MemoryKind kind) {
  static auto* const pools = new std::array<Pool, 2>;
  return (*pools)[static_cast<std::size_t>(kind)];
}

}  // namespace

Block::~Block() {
  if (memory_ == nullptr) return;
  Pool& pool = pool_of(kind_);
  const std::lock_guard lock(pool.mutex);
  pool.unused.emplace(std::pair(device_, size_), memory_);
  pool.counts.bytes_in_use -= size_;
  pool.counts.bytes_unused += size_;
}

Status Block::grow(MemoryKind kind, int device, std::size_t bytes) {
  if (kind == MemoryKind::pinned) device = 0;
  if (memory_ != nullptr && size_ >= bytes && kind_ == kind && device_ == device) return {};
  *this = Block();  // given back first: both need not exist at once
  GLIMT_TRY(*this, take_block(kind, device, bytes));
  return {};
}

Result<Block> take_block(MemoryKind kind, int device, std::size_t bytes) {
  if (kind == MemoryKind::pinned) device = 0;  // any device may use it
  Block block;
  block.kind_ = kind;
  block.device_ = device;
  const std::size_t wanted = rounded_up(bytes);
  Pool& pool = pool_of(kind);
  block.memory_ = pool.reuse(device, wanted, block.size_);
  if (block.memory_ != nullptr) return block;
  const DeviceScope scope(device);
  GLIMT_TRY(scope.status());
  auto fresh = allocate(kind, wanted);
  if (!fresh.ok() && fresh.status().code() == Code::out_of_memory) {
    trim_pools();
    fresh = allocate(kind, wanted);
  }
  if (!fresh.ok()) return fresh.status();
  block.memory_ = static_cast<std::uint8_t*>(*fresh);
  block.size_ = wanted;
  const std::lock_guard lock(pool.mutex);
  ++pool.counts.allocations;
  pool.counts.bytes_in_use += wanted;
  return block;
}

void trim_pools() {
  for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned}) {
    Pool& pool = pool_of(kind);
    const std::lock_guard lock(pool.mutex);
    for (const auto& [key, memory] : pool.unused) {
      const DeviceScope scope(key.first);
      release(kind, memory);
    }
    pool.unused.clear();
    pool.counts.bytes_unused = 0;
  }
}

PoolCounts pool_counts(MemoryKind kind) {
  Pool& pool = pool_of(kind);
  const std::lock_guard lock(pool.mutex);
  return pool.counts;
}

}  // namespace glimt::gpu
