// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "formats/tiff/compression/compression.h"
#include "formats/tiff/compression/expanded.h"

namespace glimt::tiff {

/// Bilevel rows of facsimile: TIFF's modified Huffman (TIFF 6.0 section 10), ITU-T T.4 with one and
/// two dimensions, and T.6. Bits of the result are 0 for white and 1 for black.
class CcittDecoder {
 public:
  /// Only whole rows are decoded. A damaged row of T.4 is white from the damage on, and decoding
  /// goes on at the next end-of-line code; elsewhere it ends there.
  /// Code::corrupt, truncated, unsupported (not one bit a pixel; uncompressed mode).
  Expanded expand(Compression compression, const ChunkShape& shape, Bytes coded,
                  std::span<std::uint8_t> out);

 private:
  // Where colours change in a row, from white to black and back; as far as they are known.
  std::vector<std::uint32_t> reference_, changes_;
};

}  // namespace glimt::tiff
