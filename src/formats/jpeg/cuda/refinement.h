// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes AC refinement scans (T.81 G.1.2.3) without coefficients: all that the data depends on is
// which coefficients of a block were not zero before. What comes out are the masks after the scan,
// the signs of the new coefficients and the correction bits of the old ones; whoever has the
// coefficients applies them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "formats/jpeg/cuda/lookup.h"

namespace glimt::jpeg::cuda {

/// The Huffman code of a refinement scan.
class RefinementTable {
 public:
  // An entry says what a code and the sign behind it do.
  static constexpr std::uint32_t kBits = 63;       ///< of code and sign
  static constexpr unsigned kZerosShift = 8;       ///< coefficients to pass that stay zero
  static constexpr unsigned kCodeShift = 16;       ///< bits of the code alone
  static constexpr std::uint32_t kNew = 1U << 24;  ///< the one behind them becomes not zero
  static constexpr std::uint32_t kRun = 1U << 25;  ///< EOB0 to EOB14, by the number of zeros
  static constexpr std::uint32_t kInvalid = 1U << 26;
  static constexpr unsigned kIndexBits = 10;

  RefinementTable(Bytes counts, Bytes symbols);

  struct Found {
    std::uint32_t entry;
    /// Bit n is set: the code is for the n-th zero from here. In an array of its own, for
    /// everything else waits for this.
    std::uint32_t nth_zero;
  };
  /// The code at the head of `bits`, of which 16 are valid.
  [[nodiscard]] Found find(std::uint64_t bits) const {
    const std::size_t index = bits >> (64 - kIndexBits);
    const std::uint32_t entry = entries_[index];
    return entry != 0 ? Found{entry, nth_zeros_[index]} : find_long(bits);
  }

 private:
  [[nodiscard]] Found find_long(std::uint64_t bits) const;

  CodeBook book_;
  std::array<std::uint8_t, 256> symbols_{};
  std::array<std::uint32_t, 1U << kIndexBits> entries_{};
  std::array<std::uint16_t, 1U << kIndexBits> nth_zeros_{};
};

/// By block, from the first one to be decoded. Bits in zigzag order.
struct RefinementBlocks {
  const std::uint64_t* before = nullptr;  ///< coefficients that were not zero
  std::uint64_t* after = nullptr;
  std::uint64_t* positive = nullptr;     ///< of the new ones
  std::uint64_t* corrections = nullptr;  ///< one bit for each old one of the band, the last lowest

  [[nodiscard]] RefinementBlocks from(std::size_t block) const {
    return {before + block, after + block, positive + block, corrections + block};
  }
};

/// A segment of a refinement scan on its way: serial from its first block to the last.
class RefinementChain {
 public:
  /// Bytes behind the data that may be read.
  static constexpr std::size_t kPadding = 512;

  /// `data` has no stuffed bytes; kPadding further ones follow that are zero.
  RefinementChain(const RefinementTable& table, int spectral_start, int spectral_end, Bytes data);

  /// The next blocks. False: the data is damaged, or ends; then the chain is over, and what it said
  /// of the blocks is undefined.
  [[nodiscard]] bool decode(const RefinementBlocks& blocks, std::size_t count);
  /// After the last block: nothing but padding is left.
  [[nodiscard]] bool at_end() const;

  /// Where the chain is: for the kernel.
  struct Place {
    const std::uint8_t* next;
    const std::uint8_t* end;
    std::uint64_t bits;    ///< read, from the top
    std::uint32_t count;   ///< valid ones of those
    std::uint32_t blocks;  ///< that end-of-band runs still cover
  };

 private:
  const RefinementTable& table_;
  int start_, end_;
  Place place_;
};

/// Appends the data without its stuffed bytes (T.81 F.1.2.3), and the padding, to `to`, which is
/// cleared first. False where there is a marker within.
[[nodiscard]] bool destuff_for_refinement(Bytes data, std::vector<std::uint8_t>& to);

}  // namespace glimt::jpeg::cuda
