// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace glimt::jpeg {

/// The bits of an entropy-coded segment whose stuffed bytes are removed (T.81 F.1.2.3), first bit
/// first. Past the end come zeros; overrun() says whether one of them was used.
class BitReader {
 public:
  BitReader() = default;
  explicit BitReader(Bytes data) : next_(data.data()), end_(data.data() + data.size()) {}

  /// At least 57 bits are in bits() afterwards.
  void refill() {
    if (end_ - next_ >= 8) [[likely]] {
      bits_ |= load_be<std::uint64_t>(next_) >> count_;
      next_ += (63 - count_) >> 3;
      count_ |= 56;
    } else {
      refill_at_end();
    }
  }
  /// The bits to come, in the highest places.
  [[nodiscard]] std::uint64_t bits() const { return bits_; }
  /// count <= 57, and not more than a refill() provides.
  void drop(unsigned count) {
    bits_ <<= count;
    count_ -= count;
  }
  /// The next count bits as a number; count in [0, 16], after refill().
  std::uint32_t take(unsigned count) {
    const auto value = static_cast<std::uint32_t>(bits_ >> 1 >> (63 - count));
    drop(count);
    return value;
  }
  [[nodiscard]] bool overrun() const { return zeros_ > count_; }

 private:
  void refill_at_end() {
    while (count_ <= 56) {
      if (next_ < end_) {
        bits_ |= std::uint64_t{*next_++} << (56 - count_);
      } else {
        zeros_ += 8;
      }
      count_ += 8;
    }
  }

  std::uint64_t bits_ = 0;
  std::uint64_t zeros_ = 0;  // bits that were put in past the end
  unsigned count_ = 0;
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

}  // namespace glimt::jpeg
