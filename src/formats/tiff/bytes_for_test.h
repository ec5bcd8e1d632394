// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes to compress and expand, for tests.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <span>
#include <vector>

#include "glimt/types.h"

namespace glimt::tiff::testing {

using Buffer = std::vector<std::uint8_t>;

enum class Content : std::uint8_t { noise, flat, ramp, skewed, texture };
inline constexpr Content kContents[] = {Content::noise, Content::flat, Content::ramp,
                                        Content::skewed, Content::texture};

/// Bytes of a kind, always the same for the same seed.
inline Buffer bytes_of(Content content, std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  Buffer bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t r = random();
    switch (content) {
      case Content::noise:
        bytes[i] = static_cast<std::uint8_t>(r);
        break;
      case Content::flat:
        bytes[i] = static_cast<std::uint8_t>(i * 4 < count ? 7 : 255);
        break;
      case Content::ramp:
        bytes[i] = static_cast<std::uint8_t>(i / 3);
        break;
      case Content::skewed:  // as differences of a photograph
        bytes[i] = static_cast<std::uint8_t>((r & 7) * (r >> 3 & 7) * (r >> 6 & 3) / 16 - 4);
        break;
      case Content::texture:
        bytes[i] =
            i < 50 || r % 97 == 0 ? static_cast<std::uint8_t>(r >> 8) : bytes[i - 1 - i % 47];
        break;
    }
  }
  return bytes;
}

/// Memory whose ends are watched: what lies around `span` must not change.
class Guarded {
 public:
  explicit Guarded(std::size_t size) : bytes_(size + 2 * kGuard, kMark), size_(size) {}
  std::span<std::uint8_t> span() { return std::span(bytes_).subspan(kGuard, size_); }
  [[nodiscard]] bool intact() const {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (bytes_[i] != kMark || bytes_[kGuard + size_ + i] != kMark) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 96;
  static constexpr std::uint8_t kMark = 0xA5;
  Buffer bytes_;
  std::size_t size_;
};

}  // namespace glimt::tiff::testing
