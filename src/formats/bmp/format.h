// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "codec/format.h"

namespace glimt {

extern const Format kBmpFormat;

namespace bmp {

/// biCompression, with the OS/2 2.x meanings of 3 and 4 told apart from the Windows ones.
enum class Coding : std::uint8_t {
  uncompressed,
  rle8,
  rle4,
  rle24,       ///< OS/2 2.x
  huffman_1d,  ///< OS/2 2.x, CCITT group 3
  jpeg,        ///< a whole JPEG file in place of the pixels
  png,
};

/// The bits of a pixel that hold one channel.
struct BitField {
  std::uint8_t shift = 0;
  std::uint8_t bits = 0;  ///< 0: the channel is absent
};

/// All that the headers say. Rows are counted as the file stores them ("file rows").
struct Header {
  std::uint32_t width = 0, height = 0;
  bool top_down = false;
  std::uint8_t bits_per_pixel = 0;
  Coding coding = Coding::uncompressed;
  bool masks_given = false;
  std::array<BitField, 4> fields{};  ///< red, green, blue, alpha of 16, 24 and 32 bits per pixel
  std::uint32_t palette_size = 0;    ///< entries that the file holds, at most 2^bits_per_pixel
  std::uint8_t palette_entry_bytes = 4;
  std::uint64_t palette_offset = 0;
  bool gray_palette = false;  ///< blue = green = red in every entry
  std::uint64_t pixel_offset = 0;

  [[nodiscard]] std::uint64_t row_bytes() const {
    return (std::uint64_t{width} * bits_per_pixel + 31) / 32 * 4;
  }
  /// Bytes of a row without its padding.
  [[nodiscard]] std::uint64_t used_row_bytes() const {
    return (std::uint64_t{width} * bits_per_pixel + 7) / 8;
  }
  [[nodiscard]] bool indexed() const { return bits_per_pixel <= 8; }
  /// 1, 3, or 4 where an alpha mask is declared.
  [[nodiscard]] std::uint16_t channels() const {
    if (indexed()) return gray_palette ? 1 : 3;
    return fields[3].bits != 0 ? 4 : 3;
  }
  /// The file row of row y of the picture, and the other way round.
  [[nodiscard]] std::int64_t mirrored(std::int64_t y) const {
    return top_down ? y : std::int64_t{height} - 1 - y;
  }
};

/// The one parser. Code::corrupt, truncated, unsupported.
Result<Header> parse_header(Bytes data);

}  // namespace bmp
}  // namespace glimt
