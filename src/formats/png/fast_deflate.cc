// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/fast_deflate.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"
#include "formats/png/huffman.h"

// One source for all targets: what a newer one brings here are shifts by any register (BMI2).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/png/fast_deflate.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef GLIMT_PNG_FAST_DEFLATE_ONCE
#define GLIMT_PNG_FAST_DEFLATE_ONCE
namespace glimt::png::fast {

constexpr std::size_t kLiteralLengths = 286;  // symbols of the first alphabet
constexpr std::size_t kEndOfBlock = 256;
constexpr unsigned kLongestCode = 12;  // four codes and the bits before them fit a word
constexpr std::size_t kLongestMatch = 258, kShortestMatch = 3;

/// RFC 1951, 3.2.5: how a match length is coded.
struct LengthCode {
  std::uint16_t symbol;
  std::uint8_t extra_bits, extra;
};
constexpr std::array<LengthCode, kLongestMatch + 1> make_length_codes() {
  std::array<LengthCode, kLongestMatch + 1> codes{};
  std::size_t length = kShortestMatch;
  for (unsigned symbol = 257; symbol < 285; ++symbol) {
    const unsigned extra_bits = symbol < 265 ? 0 : (symbol - 261) / 4;
    for (unsigned extra = 0; extra < 1U << extra_bits && length < kLongestMatch;
         ++extra, ++length) {
      codes[length] = {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(extra_bits),
                       static_cast<std::uint8_t>(extra)};
    }
  }
  codes[kLongestMatch] = {285, 0, 0};
  return codes;
}
inline constexpr auto kLengthCodes = make_length_codes();

using Frequencies = std::array<std::uint32_t, kLiteralLengths>;
using Lengths = std::array<std::uint8_t, kLiteralLengths>;

/// A code and its number of bits.
struct Code {
  std::uint16_t bits, count;
};
using Codes = std::array<Code, kLiteralLengths>;

class BitWriter {
 public:
  BitWriter(const PendingBits& pending, std::uint8_t* out)
      : bits_(pending.bits), count_(pending.count), out_(out) {}

  /// At most 56 bits; up to 8 bytes beyond the end are written.
  HWY_INLINE void put(std::uint64_t bits, unsigned count) {
    bits_ |= bits << count_;
    count_ += count;
    store_le(out_, bits_);
    out_ += count_ / 8;
    bits_ >>= count_ & 0x38;
    count_ &= 7;
  }
  void align() { put(0, (8 - count_) % 8); }
  [[nodiscard]] PendingBits pending() const { return {bits_, count_}; }
  [[nodiscard]] std::uint8_t* position() const { return out_; }
  void copy(Bytes data) {  // aligned
    std::memcpy(out_, data.data(), data.size());
    out_ += data.size();
  }

 private:
  std::uint64_t bits_;
  unsigned count_;
  std::uint8_t* out_;
};

/// Calls eight(p) for eight literals, one(byte) for one, match(length) for zeros that follow a
/// zero.
template <class Eight, class One, class Match>
HWY_INLINE void for_each_token(Bytes data, Eight eight, One one, Match match) {
  const std::uint8_t* const begin = data.data();
  const std::uint8_t* const end = begin + data.size();
  const std::uint8_t* p = begin;
  while (end - p >= 8) {
    if (load_le<std::uint64_t>(p) != 0) {
      eight(p);
      p += 8;
      continue;
    }
    const std::uint8_t* run_end = p + 8;
    while (end - run_end >= 8 && load_le<std::uint64_t>(run_end) == 0) run_end += 8;
    while (run_end < end && *run_end == 0) ++run_end;
    if (p == begin || p[-1] != 0) {
      one(std::uint8_t{0});
      ++p;
    }
    auto left = static_cast<std::size_t>(run_end - p);
    for (; left >= kShortestMatch; left -= std::min(left, kLongestMatch))
      match(std::min(left, kLongestMatch));
    for (; left > 0; --left) one(std::uint8_t{0});
    p = run_end;
  }
  for (; p < end; ++p) one(*p);
}

}  // namespace glimt::png::fast
#endif

HWY_BEFORE_NAMESPACE();
namespace glimt::png::fast {
namespace HWY_NAMESPACE {

/// Counts symbols; returns the bits that matches take besides their symbols.
static std::uint64_t count_symbols(Bytes data, Frequencies& frequencies) {
  // Four tables, so that equal neighbours do not wait for each other's store.
  std::uint32_t counts[4][256] = {};
  std::uint64_t extra_bits = 0;
  frequencies.fill(0);
  for_each_token(
      data,
      [&](const std::uint8_t* p) {
        for (int half = 0; half < 2; ++half, p += 4) {
          ++counts[0][p[0]];
          ++counts[1][p[1]];
          ++counts[2][p[2]];
          ++counts[3][p[3]];
        }
      },
      [&](std::uint8_t byte) { ++counts[0][byte]; },
      [&](std::size_t length) {
        const LengthCode& code = kLengthCodes[length];
        ++frequencies[code.symbol];
        extra_bits += code.extra_bits + 1U;
      });
  for (std::size_t i = 0; i < 256; ++i)
    frequencies[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
  frequencies[kEndOfBlock] = 1;
  return extra_bits;
}

static void write_symbols(Bytes data, const Codes& codes, BitWriter& out) {
  BitWriter writer = out;
  for_each_token(
      data,
      [&](const std::uint8_t* p) {
        for (int half = 0; half < 2; ++half, p += 4) {
          const Code a = codes[p[0]], b = codes[p[1]], c = codes[p[2]], d = codes[p[3]];
          const unsigned ab_count = a.count + b.count, cd_count = c.count + d.count;
          const std::uint64_t ab = a.bits | std::uint64_t{b.bits} << a.count;
          const std::uint64_t cd = c.bits | std::uint64_t{d.bits} << c.count;
          writer.put(ab | cd << ab_count, ab_count + cd_count);
        }
      },
      [&](std::uint8_t byte) { writer.put(codes[byte].bits, codes[byte].count); },
      [&](std::size_t length) {
        const LengthCode& how = kLengthCodes[length];
        const Code code = codes[how.symbol];
        // The one distance, 1, has the code 0 of one bit.
        writer.put(code.bits | std::uint64_t{how.extra} << code.count,
                   code.count + how.extra_bits + 1U);
      });
  writer.put(codes[kEndOfBlock].bits, codes[kEndOfBlock].count);
  out = writer;
}

}  // namespace HWY_NAMESPACE
}  // namespace glimt::png::fast
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::png {
namespace fast {
HWY_EXPORT(count_symbols);
HWY_EXPORT(write_symbols);
namespace {

/// RFC 1951, 3.2.7: lengths of the codes, runs of them as symbols 16 to 18.
struct LengthsHeader {
  static constexpr std::size_t kSymbols = 19;
  struct Item {
    std::uint8_t symbol, extra_bits, extra;
  };
  std::array<Item, kLiteralLengths + 1> items;
  std::size_t item_count = 0;
  std::size_t literal_lengths = 0;  // HLIT + 257
  std::array<std::uint8_t, kSymbols> lengths{};
  std::array<std::uint16_t, kSymbols> codes{};
  std::size_t lengths_sent = 0;  // HCLEN + 4
  std::uint64_t bits = 0;        // of the whole header, the three before it included

  static constexpr std::uint8_t kOrder[kSymbols] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                    11, 4,  12, 3, 13, 2, 14, 1, 15};

  explicit LengthsHeader(const Lengths& code) {
    literal_lengths = kLiteralLengths;
    while (code[literal_lengths - 1] == 0) --literal_lengths;
    std::array<std::uint8_t, kLiteralLengths + 1> sequence;
    std::copy_n(code.begin(), literal_lengths, sequence.begin());
    sequence[literal_lengths] = 1;  // the distance
    const std::size_t end = literal_lengths + 1;
    for (std::size_t i = 0; i < end;) {
      std::size_t run = 1;
      while (i + run < end && sequence[i + run] == sequence[i]) ++run;
      i += run;
      add_run(sequence[i - 1], run);
    }
    std::array<std::uint32_t, kSymbols> frequencies{};
    for (std::size_t i = 0; i < item_count; ++i) ++frequencies[items[i].symbol];
    code_lengths(frequencies, 7, lengths);
    canonical_codes(lengths, codes);
    lengths_sent = kSymbols;
    while (lengths_sent > 4 && lengths[kOrder[lengths_sent - 1]] == 0) --lengths_sent;
    bits = 3 + 14 + 3 * lengths_sent;
    for (std::size_t i = 0; i < item_count; ++i)
      bits += lengths[items[i].symbol] + std::uint64_t{items[i].extra_bits};
  }

  void write(BitWriter& out) const {
    out.put(literal_lengths - 257, 5);
    out.put(0, 5);  // one distance
    out.put(lengths_sent - 4, 4);
    for (std::size_t i = 0; i < lengths_sent; ++i) out.put(lengths[kOrder[i]], 3);
    for (std::size_t i = 0; i < item_count; ++i) {
      const Item& item = items[i];
      out.put(codes[item.symbol], lengths[item.symbol]);
      out.put(item.extra, item.extra_bits);
    }
  }

 private:
  void add(std::size_t symbol, unsigned extra_bits = 0, std::size_t extra = 0) {
    items[item_count++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra_bits),
                           static_cast<std::uint8_t>(extra)};
  }
  void add_run(std::uint8_t length, std::size_t run) {
    if (length != 0) {
      add(length);
      --run;
    }
    while (run >= 3) {
      const std::size_t most = length != 0 ? 6 : 138, part = std::min(run, most);
      if (length != 0) {
        add(16, 2, part - 3);
      } else if (part <= 10) {
        add(17, 3, part - 3);
      } else {
        add(18, 7, part - 11);
      }
      run -= part;
    }
    for (; run > 0; --run) add(length);
  }
};

void write_stored(Bytes data, bool last, BitWriter& out) {
  constexpr std::size_t most = 65535;
  do {
    const Bytes part = data.first(std::min(data.size(), most));
    data = data.subspan(part.size());
    out.put(last && data.empty() ? 1 : 0, 3);
    out.align();
    out.put(part.size() | (part.size() ^ most) << 16, 32);
    out.copy(part);
  } while (!data.empty());
}

}  // namespace
}  // namespace fast

std::uint8_t* fast_deflate_block(Bytes data, bool last, PendingBits& pending, std::uint8_t* out) {
  using namespace fast;
  Frequencies frequencies;
  std::uint64_t bits = HWY_DYNAMIC_DISPATCH(count_symbols)(data, frequencies);
  Lengths lengths{};
  code_lengths(frequencies, kLongestCode, lengths);
  const LengthsHeader header(lengths);
  bits += header.bits;
  for (std::size_t i = 0; i < kLiteralLengths; ++i)
    bits += std::uint64_t{frequencies[i]} * lengths[i];
  BitWriter writer(pending, out);
  if (bits / 8 >= data.size()) {
    write_stored(data, last, writer);
  } else {
    std::array<std::uint16_t, kLiteralLengths> bits_of{};
    canonical_codes(lengths, bits_of);
    Codes codes;
    for (std::size_t i = 0; i < kLiteralLengths; ++i) codes[i] = {bits_of[i], lengths[i]};
    writer.put(last ? 1 : 0, 1);
    writer.put(2, 2);
    header.write(writer);
    HWY_DYNAMIC_DISPATCH(write_symbols)(data, codes, writer);
  }
  if (last) writer.align();
  pending = writer.pending();
  return writer.position();
}

}  // namespace glimt::png
#endif
