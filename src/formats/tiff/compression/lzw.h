// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// LZW as TIFF 6.0 section 13 has it, and as it was before: files of the first writers have the
// first bit of a code in the lowest place, and widen codes one entry later.
//
// Most strings are short: the table holds their bytes, which are stored at once and wait for no
// load of what has just been stored. Of the others it holds their place in the output, which is
// known without a search: a new string is the one before, wherever it has been put, and the byte
// behind it, which the current one begins with. No chains, no reversal.
#pragma once

#include <array>
#include <cstdint>

#include "formats/tiff/compression/expanded.h"

namespace glimt::tiff {

class LzwDecoder {
 public:
  LzwDecoder();

  /// The order of bits is found in the data: both begin with code 256. Writes inside `out` alone,
  /// also behind what it returns. Code::corrupt, truncated, unsupported (an output of 4 GiB or
  /// more).
  Expanded expand(Bytes coded, std::span<std::uint8_t> out);

 private:
  /// Between two codes.
  struct Progress {
    std::size_t at = 0;      ///< in the output
    std::uint32_t next = 0;  ///< the code of the string to come
    unsigned width = 0;
    std::uint32_t grow_at = 0;   ///< codes are longer when `next` is there
    std::uint64_t previous = 0;  ///< the string that ends at `at`, as in the table
  };

  template <class Codes>
  Expanded run(Codes codes, std::span<std::uint8_t> out);
  template <class Codes>
  void run_short(Codes& codes, Progress& progress, std::span<std::uint8_t> out);
  void step(std::uint32_t code, Progress& progress, std::span<std::uint8_t> out);

  static constexpr std::uint32_t kStrings = 4096;
  // The last of them is written when all are taken, and never read.
  std::array<std::uint64_t, kStrings + 1> strings_;
};

}  // namespace glimt::tiff
