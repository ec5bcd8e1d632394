// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/format.h"

namespace glimt {

extern const Format kPngFormat;

namespace png {

/// ISO/IEC 15948, table 11.1.
enum class ColorType : std::uint8_t {
  grayscale = 0,
  truecolor = 2,
  indexed = 3,
  grayscale_alpha = 4,
  truecolor_alpha = 6,
};

/// The IHDR chunk.
struct Header {
  std::uint32_t width = 0, height = 0;
  std::uint8_t bit_depth = 8;
  ColorType color_type = ColorType::grayscale;
  bool interlaced = false;  ///< Adam7

  /// Samples of a pixel as stored: 1 for an index.
  [[nodiscard]] std::uint32_t samples() const;
  [[nodiscard]] std::size_t pixel_bits() const { return std::size_t{samples()} * bit_depth; }
};

/// What stands before the first IDAT chunk. Spans point into the file.
struct Preamble {
  Header header;
  Bytes palette;         ///< PLTE of an indexed image, 3 bytes an entry, at most 2^bit_depth
  Bytes transparency;    ///< tRNS where it is legal and whole, else empty
  Bytes exif;            ///< eXIf, else empty
  std::size_t idat = 0;  ///< offset of the first IDAT chunk; 0: the file ends before it

  [[nodiscard]] bool indexed() const { return header.color_type == ColorType::indexed; }
};

/// The one parser. Code::corrupt, truncated (inside IHDR), unsupported (a critical chunk of a later
/// standard). A file that ends between IHDR and IDAT parses; it has no pixels.
Result<Preamble> read_preamble(Bytes file);

/// The samples that a decoder delivers with and without the alpha that tRNS adds.
PixelForm native_form(const Preamble& preamble, bool with_transparency);

Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& page,
                                            MetadataKind kind, const Limits& limits);

}  // namespace png
}  // namespace glimt
