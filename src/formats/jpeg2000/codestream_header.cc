// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/codestream_header.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace glimt::jpeg2000 {
namespace {

enum Marker : std::uint16_t {
  kSot = 0xFF90,
  kSod = 0xFF93,
  kSiz = 0xFF51,
  kCap = 0xFF50,
  kPrf = 0xFF56,
  kCod = 0xFF52,
  kCoc = 0xFF53,
  kTlm = 0xFF55,
  kPlm = 0xFF57,
  kPlt = 0xFF58,
  kCpf = 0xFF59,
  kQcd = 0xFF5C,
  kQcc = 0xFF5D,
  kRgn = 0xFF5E,
  kPoc = 0xFF5F,
  kPpm = 0xFF60,
  kCrg = 0xFF63,
  kCom = 0xFF64,
};

Status read_siz(Bytes segment, Siz& siz) {
  ByteReader reader(segment);
  siz.capabilities = reader.be<std::uint16_t>();
  siz.x1 = reader.be<std::uint32_t>();
  siz.y1 = reader.be<std::uint32_t>();
  siz.x0 = reader.be<std::uint32_t>();
  siz.y0 = reader.be<std::uint32_t>();
  siz.tile_width = reader.be<std::uint32_t>();
  siz.tile_height = reader.be<std::uint32_t>();
  siz.tile_x0 = reader.be<std::uint32_t>();
  siz.tile_y0 = reader.be<std::uint32_t>();
  siz.components = reader.be<std::uint16_t>();
  siz.component_entries = reader.take(std::size_t{3} * siz.components);
  if (!reader.ok() || siz.components == 0 || siz.components > 16384) {
    return {Code::corrupt, "SIZ names no components, or more than it describes"};
  }
  if (siz.x0 >= siz.x1 || siz.y0 >= siz.y1) {
    return {Code::corrupt, "SIZ gives an empty image area"};
  }
  const bool reaches = std::uint64_t{siz.tile_x0} + siz.tile_width > siz.x0 &&
                       std::uint64_t{siz.tile_y0} + siz.tile_height > siz.y0;
  if (siz.tile_x0 > siz.x0 || siz.tile_y0 > siz.y0 || !reaches) {
    return {Code::corrupt, "the first tile does not meet the image area (SIZ)"};
  }
  if (std::uint64_t{siz.tiles_x()} * siz.tiles_y() > 65535) {
    return {Code::corrupt, "SIZ divides the image into more than 65535 tiles"};
  }
  for (std::size_t i = 0; i < siz.components; ++i) {
    const Component c = siz.component(i);
    if (c.dx == 0 || c.dy == 0 || c.bit_depth > 38) {
      return {Code::corrupt, "component " + std::to_string(i) +
                                 " has a subsampling of 0 or a depth above 38 bits (SIZ)"};
    }
    if (siz.component_rect(c).empty()) {
      return {Code::corrupt, "component " + std::to_string(i) + " has no samples (SIZ)"};
    }
  }
  return {};
}

Status read_cod(Bytes segment, CodingStyle& coding) {
  ByteReader reader(segment);
  const std::uint8_t style = reader.u8();
  coding.sop = (style & 2) != 0;
  coding.eph = (style & 4) != 0;
  coding.progression = reader.u8();
  coding.layers = reader.be<std::uint16_t>();
  coding.component_transform = reader.u8() != 0;
  coding.levels = reader.u8();
  coding.block_width_log2 = static_cast<std::uint8_t>((reader.u8() & 15) + 2);
  coding.block_height_log2 = static_cast<std::uint8_t>((reader.u8() & 15) + 2);
  coding.block_style = reader.u8();
  coding.reversible = reader.u8() == 1;
  coding.precincts = {};
  if ((style & 1) != 0) coding.precincts = reader.take(coding.levels + std::size_t{1});
  const int area_log2 = coding.block_width_log2 + coding.block_height_log2;
  if (!reader.ok() || coding.levels > 32 || coding.block_width_log2 > 10 ||
      coding.block_height_log2 > 10 || area_log2 > 12 || coding.layers == 0) {
    return {Code::corrupt, "COD has levels, layers or code-blocks outside the standard's bounds"};
  }
  return {};
}

constexpr std::uint8_t kHtStyle = 0x40;

/// Whether a COD or COC segment asks for HT code-blocks (A.6.1, A.6.2).
bool asks_for_ht(std::uint16_t marker, Bytes segment, std::size_t components) {
  const std::size_t style = marker == kCod ? 8 : components < 257 ? 5 : 6;
  return style < segment.size() && (segment[style] & kHtStyle) != 0;
}

Status read_segment(std::uint16_t marker, Bytes segment, MainHeader& header, bool& coding_seen) {
  ByteReader reader(segment);
  switch (marker) {
    case kSiz:
      return read_siz(segment, header.siz);
    case kCod:
      coding_seen = true;
      return read_cod(segment, header.coding);
    case kCap: {
      const auto parts = reader.be<std::uint32_t>();
      if ((parts & 0x00020000) == 0) return {};  // bit 15 counted from the top: Part 15
      reader.skip(2 * static_cast<std::size_t>(__builtin_popcount(parts >> 18)));
      header.ht_capabilities = reader.be<std::uint16_t>();
      if (reader.ok()) header.markers |= kHasCap;
      return {};
    }
    case kQcd:
      header.quantization = reader.u8();
      header.steps = segment.empty() ? Bytes{} : segment.subspan(1);
      return {};
    case kCoc:
      header.markers |= kHasComponentCoding;
      if (asks_for_ht(marker, segment, header.siz.components)) header.markers |= kHasHtComponent;
      return {};
    case kQcc:
      header.markers |= kHasComponentQuantization;
      return {};
    case kRgn:
      header.markers |= kHasRegionOfInterest;
      return {};
    case kPoc:
      header.markers |= kHasProgressionChange;
      return {};
    case kPpm:
      header.markers |= kHasPackedHeaders;
      return {};
    case kPrf:
    case kTlm:
    case kPlm:
    case kCpf:
    case kCrg:
    case kCom:
      return {};
    default:
      header.markers |= kHasUnknown;
      return {};
  }
}

}  // namespace

Result<MainHeader> read_main_header(Bytes codestream) {
  MainHeader header;
  bool coding_seen = false;
  ByteReader reader(codestream, 2);
  for (bool first = true;; first = false) {
    const std::size_t at = reader.position();
    const auto marker = reader.be<std::uint16_t>();
    if (!reader.ok()) {
      return Status(Code::truncated, "the codestream ends in its main header");
    }
    if (first != (marker == kSiz)) {
      return Status(Code::corrupt,
                    "SIZ is not the first marker of the codestream, or a second one");
    }
    if (marker == kSot) {
      if (!coding_seen) return Status(Code::corrupt, "the main header has no COD");
      header.end = at;
      return header;
    }
    if (marker >= 0xFF30 && marker <= 0xFF3F) {  // A.1.1: markers without a segment
      header.markers |= kHasUnknown;
      continue;
    }
    const auto length = reader.be<std::uint16_t>();
    const Bytes segment = length >= 2 ? reader.take(length - std::size_t{2}) : Bytes{};
    if (!reader.ok()) {
      return Status(Code::truncated, "the codestream ends in its main header");
    }
    if (marker < 0xFF00 || length < 2) {
      return Status(Code::corrupt,
                    "no marker at byte " + std::to_string(at) + " of the main header");
    }
    GLIMT_TRY(read_segment(marker, segment, header, coding_seen));
  }
}

std::optional<TilePart> TilePartReader::next() {
  ByteReader reader(data_, position_);
  if (reader.be<std::uint16_t>() != kSot || reader.be<std::uint16_t>() != 10) return std::nullopt;
  TilePart tile_part;
  tile_part.begin = position_;
  tile_part.tile = reader.be<std::uint16_t>();
  const auto length = reader.be<std::uint32_t>();
  tile_part.part = reader.u8();
  tile_part.parts = reader.u8();
  if (!reader.ok()) return std::nullopt;
  const std::size_t available = data_.size() - position_;
  if (length == 0) {  // A.4.2: the last tile-part reaches to EOC
    const bool closed =
        data_.size() >= 2 && data_[data_.size() - 2] == 0xFF && data_.back() == 0xD9;
    tile_part.end = data_.size() - (closed && available >= 14 ? 2 : 0);
  } else if (length < 12) {
    return std::nullopt;
  } else {
    tile_part.cut = length > available;
    tile_part.end = position_ + std::min<std::size_t>(length, available);
  }
  position_ = tile_part.end;
  return tile_part;
}

std::optional<TilePartHeader> read_tile_part_header(Bytes codestream, const TilePart& part,
                                                    std::size_t components) {
  TilePartHeader header;
  ByteReader reader(codestream.first(part.end), part.begin + 12);
  for (;;) {
    const auto marker = reader.be<std::uint16_t>();
    if (marker == kSod) {
      header.data = reader.position();
      return header;
    }
    const auto length = reader.be<std::uint16_t>();
    if (!reader.ok() || marker < 0xFF00 || length < 2) return std::nullopt;
    const Bytes segment = reader.take(length - std::size_t{2});
    if (marker != kPlt && marker != kCom) header.plain = false;
    if (marker == kCod || marker == kCoc) header.ht |= asks_for_ht(marker, segment, components);
  }
}

double structure_bytes(const MainHeader& header, double area) {
  constexpr double block_bytes = 160, precinct_bytes = 320;
  const CodingStyle& coding = header.coding;
  double block_area = std::ldexp(1.0, coding.block_width_log2 + coding.block_height_log2);
  double precincts = 0;
  for (std::size_t r = 0; r < coding.precincts.size(); ++r) {
    const double precinct_area =
        std::ldexp(1.0, (coding.precincts[r] & 15) + (coding.precincts[r] >> 4));
    const int levels_below = coding.levels - static_cast<int>(r);
    precincts += std::ldexp(area / precinct_area, -2 * levels_below);
    block_area = std::min(block_area, precinct_area);
  }
  return header.siz.components *
         (area / block_area * 1.34 * block_bytes + precincts * precinct_bytes);
}

}  // namespace glimt::jpeg2000
