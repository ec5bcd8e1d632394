// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The boxes of a JP2 or JPH file (T.800 Annex I; T.814 Annex D).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace glimt::jpeg2000 {

constexpr std::uint32_t box_type(const char (&name)[5]) {
  std::uint32_t type = 0;
  for (int i = 0; i < 4; ++i) type = type << 8 | static_cast<std::uint8_t>(name[i]);
  return type;
}

struct Box {
  std::uint32_t type = 0;
  Bytes contents;
  bool cut = false;  ///< the length in its header reaches past the data
};

/// Walks the boxes that lie one behind the other in `data`: 32-bit lengths, 64-bit lengths (LBox 1)
/// and a last box that reaches to the end (LBox 0).
class BoxReader {
 public:
  explicit BoxReader(Bytes data) : data_(data) {}
  /// Nothing at the end of the data. Code::corrupt, truncated for a header that makes no sense.
  Result<std::optional<Box>> next();

 private:
  Bytes data_;
  std::size_t position_ = 0;
};

/// EnumCS of T.800 table I.10 and T.801 table M.25.
enum class EnumeratedColor : std::uint32_t {
  cmyk = 12,
  srgb = 16,
  gray = 17,
  sycc = 18,
  e_sycc = 24,
  none = 0xFFFFFFFF,  ///< no enumerated colour space
};

/// What the file format adds to the codestream. All views are of the file's bytes.
struct Jp2Header {
  Bytes codestream;
  bool boxed = false;           ///< a JP2 or JPH file; otherwise a raw codestream
  bool codestream_cut = false;  ///< the codestream's box is longer than the file
  EnumeratedColor color = EnumeratedColor::none;
  Bytes icc;                  ///< of the first colour specification box that has a profile
  bool color_by_icc = false;  ///< the first usable colour specification is that profile
  std::uint16_t palette_entries = 0;
  std::uint8_t palette_columns = 0;  ///< 0: no palette
  Bytes palette_depths;              ///< B of each column: bits - 1, bit 7 set for signed
  Bytes palette_values;              ///< entry by entry, column by column, whole bytes a value
  Bytes component_mapping;           ///< cmap: 4 bytes a channel; empty: channels are components
  Bytes channel_definition;          ///< cdef: 6 bytes a definition
};

bool is_jp2(Bytes head);
bool is_codestream(Bytes head);

/// Reads all up to the first contiguous codestream. Allocates nothing.
Result<Jp2Header> read_jp2_header(Bytes file);

/// What uuid boxes with metadata begin with: the common ones of Exif, of XMP (ISO 16684-1, 1.1.4)
/// and of IPTC, Photoshop's for Exif and its image resources, and GeoJP2's for a GeoTIFF of one
/// pixel.
constexpr std::uint8_t kExifUuid[] = {'J', 'p', 'g', 'T', 'i', 'f', 'f', 'E',
                                      'x', 'i', 'f', '-', '>', 'J', 'P', '2'};
constexpr std::uint8_t kXmpUuid[] = {0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8,
                                     0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC};
constexpr std::uint8_t kIptcUuid[] = {0x33, 0xC7, 0xA4, 0xD2, 0xB8, 0x1D, 0x47, 0x23,
                                      0xA0, 0xBA, 0xF1, 0xA3, 0xE0, 0x97, 0xAD, 0x38};
constexpr std::uint8_t kPhotoshopExifUuid[] = {0x05, 0x37, 0xCD, 0xAB, 0x9D, 0x0C, 0x44, 0x31,
                                               0xA7, 0x2A, 0xFA, 0x56, 0x1F, 0x2A, 0x11, 0x3E};
constexpr std::uint8_t kPhotoshopUuid[] = {0x2C, 0x4C, 0x01, 0x00, 0x85, 0x04, 0x40, 0xB9,
                                           0xA0, 0x3E, 0x56, 0x21, 0x48, 0xD6, 0xDF, 0xEB};
constexpr std::uint8_t kGeoUuid[] = {0xB1, 0x4B, 0xF8, 0xBD, 0x08, 0x3D, 0x4B, 0x43,
                                     0xA5, 0xAE, 0x8C, 0xD7, 0xD5, 0xA6, 0xCE, 0x03};

}  // namespace glimt::jpeg2000
