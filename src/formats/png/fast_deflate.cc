// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/fast_deflate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "formats/png/huffman.h"

// One source for all targets: what a newer one brings here are shifts by any register (BMI2).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/png/fast_deflate.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef GLIMT_PNG_FAST_DEFLATE_ONCE
#define GLIMT_PNG_FAST_DEFLATE_ONCE
namespace glimt::png {

/// What is looked for repetitions, and what was found.
struct FastDeflate::Scan {
  const std::uint8_t* data;  ///< of the block; `history` bytes before it belong to the stream
  std::size_t size, history;
  std::uint32_t position;  ///< of the block in the stream, modulo 2^32
  std::span<std::uint32_t> seen;
  const std::uint8_t* costs;
  Token* tokens;
};

namespace fast {

using Token = FastDeflate::Token;

constexpr std::size_t kLiteralLengths = 286, kDistances = 30;  // symbols of the alphabets
constexpr std::size_t kEndOfBlock = 256;
constexpr unsigned kLongestCode = 12;  // four codes and the bits before them fit a word
constexpr std::size_t kLongestMatch = 258, kShortestMatch = 3;
constexpr unsigned kHashBits = 14;
constexpr std::size_t kMostMisses = 31 << 5;  // steps of 32 bytes

/// RFC 1951, 3.2.5: how a match length or a distance is coded.
struct SymbolAndExtra {
  std::uint16_t symbol;
  std::uint8_t extra_bits;
  std::uint16_t extra;
};
constexpr std::array<SymbolAndExtra, kLongestMatch + 1> make_length_codes() {
  std::array<SymbolAndExtra, kLongestMatch + 1> codes{};
  std::size_t length = kShortestMatch;
  for (unsigned symbol = 257; symbol < 285; ++symbol) {
    const unsigned extra_bits = symbol < 265 ? 0 : (symbol - 261) / 4;
    for (unsigned extra = 0; extra < 1U << extra_bits && length < kLongestMatch; ++extra) {
      codes[length++] = {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(extra_bits),
                         static_cast<std::uint16_t>(extra)};
    }
  }
  codes[kLongestMatch] = {285, 0, 0};
  return codes;
}
inline constexpr auto kLengthCodes = make_length_codes();

HWY_INLINE SymbolAndExtra distance_code(unsigned distance) {
  const unsigned d = distance - 1;
  if (d < 4) return {static_cast<std::uint16_t>(d), 0, 0};
  const auto extra_bits = static_cast<unsigned>(std::bit_width(d)) - 2;
  return {static_cast<std::uint16_t>(2 * extra_bits + (d >> extra_bits)),
          static_cast<std::uint8_t>(extra_bits),
          static_cast<std::uint16_t>(d & ((1U << extra_bits) - 1))};
}

struct Frequencies {
  std::array<std::uint32_t, kLiteralLengths> literals{};
  std::array<std::uint32_t, kDistances> distances{};
  std::uint64_t extra_bits = 0;
};

/// A code and, in the low 8 bits, its length: the sum of two has the sum of their lengths there.
constexpr std::uint32_t make_code(std::uint32_t bits, std::uint32_t count) {
  return bits << 8 | count;
}
struct Codes {
  std::array<std::uint32_t, kLiteralLengths> literals;
  std::array<std::uint32_t, kDistances> distances;
};

class BitWriter {
 public:
  BitWriter(std::uint64_t bits, unsigned count, std::uint8_t* out)
      : bits_(bits), count_(count), out_(out) {}

  /// At most 56 bits; up to 8 bytes beyond the end are written.
  HWY_INLINE void put(std::uint64_t bits, unsigned count) {
    bits_ |= bits << (count_ & 63);
    count_ += count;
    store_le(out_, bits_);
    out_ += count_ / 8;
    bits_ >>= count_ & 0x38;
    count_ &= 7;
  }
  void align() { put(0, (8 - count_) % 8); }
  void copy(Bytes data) {  // aligned
    std::memcpy(out_, data.data(), data.size());
    out_ += data.size();
  }
  [[nodiscard]] std::uint64_t bits() const { return bits_; }
  [[nodiscard]] unsigned count() const { return count_; }
  [[nodiscard]] std::uint8_t* position() const { return out_; }

 private:
  std::uint64_t bits_;
  unsigned count_;
  std::uint8_t* out_;
};

}  // namespace fast
}  // namespace glimt::png
#endif

HWY_BEFORE_NAMESPACE();
namespace glimt::png::fast {
namespace HWY_NAMESPACE {

class Tokenizer {
 public:
  explicit Tokenizer(const FastDeflate::Scan& scan)
      : scan_(scan),
        begin_(scan.data),
        end_(begin_ + scan.size),
        literals_(begin_),
        token_(scan.tokens) {}

  /// Returns the end of the tokens.
  template <bool kRepetitions>
  Token* run() {
    // Where nothing repeats, the search takes longer and longer steps; what it finds shortens them
    // by its length, so that a chance find in noise does not cost a close search.
    std::size_t misses = 0;
    const std::uint8_t* next_probe = begin_;
    const std::uint8_t* p = begin_;
    while (end_ - p >= 8) {
      const auto word = load_le<std::uint64_t>(p);
      if (word == 0) {
        p = take_zeros(p);
        next_probe = p;
        continue;
      }
      if constexpr (kRepetitions) {
        const std::uint8_t* group_end = p + 8;
        const std::uint8_t* matched = nullptr;
        for (next_probe = std::max(next_probe, p); next_probe < group_end && end_ - next_probe >= 8;
             next_probe += 1 + (misses >> 5)) {
          matched = take_repetition(next_probe);
          if (matched != nullptr) break;
          misses = std::min(misses + 1, kMostMisses);
        }
        if (matched != nullptr) {
          const auto gained = static_cast<std::size_t>(matched - p);
          misses -= std::min(misses, gained);
          p = next_probe = matched;
          continue;
        }
      }
      p += 8;
    }
    *token_++ = {static_cast<std::uint32_t>(end_ - literals_), 0, 0};
    return token_;
  }

 private:
  void match(const std::uint8_t* at, std::size_t length, std::size_t distance) {
    *token_++ = {static_cast<std::uint32_t>(at - literals_), static_cast<std::uint16_t>(length),
                 static_cast<std::uint16_t>(distance)};
    literals_ = at + length;
  }

  /// At least 8 zeros; returns their end.
  const std::uint8_t* take_zeros(const std::uint8_t* p) {
    const std::uint8_t* end = p + 8;
    while (end_ - end >= 8 && load_le<std::uint64_t>(end) == 0) end += 8;
    while (end < end_ && *end == 0) ++end;
    if (p == begin_ || p[-1] != 0) ++p;
    while (static_cast<std::size_t>(end - p) >= kShortestMatch) {
      const std::size_t length = std::min(static_cast<std::size_t>(end - p), kLongestMatch);
      match(p, length, 1);
      p += length;
    }
    return end;
  }

  /// A match around p that is shorter than its literals, or null; returns its end.
  const std::uint8_t* take_repetition(const std::uint8_t* p) {
    constexpr std::uint64_t prime = 0x9E3779B185EBCA87;
    const auto word = load_le<std::uint64_t>(p);
    std::uint32_t& seen = scan_.seen[word * prime >> (64 - kHashBits)];
    const auto position = scan_.position + static_cast<std::uint32_t>(p - begin_);
    const std::uint32_t distance = position - seen;
    seen = position;
    const std::size_t before = std::min<std::size_t>(
        scan_.history + static_cast<std::size_t>(p - begin_), std::size_t{32} << 10);
    if (distance == 0 || distance > before) return nullptr;
    const std::uint8_t* from = p - distance;
    if (load_le<std::uint64_t>(from) != word) return nullptr;
    const std::uint8_t* end = p + 8;
    while (end < end_ && *end == *(end - distance)) ++end;
    while (p > literals_ && static_cast<std::size_t>(p - begin_) + scan_.history > distance &&
           p[-1] == *(p - 1 - distance)) {
      --p;
    }
    if (!pays(p, end, distance)) return nullptr;
    while (static_cast<std::size_t>(end - p) >= kShortestMatch) {
      const std::size_t length = std::min(static_cast<std::size_t>(end - p), kLongestMatch);
      match(p, length, distance);
      p += length;
    }
    return p;
  }
  [[nodiscard]] bool pays(const std::uint8_t* p, const std::uint8_t* end, unsigned distance) const {
    constexpr unsigned codes = 12;  // of a length and a distance, and a part of the table
    const unsigned bits = codes + distance_code(distance).extra_bits;
    unsigned literals = 0;
    for (; p < end && literals <= bits; ++p) literals += scan_.costs[*p];
    return literals > bits;
  }

  const FastDeflate::Scan& scan_;
  const std::uint8_t* const begin_;
  const std::uint8_t* const end_;
  const std::uint8_t* literals_;  // those that no token has yet
  Token* token_;
};

static Token* find_zeros(const FastDeflate::Scan& scan) { return Tokenizer(scan).run<false>(); }
static Token* find_repetitions(const FastDeflate::Scan& scan) {
  return Tokenizer(scan).run<true>();
}

/// Of long stretches of literals a half is counted, if that is enough.
static void count_symbols(const std::uint8_t* p, std::span<const Token> tokens, bool half,
                          Frequencies& result) {
  const std::ptrdiff_t step = half ? 8 : 4;
  // Four tables, so that equal neighbours do not wait for each other's store.
  std::uint32_t counts[4][256] = {};
  Frequencies frequencies;
  for (const Token& token : tokens) {
    const std::uint8_t* const end = p + token.literals;
    for (; end - p >= step; p += step) {
      ++counts[0][p[0]];
      ++counts[1][p[1]];
      ++counts[2][p[2]];
      ++counts[3][p[3]];
    }
    for (; p < end; ++p) ++counts[0][*p];
    if (token.length == 0) continue;
    const SymbolAndExtra &length = kLengthCodes[token.length],
                         distance = distance_code(token.distance);
    ++frequencies.literals[length.symbol];
    ++frequencies.distances[distance.symbol];
    frequencies.extra_bits += length.extra_bits + 0U + distance.extra_bits;
    p += token.length;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    frequencies.literals[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
    // What was not counted may still be there and needs a code.
    if (half) frequencies.literals[i] = 2 * frequencies.literals[i] + 1;
  }
  frequencies.literals[kEndOfBlock] = 1;
  result = frequencies;
}

static void write_symbols(const std::uint8_t* p, std::span<const Token> tokens, const Codes& codes,
                          BitWriter& out) {
  BitWriter writer = out;
  const auto put = [&](std::uint32_t code) HWY_ATTR { writer.put(code >> 8, code & 0xFF); };
  const auto put_extra = [&](std::uint32_t code, const SymbolAndExtra& how) HWY_ATTR {
    writer.put(code >> 8 | std::uint64_t{how.extra} << (code & 63), (code & 0xFF) + how.extra_bits);
  };
  for (const Token& token : tokens) {
    const std::uint8_t* const end = p + token.literals;
    for (; end - p >= 4; p += 4) {
      const std::uint32_t a = codes.literals[p[0]], b = codes.literals[p[1]];
      const std::uint32_t c = codes.literals[p[2]], d = codes.literals[p[3]];
      const std::uint32_t ab = a + b, abc = ab + c, abcd = abc + d;
      const std::uint64_t low = a >> 8 | std::uint64_t{b >> 8} << (a & 63);
      const std::uint64_t high = std::uint64_t{c >> 8} << (ab & 63) | std::uint64_t{d >> 8}
                                                                          << (abc & 63);
      writer.put(low | high, abcd & 0xFF);
    }
    for (; p < end; ++p) put(codes.literals[*p]);
    if (token.length == 0) continue;
    const SymbolAndExtra &length = kLengthCodes[token.length],
                         distance = distance_code(token.distance);
    put_extra(codes.literals[length.symbol], length);
    put_extra(codes.distances[distance.symbol], distance);
    p += token.length;
  }
  put(codes.literals[kEndOfBlock]);
  out = writer;
}

}  // namespace HWY_NAMESPACE
}  // namespace glimt::png::fast
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::png {
namespace fast {
HWY_EXPORT(find_zeros);
HWY_EXPORT(find_repetitions);
HWY_EXPORT(count_symbols);
HWY_EXPORT(write_symbols);
namespace {

struct CodeLengths {
  std::array<std::uint8_t, kLiteralLengths> literals{};
  std::array<std::uint8_t, kDistances> distances{};
};

/// RFC 1951, 3.2.7: lengths of the codes, runs of them as symbols 16 to 18.
class LengthsHeader {
 public:
  explicit LengthsHeader(const CodeLengths& code) {
    while (code.literals[literal_lengths_ - 1] == 0) --literal_lengths_;
    while (distances_ > 1 && code.distances[distances_ - 1] == 0) --distances_;
    std::array<std::uint8_t, kLiteralLengths + kDistances> sequence;
    std::copy_n(code.distances.begin(), distances_,
                std::copy_n(code.literals.begin(), literal_lengths_, sequence.begin()));
    const std::size_t end = literal_lengths_ + distances_;
    for (std::size_t i = 0; i < end;) {
      std::size_t run = 1;
      while (i + run < end && sequence[i + run] == sequence[i]) ++run;
      i += run;
      add_run(sequence[i - 1], run);
    }
    std::array<std::uint32_t, kSymbols> frequencies{};
    for (std::size_t i = 0; i < item_count_; ++i) ++frequencies[items_[i].symbol];
    code_lengths(frequencies, 7, lengths_);
    canonical_codes(lengths_, codes_);
    while (lengths_sent_ > 4 && lengths_[kOrder[lengths_sent_ - 1]] == 0) --lengths_sent_;
  }

  [[nodiscard]] std::uint64_t bits() const {
    std::uint64_t bits = 14 + 3 * lengths_sent_;
    for (std::size_t i = 0; i < item_count_; ++i) {
      bits += lengths_[items_[i].symbol] + std::uint64_t{items_[i].extra_bits};
    }
    return bits;
  }
  void write(BitWriter& out) const {
    out.put(literal_lengths_ - 257, 5);
    out.put(distances_ - 1, 5);
    out.put(lengths_sent_ - 4, 4);
    for (std::size_t i = 0; i < lengths_sent_; ++i) out.put(lengths_[kOrder[i]], 3);
    for (std::size_t i = 0; i < item_count_; ++i) {
      out.put(codes_[items_[i].symbol], lengths_[items_[i].symbol]);
      out.put(items_[i].extra, items_[i].extra_bits);
    }
  }

 private:
  static constexpr std::size_t kSymbols = 19;
  static constexpr std::uint8_t kOrder[kSymbols] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
  struct Item {
    std::uint8_t symbol, extra_bits, extra;
  };

  void add(std::size_t symbol, unsigned extra_bits = 0, std::size_t extra = 0) {
    items_[item_count_++] = {static_cast<std::uint8_t>(symbol),
                             static_cast<std::uint8_t>(extra_bits),
                             static_cast<std::uint8_t>(extra)};
  }
  void add_run(std::uint8_t length, std::size_t run) {
    if (length != 0) {
      add(length);
      --run;
    }
    while (run >= 3) {
      const std::size_t part = std::min<std::size_t>(run, length != 0 ? 6 : 138);
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

  std::size_t literal_lengths_ = kLiteralLengths, distances_ = kDistances;
  std::array<Item, kLiteralLengths + kDistances> items_;
  std::size_t item_count_ = 0;
  std::array<std::uint8_t, kSymbols> lengths_{};
  std::array<std::uint16_t, kSymbols> codes_{};
  std::size_t lengths_sent_ = kSymbols;
};

template <std::size_t N>
void pack_codes(const std::array<std::uint8_t, N>& lengths, std::array<std::uint32_t, N>& codes) {
  std::array<std::uint16_t, N> bits{};
  canonical_codes(lengths, bits);
  for (std::size_t i = 0; i < N; ++i) codes[i] = make_code(bits[i], lengths[i]);
}

bool is_mostly_literals(std::span<const Token> tokens, std::size_t size) {
  constexpr std::size_t least = std::size_t{32} << 10;
  std::size_t matched = 0;
  for (const Token& token : tokens) matched += token.length;
  return size >= least && matched <= size / 8;
}

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

Result<FastDeflate> FastDeflate::make(std::size_t most_bytes, bool find_repetitions, Arena& arena) {
  FastDeflate deflate;
  deflate.memory_ = arena.take<std::uint8_t>(kHistory + most_bytes + kSlack);
  // Runs and repetitions are of at least 8 bytes, with the literal before them.
  deflate.tokens_ = arena.take<Token>(most_bytes / 8 + 2);
  if (find_repetitions)
    deflate.seen_ = arena.take<std::uint32_t>(std::size_t{1} << fast::kHashBits);
  if (deflate.memory_.empty() || deflate.tokens_.empty() ||
      (find_repetitions && deflate.seen_.empty())) {
    return Status(Code::out_of_memory,
                  "no memory for a block of " + std::to_string(most_bytes) + " bytes");
  }
  std::fill(deflate.seen_.begin(), deflate.seen_.end(), 0);
  std::fill(std::begin(deflate.costs_), std::end(deflate.costs_), std::uint8_t{6});
  return deflate;
}

std::uint8_t* FastDeflate::write(std::size_t size, bool last, std::uint8_t* out) {
  using namespace fast;
  const auto history = static_cast<std::size_t>(std::min<std::uint64_t>(position_, kHistory));
  const Scan scan{block(), size,   history,       static_cast<std::uint32_t>(position_),
                  seen_,   costs_, tokens_.data()};
  const Token* tokens_end = seen_.empty() ? HWY_DYNAMIC_DISPATCH(find_zeros)(scan)
                                          : HWY_DYNAMIC_DISPATCH(find_repetitions)(scan);
  const std::span<const Token> tokens(tokens_.data(), tokens_end);
  Frequencies frequencies;
  const bool half = seen_.empty() && is_mostly_literals(tokens, size);
  HWY_DYNAMIC_DISPATCH(count_symbols)(block(), tokens, half, frequencies);
  // zlib takes no block without a distance code.
  if (tokens.size() == 1) frequencies.distances[0] = 1;
  CodeLengths lengths;
  code_lengths(frequencies.literals, kLongestCode, lengths.literals);
  code_lengths(frequencies.distances, kLongestCode, lengths.distances);
  const LengthsHeader header(lengths);
  std::uint64_t bits = 3 + header.bits() + frequencies.extra_bits;
  for (std::size_t i = 0; i < kLiteralLengths; ++i) {
    bits += std::uint64_t{frequencies.literals[i]} * lengths.literals[i];
  }
  for (std::size_t i = 0; i < kDistances; ++i) {
    bits += std::uint64_t{frequencies.distances[i]} * lengths.distances[i];
  }
  BitWriter writer(pending_bits_, pending_count_, out);
  const std::size_t doubt = half ? size / 32 : 0;
  if (bits / 8 + doubt >= size) {
    write_stored({block(), size}, last, writer);
  } else {
    Codes codes;
    pack_codes(lengths.literals, codes.literals);
    pack_codes(lengths.distances, codes.distances);
    writer.put(last ? 1 : 0, 1);
    writer.put(2, 2);
    header.write(writer);
    HWY_DYNAMIC_DISPATCH(write_symbols)(block(), tokens, codes, writer);
  }
  if (last) writer.align();
  pending_bits_ = writer.bits();
  pending_count_ = writer.count();
  if (!seen_.empty()) {
    for (std::size_t i = 0; i < 256; ++i)
      costs_[i] = lengths.literals[i] != 0 ? lengths.literals[i] : kLongestCode;
    const std::size_t kept = std::min(history + size, kHistory);
    std::memmove(block() - kept, block() + size - kept, kept);
  }
  position_ += size;
  return writer.position();
}

}  // namespace glimt::png
#endif
