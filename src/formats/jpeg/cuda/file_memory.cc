// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/file_memory.h"

#include <atomic>
#include <memory>
#include <utility>

#include "gpu/memory.h"

namespace glimt::jpeg::cuda {
namespace {

std::atomic<std::size_t> in_use{0};

/// Counted for as long as it lives.
class Counted {
 public:
  explicit Counted(gpu::Block block) : block_(std::move(block)) {
    in_use.fetch_add(block_.size(), std::memory_order_relaxed);
  }
  ~Counted() { in_use.fetch_sub(block_.size(), std::memory_order_relaxed); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  [[nodiscard]] const gpu::Block& block() const { return block_; }

 private:
  gpu::Block block_;
};

}  // namespace

std::size_t file_memory_in_use() { return in_use.load(std::memory_order_relaxed); }

Result<EncodedBytes> take_file_memory(std::size_t bytes) {
  if (bytes > kMostFileMemory || file_memory_in_use() > kMostFileMemory - bytes) {
    return Status(Code::limit, "encoded files keep as much pinned memory as they may");
  }
  GLIMT_TRY(gpu::Block block, gpu::take_block(gpu::MemoryKind::pinned, 0, bytes));
  auto owner = std::make_shared<Counted>(std::move(block));
  std::uint8_t* data = owner->block().data();
  const std::size_t size = owner->block().size();
  return EncodedBytes(std::move(owner), data, 0, size);
}

}  // namespace glimt::jpeg::cuda
