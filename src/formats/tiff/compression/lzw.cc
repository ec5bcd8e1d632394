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
/// that a step never reads what it writes and is wanted.
inline void copy_rest(std::uint8_t* to, const std::uint8_t* from, std::size_t length) {
  std::memcpy(to + 8, from + 8, 8);  // of shorter strings too: quicker than to guess wrong
  for (std::size_t i = 16; i < length; i += 16) std::memcpy(to + i, from + i, 16);
}

/// As much of a string as there is room for; gives how much.
std::size_t put_at_end(std::uint8_t* to, std::size_t room, std::uint64_t head,
                       const std::uint8_t* from, std::size_t length) {
  const std::size_t count = std::min(length, room);
  for (std::size_t i = 0; i < count; ++i)
    to[i] = i < 8 ? static_cast<std::uint8_t>(head >> (8 * i)) : from[i];
  return count;
}

constexpr std::uint64_t kOneLonger = std::uint64_t{1} << 32;

constexpr std::uint32_t length_of(std::uint64_t place) {
  return static_cast<std::uint32_t>(place >> 32);
}

/// The first 8 bytes of a string that is one byte longer.
inline std::uint64_t append(std::uint64_t head, std::uint32_t length, std::uint64_t byte) {
  // Without a branch, which lengths would have go astray.
  const std::uint64_t fits = length < 8 ? ~std::uint64_t{0} : 0;
  return head | (byte << (8 * (length & 7U)) & fits);
}

Status cut_short(std::size_t at) {
  return {Code::truncated,
          "the LZW data end behind byte " + std::to_string(at) + " without the code of their end"};
}

Status no_such_string(std::uint32_t code, std::size_t at) {
  return {Code::corrupt, "LZW code " + std::to_string(code) + " behind byte " + std::to_string(at) +
                             " names a string that does not exist"};
}

}  // namespace

LzwDecoder::LzwDecoder() : heads_(), places_() {
  for (std::uint32_t value = 0; value < kClear; ++value) {
    heads_[value] = value;
    places_[value] = kOneLonger;
  }
}

// What the loop changes is to stay in registers: whatever is called in it is inlined, and whatever
// is not happens outside.
template <class Codes>
Expanded LzwDecoder::run(Codes codes, std::span<std::uint8_t> out) {
  enum class Stop : std::uint8_t { none, full, special, end_of_data };
  std::uint8_t* const begin = out.data();
  const std::size_t size = out.size();
  const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(size) - kOverrun;
  std::size_t at = 0;
  std::uint32_t code = 0, next = kFirstString, grow_at = 0;
  unsigned width = kLeastWidth;
  std::uint64_t previous_head = 0, previous_place = 0;

  const auto step = [&]() __attribute__((always_inline)) {
    code = codes.take(width);
    if ((code & ~1U) == kClear || code > next) [[unlikely]]
      return Stop::special;
    // The new string: the one before and the first byte of this one, which, if this one is the
    // new string, is the first of the one before.
    const std::uint64_t first = (code == next ? previous_head : heads_[code]) & 255;
    heads_[next] = append(previous_head, length_of(previous_place), first);
    places_[next] = previous_place + kOneLonger;
    const std::uint64_t head = heads_[code], place = places_[code];
    const std::uint32_t length = length_of(place);
    previous_head = head;
    previous_place = at | std::uint64_t{length} << 32;
    if (++next >= grow_at) [[unlikely]] {
      next = std::min(next, kStrings);
      width = std::min(width + 1, kMostWidth);
      grow_at = width == kMostWidth ? kStrings : (1U << width) - Codes::kEarly;
    }
    const std::uint8_t* from = begin + static_cast<std::uint32_t>(place);
    if (static_cast<std::ptrdiff_t>(at + length) > last) [[unlikely]] {
      at += put_at_end(begin + at, size - at, head, from, length);
      return at == size ? Stop::full : Stop::none;
    }
    store_le(begin + at, head);
    copy_rest(begin + at, from, length);
    at += length;
    return Stop::none;
  };
  const auto run_on = [&]() __attribute__((always_inline)) {
    Stop stop = Stop::none;
    while (codes.plenty()) {
      codes.refill();
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {  // 57 bits are four codes
        if (stop = step(); stop != Stop::none) return stop;
      }
    }
    while (codes.refill_at_end(width)) {
      if (stop = step(); stop != Stop::none) return stop;
    }
    return Stop::end_of_data;
  };

  while (at < size) {  // at the beginning, and behind each clear code
    next = kFirstString;
    width = kLeastWidth;
    grow_at = (1U << kLeastWidth) - Codes::kEarly;
    if (!codes.refill_at_end(width)) return {at, cut_short(at)};
    code = codes.take(width);
    if (code < kClear) {
      begin[at] = static_cast<std::uint8_t>(code);
      previous_head = code;
      previous_place = at | kOneLonger;
      if (++at == size) break;
      const Stop stop = run_on();
      if (stop == Stop::full) break;
      if (stop == Stop::end_of_data) return {at, cut_short(at)};
    }
    if (code == kEnd) break;
    if (code != kClear) return {at, no_such_string(code, at)};
  }
  return {at, {}};
}

Expanded LzwDecoder::expand(Bytes coded, std::span<std::uint8_t> out) {
  if (out.size() > 0xffffffff)
    return {0, Status(Code::unsupported, "LZW data of more than 4 GiB in one strip or tile")};
  // Code 256 with nine bits, lowest first: what starts so in the other order is no clear code.
  const bool low_first = coded.size() >= 2 && coded[0] == 0 && (coded[1] & 1) != 0;
  return low_first ? run(LowFirst(coded), out) : run(HighFirst(coded), out);
}

}  // namespace glimt::tiff
