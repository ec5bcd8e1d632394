// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/format.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/bytes.h"
#include "metadata/gathered.h"

namespace glimt {
namespace bmp {
namespace {

constexpr std::size_t kFileHeaderBytes = 14;
// Sizes of the known info headers; the size is the version.
constexpr std::uint32_t kCoreHeader = 12, kInfoHeader = 40, kInfoV2Header = 52, kInfoV3Header = 56,
                        kOs2Header = 64;
constexpr std::uint32_t kLeastOs2Header = 16;
constexpr std::uint32_t kMostHeader = 1024;  // BITMAPV5HEADER has 124; room for what may follow

constexpr std::uint32_t kBitFields = 3, kAlphaBitFields = 6;

/// OS/2 2.x allows a header cut after any field; what is cut is 0.
bool is_os2(std::uint32_t header_bytes) {
  return header_bytes <= kOs2Header && header_bytes != kInfoHeader &&
         header_bytes != kInfoV2Header && header_bytes != kInfoV3Header;
}

struct RawHeader {
  std::uint32_t bytes = 0, compression = 0, palette_size = 0;
  std::int32_t width = 0, height = 0;
  std::uint16_t bits_per_pixel = 0;
};

template <class T>
T field(Bytes data, std::uint32_t header_bytes, std::size_t offset) {
  return offset + sizeof(T) <= header_bytes ? load_le<T>(data.data() + kFileHeaderBytes + offset)
                                            : T{};
}

Result<RawHeader> read_raw(Bytes data) {
  if (data.size() < kFileHeaderBytes + 4) {
    return Status(Code::truncated, "the file ends inside the BMP file header");
  }
  RawHeader raw;
  raw.bytes = load_le<std::uint32_t>(data.data() + kFileHeaderBytes);
  if (raw.bytes != kCoreHeader && (raw.bytes < kLeastOs2Header || raw.bytes > kMostHeader)) {
    return Status(Code::unsupported,
                  "a BMP info header of " + std::to_string(raw.bytes) + " bytes is not known");
  }
  if (data.size() - kFileHeaderBytes < raw.bytes) {
    return Status(Code::truncated, "the file ends inside the BMP info header");
  }
  if (raw.bytes == kCoreHeader) {
    raw.width = field<std::uint16_t>(data, raw.bytes, 4);
    raw.height = field<std::uint16_t>(data, raw.bytes, 6);
    raw.bits_per_pixel = field<std::uint16_t>(data, raw.bytes, 10);
    return raw;
  }
  raw.width = field<std::int32_t>(data, raw.bytes, 4);
  raw.height = field<std::int32_t>(data, raw.bytes, 8);
  raw.bits_per_pixel = field<std::uint16_t>(data, raw.bytes, 14);
  raw.compression = field<std::uint32_t>(data, raw.bytes, 16);
  raw.palette_size = field<std::uint32_t>(data, raw.bytes, 32);
  return raw;
}

/// Sets the coding; the compression must suit the bits per pixel.
Status judge_coding(const RawHeader& raw, Header& header) {
  struct Row {
    std::uint32_t compression;
    bool os2;
    Coding coding;
    std::uint8_t bits_per_pixel;  // 0: any
  };
  constexpr Row rows[] = {
      {0, false, Coding::uncompressed, 0}, {1, false, Coding::rle8, 8},
      {2, false, Coding::rle4, 4},         {3, false, Coding::uncompressed, 0},
      {4, false, Coding::jpeg, 0},         {5, false, Coding::png, 0},
      {6, false, Coding::uncompressed, 0}, {0, true, Coding::uncompressed, 0},
      {1, true, Coding::rle8, 8},          {2, true, Coding::rle4, 4},
      {3, true, Coding::huffman_1d, 1},    {4, true, Coding::rle24, 24},
  };
  const bool os2 = is_os2(raw.bytes);
  const auto row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) {
    return r.compression == raw.compression && r.os2 == os2;
  });
  if (row == std::end(rows)) {
    return {Code::unsupported,
            "BMP compression " + std::to_string(raw.compression) + " is not known"};
  }
  header.coding = row->coding;
  header.masks_given =
      !os2 && (raw.compression == kBitFields || raw.compression == kAlphaBitFields);
  if (row->coding == Coding::jpeg || row->coding == Coding::png) return {};
  constexpr int depths[] = {1, 2, 4, 8, 16, 24, 32};
  if (std::find(std::begin(depths), std::end(depths), raw.bits_per_pixel) == std::end(depths)) {
    return {Code::unsupported,
            "BMP with " + std::to_string(raw.bits_per_pixel) + " bits per pixel"};
  }
  if (row->bits_per_pixel != 0 && row->bits_per_pixel != raw.bits_per_pixel) {
    return {Code::corrupt, "BMP compression " + std::to_string(raw.compression) + " with " +
                               std::to_string(raw.bits_per_pixel) + " bits per pixel"};
  }
  if (header.masks_given && raw.bits_per_pixel < 16) {
    return {Code::corrupt, "BMP bit fields with a palette"};
  }
  return {};
}

/// Masks lie in the header from its second version on, behind it in the first.
Status read_masks(Bytes data, const RawHeader& raw, Header& header, std::uint64_t& position) {
  const bool four = raw.bytes >= kInfoV3Header ||
                    (raw.bytes == kInfoHeader && raw.compression == kAlphaBitFields);
  const std::size_t masks = four ? 4 : 3;
  if (raw.bytes == kInfoHeader) position += masks * 4;
  const std::size_t offset = kFileHeaderBytes + kInfoHeader;
  if (data.size() < offset + masks * 4) {
    return {Code::truncated, "the file ends inside the BMP bit masks"};
  }
  for (std::size_t c = 0; c < masks; ++c) {
    const auto mask = load_le<std::uint32_t>(data.data() + offset + c * 4);
    if (mask == 0) continue;
    BitField& f = header.fields[c];
    f.shift = static_cast<std::uint8_t>(std::countr_zero(mask));
    f.bits = static_cast<std::uint8_t>(std::popcount(mask));
    if (f.bits != 32 && (mask >> f.shift) != (1U << f.bits) - 1) {
      return {Code::corrupt, "a BMP bit mask has holes"};
    }
    if (f.shift + f.bits > header.bits_per_pixel) {
      return {Code::corrupt, "a BMP bit mask is wider than a pixel"};
    }
  }
  return {};
}

bool all_gray(const std::uint8_t* palette, std::uint32_t size, std::uint32_t entry_bytes) {
  std::uint32_t colored = 0;
  if (entry_bytes == 4) {
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto bgr = load_le<std::uint32_t>(palette + i * 4);
      colored |= (bgr ^ (bgr >> 8)) & 0xffffU;
    }
  } else {
    for (std::uint32_t i = 0; i < size; ++i, palette += 3) {
      colored |= (palette[0] ^ palette[1]) | (palette[1] ^ palette[2]);
    }
  }
  return colored == 0;
}

/// A palette may be shorter than it says: by the beginning of the pixels, or by the file's end.
void read_palette(Bytes data, const RawHeader& raw, std::uint64_t position, Header& header) {
  header.palette_entry_bytes = raw.bytes == kCoreHeader ? 3 : 4;
  header.palette_offset = position;
  const std::uint64_t most = std::uint64_t{1} << header.bits_per_pixel;
  const std::uint64_t said = raw.palette_size != 0 ? raw.palette_size : most;
  std::uint64_t end = data.size();
  if (header.pixel_offset >= position) end = std::min(end, header.pixel_offset);
  const std::uint64_t room = end > position ? (end - position) / header.palette_entry_bytes : 0;
  header.palette_size = static_cast<std::uint32_t>(std::min({said, room, most}));
  header.gray_palette =
      all_gray(data.data() + position, header.palette_size, header.palette_entry_bytes);
  if (header.pixel_offset < position) {
    header.pixel_offset = position + std::min(said, room) * header.palette_entry_bytes;
  }
}

}  // namespace

Result<Header> parse_header(Bytes data) {
  GLIMT_TRY(const RawHeader raw, read_raw(data));
  if (raw.width <= 0 || raw.height == 0) {
    return Status(Code::corrupt, "a BMP of " + std::to_string(raw.width) + " x " +
                                     std::to_string(raw.height) + " pixels");
  }
  Header header;
  header.width = static_cast<std::uint32_t>(raw.width);
  header.top_down = raw.height < 0;
  header.height = header.top_down ? 0U - static_cast<std::uint32_t>(raw.height)
                                  : static_cast<std::uint32_t>(raw.height);
  GLIMT_TRY(judge_coding(raw, header));
  header.bits_per_pixel = static_cast<std::uint8_t>(raw.bits_per_pixel);
  header.pixel_offset = load_le<std::uint32_t>(data.data() + 10);
  std::uint64_t position = kFileHeaderBytes + raw.bytes;
  if (header.masks_given) {
    GLIMT_TRY(read_masks(data, raw, header, position));
  } else if (header.bits_per_pixel == 16) {
    header.fields = {{{10, 5}, {5, 5}, {0, 5}, {0, 0}}};
  } else {
    header.fields = {{{16, 8}, {8, 8}, {0, 8}, {0, 0}}};
  }
  if (header.coding == Coding::jpeg || header.coding == Coding::png) {
    header.bits_per_pixel = 24;
  } else if (header.indexed()) {
    read_palette(data, raw, position, header);
  }
  if (header.pixel_offset < position) header.pixel_offset = position;
  return header;
}

}  // namespace bmp

namespace {

bool sniff(Bytes head) noexcept { return head.size() >= 18 && head[0] == 'B' && head[1] == 'M'; }

std::string_view coding_text(const bmp::Header& header) {
  constexpr std::string_view names[] = {"uncompressed", "RLE8", "RLE4", "RLE24",
                                        "Huffman 1D",   "JPEG", "PNG"};
  if (header.masks_given) return "bit fields";
  return header.indexed() && header.coding == bmp::Coding::uncompressed
             ? "palette"
             : names[static_cast<std::size_t>(header.coding)];
}

Result<StreamInfo> parse(const Source& source, const PageRange&) {
  GLIMT_TRY(const bmp::Header header, bmp::parse_header(source.data));
  StreamInfo info;
  info.format = &kBmpFormat;
  info.coding = static_cast<std::uint8_t>(header.coding);
  info.pixel_data_offset = header.pixel_offset;
  info.form.channels = header.channels();
  info.form.color = info.form.channels == 1 ? ColorModel::gray : ColorModel::rgb;
  info.form.alpha = info.form.channels == 4;
  info.image.codec_name = kBmpFormat.name;
  info.image.coding = coding_text(header);
  info.image.width = header.width;
  info.image.height = header.height;
  info.image.channels = info.form.channels;
  const bool gray = info.form.channels == 1;
  info.image.color_spec = gray ? ColorSpec::gray : ColorSpec::srgb;
  info.image.sample_format = gray ? SampleFormat::p_y : SampleFormat::p_rgb;
  return info;
}

/// The ICC profile of a V5 header (bV5CSType PROFILE_EMBEDDED), or empty. Its offset counts from
/// the header.
Bytes embedded_profile(Bytes data) {
  constexpr std::size_t header_at = 14, v5_header = 124;
  constexpr std::uint32_t embedded = 0x4d424544;  // "MBED"
  if (data.size() < header_at + v5_header) return {};
  const Bytes header = data.subspan(header_at);
  if (load_le<std::uint32_t>(header.data()) < v5_header ||
      load_le<std::uint32_t>(header.data() + 56) != embedded) {
    return {};
  }
  const std::uint64_t offset = load_le<std::uint32_t>(header.data() + 112);
  const std::uint64_t size = load_le<std::uint32_t>(header.data() + 116);
  return offset + size <= header.size() ? header.subspan(offset, size) : Bytes();
}

/// Pixels per metre, of headers that have them (BITMAPINFOHEADER and longer).
void add_resolution(Bytes data, Gathered& found) {
  constexpr std::size_t header_at = 14, info_header = 40;
  if (data.size() < header_at + info_header ||
      load_le<std::uint32_t>(&data[header_at]) < info_header) {
    return;
  }
  found.add_resolution({static_cast<double>(load_le<std::int32_t>(&data[header_at + 24])),
                        static_cast<double>(load_le<std::int32_t>(&data[header_at + 28])),
                        Resolution::Unit::metre});
}

Result<std::vector<Metadata>> metadata(const Source& source, const PageRange&, MetadataKind kind,
                                       const Limits& limits) {
  if (const auto header = bmp::parse_header(source.data); !header.ok()) return header.status();
  Gathered found(kind, limits);
  GLIMT_TRY(
      found.add(MetadataKind::icc_profile, MetadataFormat::raw, embedded_profile(source.data)));
  add_resolution(source.data, found);
  return std::move(found).finish();
}

constexpr std::string_view kExtensions[] = {".bmp", ".dib"};

}  // namespace

constexpr Format kBmpFormat = {"bmp", kExtensions, sniff, parse, metadata};

}  // namespace glimt
