// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/parse.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "base/bytes.h"
#include "formats/jpeg/cuda/parse_parts.h"
#include "formats/jpeg/cuda/progressive.h"

namespace glimt::jpeg::cuda {
namespace {

// Bits of a segment are counted in 31 bits.
constexpr std::size_t kMaxSegmentBytes = std::size_t{200} << 20;
// Where all blocks of an MCU use the same tables, nothing in the data tells one from the other. Up
// to kMaxPhases of them are told apart by counting; of more, only short segments are decoded well.
constexpr int kMaxPhases = kMaxComponents;
constexpr std::size_t kMaxBytesOfEqualTables = 8 << 10;

Status check_table(Bytes counts, Bytes symbols, bool dc) {
  std::uint32_t code = 0;
  for (unsigned length = 1; length <= 16; ++length) {
    code = (code << 1) + counts[length - 1];
    if (code > 1U << length) return corrupt("a Huffman table has more codes than fit its lengths");
  }
  if (symbols.size() > 255) return corrupt("a Huffman table has over 255 codes");
  const bool sizes_fit =
      !dc || std::all_of(symbols.begin(), symbols.end(), [](std::uint8_t s) { return s <= 11; });
  return sizes_fit ? Status() : left_to_cpu("DC differences of over 11 bits");
}

/// T.81 B.2.4.2.
Status read_huffman(Bytes payload, TableState& state) {
  ByteReader reader(payload);
  while (reader.left() > 0) {
    const std::uint8_t head = reader.u8();
    const unsigned destination = head & 15U, table_class = head >> 4;
    if (destination >= kTables || table_class > 1) {
      return corrupt("a DHT segment defines a table that is not legal");
    }
    const Bytes counts = reader.take(16);
    const Bytes symbols =
        reader.take(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    if (!reader.ok()) return corrupt("a DHT segment ends within a table");
    GLIMT_TRY(check_table(counts, symbols, table_class == 0));
    (table_class == 0 ? state.dc : state.ac)[destination] = {counts, symbols, true};
  }
  return {};
}

/// T.81 B.2.4.1.
Status read_quantization(Bytes payload, TableState& state) {
  ByteReader reader(payload);
  while (reader.left() > 0) {
    const std::uint8_t head = reader.u8();
    const unsigned destination = head & 15U;
    const bool wide = head >> 4 != 0;
    const Bytes steps = reader.take(wide ? 128 : 64);
    if (destination >= kTables || !reader.ok()) {
      return corrupt("a DQT segment ends within a table, or defines one that is not legal");
    }
    for (std::size_t i = 0; i < kBlockSize; ++i) {
      state.quantization[destination][kZigzag[i]] =
          wide ? load_be<std::uint16_t>(&steps[2 * i]) : steps[i];
    }
    state.quantization_defined[destination] = true;
  }
  return {};
}

/// What Caps do not say of a frame.
Status check_frame(const Header& header, const Frame& frame) {
  if (header.coding != kBaseline && header.coding != kExtended && header.coding != kProgressive) {
    return left_to_cpu("frames of type SOF" + std::to_string(header.coding) +
                       " are decoded on the CPU");
  }
  if (frame.precision != 8) return left_to_cpu("samples of other than 8 bits");
  if (header.height_by_dnl) return left_to_cpu("a height that a DNL segment gives");
  return {};
}

void put_table(const TableState::Huffman& from, RawTables& to, int place) {
  std::copy(from.counts.begin(), from.counts.end(), to.counts[place]);
  std::copy(from.symbols.begin(), from.symbols.end(), to.symbols[place]);
}

bool tables_equal_for_all(const CodedScan& coded) {
  const auto differ = [&](const std::array<std::uint8_t, kMaxComponents>& chosen, int first) {
    const RawTables& t = coded.tables;
    const bool two = std::find(chosen.begin(), chosen.begin() + coded.scan.count, 1) !=
                     chosen.begin() + coded.scan.count;
    return two && (std::memcmp(t.counts[first], t.counts[first + 1], 16) != 0 ||
                   std::memcmp(t.symbols[first], t.symbols[first + 1], 256) != 0);
  };
  return !differ(coded.dc, 0) && !differ(coded.ac, 2);
}

/// Whether the data of a frame's only scan goes up to an EOI at the end of the file. A marker
/// before it is found on the GPU.
bool ends_with_file(Bytes data, std::size_t begin, const TableState& state) {
  const std::size_t end = data.size();
  return !state.images_follow && end >= begin + 2 && data[end - 2] == 0xFF && data[end - 1] == kEoi;
}

}  // namespace

Status read_tables(const Segment& segment, TableState& state) {
  constexpr std::uint8_t multi_picture[] = {'M', 'P', 'F', 0};
  switch (segment.marker) {
    case kApp2:
      state.images_follow |= segment.payload.size() >= 4 &&
                             std::equal(multi_picture, multi_picture + 4, segment.payload.data());
      return {};
    case kDht:
      return read_huffman(segment.payload, state);
    case kDqt:
      return read_quantization(segment.payload, state);
    case kDri:
      if (segment.payload.size() != 2) return corrupt("a DRI segment holds 2 bytes");
      state.restart_interval = load_be<std::uint16_t>(segment.payload.data());
      return {};
    default:
      return {};
  }
}

Status choose_tables(const std::array<TableState::Huffman, kTables>& defined,
                     const std::array<std::uint8_t, kMaxComponents>& wanted, std::size_t count,
                     int first_place, std::array<std::uint8_t, kMaxComponents>& chosen,
                     RawTables& tables) {
  std::array<std::uint8_t, 2> slots{};
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted[i] >= kTables || !defined[wanted[i]].defined) {
      return corrupt("a scan uses Huffman table " + std::to_string(wanted[i]) +
                     ", which is not defined");
    }
    std::size_t slot = 0;
    while (slot < used && slots[slot] != wanted[i]) ++slot;
    if (slot == slots.size()) return left_to_cpu("over two Huffman tables of a class in a scan");
    if (slot == used) {
      slots[used++] = wanted[i];
      put_table(defined[wanted[i]], tables, first_place + static_cast<int>(slot));
    }
    chosen[i] = static_cast<std::uint8_t>(slot);
  }
  return {};
}

std::uint64_t hash_of(const RawTables& tables) {
  static_assert(sizeof(RawTables) % 8 == 0);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&tables);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof(RawTables); i += 8) {
    hash = (hash ^ load_le<std::uint64_t>(bytes + i)) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29;
  }
  return hash;
}

Status find_segments(const Markers& markers, std::size_t begin, std::vector<CodedSegment>& segments,
                     std::size_t& end) {
  const Bytes data = markers.data();
  std::size_t start = begin;
  unsigned next = 0;
  for (;;) {
    const std::size_t at = markers.first_from(start);
    if (at == data.size()) return {Code::truncated, "the data ends within a scan"};
    const std::uint8_t marker = data[at + 1];
    segments.push_back({start, at - start});
    if (marker < kRst0 || marker > kRst7) {
      end = at;
      return {};
    }
    if (marker != kRst0 + next) return corrupt("restart markers are out of order");
    next = (next + 1) % 8;
    start = at + 2;
  }
}

Status check_segment_count(std::size_t segments, std::uint64_t mcus, std::uint64_t interval) {
  const std::uint64_t expected = interval == 0 ? 1 : (mcus + interval - 1) / interval;
  if (segments == expected) return {};
  return corrupt("a scan has " + std::to_string(segments) + " restart intervals instead of " +
                 std::to_string(expected));
}

Status take_quantization(const TableState& state, const Scan& scan, CodedImage& image) {
  for (std::size_t i = 0; i < scan.count; ++i) {
    const std::size_t component = scan.components[i].component;
    const std::size_t table = image.frame.components[component].quantization;
    if (table >= kTables || !state.quantization_defined[table]) {
      return corrupt("a quantization table is missing");
    }
    image.quantization[component] = state.quantization[table];
  }
  return {};
}

Status check_segments(const CodedImage& image, CodedScan& coded) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < coded.segments; ++i) {
    longest = std::max(longest, image.segments[coded.segment0 + i].bytes);
  }
  if (longest > kMaxSegmentBytes) return left_to_cpu("a scan of over 200 MiB");
  const bool alike = coded.scan.count > 1 && tables_equal_for_all(coded);
  coded.phases = alike && coded.blocks_in_mcu <= kMaxPhases ? coded.blocks_in_mcu : 0;
  if (alike && coded.phases == 0 && longest > kMaxBytesOfEqualTables) {
    return left_to_cpu("all of many blocks of an MCU share their Huffman tables");
  }
  return {};
}

namespace {

Status read_one_scan(const Markers& markers, std::size_t begin, const TableState& state,
                     CodedImage& image, CodedScan& coded, std::size_t& end) {
  const Bytes data = markers.data();
  const Scan& scan = coded.scan;
  std::array<std::uint8_t, kMaxComponents> dc{}, ac{};
  coded.blocks_in_mcu = 0;
  for (std::size_t i = 0; i < scan.count; ++i) {
    dc[i] = scan.components[i].dc;
    ac[i] = scan.components[i].ac;
    const FrameComponent& c = image.frame.components[scan.components[i].component];
    coded.blocks_in_mcu += scan.interleaved() ? c.horizontal * c.vertical : 1;
  }
  GLIMT_TRY(take_quantization(state, scan, image));
  coded.tables = {};
  GLIMT_TRY(choose_tables(state.dc, dc, scan.count, 0, coded.dc, coded.tables));
  GLIMT_TRY(choose_tables(state.ac, ac, scan.count, 2, coded.ac, coded.tables));
  coded.tables_hash = hash_of(coded.tables);
  coded.restart_interval = state.restart_interval;
  coded.segment0 = image.segments.size();
  const bool only_scan = scan.count == image.frame.count;
  if (only_scan && coded.restart_interval == 0 && ends_with_file(data, begin, state)) {
    end = data.size() - 2;
    image.segments.push_back({begin, end - begin});
  } else {
    GLIMT_TRY(find_segments(markers, begin, image.segments, end));
  }
  coded.segments = image.segments.size() - coded.segment0;
  const auto mcus = static_cast<std::uint64_t>(coded.mcus());
  GLIMT_TRY(check_segment_count(coded.segments, mcus, coded.restart_interval));
  image.blocks += mcus * static_cast<std::uint64_t>(coded.blocks_in_mcu);
  for (std::size_t i = coded.segment0; i < image.segments.size(); ++i) {
    image.coded_bytes += image.segments[i].bytes;
  }
  return check_segments(image, coded);
}

}  // namespace

bool has_inner_markers(Bytes data) {
  SegmentWalk walk(data, 2);
  for (Segment segment; walk.next(segment) && segment.marker != kSos;) {
    if (segment.marker == kDri || segment.marker == kSof2) return true;
  }
  return false;
}

Status read_coded(const Markers& markers, CodedImage& image) {
  const Bytes data = markers.data();
  image.scans.clear();
  image.segments.clear();
  image.refinements.clear();
  image.refinement_segments.clear();
  image.blocks = 0;
  image.coded_bytes = 0;
  Header header;
  GLIMT_TRY(read_header(data, header));
  if (header.component_count == 2 || header.component_count > kMaxComponents) {
    return left_to_cpu(std::to_string(header.component_count) +
                       " components; 1, 3 and 4 are decoded on the GPU");
  }
  GLIMT_TRY(lay_out(header, image.frame));
  GLIMT_TRY(check_frame(header, image.frame));
  image.color = color_of(header);
  image.inverted = header.component_count == 4 && header.adobe;
  if (image.frame.progressive) return read_progressive(markers, image);

  TableState state;
  std::array<bool, kMaxComponents> seen{};
  std::size_t seen_count = 0;
  SegmentWalk walk(data, 2);
  for (Segment segment; seen_count < image.frame.count && walk.next(segment);) {
    if (segment.marker == kEoi) break;
    if (segment.marker != kSos) {
      GLIMT_TRY(read_tables(segment, state));
      continue;
    }
    CodedScan& coded = image.scans.emplace_back();
    GLIMT_TRY(read_scan(segment.payload, image.frame, coded.scan));
    for (std::size_t i = 0; i < coded.scan.count; ++i) {
      bool& one = seen[coded.scan.components[i].component];
      if (one) return left_to_cpu("a component in several scans");
      one = true;
    }
    seen_count += coded.scan.count;
    std::size_t end = 0;
    GLIMT_TRY(
        read_one_scan(markers, segment.offset + segment.payload.size(), state, image, coded, end));
    // What comes behind the last scan is the CPU's to judge.
    if (seen_count == image.frame.count && data[end + 1] != kEoi) {
      return left_to_cpu("segments between the last scan and EOI");
    }
    walk = SegmentWalk(data, end);
  }
  if (seen_count != image.frame.count) {
    return {walk.truncated() ? Code::truncated : Code::corrupt, "components without a scan"};
  }
  if (image.blocks > kMaxBlocks) return left_to_cpu("over 2^32 samples");
  return {};
}

}  // namespace glimt::jpeg::cuda
