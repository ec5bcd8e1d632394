// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/format.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "formats/tiff/chain.h"
#include "formats/tiff/metadata.h"
#include "formats/tiff/page.h"

namespace glimt {
namespace tiff {
namespace {

struct CompressionName {
  std::uint32_t number;
  std::string_view name;
};
constexpr CompressionName kCompressions[] = {
    {1, "uncompressed"},
    {2, "CCITT modified Huffman RLE"},
    {3, "CCITT Group 3"},
    {4, "CCITT Group 4"},
    {5, "LZW"},
    {6, "old-style JPEG"},
    {7, "JPEG"},
    {8, "Deflate"},
    {32771, "CCITT modified Huffman RLE, word-aligned"},
    {32773, "PackBits"},
    {32946, "Deflate"},
    {33003, "JPEG 2000 (Aperio, YCbCr)"},
    {33005, "JPEG 2000 (Aperio, RGB)"},
    {34712, "JPEG 2000"},
    {34887, "LERC"},
    {34925, "LZMA"},
    {50000, "Zstandard"},
    {50001, "WebP"},
    {50002, "JPEG XL"},
};

std::string_view name_of_compression(std::uint32_t number) {
  for (const CompressionName& row : kCompressions) {
    if (row.number == number) return row.name;
  }
  return "unknown compression";
}

ColorSpec color_spec_of(const Page& page) {
  if (!page.photometric) return ColorSpec::unchanged;
  switch (*page.photometric) {
    case Photometric::min_is_white:
    case Photometric::min_is_black:
      return ColorSpec::gray;
    case Photometric::rgb:
      return ColorSpec::srgb;
    case Photometric::palette:
      return ColorSpec::palette;
    case Photometric::separated:
      return ColorSpec::cmyk;
    case Photometric::ycbcr:
      return ColorSpec::sycc;
    case Photometric::icc_lab:
      return ColorSpec::icc_profile;
    default:
      return ColorSpec::unsupported;
  }
}

SampleFormat sample_format_of(const PixelForm& form) {
  if (form.color == ColorModel::ycc && form.channels == 3) return SampleFormat::p_yuv;
  if (form.color == ColorModel::cmyk && form.channels == 4) return SampleFormat::p_cmyk;
  // By the number of samples, whatever they are.
  constexpr SampleFormat formats[] = {SampleFormat::p_y, SampleFormat::p_ya, SampleFormat::p_rgb,
                                      SampleFormat::p_rgba};
  return form.channels <= 4 ? formats[form.channels - 1] : SampleFormat::p_unchanged;
}

std::optional<ChromaSubsampling> subsampling_of(const Page& page) {
  if (page.photometric != Photometric::ycbcr) return std::nullopt;
  struct Row {
    std::uint32_t across, down;
    ChromaSubsampling name;
  };
  constexpr Row rows[] = {
      {1, 1, ChromaSubsampling::css_444},  {2, 1, ChromaSubsampling::css_422},
      {2, 2, ChromaSubsampling::css_420},  {1, 2, ChromaSubsampling::css_440},
      {4, 1, ChromaSubsampling::css_411},  {4, 2, ChromaSubsampling::css_410},
      {2, 4, ChromaSubsampling::css_410v},
  };
  for (const Row& row : rows) {
    if (row.across == page.subsampling[0] && row.down == page.subsampling[1]) return row.name;
  }
  return std::nullopt;
}

/// Tag 330. Code::corrupt, truncated, limit.
Status read_subifds(const Page& page, std::vector<std::uint64_t>& offsets) {
  const auto field = page.ifd.find(kSubIfds);
  if (!field || field->count == 0) return {};
  if (!field->whole()) {
    return {Code::truncated, "the list of SubIFDs lies beyond the end of the file"};
  }
  const std::uint32_t most = Limits{}.max_pages;
  if (field->count > most) {
    return {Code::limit, "an image of " + std::to_string(field->count) +
                             " SubIFDs; glimt takes up to " + std::to_string(most)};
  }
  offsets.reserve(static_cast<std::size_t>(field->count));
  for (std::uint64_t i = 0; i < field->count; ++i) {
    const auto offset = field->unsigned_at(i);
    if (!offset) return {Code::corrupt, "the offset of a SubIFD is no number"};
    offsets.push_back(*offset);
  }
  return {};
}

bool sniff(Bytes head) noexcept {
  return starts_with(head, "II*\0", 4) || starts_with(head, "MM\0*", 4) ||
         starts_with(head, "II+\0", 4) || starts_with(head, "MM\0+", 4);
}

Result<StreamInfo> parse(const Source& source, const PageRange& range) {
  GLIMT_TRY(const TiffHeader header, read_tiff_header(source.data));
  GLIMT_TRY(const std::uint64_t offset, find_page(source, header, range));
  GLIMT_TRY(const Page page, read_page(source.data, header, offset));
  StreamInfo info;
  info.format = &kTiffFormat;
  info.form = form_of(page);
  info.pixel_data_offset = offset;
  ImageInfo& image = info.image;
  image.codec_name = kTiffFormat.name;
  image.coding = name_of_compression(page.compression);
  image.width = page.width;
  image.height = page.height;
  image.channels = info.form.channels;
  image.type = info.form.type;
  const bool palette = page.photometric == Photometric::palette;
  image.precision = static_cast<std::uint8_t>(palette ? 16 : page.bits);
  image.color_spec = color_spec_of(page);
  image.sample_format = sample_format_of(info.form);
  image.chroma_subsampling = subsampling_of(page);
  image.orientation = page.orientation;
  TileGrid& grid = image.tiles.emplace();
  grid.tile_width = page.chunk_width;
  grid.tile_height = page.chunk_height;
  grid.num_tiles_x = page.chunks_across;
  grid.num_tiles_y = page.chunks_down;
  image.ifd_offset = offset;
  if (const std::uint64_t next = page.ifd.next(); next != 0) image.next_ifd_offset = next;
  GLIMT_TRY(read_subifds(page, image.subifd_offsets));
  return info;
}

PageCount count(const Source& source, const PageRange& range) {
  const auto header = read_tiff_header(source.data);
  if (!header.ok()) return {0, std::nullopt, header.status()};
  return count_pages(source, *header, range);
}

Result<std::uint64_t> coded_bytes(const Source& source, const StreamInfo& info) {
  GLIMT_TRY(const TiffHeader header, read_tiff_header(source.data));
  GLIMT_TRY(const Page page, read_page(source.data, header, info.pixel_data_offset));
  std::uint64_t bytes = 0;
  const auto& counts = page.byte_counts;
  if (!counts || !counts->whole()) return std::uint64_t{source.data.size()};
  for (std::uint64_t i = 0; i < counts->count; ++i) bytes += counts->unsigned_at(i).value_or(0);
  return bytes;
}

constexpr std::string_view kExtensions[] = {".tif", ".tiff"};

}  // namespace
}  // namespace tiff

const Format kTiffFormat = {
    .name = "tiff",
    .extensions = tiff::kExtensions,
    .sniff = tiff::sniff,
    .parse = tiff::parse,
    .metadata = tiff::read_metadata,
    .tag = tiff::read_tag,
    .count = tiff::count,
    .coded_bytes = tiff::coded_bytes,
};

}  // namespace glimt
