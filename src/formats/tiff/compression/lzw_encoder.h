// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "glimt/types.h"

namespace glimt::tiff {

/// Writes LZW as TIFF 6.0 section 13 has it: the first bit of a code in the highest place.
class LzwEncoder {
 public:
  /// Appends the codes of `bytes`, from a clear code to the end code.
  void compress(Bytes bytes, std::vector<std::uint8_t>& out);

 private:
  static constexpr unsigned kHashBits = 14;
  // Open addressing. A slot is the string before (12 bits), its next byte (8) and its code (12);
  // no string has code 0.
  std::array<std::uint32_t, std::size_t{1} << kHashBits> slots_;
};

}  // namespace glimt::tiff
