// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The lossless process with Huffman coding (T.81 annex H): each sample is sent as its difference
// from a prediction out of its neighbours.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/arena.h"
#include "base/result.h"
#include "formats/jpeg/component_rows.h"
#include "formats/jpeg/damage.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/intervals.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg {

class LosslessScan {
 public:
  /// Code::corrupt when tables are missing or restart intervals are no whole rows (H.1.1).
  Status start(const Frame& frame, const Scan& scan, const Tables& tables, Arena& arena);

  /// Reads MCU row `row` into the components of the frame: samples before the point transform.
  /// A row whose data is lost repeats its prediction.
  Status read_row(std::int64_t row, Intervals& intervals, std::span<ComponentRows> components,
                  DamageLog& damages);

 private:
  struct Part {
    std::size_t component = 0;
    std::int64_t across = 1, down = 1;  // samples in an MCU
    std::int64_t width = 0, height = 0;
    std::int64_t stride = 0;  // of differences
    std::span<std::uint16_t> differences;
    const HuffmanTable* table = nullptr;
  };

  /// Reads the differences of an MCU row; returns the kinds of special codes that were met.
  using ReadDifferences = std::uint32_t (LosslessScan::*)(BitReader& bits);
  std::uint32_t read_single_differences(BitReader& bits);
  template <std::size_t kCount>
  std::uint32_t read_differences(BitReader& bits);
  std::uint32_t read_sampled_differences(BitReader& bits);
  void clear_differences();

  std::array<Part, kMaxScanComponents> parts_;
  std::size_t count_ = 0;
  std::int64_t mcus_across_ = 0;
  std::uint8_t predictor_ = 1;
  std::uint16_t first_prediction_ = 0, mask_ = 0;
  ReadDifferences read_ = nullptr;
  bool first_row_ = true;
};

}  // namespace glimt::jpeg
