// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/blocks.h"

#include <string>

namespace glimt::jpeg {
namespace {

/// The difference of a DC coefficient from the one before (F.2.2.1).
inline bool read_dc(BitReader& bits, const HuffmanTable& table, std::int32_t& difference) {
  const HuffmanCode code = table.find(bits.bits());
  difference = code.value(bits.bits());
  bits.drop(code.total_bits());
  return !code.is(HuffmanCode::kSpecial);
}

Status no_table(const char* kind, unsigned destination) {
  return {Code::corrupt, std::string("a scan uses ") + kind + " Huffman table " +
                             std::to_string(destination) + ", which is not defined for it"};
}

}  // namespace

BlockScan::ReadBlock BlockScan::choose(const Frame& frame, const Scan& scan) {
  if (!frame.progressive) return &BlockScan::read_whole;
  // [AC][refinement]
  constexpr ReadBlock readers[2][2] = {{&BlockScan::read_dc_first, &BlockScan::read_dc_refinement},
                                       {&BlockScan::read_ac_first, &BlockScan::read_ac_refinement}};
  return readers[scan.spectral_start > 0][scan.high > 0];
}

Status BlockScan::start(const Frame& frame, const Scan& scan, const Tables& tables) {
  count_ = scan.count;
  mcus_across_ = scan.mcus_across;
  read_block_ = choose(frame, scan);
  spectral_start_ = scan.spectral_start;
  spectral_end_ = scan.spectral_end;
  low_ = frame.progressive ? scan.low : 0;
  end_of_band_run_ = 0;
  const bool wants_dc = !frame.progressive || (scan.spectral_start == 0 && scan.high == 0);
  const bool wants_ac = !frame.progressive || scan.spectral_start > 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Scan::Selection& selection = scan.components[i];
    const FrameComponent& c = frame.components[selection.component];
    Part& part = parts_[i];
    part = {};
    part.component = selection.component;
    part.across = scan.interleaved() ? c.horizontal : 1;
    part.down = scan.interleaved() ? c.vertical : 1;
    if (wants_dc) {
      const bool known = selection.dc < kTables && tables.dc[selection.dc].defined() &&
                         !tables.dc[selection.dc].lossless_only();
      if (!known) return no_table("DC", selection.dc);
      part.dc = &tables.dc[selection.dc];
    }
    if (wants_ac) {
      if (selection.ac >= kTables || !tables.ac[selection.ac].defined()) {
        return no_table("AC", selection.ac);
      }
      part.ac = &tables.ac[selection.ac];
    }
  }
  return {};
}

/// F.2.2.1 and F.2.2.2.
BlockScan::Outcome BlockScan::read_whole(BitReader& bits, Part& part, std::int16_t* block) {
  bits.refill();
  std::int32_t difference = 0;
  if (!read_dc(bits, *part.dc, difference)) return Outcome::bad_code;
  part.prediction += static_cast<std::uint32_t>(difference);
  block[0] = static_cast<std::int16_t>(part.prediction);
  for (unsigned k = 1; k < kBlockSize; ++k) {
    bits.refill();
    const HuffmanCode code = part.ac->find(bits.bits());
    const std::int32_t value = code.value(bits.bits());
    bits.drop(code.total_bits());
    k += code.run();
    if (code.is(HuffmanCode::kSpecial)) {
      if (code.is(HuffmanCode::kInvalid)) return Outcome::bad_code;
      if (code.run() != 15) break;  // EOB
      continue;                     // ZRL: 16 zeros, with the step of the loop
    }
    if (k >= kBlockSize) return Outcome::past_end;
    block[kZigzag[k]] = static_cast<std::int16_t>(value);
  }
  return Outcome::done;
}

BlockScan::Outcome BlockScan::read_dc_first(BitReader& bits, Part& part, std::int16_t* block) {
  bits.refill();
  std::int32_t difference = 0;
  if (!read_dc(bits, *part.dc, difference)) return Outcome::bad_code;
  part.prediction += static_cast<std::uint32_t>(difference);
  block[0] = static_cast<std::int16_t>(part.prediction << low_);
  return Outcome::done;
}

BlockScan::Outcome BlockScan::read_dc_refinement(BitReader& bits, Part&, std::int16_t* block) {
  bits.refill();
  if (bits.take(1) != 0) block[0] = static_cast<std::int16_t>(block[0] | 1 << low_);
  return Outcome::done;
}

/// G.1.2.2.
BlockScan::Outcome BlockScan::read_ac_first(BitReader& bits, Part& part, std::int16_t* block) {
  if (end_of_band_run_ > 0) {
    --end_of_band_run_;
    return Outcome::done;
  }
  for (unsigned k = spectral_start_; k <= spectral_end_; ++k) {
    bits.refill();
    const HuffmanCode code = part.ac->find(bits.bits());
    const std::int32_t value = code.value(bits.bits());
    bits.drop(code.total_bits());
    if (code.is(HuffmanCode::kSpecial)) {
      if (code.is(HuffmanCode::kInvalid)) return Outcome::bad_code;
      if (code.run() != 15) {
        end_of_band_run_ = (1U << code.run()) + bits.take(code.run()) - 1;
        break;
      }
      k += 15;
      continue;
    }
    k += code.run();
    if (k > spectral_end_) return Outcome::past_end;
    block[kZigzag[k]] = static_cast<std::int16_t>(static_cast<std::uint32_t>(value) << low_);
  }
  return Outcome::done;
}

/// Adds the next bit of a coefficient that is not zero.
inline void refine(BitReader& bits, std::int16_t& coefficient, unsigned low) {
  bits.refill();
  if (bits.take(1) == 0) return;
  const auto step = static_cast<std::int16_t>(1U << low);
  if ((coefficient & step) != 0) return;  // a damaged stream sends the bit twice
  coefficient = static_cast<std::int16_t>(coefficient + (coefficient < 0 ? -step : step));
}

void BlockScan::refine_to_end(BitReader& bits, std::int16_t* block, unsigned k) const {
  for (; k <= spectral_end_; ++k) {
    std::int16_t& coefficient = block[kZigzag[k]];
    if (coefficient != 0) refine(bits, coefficient, low_);
  }
}

/// G.1.2.3: runs count only coefficients that are still zero; those passed over are refined.
BlockScan::Outcome BlockScan::read_ac_refinement(BitReader& bits, Part& part, std::int16_t* block) {
  unsigned k = spectral_start_;
  if (end_of_band_run_ == 0) {
    for (; k <= spectral_end_; ++k) {
      bits.refill();
      const HuffmanCode code = part.ac->find(bits.bits());
      bits.drop(code.code_bits());
      if (code.is(HuffmanCode::kInvalid)) return Outcome::bad_code;
      unsigned zeros = code.run();
      std::int32_t value = 0;
      if (!code.is(HuffmanCode::kNoValue)) {
        if (code.value_bits() != 1) return Outcome::bad_code;
        value = bits.take(1) != 0 ? 1 : -1;
      } else if (zeros != 15) {
        end_of_band_run_ = (1U << zeros) + bits.take(zeros);
        break;
      }
      for (; k <= spectral_end_; ++k) {
        std::int16_t& coefficient = block[kZigzag[k]];
        if (coefficient != 0) {
          refine(bits, coefficient, low_);
        } else if (zeros-- == 0) {
          break;
        }
      }
      if (value == 0) continue;
      if (k > spectral_end_) return Outcome::past_end;
      block[kZigzag[k]] = static_cast<std::int16_t>(value * (1 << low_));
    }
  }
  if (end_of_band_run_ > 0) {
    refine_to_end(bits, block, k);
    --end_of_band_run_;
  }
  return Outcome::done;
}

BlockScan::Outcome BlockScan::read_mcu(BitReader& bits, std::int64_t x, std::int64_t row,
                                       std::span<CoefficientRows> components) {
  for (std::size_t i = 0; i < count_; ++i) {
    Part& part = parts_[i];
    const CoefficientRows& blocks = components[part.component];
    for (std::int64_t v = 0; v < part.down; ++v) {
      for (std::int64_t h = 0; h < part.across; ++h) {
        std::int16_t* block = blocks.block(x * part.across + h, row * part.down + v);
        const Outcome outcome = (this->*read_block_)(bits, part, block);
        if (outcome != Outcome::done) return outcome;
      }
    }
  }
  return Outcome::done;
}

Status BlockScan::read_row(std::int64_t row, Intervals& intervals,
                           std::span<CoefficientRows> components, DamageLog& damages) {
  for (std::size_t i = 0; i < count_; ++i) {
    components[parts_[i].component].clear_before((row + 1) * parts_[i].down);
  }
  for (std::int64_t x = 0; x < mcus_across_; ++x, intervals.count(1)) {
    if (intervals.at_start()) {
      GLIMT_TRY(intervals.open(damages));
      for (Part& part : parts_) part.prediction = 0;
      end_of_band_run_ = 0;
    }
    if (!intervals.alive()) continue;
    const Outcome outcome = read_mcu(intervals.bits, x, row, components);
    if (intervals.bits.overrun()) {
      GLIMT_TRY(intervals.report_overrun(damages));
    } else if (outcome != Outcome::done) {
      GLIMT_TRY(damages.add(Code::corrupt, outcome == Outcome::bad_code
                                               ? "bad Huffman code"
                                               : "coefficients run past the end of their block"));
      intervals.give_up();
    }
  }
  return {};
}

}  // namespace glimt::jpeg
