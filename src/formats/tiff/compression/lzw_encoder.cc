// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lzw_encoder.h"

#include "base/bytes.h"

namespace glimt::tiff {
namespace {

constexpr std::uint32_t kClear = 256, kEnd = 257, kFirstString = 258;
/// The table is begun anew when this would be the next string: decoders widen codes one early, and
/// there are none of 13 bits.
constexpr std::uint32_t kFull = 4094;
constexpr unsigned kLeastWidth = 9, kMostWidth = 12;

class CodeWriter {
 public:
  explicit CodeWriter(std::uint8_t* to) : to_(to) {}
  void put(std::uint32_t code, unsigned width) {
    held_ += width;
    bits_ |= std::uint64_t{code} << (64 - held_);
    // Whole bytes go; what a store writes beyond them is written again.
    store_be(to_, bits_);
    to_ += held_ / 8;
    bits_ <<= held_ / 8 * 8;
    held_ %= 8;
  }
  /// Behind the last byte.
  [[nodiscard]] std::uint8_t* end() const { return to_ + (held_ != 0); }

 private:
  std::uint8_t* to_;
  std::uint64_t bits_ = 0;
  unsigned held_ = 0;
};

}  // namespace

void LzwEncoder::compress(Bytes bytes, std::vector<std::uint8_t>& out) {
  const std::size_t before = out.size();
  // At worst a code of 12 bits a byte, a clear code every 3800 of them, and 8 bytes of slack.
  out.resize(before + bytes.size() + bytes.size() / 2 + bytes.size() / 1024 + 32);
  CodeWriter codes(out.data() + before);
  std::uint32_t next = kFirstString;
  unsigned width = kLeastWidth;
  const auto begin_anew = [&] {
    codes.put(kClear, width);
    slots_.fill(0);
    next = kFirstString;
    width = kLeastWidth;
  };
  const auto count_string = [&] {
    if (++next == kFull) {
      begin_anew();
    } else if (next > (1U << width) - 1 && width < kMostWidth) {
      ++width;
    }
  };
  begin_anew();
  if (!bytes.empty()) {
    std::uint32_t prefix = bytes[0];
    for (const std::uint8_t byte : bytes.subspan(1)) {
      const std::uint32_t key = prefix << 8 | byte;
      std::uint32_t slot = key * 0x9E3779B1U >> (32 - kHashBits);
      while (slots_[slot] != 0 && slots_[slot] >> 12 != key)
        slot = (slot + 1) & ((1U << kHashBits) - 1);
      if (slots_[slot] != 0) {
        prefix = slots_[slot] & 0xfff;
        continue;
      }
      codes.put(prefix, width);
      slots_[slot] = key << 12 | next;
      prefix = byte;
      count_string();
    }
    codes.put(prefix, width);
    count_string();
  }
  codes.put(kEnd, width);
  out.resize(before + static_cast<std::size_t>(codes.end() - (out.data() + before)));
}

}  // namespace glimt::tiff
