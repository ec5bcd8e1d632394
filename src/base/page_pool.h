// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Host memory that stays warm. A fresh page costs as much as decoding the pixels in it, so blocks
// for images, bitstreams and scratch are kept on release and handed out again. From 4 MiB on a
// block is 2 MiB-aligned and asks for huge pages; below it is ordinary memory in size classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace glimt {

/// Owns one block of the pool and gives it back. At least 64-byte aligned, and readable (not
/// writable by contract) for 64 bytes past size(), so that kernels may load whole vectors.
class PageBlock {
 public:
  PageBlock() = default;
  PageBlock(PageBlock&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PageBlock& operator=(PageBlock&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PageBlock();

  [[nodiscard]] std::uint8_t* data() const { return data_; }
  /// Usable bytes: at least what was asked for.
  [[nodiscard]] std::size_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  friend PageBlock allocate_pages(std::size_t);
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A block of at least `bytes` bytes; empty when memory cannot be had. Contents are undefined.
[[nodiscard]] PageBlock allocate_pages(std::size_t bytes);

struct PagePoolStats {
  std::size_t live_bytes = 0;      ///< handed out now
  std::size_t kept_bytes = 0;      ///< free, kept warm
  std::uint64_t fresh_blocks = 0;  ///< blocks ever taken from the system
};
[[nodiscard]] PagePoolStats page_pool_stats();

/// Most bytes kept free. 0 (the default) means as many as were ever handed out at once, and at
/// least 64 MiB. Over the limit the block unused for longest goes back to the system.
void set_page_pool_limit(std::size_t bytes);

}  // namespace glimt
