// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/format.h"

#include <algorithm>
#include <string>

#include "formats/png/chunks.h"
#include "metadata/exif.h"

namespace glimt {
namespace png {
namespace {

constexpr std::uint32_t kMostLength = 0x7FFFFFFF;  // 7.1: of a chunk, and of each dimension

/// By colour type: table 11.1 and what the API calls it. A zero in depths: no such type.
struct TypeRow {
  std::uint32_t depths;  // bit (1 << bit_depth)
  std::uint8_t samples;
  ColorSpec color_spec;
  SampleFormat plain, transparent;  // without and with tRNS
  std::string_view coding[2];       // sequential, Adam7
};
constexpr std::uint32_t kDeep = 1U << 8 | 1U << 16, kShallow = 1U << 1 | 1U << 2 | 1U << 4;
constexpr TypeRow kTypes[7] = {
    {kShallow | kDeep,
     1,
     ColorSpec::gray,
     SampleFormat::p_y,
     SampleFormat::i_ya,
     {"greyscale", "greyscale, Adam7"}},
    {},
    {kDeep,
     3,
     ColorSpec::srgb,
     SampleFormat::i_rgb,
     SampleFormat::i_rgba,
     {"truecolour", "truecolour, Adam7"}},
    {kShallow | 1U << 8,
     1,
     ColorSpec::palette,
     SampleFormat::i_rgb,
     SampleFormat::i_rgba,
     {"indexed-colour", "indexed-colour, Adam7"}},
    {kDeep,
     2,
     ColorSpec::gray,
     SampleFormat::i_ya,
     SampleFormat::i_ya,
     {"greyscale with alpha", "greyscale with alpha, Adam7"}},
    {},
    {kDeep,
     4,
     ColorSpec::srgb,
     SampleFormat::i_rgba,
     SampleFormat::i_rgba,
     {"truecolour with alpha", "truecolour with alpha, Adam7"}},
};
const TypeRow& row_of(ColorType type) { return kTypes[static_cast<std::size_t>(type)]; }

Status corrupt(std::string message) { return {Code::corrupt, std::move(message)}; }

std::string name_of_type(std::uint32_t type) {
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) name += static_cast<char>(type >> shift & 0xFF);
  return name;
}

bool four_letters(std::uint32_t type) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    const std::uint32_t letter = (type >> shift & 0xFF) | 0x20;
    if (letter < 'a' || letter > 'z') return false;
  }
  return true;
}

/// 11.2.2
Status read_header(const Chunk& chunk, Header& header) {
  if (chunk.type != chunk_type("IHDR") || chunk.length != 13) {
    return corrupt("the first PNG chunk is not an IHDR of 13 bytes");
  }
  if (!chunk.whole) return {Code::truncated, "the file ends inside the IHDR chunk"};
  if (!chunk.intact()) return corrupt("the IHDR chunk fails its CRC");
  const std::uint8_t* data = chunk.data.data();
  header.width = load_be<std::uint32_t>(data);
  header.height = load_be<std::uint32_t>(data + 4);
  header.bit_depth = data[8];
  const std::uint8_t type = data[9], compression = data[10], filter = data[11],
                     interlace = data[12];
  if (header.width == 0 || header.height == 0 || header.width > kMostLength ||
      header.height > kMostLength) {
    return corrupt("IHDR declares " + std::to_string(header.width) + " x " +
                   std::to_string(header.height) + " pixels");
  }
  const bool depth_allowed = type < std::size(kTypes) && header.bit_depth <= 16 &&
                             (kTypes[type].depths >> header.bit_depth & 1) != 0;
  if (!depth_allowed) {
    return corrupt("IHDR declares colour type " + std::to_string(type) + " with a bit depth of " +
                   std::to_string(header.bit_depth));
  }
  if (compression != 0 || filter != 0 || interlace > 1) {
    return {Code::unsupported, "IHDR declares compression method " + std::to_string(compression) +
                                   ", filter method " + std::to_string(filter) +
                                   ", interlace method " + std::to_string(interlace)};
  }
  header.color_type = static_cast<ColorType>(type);
  header.interlaced = interlace == 1;
  return {};
}

/// 11.2.3; in other than indexed images a suggestion that changes no pixel.
Status read_palette(const Chunk& chunk, Preamble& preamble) {
  if (!preamble.indexed()) return {};
  if (!preamble.palette.empty()) return corrupt("the file has a second PLTE chunk");
  if (!chunk.intact()) {
    return chunk.whole ? corrupt("the PLTE chunk fails its CRC")
                       : Status(Code::truncated, "the file ends inside the PLTE chunk");
  }
  if (chunk.length == 0 || chunk.length % 3 != 0 || chunk.length > 768) {
    return corrupt("a PLTE chunk of " + std::to_string(chunk.length) + " bytes");
  }
  const std::size_t most = std::size_t{3} << preamble.header.bit_depth;
  preamble.palette = chunk.data.first(std::min(chunk.data.size(), most));
  return {};
}

/// 11.3.2.1. An illegal tRNS is passed over, as libpng does.
void read_transparency(const Chunk& chunk, Preamble& preamble) {
  if (!preamble.transparency.empty() || !chunk.intact()) return;
  bool legal = false;
  switch (preamble.header.color_type) {
    case ColorType::grayscale:
      legal = chunk.length == 2;
      break;
    case ColorType::truecolor:
      legal = chunk.length == 6;
      break;
    case ColorType::indexed:
      legal = chunk.length <= preamble.palette.size() / 3;
      break;
    case ColorType::grayscale_alpha:
    case ColorType::truecolor_alpha:
      break;
  }
  if (legal) preamble.transparency = chunk.data;
}

bool sniff(Bytes head) noexcept { return starts_with(head, kSignature, sizeof kSignature); }

Result<StreamInfo> parse(const Source& source, const PageRange& page) {
  if (page.image_idx != 0) {
    return Status(Code::bad_argument,
                  "a PNG file has one image: index " + std::to_string(page.image_idx) + " is none");
  }
  GLIMT_TRY(const Preamble preamble, read_preamble(source.data));
  const Header& header = preamble.header;
  const TypeRow& row = row_of(header.color_type);
  const bool transparent = !preamble.transparency.empty();
  StreamInfo info;
  info.format = &kPngFormat;
  info.form = native_form(preamble, transparent);
  info.coding = header.interlaced ? 1 : 0;
  info.pixel_data_offset = preamble.idat;
  ImageInfo& image = info.image;
  image.codec_name = kPngFormat.name;
  image.coding = row.coding[info.coding];
  image.width = header.width;
  image.height = header.height;
  image.channels = info.form.channels;
  image.type = info.form.type;
  image.precision = header.bit_depth;
  image.color_spec = row.color_spec;
  image.sample_format = transparent ? row.transparent : row.plain;
  if (!preamble.exif.empty()) image.orientation = exif_orientation(preamble.exif);
  return info;
}

constexpr std::string_view kExtensions[] = {".png"};

}  // namespace

std::uint32_t Header::samples() const { return row_of(color_type).samples; }

Result<Preamble> read_preamble(Bytes file) {
  if (!sniff(file)) return corrupt("no PNG signature");
  Preamble preamble;
  ChunkReader reader(file, sizeof kSignature);
  Chunk chunk;
  if (!reader.next(chunk)) return Status(Code::truncated, "the file ends before the IHDR chunk");
  GLIMT_TRY(read_header(chunk, preamble.header));
  while (reader.next(chunk)) {
    if (!four_letters(chunk.type) || chunk.length > kMostLength) {
      return corrupt("no PNG chunk at byte " + std::to_string(chunk.offset));
    }
    switch (chunk.type) {
      case chunk_type("IDAT"):
        if (preamble.indexed() && preamble.palette.empty()) {
          return corrupt("an indexed image without a PLTE chunk");
        }
        preamble.idat = chunk.offset;
        return preamble;
      case chunk_type("PLTE"):
        GLIMT_TRY(read_palette(chunk, preamble));
        break;
      case chunk_type("tRNS"):
        read_transparency(chunk, preamble);
        break;
      case chunk_type("eXIf"):
        if (preamble.exif.empty() && chunk.intact()) preamble.exif = chunk.data;
        break;
      case chunk_type("IHDR"):
      case chunk_type("IEND"):
        return corrupt("an " + name_of_type(chunk.type) + " chunk before the IDAT chunk");
      default:
        if (!chunk.ancillary()) {
          return Status(Code::unsupported,
                        "the critical chunk " + name_of_type(chunk.type) + " is not known");
        }
    }
  }
  return preamble;
}

PixelForm native_form(const Preamble& preamble, bool with_transparency) {
  const Header& header = preamble.header;
  const bool color =
      header.color_type != ColorType::grayscale && header.color_type != ColorType::grayscale_alpha;
  PixelForm form;
  form.type = header.bit_depth == 16 ? SampleType::u16 : SampleType::u8;
  form.bit_depth = preamble.indexed() ? 8 : header.bit_depth;
  form.color = color ? ColorModel::rgb : ColorModel::gray;
  form.alpha = with_transparency || header.color_type == ColorType::grayscale_alpha ||
               header.color_type == ColorType::truecolor_alpha;
  form.channels = static_cast<std::uint16_t>(color_channels(form) + (form.alpha ? 1 : 0));
  return form;
}

}  // namespace png

const Format kPngFormat = {
    "png", png::kExtensions, png::sniff, png::parse, png::read_metadata,
};

}  // namespace glimt
