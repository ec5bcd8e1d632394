// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "formats/tiff/compression/compression.h"

namespace glimt::tiff {

struct Coders;

/// Compresses chunks of packed rows: none, PackBits, LZW (first bit first), Deflate, Zstd, LZMA and
/// LERC. Serves one worker and is kept between chunks.
class Compressor {
 public:
  Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  ~Compressor();

  /// Appends the coded form of `rows` (shape.height rows of packed samples, in the byte order that
  /// shape gives) to `out`. `level` is the library's: Deflate 0..12 (1), Zstd 1..22 (3), LZMA
  /// 0..9 (6); LERC takes it as thousandths of the greatest error, 0 is lossless. Others ignore it.
  /// Code::bad_argument (a level out of its range, rows that do not match the shape); unsupported;
  /// out_of_memory. `out` is unchanged then.
  Status compress(Compression compression, const ChunkShape& shape, Bytes rows,
                  std::optional<int> level, std::vector<std::uint8_t>& out);

 private:
  std::unique_ptr<Coders> coders_;
};

/// Whether Compressor writes it.
bool can_compress(Compression compression);

}  // namespace glimt::tiff
