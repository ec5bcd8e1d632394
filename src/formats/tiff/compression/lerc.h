// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "formats/tiff/compression/compression.h"
#include "formats/tiff/compression/deflate.h"
#include "formats/tiff/compression/expanded.h"
#include "formats/tiff/compression/zstd.h"

namespace glimt::tiff {

/// LERC (tag LercParameters, 50674), bare or in Deflate or Zstd. As libtiff has it, floating
/// samples that a mask leaves out are NaN, and a fourth (second, ...) sample of 8 bits that the
/// data lack is alpha: 255 where the mask has the pixel.
class LercDecoder {
 public:
  /// `inflater` and `zstd` take off the outer compression.
  /// Code::corrupt, truncated, unsupported (samples that LERC does not know), limit.
  Expanded expand(const ChunkShape& shape, Bytes coded, Inflater& inflater, ZstdDecoder& zstd,
                  std::span<std::uint8_t> out);

 private:
  std::vector<std::uint8_t> blob_, samples_, mask_;
};

/// Appends a LERC blob of rows in the host's byte order, with the outer compression that
/// shape.lerc_parameters name. max_error 0 is lossless.
Status compress_lerc(const ChunkShape& shape, Bytes rows, double max_error, Deflater& deflater,
                     ZstdEncoder& zstd, std::vector<std::uint8_t>& out);

}  // namespace glimt::tiff
