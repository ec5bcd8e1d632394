// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// How a page is written: what its samples are, how they are coded, and in which strips or tiles.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rect.h"
#include "base/result.h"
#include "formats/tiff/compression/compression.h"
#include "formats/tiff/page.h"
#include "formats/tiff/samples/row_form.h"
#include "glimt/params.h"
#include "metadata/ifd_writer.h"
#include "pixel/form.h"

namespace glimt::tiff {

/// An image that is to become a page.
struct PageRequest {
  std::int64_t width = 0, height = 0;
  PixelForm form;                               ///< of the pixels that are given
  ColorSpec color_spec = ColorSpec::unchanged;  ///< that the page is to hold: never unchanged
  ChromaSubsampling subsampling = ChromaSubsampling::css_444;  ///< of JPEG
  const EncodeParams* params = nullptr;
  /// Colours of a colour map, each red, green, blue of 16 bits: the samples are their numbers.
  std::span<const std::array<std::uint16_t, 3>> palette;
};

/// One strip or tile: the part of the image that it covers, and its plane.
struct ChunkPlace {
  Rect rect;
  std::uint32_t plane = 0;
};

struct PageLayout {
  std::uint32_t width = 0, height = 0;
  PixelForm form;          ///< of the samples that are coded; planar where planes are separate
  std::uint32_t bits = 8;  ///< of a sample
  SampleKind kind = SampleKind::unsigned_integer;
  Photometric photometric = Photometric::min_is_black;
  std::vector<std::uint16_t> extra_samples;  ///< tag 338: 0 of no meaning, 2 alpha as it is
  std::vector<std::uint16_t> color_map;      ///< tag 320: all reds, greens, blues

  Compression compression = Compression::none;
  std::optional<int> level;  ///< as Compressor takes it; none given: its own choice
  Predictor predictor = Predictor::none;
  /// Format of chunks that are images of their own, as Format::name; "" of the others.
  std::string_view inner;
  std::array<std::uint16_t, 2> subsampling{1, 1};  ///< of YCbCr: across, down

  bool tiled = false, separate = false;
  std::uint32_t chunk_width = 0, chunk_height = 0;
  std::uint32_t chunks_across = 0, chunks_down = 0;

  [[nodiscard]] std::uint32_t planes() const { return separate ? form.channels : 1U; }
  [[nodiscard]] std::uint32_t chunk_samples() const { return separate ? 1U : form.channels; }
  /// Strips or tiles of the page: row by row, where planes are separate plane by plane.
  [[nodiscard]] std::uint64_t chunks() const {
    return std::uint64_t{chunks_across} * chunks_down * planes();
  }
  /// Of chunk `index`, below chunks().
  [[nodiscard]] ChunkPlace place_of(std::uint64_t index) const;
  /// "strip 3", "tile 12".
  [[nodiscard]] std::string name_of_chunk(std::uint64_t index) const;

  /// Rows that the chunks of a rectangle are coded with: the last strip may be shorter, tiles are
  /// filled up.
  [[nodiscard]] std::uint32_t coded_rows(const Rect& rect) const {
    return tiled ? chunk_height : static_cast<std::uint32_t>(rect.height());
  }
  [[nodiscard]] std::size_t row_bytes() const {
    return (std::size_t{chunk_width} * chunk_samples() * bits + 7) / 8;
  }
  /// Bytes of all chunks before they are compressed.
  [[nodiscard]] std::uint64_t packed_bytes() const;
};

/// What the parameters ask for, or why it cannot be. Code::bad_argument, unsupported.
Result<PageLayout> plan_page(const PageRequest& request);

/// The fields that describe the page, but those of its chunks' places.
IfdFields fields_of(const PageLayout& layout);
/// Offset and length of each chunk, in the order of their indices.
void set_places(const PageLayout& layout, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> byte_counts, IfdFields& fields);

}  // namespace glimt::tiff
