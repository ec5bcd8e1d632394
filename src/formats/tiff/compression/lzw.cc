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
  /// Code `index` of those to come, of `width` bits each.
  [[nodiscard]] std::uint32_t peek(unsigned index, unsigned width) const {
    const auto bits = static_cast<std::uint32_t>(bits_ >> (64 - width * (index + 1)));
    return bits & ((1U << width) - 1);
  }
  void skip(unsigned bits) {
    bits_ <<= bits;
    count_ -= bits;
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
  [[nodiscard]] std::uint32_t peek(unsigned index, unsigned width) const {
    return static_cast<std::uint32_t>(bits_ >> (width * index)) & ((1U << width) - 1);
  }
  void skip(unsigned bits) {
    bits_ >>= bits;
    count_ -= bits;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

// An entry of the table. A short string: its bytes, the first in the lowest place, and its length
// in the highest byte. Else its place in the output, from bit 32 on its length, and the highest
// bit.
constexpr std::uint64_t kOneLonger = std::uint64_t{1} << 56;
constexpr std::uint32_t kMostShort = 7;
constexpr std::uint64_t kLong = std::uint64_t{1} << 63;
// What can be neither followed by a byte in an entry nor is one: longer strings, and no strings.
constexpr std::uint64_t kUnusual = kMostShort * kOneLonger;

constexpr std::uint32_t length_of(std::uint64_t string) {
  return static_cast<std::uint32_t>(string >= kLong ? string >> 32 & 0xffffff : string >> 56);
}

/// The string and the byte behind it; the string has fewer than kMostShort bytes. (Bits beyond the
/// length times eight are those of bytes that such a string does not have.)
inline std::uint64_t append(std::uint64_t string, std::uint64_t byte) {
  return string + (byte << (string >> 53 & 63U)) + kOneLonger;
}

constexpr unsigned kCodesTogether = 4;  // 57 bits hold them
// Bytes of long strings are copied so many at a time.
constexpr std::size_t kCopied = 16;

/// The output's bytes from `from` on again at `at`, as far as there is room; a string may end in
/// the byte that it begins with. Gives how many.
std::size_t repeat(std::span<std::uint8_t> out, std::size_t at, std::size_t from,
                   std::size_t length) {
  const std::size_t count = std::min(length, out.size() - at);
  std::uint8_t* bytes = out.data();
  if (at - from >= kCopied && count + kCopied <= out.size() - at) {
    for (std::size_t i = 0; i < count; i += kCopied)
      std::memcpy(bytes + at + i, bytes + from + i, kCopied);
  } else {
    for (std::size_t i = 0; i < count; ++i) bytes[at + i] = bytes[from + i];
  }
  return count;
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

LzwDecoder::LzwDecoder() : strings_() {
  for (std::uint32_t value = 0; value < kClear; ++value) strings_[value] = value | kOneLonger;
  strings_[kClear] = strings_[kEnd] = kUnusual;
}

/// Codes of short strings after a short one, as long as there are, with room for all.
template <class Codes>
void LzwDecoder::run_short(Codes& codes, Progress& progress, std::span<std::uint8_t> out) {
  constexpr std::size_t most = kCodesTogether * kMostShort + sizeof(std::uint64_t);
  std::uint8_t* const bytes = out.data();
  const unsigned width = progress.width;
  std::uint32_t next = progress.next;
  std::uint64_t previous = progress.previous;
  std::size_t at = progress.at;
  unsigned taken = kCodesTogether;
  while (taken == kCodesTogether && codes.plenty() && next + kCodesTogether <= progress.grow_at &&
         at + most <= out.size()) {
    codes.refill();
    taken = 0;
#pragma GCC unroll 4
    for (; taken < kCodesTogether; ++taken) {
      const std::uint32_t code = codes.peek(taken, width);
      if (code >= next + taken) break;
      const std::uint64_t string = strings_[code];
      if (string >= kUnusual) break;
      strings_[next + taken] = append(previous, string & 255);
      store_le(bytes + at, string);
      at += string >> 56;
      previous = string;
    }
    codes.skip(width * taken);
    next += taken;
  }
  progress.next = next;
  progress.previous = previous;
  progress.at = at;
}

/// Any code of a string, which may be the one that it makes itself.
void LzwDecoder::step(std::uint32_t code, Progress& progress, std::span<std::uint8_t> out) {
  const std::size_t at = progress.at;
  const std::uint64_t length = length_of(progress.previous);
  const std::uint64_t one_longer = kLong | (length + 1) << 32 | (at - length);
  const std::uint64_t string = code == progress.next ? one_longer : strings_[code];
  std::size_t put = 0;
  if (string >= kLong) {
    put = repeat(out, at, static_cast<std::uint32_t>(string), length_of(string));
  } else {
    for (; put < std::min<std::size_t>(length_of(string), out.size() - at); ++put)
      out[at + put] = static_cast<std::uint8_t>(string >> (8 * put));
  }
  const std::uint64_t made =
      progress.previous < kUnusual ? append(progress.previous, out[at]) : one_longer;
  strings_[progress.next] = made;
  progress.previous = code == progress.next ? made : string;
  progress.at = at + put;
  progress.next = std::min(progress.next + 1, kStrings);
}

template <class Codes>
Expanded LzwDecoder::run(Codes codes, std::span<std::uint8_t> out) {
  Progress progress;
  std::size_t& at = progress.at;
  bool begins = true;  // at the beginning, and behind each clear code
  while (at < out.size()) {
    if (begins) {
      progress.next = kFirstString;
      progress.width = kLeastWidth;
      progress.grow_at = (1U << kLeastWidth) - Codes::kEarly;
    } else if (progress.previous < kUnusual) {
      run_short(codes, progress, out);
    }
    if (progress.next >= progress.grow_at && progress.width < kMostWidth) {
      const bool widest = ++progress.width == kMostWidth;
      progress.grow_at = widest ? kStrings : (1U << progress.width) - Codes::kEarly;
    }
    if (!codes.refill_at_end(progress.width)) return {at, cut_short(at)};
    const std::uint32_t code = codes.peek(0, progress.width);
    codes.skip(progress.width);
    if (code == kEnd) break;
    if (code == kClear) {
      begins = true;
      continue;
    }
    if (code > (begins ? kClear : progress.next)) return {at, no_such_string(code, at)};
    if (begins) {
      begins = false;
      out[at] = static_cast<std::uint8_t>(code);
      progress.previous = strings_[code];
      ++at;
      continue;
    }
    step(code, progress, out);
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
