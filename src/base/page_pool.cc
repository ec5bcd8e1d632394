// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "base/page_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <list>
#include <map>
#include <mutex>

namespace glimt {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kHugeFrom = std::size_t{4} << 20;
constexpr std::size_t kSlack = 64;
constexpr std::size_t kLeastLimit = std::size_t{64} << 20;
constexpr std::size_t kSmallest = 4096;

/// Four classes an octave, so that at most a fifth of a block is unused.
std::size_t block_size(std::size_t bytes) {
  if (bytes >= kHugeFrom) return (bytes + kHugePage - 1) / kHugePage * kHugePage;
  const std::size_t wanted = std::max(bytes, kSmallest);
  const std::size_t step = std::bit_floor(wanted) / 4;
  return (wanted + step - 1) / step * step;
}

std::uint8_t* take_from_system(std::size_t size) {
  if (size < kHugeFrom) {
    return static_cast<std::uint8_t*>(std::aligned_alloc(kSlack, size));
  }
  // One huge page more than needed, so that an aligned range can be cut out of it.
  const std::size_t mapped = size + kHugePage;
  void* map = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::uint8_t*>(map);
  const std::size_t head =
      (kHugePage - reinterpret_cast<std::uintptr_t>(map) % kHugePage) % kHugePage;
  if (head != 0) munmap(begin, head);
  if (head != kHugePage) munmap(begin + head + size, kHugePage - head);
  madvise(begin + head, size, MADV_HUGEPAGE);
  return begin + head;
}

void give_to_system(std::uint8_t* data, std::size_t size) {
  if (size < kHugeFrom) {
    std::free(data);
  } else {
    munmap(data, size);
  }
}

class PagePool {
 public:
  std::uint8_t* take(std::size_t& size) {
    size = block_size(size);
    {
      const std::lock_guard lock(mutex_);
      // A block up to a quarter larger than needed is better than a fresh one.
      const auto fit = by_size_.lower_bound(size);
      if (fit != by_size_.end() && fit->first <= size + size / 4) {
        const FreeBlock block = *fit->second;
        free_.erase(fit->second);
        by_size_.erase(fit);
        size = block.size;
        stats_.kept_bytes -= size;
        count_live(size);
        return block.data;
      }
      count_live(size);
      ++stats_.fresh_blocks;
    }
    std::uint8_t* data = take_from_system(size);
    if (data == nullptr) {
      const std::lock_guard lock(mutex_);
      stats_.live_bytes -= size;
      drop_over(0);
    }
    return data;
  }

  void give(std::uint8_t* data, std::size_t size) {
    const std::lock_guard lock(mutex_);
    stats_.live_bytes -= size;
    stats_.kept_bytes += size;
    free_.push_back({data, size});
    by_size_.emplace(size, std::prev(free_.end()));
    drop_over(limit_ != 0 ? limit_ : std::max(peak_live_, kLeastLimit));
  }

  void set_limit(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    limit_ = bytes;
    if (limit_ != 0) drop_over(limit_);
  }

  PagePoolStats stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  struct FreeBlock {
    std::uint8_t* data;
    std::size_t size;
  };
  using FreeList = std::list<FreeBlock>;

  void count_live(std::size_t size) {
    stats_.live_bytes += size;
    peak_live_ = std::max(peak_live_, stats_.live_bytes);
  }

  void drop_over(std::size_t limit) {
    while (stats_.kept_bytes > limit && !free_.empty()) {
      const auto oldest = free_.begin();
      auto [first, last] = by_size_.equal_range(oldest->size);
      by_size_.erase(std::find_if(first, last, [&](auto& row) { return row.second == oldest; }));
      stats_.kept_bytes -= oldest->size;
      give_to_system(oldest->data, oldest->size);
      free_.erase(oldest);
    }
  }

  std::mutex mutex_;
  FreeList free_;  // least recently used first
  std::multimap<std::size_t, FreeList::iterator> by_size_;
  PagePoolStats stats_;
  std::size_t peak_live_ = 0;
  std::size_t limit_ = 0;
};

/// Never destroyed: Python may release the last array after static destructors ran.
PagePool& pool() {
  static PagePool& instance = *new PagePool;
  return instance;
}

}  // namespace

PageBlock::~PageBlock() {
  if (data_ != nullptr) pool().give(data_, size_ + kSlack);
}

PageBlock allocate_pages(std::size_t bytes) {
  PageBlock block;
  if (bytes > SIZE_MAX / 2) return block;
  std::size_t size = bytes + kSlack;
  block.data_ = pool().take(size);
  if (block.data_ != nullptr) block.size_ = size - kSlack;
  return block;
}

PagePoolStats page_pool_stats() { return pool().stats(); }
void set_page_pool_limit(std::size_t bytes) { pool().set_limit(bytes); }

}  // namespace glimt
