// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The byte compressions of TIFF: what lies in a strip or tile, and the bytes of its packed rows.
// Compressions that code images and that glimt has codecs for (JPEG, JPEG 2000, WebP) are not done
// here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/tiff/samples/row_form.h"
#include "glimt/types.h"

namespace glimt::tiff {

/// Values of the tag Compression (259).
enum class Compression : std::uint16_t {
  none = 1,
  ccitt_rle = 2,
  ccitt_g3 = 3,
  ccitt_g4 = 4,
  lzw = 5,
  old_jpeg = 6,
  jpeg = 7,
  adobe_deflate = 8,
  ccitt_rle_word = 32771,  ///< as ccitt_rle, but rows begin at even bytes
  packbits = 32773,
  deflate = 32946,
  jpeg2000_ycbcr = 33003,  ///< Aperio
  jpeg2000_rgb = 33005,    ///< Aperio
  jpeg2000 = 34712,
  lerc = 34887,
  lzma = 34925,
  zstd = 50000,
  webp = 50001,
  jpeg_xl = 50002,
};

/// "lzw", "ccitt_g4", ...; "an unknown compression" for other numbers.
std::string_view name_of(Compression compression);
/// Whether Decompressor expands it.
bool is_byte_compression(Compression compression);

/// What a codec must know of the chunk (strip or tile) that the bytes belong to.
struct ChunkShape {
  std::uint32_t width = 0;    ///< pixels of a row, as coded (a tile's whole width)
  std::uint32_t height = 0;   ///< rows as coded
  std::uint32_t samples = 1;  ///< a pixel's in this chunk: 1 where planes are separate
  std::uint32_t bits = 8;     ///< of a sample
  SampleKind kind = SampleKind::unsigned_integer;
  bool big_endian = false;      ///< of the file; LERC's samples come in this order like all others
  bool fill_order_lsb = false;  ///< tag FillOrder is 2: the bits of each coded byte are reversed
  std::uint32_t t4_options =
      0;  ///< tag 292: 1 two-dimensional, 2 uncompressed mode, 4 aligned EOLs
  std::uint32_t t6_options = 0;  ///< tag 293: 2 uncompressed mode
  std::array<std::uint32_t, 2>
      lerc_parameters{};  ///< tag 50674: version, then 0, 1 Deflate, 2 Zstd
};

struct Codecs;

/// Expands chunks. Serves one worker and is kept between chunks: objects and tables are reused.
class Decompressor {
 public:
  Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;
  ~Decompressor();

  /// Expands `coded` into `out`, which need not hold all: what does not fit is not decoded, so that
  /// a shorter `out` gets the first rows alone. Bits of the result come first bit first, whatever
  /// FillOrder says; numbers of more than a byte are in the file's order.
  /// Gives the number of bytes written: fewer than out.size() when the data properly end before.
  /// Code::corrupt; truncated (the data stop in the middle); unsupported; limit; out_of_memory.
  Result<std::size_t> expand(Compression compression, const ChunkShape& shape, Bytes coded,
                             std::span<std::uint8_t> out);

  /// How many bytes of `out` the last expand() wrote: after a failure, what came before the damage.
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  std::unique_ptr<Codecs> codecs_;
  std::vector<std::uint8_t> reversed_;
  std::size_t written_ = 0;
};

}  // namespace glimt::tiff
