// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/ccitt.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/checked.h"
#include "formats/tiff/compression/ccitt_codes.h"

namespace glimt::tiff {
namespace {

using ccitt::Mode;

/// Bits, first one first; behind the end come zeros.
class BitReader {
 public:
  explicit BitReader(Bytes data) : data_(data) {}

  /// count in [1, 32].
  std::uint32_t peek(unsigned count) {
    if (count_ < count) refill();
    return static_cast<std::uint32_t>(bits_ >> (64 - count));
  }
  /// What was peeked at.
  void drop(unsigned count) {
    bits_ <<= count;
    count_ -= count;
    position_ += count;
  }
  [[nodiscard]] bool ended() const { return position_ >= 8 * std::uint64_t{data_.size()}; }
  [[nodiscard]] bool overrun() const { return position_ > 8 * std::uint64_t{data_.size()}; }
  /// Whether a code that begins here may reach beyond the end.
  [[nodiscard]] bool near_end() const {
    return position_ + ccitt::kRunBits > 8 * std::uint64_t{data_.size()};
  }
  /// To the next multiple of `bits` from the beginning.
  void align(unsigned bits) {
    for (auto rest = static_cast<unsigned>((bits - position_ % bits) % bits); rest != 0;) {
      const unsigned step = std::min(rest, 8U);
      static_cast<void>(peek(step));
      drop(step);
      rest -= step;
    }
  }

 private:
  void refill() {
    for (; count_ <= 56; count_ += 8, ++next_) {
      if (next_ < data_.size()) bits_ |= std::uint64_t{data_[next_]} << (56 - count_);
    }
  }

  Bytes data_;
  std::size_t next_ = 0;
  std::uint64_t bits_ = 0, position_ = 0;
  unsigned count_ = 0;
};

/// How a row came out.
enum class RowEnd : std::uint8_t { whole, damaged, uncompressed, end_of_data };

/// T.4 4.1.1: make-up codes, then a terminating one. Returns whether there is one.
bool read_run(BitReader& bits, unsigned color, std::uint32_t width, std::uint32_t& run) {
  std::uint64_t total = 0;
  for (;;) {
    const ccitt::RunCode code = ccitt::kRuns[color][bits.peek(ccitt::kRunBits)];
    if (code.bits == 0) return false;
    bits.drop(code.bits);
    total += code.run;
    if (bits.overrun()) return false;
    if (code.run < 64) break;
    total = std::min<std::uint64_t>(total, width);
  }
  run = static_cast<std::uint32_t>(std::min<std::uint64_t>(total, width));
  return true;
}

/// Appends the end of a run that begins at `begin`; runs end with the row.
std::uint32_t add_run(std::vector<std::uint32_t>& changes, std::uint32_t begin, std::uint32_t run,
                      std::uint32_t width) {
  changes.push_back(run < width - begin ? begin + run : width);
  return changes.back();
}

RowEnd read_row_1d(BitReader& bits, std::uint32_t width, std::vector<std::uint32_t>& changes) {
  changes.clear();
  unsigned color = 0;
  for (std::uint32_t at = 0; at < width; color ^= 1U) {
    std::uint32_t run = 0;
    if (!read_run(bits, color, width, run)) return RowEnd::damaged;
    at = add_run(changes, at, run, width);
  }
  return RowEnd::whole;
}

/// T.4 4.2 and T.6 2.2. `reference` ends with three times the width.
RowEnd read_row_2d(BitReader& bits, std::uint32_t width,
                   const std::vector<std::uint32_t>& reference,
                   std::vector<std::uint32_t>& changes) {
  changes.clear();
  unsigned color = 0;
  std::int64_t a0 = -1;
  std::size_t b1 = 0;  // even elements turn black
  while (a0 < width) {
    while (reference[b1] <= a0 && reference[b1] < width) b1 += 2;
    const ccitt::ModeCode code = ccitt::kModes[bits.peek(ccitt::kModeBits)];
    const auto begin = static_cast<std::uint32_t>(std::max<std::int64_t>(a0, 0));
    if (code.mode == Mode::none) return RowEnd::damaged;
    bits.drop(code.bits);
    if (bits.overrun()) return RowEnd::damaged;
    if (code.mode == Mode::extension) return RowEnd::uncompressed;
    if (code.mode == Mode::pass) {
      a0 = reference[b1 + 1];
    } else if (code.mode == Mode::horizontal) {
      std::uint32_t first = 0, second = 0;
      if (!read_run(bits, color, width, first)) return RowEnd::damaged;
      a0 = add_run(changes, begin, first, width);
      if (!read_run(bits, color ^ 1U, width, second)) return RowEnd::damaged;
      a0 = add_run(changes, static_cast<std::uint32_t>(a0), second, width);
    } else {
      const std::int64_t a1 = std::int64_t{reference[b1]} + code.offset;
      if (a1 < begin || a1 > width) return RowEnd::damaged;
      changes.push_back(static_cast<std::uint32_t>(a1));
      a0 = a1;
      color ^= 1U;
      b1 = b1 > 0 ? b1 - 1 : 1;
    }
  }
  return RowEnd::whole;
}

/// Sets bits [begin, end) of a row.
void blacken(std::uint8_t* row, std::uint32_t begin, std::uint32_t end) {
  if (begin >= end) return;
  const std::size_t first = begin / 8, last = (end - 1) / 8;
  const auto from = static_cast<std::uint8_t>(0xFF >> begin % 8);
  const auto to = static_cast<std::uint8_t>(0xFF << (7 - (end - 1) % 8));
  if (first == last) {
    row[first] |= from & to;
    return;
  }
  row[first] |= from;
  std::memset(row + first + 1, 0xFF, last - first - 1);
  row[last] |= to;
}

void paint(const std::vector<std::uint32_t>& changes, std::uint32_t width, std::uint8_t* row,
           std::size_t row_bytes) {
  std::memset(row, 0, row_bytes);
  for (std::size_t i = 0; i < changes.size(); i += 2)
    blacken(row, changes[i], i + 1 < changes.size() ? changes[i + 1] : width);
}

/// Passes over end-of-line codes (11 zeros or more, then a one) and says how many there were.
/// `two_dimensional`: the bit behind each says how the row is coded; `tag` becomes the last.
unsigned skip_ends_of_line(BitReader& bits, bool two_dimensional, unsigned& tag) {
  unsigned count = 0;
  while (bits.peek(11) == 0 && !bits.ended()) {
    while (bits.peek(1) == 0 && !bits.ended()) bits.drop(1);
    if (bits.ended()) break;
    bits.drop(1);
    ++count;
    if (two_dimensional) {
      tag = bits.peek(1);
      bits.drop(1);
    }
  }
  return count;
}

void seek_end_of_line(BitReader& bits) {
  while (!bits.ended() && bits.peek(11) != 0) bits.drop(1);
}

/// How the rows of one chunk are told apart.
struct Rows {
  Compression compression;
  bool two_dimensional;
  std::uint32_t width;
};

RowEnd read_row(const Rows& rows, BitReader& bits, const std::vector<std::uint32_t>& reference,
                std::vector<std::uint32_t>& changes) {
  unsigned tag = 1;
  changes.clear();
  switch (rows.compression) {
    case Compression::ccitt_rle:
    case Compression::ccitt_rle_word:
      bits.align(rows.compression == Compression::ccitt_rle ? 8 : 16);
      if (bits.ended()) return RowEnd::end_of_data;
      return read_row_1d(bits, rows.width, changes);
    case Compression::ccitt_g3: {
      const unsigned ends = skip_ends_of_line(bits, rows.two_dimensional, tag);
      // Two in a row are the return to control (T.4 4.1.4).
      if (ends > 1 || bits.ended()) return RowEnd::end_of_data;
      if (ends == 0 && rows.two_dimensional) return RowEnd::damaged;
      return tag == 1 ? read_row_1d(bits, rows.width, changes)
                      : read_row_2d(bits, rows.width, reference, changes);
    }
    default:
      if (bits.peek(12) == 1 || bits.ended()) return RowEnd::end_of_data;  // T.6 2.4.1.1
      return read_row_2d(bits, rows.width, reference, changes);
  }
}

Status defect_of(RowEnd end, const BitReader& bits, std::size_t row) {
  const std::string where = " in row " + std::to_string(row);
  if (end == RowEnd::uncompressed)
    return {Code::unsupported, "the facsimile data use uncompressed mode" + where};
  if (bits.near_end()) return {Code::truncated, "the facsimile data end" + where};
  return {Code::corrupt, "the facsimile data hold an invalid code" + where};
}

}  // namespace

Expanded CcittDecoder::expand(Compression compression, const ChunkShape& shape, Bytes coded,
                              std::span<std::uint8_t> out) {
  if (shape.bits != 1 || shape.samples != 1)
    return {0, {Code::unsupported, "facsimile data with more than one bit a pixel"}};
  const std::size_t row_bytes = ceil_div<std::size_t>(shape.width, 8);
  if (row_bytes == 0) return {};
  const Rows rows{compression, (shape.t4_options & 1U) != 0, shape.width};
  const bool resyncs = compression == Compression::ccitt_g3;
  BitReader bits(coded);
  reference_.assign(3, shape.width);  // T.6 2.2.1: an imaginary white row
  Status defect;
  std::size_t row = 0;
  for (; row < out.size() / row_bytes; ++row) {
    const RowEnd end = read_row(rows, bits, reference_, changes_);
    if (end == RowEnd::end_of_data) break;
    if (end != RowEnd::whole) {
      if (defect.ok()) defect = defect_of(end, bits, row);
      if (!resyncs || bits.near_end()) break;
      seek_end_of_line(bits);
      // What has begun black would otherwise stay so to the end.
      if (changes_.size() % 2 != 0) changes_.push_back(changes_.back());
    }
    paint(changes_, shape.width, out.data() + row * row_bytes, row_bytes);
    changes_.insert(changes_.end(), 3, shape.width);
    std::swap(reference_, changes_);
  }
  return {row * row_bytes, defect};
}

}  // namespace glimt::tiff
