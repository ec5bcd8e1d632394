// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Blocks of coefficients out of the bits of a scan (T.81 F.2.2 and G.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "formats/jpeg/component_rows.h"
#include "formats/jpeg/damage.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/huffman.h"
#include "formats/jpeg/intervals.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg {

/// Reads the blocks of one scan of a DCT-based frame.
class BlockScan {
 public:
  /// Code::corrupt when tables are missing.
  Status start(const Frame& frame, const Scan& scan, const Tables& tables);

  /// Reads MCU row `row` of the scan into the components' coefficients, which are cleared or come
  /// from scans before. Blocks whose data is lost stay as they are.
  Status read_row(std::int64_t row, Intervals& intervals, std::span<CoefficientRows> components,
                  DamageLog& damages);

 private:
  struct Part {
    std::size_t component = 0;
    std::int64_t across = 1, down = 1;  // blocks in an MCU
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;
    std::uint32_t prediction = 0;  // of DC, modulo 2^32
  };
  enum class Outcome : std::uint8_t { done, bad_code, past_end };
  using ReadBlock = Outcome (BlockScan::*)(BitReader& bits, Part& part, std::int16_t* block);

  static ReadBlock choose(const Frame& frame, const Scan& scan);
  Outcome read_whole(BitReader& bits, Part& part, std::int16_t* block);
  Outcome read_dc_first(BitReader& bits, Part& part, std::int16_t* block);
  Outcome read_dc_refinement(BitReader& bits, Part& part, std::int16_t* block);
  Outcome read_ac_first(BitReader& bits, Part& part, std::int16_t* block);
  Outcome read_ac_refinement(BitReader& bits, Part& part, std::int16_t* block);
  void refine_to_end(BitReader& bits, std::int16_t* block, unsigned k) const;
  Outcome read_mcu(BitReader& bits, std::int64_t x, std::int64_t row,
                   std::span<CoefficientRows> components);

  std::array<Part, kMaxScanComponents> parts_;
  std::size_t count_ = 0;
  std::int64_t mcus_across_ = 0;
  ReadBlock read_block_ = nullptr;
  unsigned spectral_start_ = 0, spectral_end_ = 63, low_ = 0;
  std::uint32_t end_of_band_run_ = 0;  // blocks whose band is over, or has only refinements
};

}  // namespace glimt::jpeg
