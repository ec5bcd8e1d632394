// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/page.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/checked.h"
#include "formats/tiff/compression/compression.h"

namespace glimt::tiff {
namespace {

constexpr std::uint32_t kUncompressed = 1;

Status corrupt(std::string text) { return {Code::corrupt, std::move(text)}; }

/// The same as read_number, of what must fit 32 bits.
Result<std::uint32_t> read_u32(const Ifd& ifd, Tag tag, std::uint32_t fallback) {
  GLIMT_TRY(const std::uint64_t value, read_number(ifd, tag, fallback));
  if (value > UINT32_MAX) {
    return corrupt("tag " + std::to_string(tag) + " is " + std::to_string(value));
  }
  return static_cast<std::uint32_t>(value);
}

Result<SampleType> type_of(std::uint32_t format, std::uint32_t bits) {
  // By format, then by the least of 8, 16, 32 and 64 bits that hold the sample.
  constexpr SampleType integers[2][4] = {
      {SampleType::u8, SampleType::u16, SampleType::u32, SampleType::u64},
      {SampleType::i8, SampleType::i16, SampleType::i32, SampleType::i64}};
  const Status unsupported(Code::unsupported, "samples of " + std::to_string(bits) +
                                                  " bits with SampleFormat " +
                                                  std::to_string(format) + " are not supported");
  if (bits == 0 || bits > 64 || format > 4) return unsupported;
  if (format == 3) {
    if (bits == 16) return SampleType::f16;
    if (bits == 24 || bits == 32) return SampleType::f32;
    if (bits == 64) return SampleType::f64;
    return unsupported;
  }
  const std::size_t size = bits <= 8 ? 0 : bits <= 16 ? 1 : bits <= 32 ? 2 : 3;
  return integers[format == 2][size];
}

Status read_samples(Page& page) {
  const Ifd& ifd = page.ifd;
  GLIMT_TRY(page.samples, read_u32(ifd, kSamplesPerPixel, 1));
  if (page.samples == 0 || page.samples > UINT16_MAX) {
    return corrupt("the page declares " + std::to_string(page.samples) + " samples a pixel");
  }
  GLIMT_TRY(page.bits, read_u32(ifd, kBitsPerSample, 1));
  GLIMT_TRY(page.sample_format, read_u32(ifd, kSampleFormat, 1));
  if (page.sample_format == 0) page.sample_format = 1;
  if (const auto field = ifd.find(kBitsPerSample); field && field->whole()) {
    const auto values = std::min<std::uint64_t>(field->count, page.samples);
    for (std::uint64_t i = 1; i < values; ++i) {
      page.mixed_bits = page.mixed_bits || field->unsigned_at(i) != page.bits;
    }
  }
  GLIMT_TRY(page.type, type_of(page.sample_format, page.bits));
  return {};
}

/// Samples of the colour itself; 0: all of them.
std::uint32_t color_samples(const Page& page) {
  if (!page.photometric) return page.samples >= 3 ? 3 : 1;
  switch (*page.photometric) {
    case Photometric::min_is_white:
    case Photometric::min_is_black:
    case Photometric::palette:
    case Photometric::mask:
      return 1;
    case Photometric::rgb:
    case Photometric::ycbcr:
    case Photometric::cie_lab:
    case Photometric::icc_lab:
    case Photometric::itu_lab:
      return 3;
    case Photometric::separated:
      return 4;
    default:
      return 0;
  }
}

bool is_facsimile(std::uint32_t compression) {
  constexpr std::array numbers{Compression::ccitt_rle, Compression::ccitt_g3, Compression::ccitt_g4,
                               Compression::ccitt_rle_word};
  return std::any_of(numbers.begin(), numbers.end(), [&](Compression number) {
    return compression == static_cast<std::uint32_t>(number);
  });
}

Status read_color(Page& page) {
  const Ifd& ifd = page.ifd;
  if (ifd.find(kPhotometric)) {
    GLIMT_TRY(const std::uint32_t value, read_u32(ifd, kPhotometric, 0));
    page.photometric = static_cast<Photometric>(value);
  } else if (is_facsimile(page.compression)) {
    page.photometric = Photometric::min_is_white;  // the recommendations' runs begin white
  }
  // One sample more than the colour has is alpha whatever it is called, as the API counts them.
  const std::uint32_t color = color_samples(page);
  GLIMT_TRY(const std::uint32_t extra, read_u32(ifd, kExtraSamples, 0));
  const bool named = extra == 1 || extra == 2;
  page.alpha = color != 0 && (page.samples == color + 1 || (page.samples > color && named));
  GLIMT_TRY(const std::uint32_t orientation, read_u32(ifd, kOrientation, 1));
  if (orientation >= 1 && orientation <= 8) {
    page.orientation = static_cast<Orientation>(orientation);
  }
  if (page.photometric == Photometric::ycbcr) {
    page.subsampling = {2, 2};
    const auto field = ifd.find(kYcbcrSubSampling);
    for (std::size_t i = 0; field && field->whole() && field->count >= 2 && i < 2; ++i) {
      page.subsampling[i] = static_cast<std::uint32_t>(field->unsigned_at(i).value_or(0) & 0xFF);
    }
  }
  return {};
}

Status read_grid(Page& page) {
  const Ifd& ifd = page.ifd;
  page.tiled = ifd.find(kTileWidth) && ifd.find(kTileLength);
  if (page.tiled) {
    GLIMT_TRY(page.chunk_width, read_u32(ifd, kTileWidth, 0));
    GLIMT_TRY(page.chunk_height, read_u32(ifd, kTileLength, 0));
    if (page.chunk_width == 0 || page.chunk_height == 0) {
      return corrupt("tiles of " + std::to_string(page.chunk_width) + " x " +
                     std::to_string(page.chunk_height) + " pixels");
    }
  } else {
    GLIMT_TRY(const std::uint64_t rows, read_number(ifd, kRowsPerStrip, UINT32_MAX));
    page.chunk_width = page.width;
    page.chunk_height =
        rows == 0 || rows > page.height ? page.height : static_cast<std::uint32_t>(rows);
  }
  page.chunks_across = ceil_div(page.width, page.chunk_width);
  page.chunks_down = ceil_div(page.height, page.chunk_height);
  GLIMT_TRY(const std::uint32_t planar, read_u32(ifd, kPlanarConfiguration, 1));
  page.separate = planar == 2 && page.samples > 1;
  // Some writers name the places of tiles by the tags of strips.
  page.offsets = ifd.find(kTileOffsets);
  page.byte_counts = ifd.find(kTileByteCounts);
  if (!page.tiled || !page.offsets) page.offsets = ifd.find(kStripOffsets);
  if (!page.tiled || !page.byte_counts) page.byte_counts = ifd.find(kStripByteCounts);
  return {};
}

}  // namespace

Result<std::uint64_t> read_number(const Ifd& ifd, Tag tag, std::uint64_t fallback) {
  const auto field = ifd.find(tag);
  if (!field || field->count == 0) return fallback;
  const auto value = field->whole() ? field->unsigned_at(0) : std::nullopt;
  if (!value) {
    return corrupt("the value of tag " + std::to_string(tag) +
                   " is no unsigned number or lies outside of the file");
  }
  return *value;
}

std::uint32_t Page::rows_of(std::uint32_t down) const {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(chunk_height, height - std::uint64_t{down} * chunk_height));
}

std::uint64_t Page::chunk_index(std::uint32_t across, std::uint32_t down,
                                std::uint32_t plane) const {
  return (std::uint64_t{plane} * chunks_down + down) * chunks_across + across;
}

std::string Page::name_of_chunk(std::uint32_t across, std::uint32_t down,
                                std::uint32_t plane) const {
  std::string name =
      (tiled ? "tile " : "strip ") + std::to_string(chunk_index(across, down, plane));
  if (tiled) {
    name += " (column " + std::to_string(across) + ", row " + std::to_string(down) + ")";
  }
  if (separate) name += " of plane " + std::to_string(plane);
  return name;
}

Result<Page> read_page(Bytes file, const TiffHeader& header, std::uint64_t offset) {
  Page page;
  GLIMT_TRY(page.ifd, Ifd::read(file, header, offset));
  if (!page.ifd.whole()) {
    return Status(Code::truncated,
                  "the file ends within the IFD at byte " + std::to_string(offset));
  }
  const Ifd& ifd = page.ifd;
  page.big_endian = header.big_endian;
  GLIMT_TRY(page.width, read_u32(ifd, kImageWidth, 0));
  GLIMT_TRY(page.height, read_u32(ifd, kImageLength, 0));
  if (page.width == 0 || page.height == 0) {
    return corrupt("the IFD at byte " + std::to_string(offset) + " declares an image of " +
                   std::to_string(page.width) + " x " + std::to_string(page.height) + " pixels");
  }
  GLIMT_TRY(page.compression, read_u32(ifd, kCompression, kUncompressed));
  GLIMT_TRY(page.predictor, read_u32(ifd, kPredictor, 1));
  GLIMT_TRY(const std::uint32_t fill_order, read_u32(ifd, kFillOrder, 1));
  page.fill_order_lsb = fill_order == 2;
  GLIMT_TRY(read_samples(page));
  GLIMT_TRY(read_color(page));
  GLIMT_TRY(read_grid(page));
  return page;
}

PixelForm form_of(const Page& page) {
  PixelForm form;
  form.type = page.type;
  form.bit_depth = is_float(page.type) ? static_cast<std::uint8_t>(8 * sample_bytes(page.type))
                                       : static_cast<std::uint8_t>(page.bits);
  form.channels = static_cast<std::uint16_t>(page.samples);
  form.color = ColorModel::other;
  form.alpha = page.alpha;
  const auto name = [&](ColorModel color, std::uint32_t channels) {
    if (page.samples >= channels) form.color = color;
  };
  const std::uint32_t samples = page.samples;
  // Many samples of which one is black or white are as many channels, of which none is "the" gray.
  const bool gray = samples <= 2;
  if (!page.photometric) {
    gray ? name(ColorModel::gray, 1) : name(ColorModel::rgb, 3);
    return form;
  }
  switch (*page.photometric) {
    case Photometric::min_is_white:
    case Photometric::min_is_black:
    case Photometric::mask:
    case Photometric::cfa:
    case Photometric::linear_raw:
      if (gray) name(ColorModel::gray, 1);
      break;
    case Photometric::rgb:
      name(ColorModel::rgb, 3);
      break;
    case Photometric::palette:
      form = {.type = SampleType::u16, .bit_depth = 16, .channels = 3, .color = ColorModel::rgb};
      break;
    case Photometric::separated: {
      const auto ink_set = read_number(page.ifd, kInkSet, 1);
      if (ink_set.ok() && *ink_set == 1) name(ColorModel::cmyk, 4);
      break;
    }
    case Photometric::ycbcr:
      name(ColorModel::ycc, 3);
      break;
    default:
      break;
  }
  if (form.color == ColorModel::other && color_channels(form) == 0) form.alpha = false;
  if (form.color == ColorModel::other && page.samples > 2) form.alpha = false;
  return form;
}

Result<Bytes> find_chunk(Bytes file, const Page& page, std::uint64_t index) {
  if (!page.offsets || index >= page.offsets->count) {
    return Status(Code::corrupt, "the page gives the place of only " +
                                     std::to_string(page.offsets ? page.offsets->count : 0) +
                                     " of them");
  }
  if (!page.offsets->whole()) {
    return Status(Code::truncated, "the list of places lies beyond the end of the file");
  }
  const auto offset = page.offsets->unsigned_at(index);
  if (!offset) return corrupt("its place is no number");
  if (*offset == 0) return Bytes();
  if (*offset >= file.size()) {
    return Status(Code::truncated, "it begins at byte " + std::to_string(*offset) +
                                       " of a file of " + std::to_string(file.size()));
  }
  const std::uint64_t left = file.size() - *offset;
  // Without a length the data go on as far as their decoder wants.
  std::uint64_t size = left;
  const bool sized = page.byte_counts && index < page.byte_counts->count;
  if (sized) {
    if (!page.byte_counts->whole()) {
      return Status(Code::truncated, "the list of lengths lies beyond the end of the file");
    }
    const auto count = page.byte_counts->unsigned_at(index);
    if (!count) return corrupt("its length is no number");
    // The only strip of a page is no hole: its writer left the length out.
    const bool alone = page.byte_counts->count == 1 && page.offsets->count == 1;
    if (*count != 0 || !alone) size = *count;
  }
  return file.subspan(static_cast<std::size_t>(*offset),
                      static_cast<std::size_t>(std::min(size, left)));
}

}  // namespace glimt::tiff
