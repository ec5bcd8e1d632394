// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/checked.h"
#include "base/page_pool.h"

namespace glimt {

/// Scratch memory of one worker: pieces are cut off a pooled block and all given back at once by
/// restart(), which keeps a block large enough for the job just done. Pieces are 64-byte aligned
/// and stay valid until restart(); objects in them are never destroyed.
class Arena {
 public:
  /// count objects of T, uninitialised; empty when memory cannot be had (or count is 0).
  template <class T>
  [[nodiscard]] std::span<T> take(std::size_t count) {
    const auto bytes = checked_size(count, sizeof(T));
    void* memory = bytes ? take_bytes(*bytes) : nullptr;
    return memory != nullptr ? std::span<T>(static_cast<T*>(memory), count) : std::span<T>();
  }

  /// A place to return to: release(mark()) frees what was taken since. Marks nest like a stack.
  struct Mark {
    std::size_t blocks;
    std::size_t used;
    std::size_t total;
  };
  [[nodiscard]] Mark mark() const { return {blocks_.size(), used_, total_}; }
  void release(const Mark& mark) {
    // A block opened after the mark stays as the last one when it is the first: it is warm.
    if (mark.blocks == 0 && blocks_.size() == 1) {
      used_ = 0;
    } else {
      blocks_.resize(mark.blocks);
      used_ = mark.used;
    }
    total_ = mark.total;
  }

  void restart() {
    if (blocks_.size() > 1) {
      blocks_.clear();
      blocks_.push_back(allocate_pages(peak_));
      if (!blocks_.back()) blocks_.clear();
    }
    used_ = 0;
    total_ = 0;
  }

 private:
  static constexpr std::size_t kAlign = 64;

  void* take_bytes(std::size_t bytes) {
    // Two spare lines behind each piece: kernels may load and store whole vectors past the end.
    const auto padded = checked_add<std::size_t>(bytes, 3 * kAlign - 1);
    if (!padded) return nullptr;
    const std::size_t size = *padded / kAlign * kAlign;
    if (blocks_.empty() || blocks_.back().size() - used_ < size) {
      PageBlock block = allocate_pages(size < kLeast ? kLeast : size);
      if (!block) return nullptr;
      blocks_.push_back(std::move(block));
      used_ = 0;
    }
    std::uint8_t* piece = blocks_.back().data() + used_;
    used_ += size;
    total_ += size;
    peak_ = total_ > peak_ ? total_ : peak_;
    return piece;
  }

  static constexpr std::size_t kLeast = std::size_t{256} << 10;
  std::vector<PageBlock> blocks_;
  std::size_t used_ = 0;   // of the last block
  std::size_t total_ = 0;  // since restart
  std::size_t peak_ = 0;
};

}  // namespace glimt
