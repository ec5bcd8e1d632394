// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/format.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "formats/jpeg2000/channels.h"
#include "formats/jpeg2000/metadata.h"

namespace glimt {
namespace jpeg2000 {
namespace {

bool sniff(Bytes head) noexcept { return is_jp2(head) || is_codestream(head); }

Coding coding_of(const MainHeader& main) {
  const bool ht_declared = (main.markers & kHasCap) != 0;
  if (!ht_declared && !main.coding.ht()) return kPart1;
  // T.814 A.3: bits 15 and 14 of Ccap15 are 0 when every code-block is an HT one.
  const bool only_ht =
      (main.ht_capabilities & 0xC000) == 0 && (main.coding.block_style & 0x80) == 0;
  return only_ht && main.coding.ht() ? kHt : kMixed;
}

std::string_view coding_name(Coding coding, bool reversible) {
  constexpr std::string_view names[3][2] = {
      {"Part 1, irreversible 9-7", "Part 1, reversible 5-3"},
      {"HT, irreversible 9-7", "HT, reversible 5-3"},
      {"HT mixed, irreversible 9-7", "HT mixed, reversible 5-3"},
  };
  return names[coding][reversible ? 1 : 0];
}

/// As behaviour of the compatible API has it: the name of the colour, not what it resolves to.
ColorSpec color_spec_of(const Jp2Header& jp2) {
  if (!jp2.boxed) return ColorSpec::unchanged;
  switch (jp2.color) {
    case EnumeratedColor::srgb:
      return ColorSpec::srgb;
    case EnumeratedColor::gray:
      return ColorSpec::gray;
    case EnumeratedColor::sycc:
      return ColorSpec::sycc;
    case EnumeratedColor::cmyk:
      return ColorSpec::cmyk;
    default:
      return ColorSpec::unsupported;
  }
}

SampleFormat sample_format_of(const PixelForm& form, ColorSpec spec) {
  if (spec == ColorSpec::unsupported) return SampleFormat::p_unchanged;
  struct Row {
    ColorModel color;
    bool alpha;
    std::uint16_t channels;
    SampleFormat format;
  };
  constexpr Row rows[] = {
      {ColorModel::gray, false, 1, SampleFormat::p_y},
      {ColorModel::gray, true, 2, SampleFormat::p_ya},
      {ColorModel::rgb, false, 3, SampleFormat::p_rgb},
      {ColorModel::rgb, true, 4, SampleFormat::p_rgba},
      {ColorModel::ycc, false, 3, SampleFormat::p_yuv},
      {ColorModel::cmyk, false, 4, SampleFormat::p_cmyk},
  };
  for (const Row& row : rows) {
    if (row.color == form.color && row.alpha == form.alpha && row.channels == form.channels) {
      return row.format;
    }
  }
  return SampleFormat::p_unchanged;
}

std::optional<ChromaSubsampling> subsampling_of(const Headers& headers) {
  if (headers.form.color != ColorModel::ycc) return std::nullopt;
  const Component luma = headers.reference();
  const Component cb = headers.main.siz.component(headers.channel(1).component);
  const Component cr = headers.main.siz.component(headers.channel(2).component);
  if (cb.dx != cr.dx || cb.dy != cr.dy) return std::nullopt;
  struct Row {
    int dx, dy;
    ChromaSubsampling subsampling;
  };
  constexpr Row rows[] = {
      {1, 1, ChromaSubsampling::css_444}, {2, 1, ChromaSubsampling::css_422},
      {2, 2, ChromaSubsampling::css_420}, {1, 2, ChromaSubsampling::css_440},
      {4, 1, ChromaSubsampling::css_411}, {4, 2, ChromaSubsampling::css_410},
  };
  for (const Row& row : rows) {
    if (cb.dx == row.dx * luma.dx && cb.dy == row.dy * luma.dy) return row.subsampling;
  }
  return std::nullopt;
}

/// Tiles in samples of the component that gives the image its size.
TileGrid tile_grid(const Siz& siz, const Component& reference, const Rect& image) {
  TileGrid grid;
  grid.num_tiles_x = siz.tiles_x();
  grid.num_tiles_y = siz.tiles_y();
  const auto width = static_cast<std::uint32_t>(image.width());
  const auto height = static_cast<std::uint32_t>(image.height());
  grid.tile_width = grid.num_tiles_x == 1 ? width : siz.tile_width / reference.dx;
  grid.tile_height = grid.num_tiles_y == 1 ? height : siz.tile_height / reference.dy;
  grid.tile_offset_x = siz.x0 - siz.tile_x0;
  grid.tile_offset_y = siz.y0 - siz.tile_y0;
  return grid;
}

Result<StreamInfo> parse(const Source& source, const PageRange&) {
  GLIMT_TRY(const Headers headers, read_headers(source.data));
  const MainHeader& main = headers.main;
  StreamInfo info;
  info.format = &kJpeg2000Format;
  info.form = headers.form;
  const Coding coding = coding_of(main);
  info.coding = coding;
  info.pixel_data_offset =
      static_cast<std::uint64_t>(headers.jp2.codestream.data() - source.data.data());
  const Component reference = headers.reference();
  const Rect area = main.siz.component_rect(reference);
  ImageInfo& image = info.image;
  image.codec_name = kJpeg2000Format.name;
  image.coding = coding_name(coding, main.coding.reversible);
  image.width = static_cast<std::uint32_t>(area.width());
  image.height = static_cast<std::uint32_t>(area.height());
  image.channels = headers.channels;
  image.type = headers.form.type;
  image.precision = headers.form.bit_depth;
  image.color_spec = color_spec_of(headers.jp2);
  image.sample_format = sample_format_of(headers.form, image.color_spec);
  image.chroma_subsampling = subsampling_of(headers);
  image.tiles = tile_grid(main.siz, reference, area);
  return info;
}

constexpr std::string_view kExtensions[] = {".jp2", ".j2k", ".j2c", ".jph",
                                            ".jhc", ".jpc", ".jpf", ".jpx"};

}  // namespace
}  // namespace jpeg2000

constexpr Format kJpeg2000Format{"jpeg2k", jpeg2000::kExtensions, jpeg2000::sniff, jpeg2000::parse,
                                 jpeg2000::metadata};

}  // namespace glimt
