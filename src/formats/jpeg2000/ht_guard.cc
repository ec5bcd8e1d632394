// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/ht_guard.h"

#include <cstring>
#include <string>

namespace glimt::jpeg2000 {
namespace {

/// Offset of the first 0xFF in [begin, end) before a byte above 0x8F, or that ends the range; end
/// when there is none.
std::size_t find_marker_code(Bytes data, std::size_t begin, std::size_t end) {
  while (begin < end) {
    const void* found = std::memchr(data.data() + begin, 0xFF, end - begin);
    if (found == nullptr) return end;
    begin = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - data.data());
    if (begin + 1 == end || data[begin + 1] > 0x8F) return begin;
    ++begin;
  }
  return end;
}

/// Whether bytes that could not be walked hold what may be read as a COD or COC for HT.
bool may_ask_for_ht(Bytes rest) {
  for (std::size_t at = 0; at + 13 < rest.size(); ++at) {
    if (rest[at] != 0xFF || (rest[at + 1] != 0x52 && rest[at + 1] != 0x53)) continue;
    const int styles = rest[at + 1] == 0x52 ? rest[at + 12] : rest[at + 9] | rest[at + 10];
    if ((styles & 0x40) != 0) return true;
  }
  return false;
}

struct Walk {
  bool ht = false;      ///< HT code-blocks are asked for, or may be
  bool regular = true;  ///< tile-parts up to EOC or the end, nothing but PLT and COM in headers
  bool clean = true;    ///< no marker code in packets
};

Walk walk_tile_parts(const Headers& headers) {
  const MainHeader& main = headers.main;
  const Bytes data = headers.jp2.codestream;
  Walk walk;
  walk.ht = main.coding.ht() || (main.markers & kHasHtComponent) != 0;
  std::size_t end = main.end;
  TilePartReader reader(data, main);
  while (const auto part = reader.next()) {
    const auto header = read_tile_part_header(data, *part, main.siz.components);
    if (!header) break;
    walk.ht |= header->ht;
    walk.regular &= header->plain;
    if (walk.ht) walk.clean &= find_marker_code(data, header->data, part->end) == part->end;
    end = part->end;
  }
  const Bytes rest = data.subspan(end);
  const bool ended = rest.empty() || (rest[0] == 0xFF && (rest.size() == 1 || rest[1] == 0xD9));
  if (!ended) {
    walk.regular = false;
    walk.ht |= may_ask_for_ht(rest);
  }
  return walk;
}

}  // namespace

Status check_ht_packets(const Headers& headers) {
  const Walk walk = walk_tile_parts(headers);
  if (!walk.ht) return {};
  const MainHeader& main = headers.main;
  if (!walk.clean) return {Code::corrupt, "a marker code inside a packet of HT code-blocks"};
  constexpr std::uint32_t strange = kHasUnknown | kHasPackedHeaders;
  if (!walk.regular || (main.markers & strange) != 0) {
    return {Code::unsupported,
            "HT code-blocks in a codestream with unusual or damaged headers of its tile-parts"};
  }
  if (main.coding.layers > 1 || main.coding.sop || main.coding.eph) {
    return {Code::unsupported, "HT code-blocks in several layers, or with SOP or EPH markers"};
  }
  return {};
}

}  // namespace glimt::jpeg2000
