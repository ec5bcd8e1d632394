// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lzw.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace glimt::tiff {
namespace {

constexpr std::uint32_t kClear = 256, kEnd = 257, kFirstString = 258;
constexpr unsigned kLeastWidth = 9, kMostWidth = 12;

/// Codes with the first bit in the highest place; widths change one entry early.
class HighFirst {
 public:
  static constexpr std::uint32_t kEarly = 1;

  explicit HighFirst(Bytes data) : next_(data.data()), end_(data.data() + data.size()) {}
  /// Whether refill() may read 8 bytes at once; at least 57 bits are there then.
  [[nodiscard]] bool plenty() const { return end_ - next_ >= 8; }
  void refill() {
    bits_ |= load_be<std::uint64_t>(next_) >> count_;
    next_ += (63 - count_) >> 3;
    count_ |= 56;
  }
  /// Byte by byte. Returns whether `width` bits are there.
  bool refill_at_end(unsigned width) {
    for (; count_ <= 56 && next_ < end_; count_ += 8)
      bits_ |= std::uint64_t{*next_++} << (56 - count_);
    return count_ >= width;
  }
  std::uint32_t take(unsigned width) {
    const auto code = static_cast<std::uint32_t>(bits_ >> (64 - width));
    bits_ <<= width;
    count_ -= width;
    return code;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

/// Codes with the first bit in the lowest place; widths change when they must.
class LowFirst {
 public:
  static constexpr std::uint32_t kEarly = 0;

  explicit LowFirst(Bytes data) : next_(data.data()), end_(data.data() + data.size()) {}
  [[nodiscard]] bool plenty() const { return end_ - next_ >= 8; }
  void refill() {
    bits_ |= load_le<std::uint64_t>(next_) << count_;
    next_ += (63 - count_) >> 3;
    count_ |= 56;
  }
  bool refill_at_end(unsigned width) {
    for (; count_ <= 56 && next_ < end_; count_ += 8) bits_ |= std::uint64_t{*next_++} << count_;
    return count_ >= width;
  }
  std::uint32_t take(unsigned width) {
    const auto code = static_cast<std::uint32_t>(bits_ & ((1U << width) - 1));
    bits_ >>= width;
    count_ -= width;
    return code;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

/// Bytes beyond a string that copy_rest() may write.
constexpr std::size_t kOverrun = 16;

/// Bytes [8, length) of a string that begins at `from`. It lies at least length - 1 bytes back, so
/// that a step never reads what it writes.
inline void copy_rest(std::uint8_t* to, const std::uint8_t* from, std::size_t length) {
  std::memcpy(to + 8, from + 8, 8);
  for (std::size_t i = 16; i < length; i += 16) std::memcpy(to + i, from + i, 16);
}

}  // namespace

LzwDecoder::LzwDecoder() : strings_() {
  for (std::uint32_t value = 0; value < kClear; ++value) strings_[value] = {value, 0, 1};
}

template <class Codes>
Expanded LzwDecoder::run(Codes codes, std::span<std::uint8_t> out) {
  std::uint8_t* const begin = out.data();
  const std::size_t size = out.size();
  std::size_t at = 0;
  std::uint32_t next = kFirstString, grow_at = (1U << kLeastWidth) - Codes::kEarly;
  unsigned width = kLeastWidth;
  String previous{0, 0, 0};  // of length 0 behind a clear code

  // Returns whether to go on; `defect` says why not.
  Status defect;
  const auto special = [&](std::uint32_t code) {
    if (code == kEnd) return false;
    if (code == kClear) {
      next = kFirstString;
      width = kLeastWidth;
      grow_at = (1U << kLeastWidth) - Codes::kEarly;
      previous.length = 0;
      return true;
    }
    if (code < kClear) {  // the first behind a clear code
      begin[at] = static_cast<std::uint8_t>(code);
      previous = {code, static_cast<std::uint32_t>(at), 1};
      return ++at < size;
    }
    defect = Status(Code::corrupt, "LZW code " + std::to_string(code) + " behind byte " +
                                       std::to_string(at) + " names a string that does not exist");
    return false;
  };
  const auto step = [&]() __attribute__((always_inline)) {
    const std::uint32_t code = codes.take(width);
    if (previous.length == 0 || (code & ~1U) == kClear || code > next) [[unlikely]]
      return special(code);
    // The new string: the one before and the first byte of this one, which, if this one is the
    // new string, is the first of the one before.
    const std::uint64_t first = code == next ? previous.head & 255 : strings_[code].head & 255;
    const std::uint64_t head =
        previous.length < 8 ? previous.head | first << (8 * previous.length) : previous.head;
    strings_[next] = {head, previous.begin, previous.length + 1};
    const String string = strings_[code];
    previous = {string.head, static_cast<std::uint32_t>(at), string.length};
    if (++next >= grow_at) [[unlikely]] {
      next = std::min(next, kStrings);
      width = std::min(width + 1, kMostWidth);
      grow_at = width == kMostWidth ? kStrings : (1U << width) - Codes::kEarly;
    }
    const std::uint8_t* from = begin + string.begin;
    if (size - at >= string.length + kOverrun) [[likely]] {
      store_le(begin + at, string.head);
      if (string.length > 8) copy_rest(begin + at, from, string.length);
      at += string.length;
      return true;
    }
    std::size_t i = 0;
    for (; i < std::min<std::size_t>(string.length, size - at); ++i)
      begin[at + i] = i < 8 ? static_cast<std::uint8_t>(string.head >> (8 * i)) : from[i];
    at += i;
    return at < size;
  };

  if (size == 0) return {0, {}};
  while (codes.plenty()) {
    codes.refill();
    // 57 bits are four codes.
    if (!step() || !step() || !step() || !step()) return {at, defect};
  }
  while (codes.refill_at_end(width)) {
    if (!step()) return {at, defect};
  }
  return {at, Status(Code::truncated, "the LZW data end behind byte " + std::to_string(at) +
                                          " without the code of their end")};
}

Expanded LzwDecoder::expand(Bytes coded, std::span<std::uint8_t> out) {
  if (out.size() > 0xffffffff)
    return {0, Status(Code::unsupported, "LZW data of more than 4 GiB in one strip or tile")};
  // Code 256 with nine bits, lowest first: what starts so in the other order is no clear code.
  const bool low_first = coded.size() >= 2 && coded[0] == 0 && (coded[1] & 1) != 0;
  return low_first ? run(LowFirst(coded), out) : run(HighFirst(coded), out);
}

}  // namespace glimt::tiff
