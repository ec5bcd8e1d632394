// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/lossless.h"

#include <algorithm>
#include <string>

namespace glimt::jpeg {
namespace {

/// The sample predicted from those to the left (a), above (b) and above left (c): T.81 table H.1.
template <int kPredictor>
std::int32_t predict(std::int32_t a, std::int32_t b, std::int32_t c) {
  if constexpr (kPredictor == 1) return a;
  if constexpr (kPredictor == 2) return b;
  if constexpr (kPredictor == 3) return c;
  if constexpr (kPredictor == 4) return a + b - c;
  if constexpr (kPredictor == 5) return a + ((b - c) >> 1);
  if constexpr (kPredictor == 6) return b + ((a - c) >> 1);
  if constexpr (kPredictor == 7) return (a + b) >> 1;
}

/// Samples are sums modulo 2^16 (H.1.2.1); those of a sound stream have the frame's precision, so
/// that a mask of just these bits changes none of them, and bounds those of a damaged one.
template <int kPredictor>
void add_row(const std::uint16_t* differences, const std::uint16_t* above, std::uint16_t* row,
             std::int64_t width, std::uint16_t mask) {
  std::int32_t b = above[0];
  std::int32_t a = (b + differences[0]) & mask;
  row[0] = static_cast<std::uint16_t>(a);
  for (std::int64_t x = 1; x < width; ++x) {
    const std::int32_t c = b;
    b = above[x];
    a = (predict<kPredictor>(a, b, c) + differences[x]) & mask;
    row[x] = static_cast<std::uint16_t>(a);
  }
}

using AddRow = void (*)(const std::uint16_t*, const std::uint16_t*, std::uint16_t*, std::int64_t,
                        std::uint16_t);
constexpr AddRow kAddRow[] = {nullptr,    add_row<1>, add_row<2>, add_row<3>,
                              add_row<4>, add_row<5>, add_row<6>, add_row<7>};

/// The first row of a scan or restart interval (H.1.2.1).
void add_first_row(const std::uint16_t* differences, std::uint16_t prediction, std::uint16_t* row,
                   std::int64_t width, std::uint16_t mask) {
  std::uint32_t a = prediction;
  for (std::int64_t x = 0; x < width; ++x) {
    a = (a + differences[x]) & mask;
    row[x] = static_cast<std::uint16_t>(a);
  }
}

/// A code that the look-up does not settle: long, none, or of the one difference without bits.
/// Leaves 57 bits behind it.
std::uint16_t read_special(BitReader& bits, const HuffmanTable& table, std::uint32_t& kinds) {
  const HuffmanCode code = table.find(bits.bits());
  const std::int32_t value = code.value(bits.bits());
  bits.drop(code.total_bits());
  bits.refill();
  kinds |= code.packed;
  return code.is(HuffmanCode::kSpecial) ? 32768 : static_cast<std::uint16_t>(value);
}

/// H.2.2. Takes at most 26 of 57 bits, or leaves as many: there is one refill() for two of these.
/// Adds the kind of a special code to `kinds`.
inline std::uint16_t read_difference(BitReader& bits, const HuffmanTable& table,
                                     std::uint32_t& kinds) {
  const HuffmanCode code = table.look_up(bits.bits());
  if (code.is(HuffmanCode::kSpecial)) [[unlikely]]
    return read_special(bits, table, kinds);
  const std::int32_t value = code.value(bits.bits());
  bits.drop(code.total_bits());
  return static_cast<std::uint16_t>(value);
}

}  // namespace

Status LosslessScan::start(const Frame& frame, const Scan& scan, const Tables& tables,
                           Arena& arena) {
  count_ = scan.count;
  mcus_across_ = scan.mcus_across;
  predictor_ = scan.spectral_start;
  const int bits = frame.precision - scan.low;
  first_prediction_ = static_cast<std::uint16_t>(1U << (bits - 1));
  mask_ = static_cast<std::uint16_t>((1U << bits) - 1);
  first_row_ = true;
  if (tables.restart_interval % static_cast<std::uint64_t>(mcus_across_) != 0) {
    return {Code::corrupt, "a lossless scan has a restart interval of " +
                               std::to_string(tables.restart_interval) + " MCUs, but rows of " +
                               std::to_string(mcus_across_)};
  }
  bool sampled = false;  // an MCU has several samples of a component
  for (std::size_t i = 0; i < count_; ++i) {
    const Scan::Selection& selection = scan.components[i];
    const FrameComponent& c = frame.components[selection.component];
    Part& part = parts_[i];
    part.component = selection.component;
    part.across = scan.interleaved() ? c.horizontal : 1;
    part.down = scan.interleaved() ? c.vertical : 1;
    sampled = sampled || part.across * part.down > 1;
    part.width = c.width;
    part.height = c.height;
    part.stride = mcus_across_ * part.across;
    if (selection.dc >= kTables || !tables.dc[selection.dc].defined()) {
      return {Code::corrupt, "a lossless scan uses Huffman table " + std::to_string(selection.dc) +
                                 ", which is not defined"};
    }
    part.table = &tables.dc[selection.dc];
    part.differences = arena.take<std::uint16_t>(static_cast<std::size_t>(part.stride * part.down));
    if (part.differences.empty()) return {Code::out_of_memory, "no memory for a row of samples"};
  }
  constexpr ReadDifferences readers[] = {
      &LosslessScan::read_single_differences, &LosslessScan::read_differences<2>,
      &LosslessScan::read_differences<3>, &LosslessScan::read_differences<4>};
  read_ = sampled ? &LosslessScan::read_sampled_differences : readers[count_ - 1];
  return {};
}

std::uint32_t LosslessScan::read_single_differences(BitReader& reader) {
  BitReader bits = reader;
  std::uint32_t kinds = 0;
  const HuffmanTable& table = *parts_[0].table;
  std::uint16_t* out = parts_[0].differences.data();
  std::int64_t x = 0;
  for (; x + 1 < mcus_across_; x += 2) {
    bits.refill();
    out[x] = read_difference(bits, table, kinds);
    out[x + 1] = read_difference(bits, table, kinds);
  }
  if (x < mcus_across_) {
    bits.refill();
    out[x] = read_difference(bits, table, kinds);
  }
  reader = bits;
  return kinds;
}

template <std::size_t kCount>
std::uint32_t LosslessScan::read_differences(BitReader& reader) {
  BitReader bits = reader;
  std::uint32_t kinds = 0;
  std::array<const HuffmanTable*, kCount> tables;
  std::array<std::uint16_t*, kCount> rows;
  for (std::size_t i = 0; i < kCount; ++i) {
    tables[i] = parts_[i].table;
    rows[i] = parts_[i].differences.data();
  }
  for (std::int64_t x = 0; x < mcus_across_; ++x) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (i % 2 == 0) bits.refill();
      rows[i][x] = read_difference(bits, *tables[i], kinds);
    }
  }
  reader = bits;
  return kinds;
}

std::uint32_t LosslessScan::read_sampled_differences(BitReader& bits) {
  std::uint32_t kinds = 0;
  for (std::int64_t x = 0; x < mcus_across_; ++x) {
    for (std::size_t i = 0; i < count_; ++i) {
      const Part& part = parts_[i];
      for (std::int64_t v = 0; v < part.down; ++v) {
        std::uint16_t* row = &part.differences[static_cast<std::size_t>(v * part.stride)];
        for (std::int64_t h = 0; h < part.across; ++h) {
          bits.refill();
          row[x * part.across + h] = read_difference(bits, *part.table, kinds);
        }
      }
    }
  }
  return kinds;
}

void LosslessScan::clear_differences() {
  for (std::size_t i = 0; i < count_; ++i) {
    std::fill(parts_[i].differences.begin(), parts_[i].differences.end(), std::uint16_t{0});
  }
}

Status LosslessScan::read_row(std::int64_t row, Intervals& intervals,
                              std::span<ComponentRows> components, DamageLog& damages) {
  if (intervals.at_start()) {
    GLIMT_TRY(intervals.open(damages));
    first_row_ = true;
  }
  if (intervals.alive()) {
    const std::uint32_t kinds = (this->*read_)(intervals.bits);
    if (intervals.bits.overrun()) {
      GLIMT_TRY(intervals.report_overrun(damages));
      clear_differences();
    } else if ((kinds & HuffmanCode::kInvalid) != 0) {
      GLIMT_TRY(damages.add(Code::corrupt, "bad Huffman code"));
      intervals.give_up();
      clear_differences();
    }
  } else {
    clear_differences();
  }
  intervals.count(static_cast<std::uint64_t>(mcus_across_));

  for (std::size_t i = 0; i < count_; ++i) {
    const Part& part = parts_[i];
    const ComponentRows& rows = components[part.component];
    bool first = first_row_;
    for (std::int64_t v = 0; v < part.down; ++v, first = false) {
      const std::int64_t y = row * part.down + v;
      if (y >= part.height) break;
      const std::uint16_t* differences =
          &part.differences[static_cast<std::size_t>(v * part.stride)];
      if (first) {
        add_first_row(differences, first_prediction_, rows.row(y), part.width, mask_);
      } else {
        kAddRow[predictor_](differences, rows.row(y - 1), rows.row(y), part.width, mask_);
      }
    }
  }
  first_row_ = false;
  return {};
}

}  // namespace glimt::jpeg
