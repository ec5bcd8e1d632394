// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The main header of a codestream and the chain of its tile-parts (T.800 Annex A, T.814 Annex A).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/rect.h"
#include "base/result.h"

namespace glimt::jpeg2000 {

/// One component's entry of SIZ (A.5.1).
struct Component {
  std::uint8_t bit_depth = 0;
  bool is_signed = false;
  std::uint8_t dx = 1, dy = 1;  ///< XRsiz, YRsiz: reference grid points a sample
};

struct Siz {
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;  ///< image area on the reference grid
  std::uint32_t tile_width = 0, tile_height = 0, tile_x0 = 0, tile_y0 = 0;
  std::uint16_t capabilities = 0;  ///< Rsiz
  std::uint16_t components = 0;
  Bytes component_entries{};

  [[nodiscard]] Component component(std::size_t index) const {
    const std::uint8_t* entry = component_entries.data() + 3 * index;
    return {static_cast<std::uint8_t>((entry[0] & 0x7F) + 1), (entry[0] & 0x80) != 0, entry[1],
            entry[2]};
  }
  /// The component's samples, in its own coordinates (B.2).
  [[nodiscard]] Rect component_rect(const Component& c) const {
    return {ceil_div<std::uint32_t>(x0, c.dx), ceil_div<std::uint32_t>(y0, c.dy),
            ceil_div<std::uint32_t>(x1, c.dx), ceil_div<std::uint32_t>(y1, c.dy)};
  }
  [[nodiscard]] std::uint32_t tiles_x() const { return ceil_div(x1 - tile_x0, tile_width); }
  [[nodiscard]] std::uint32_t tiles_y() const { return ceil_div(y1 - tile_y0, tile_height); }
};

/// COD (A.6.1).
struct CodingStyle {
  bool sop = false, eph = false;
  std::uint8_t progression = 0;
  std::uint16_t layers = 1;
  bool component_transform = false;
  std::uint8_t levels = 0;  ///< decomposition levels
  std::uint8_t block_width_log2 = 6, block_height_log2 = 6;
  std::uint8_t block_style = 0;
  bool reversible = true;
  Bytes precincts;  ///< one byte a resolution; empty: 2^15 x 2^15

  [[nodiscard]] bool ht() const { return (block_style & 0x40) != 0; }
};

/// Which markers a main header has, beyond those that every one has.
enum : std::uint32_t {
  kHasCap = 1,
  kHasComponentCoding = 2,  ///< COC
  kHasRegionOfInterest = 4,
  kHasProgressionChange = 8,
  kHasPackedHeaders = 16,
  kHasComponentQuantization = 32,  ///< QCC
  kHasUnknown = 64,
  kHasHtComponent = 128,  ///< a COC that asks for HT code-blocks
};

struct MainHeader {
  Siz siz;
  CodingStyle coding;
  std::uint16_t ht_capabilities = 0;  ///< Ccap15 (T.814 A.3)
  std::uint8_t quantization = 0;      ///< Sqcd
  Bytes steps;                        ///< the rest of QCD
  std::uint32_t markers = 0;          ///< kHas...
  std::size_t end = 0;                ///< offset of the first SOT
};

/// Reads SOC up to the first SOT. Code::corrupt, truncated. Allocates nothing.
Result<MainHeader> read_main_header(Bytes codestream);

struct TilePart {
  std::uint16_t tile = 0;
  std::uint8_t part = 0, parts = 0;  ///< parts 0: the header does not say how many there are
  std::size_t begin = 0;             ///< of the SOT marker
  std::size_t end = 0;               ///< behind the tile-part, inside the codestream
  bool cut = false;                  ///< its length reaches past the codestream
};

/// Walks the tile-parts behind a main header.
class TilePartReader {
 public:
  TilePartReader(Bytes codestream, const MainHeader& header)
      : data_(codestream), position_(header.end) {}
  /// Nothing at EOC, at the end of the data, and where no SOT follows.
  std::optional<TilePart> next();

 private:
  Bytes data_;
  std::size_t position_;
};

/// What stands between SOT and SOD.
struct TilePartHeader {
  std::size_t data = 0;  ///< offset of the packets, behind SOD
  bool plain = true;     ///< nothing but PLT and COM
  bool ht = false;       ///< a COD or COC asks for HT code-blocks
};
/// Nothing when no SOD is found inside the tile-part.
std::optional<TilePartHeader> read_tile_part_header(Bytes codestream, const TilePart& part,
                                                    std::size_t components);

/// Bytes that a decoder keeps to describe precincts and code-blocks of an area: a generous
/// estimate, for the limits.
double structure_bytes(const MainHeader& header, double area);

}  // namespace glimt::jpeg2000
