// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// LZW as TIFF 6.0 section 13 has it, and as it was before: files of the first writers have the
// first bit of a code in the lowest place, and widen codes one entry later.
//
// A string of the table is a place in the output that already holds it: the string before, whose
// place and length are known, and the byte behind it, which the current string begins with. No
// chains, no reversal. The first eight bytes lie in the table too, as most strings are shorter:
// they are stored at once, and do not wait for a load of what has just been stored.
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
  template <class Codes>
  Expanded run(Codes codes, std::span<std::uint8_t> out);

  static constexpr std::uint32_t kStrings = 4096;
  // Of each string its first 8 bytes, the first in the lowest place, and where it begins in the
  // output, from bit 32 on its length. The last of them is written and never read.
  std::array<std::uint64_t, kStrings + 1> heads_, places_;
};

}  // namespace glimt::tiff
