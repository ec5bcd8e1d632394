// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/progressive.h"

#include <algorithm>
#include <string>

#include "formats/jpeg/cuda/parse_parts.h"

namespace glimt::jpeg::cuda {
namespace {

// Each scan is work for all its blocks, however few its bytes. The usual script has 10.
constexpr std::size_t kMaxScans = 100;
// What AC refinements say of a block takes 24 bytes each time; the usual script has 1.7 of them for
// a block (4:2:0), this much memory holds those of 800 MP.
constexpr std::uint64_t kMaxRefinedOfBlock = 6, kMaxRefinedBlocks = std::uint64_t{1} << 25;
// Each restart interval has its own place in memory, and a few hundred bytes behind it.
constexpr std::size_t kMaxSegments = std::size_t{1} << 18;
constexpr int kUnsent = -1;

/// What has been sent: for each coefficient the lowest bit, or kUnsent.
class Script {
 public:
  explicit Script(std::size_t components) : components_(components) {
    for (auto& bits : lowest_) bits.fill(kUnsent);
  }

  /// T.81 G.1.1.1, and what libjpeg takes without a warning: first scans of coefficients that were
  /// not sent yet, refinements that go on where the scans before ended, DC before AC.
  Status take(const Scan& scan) {
    for (std::size_t i = 0; i < scan.count; ++i) {
      auto& bits = lowest_[scan.components[i].component];
      if (scan.spectral_start > 0 && bits[0] == kUnsent) {
        return left_to_cpu("a component whose AC coefficients come before those of DC");
      }
      const int expected = scan.high == 0 ? kUnsent : scan.high;
      for (std::size_t k = scan.spectral_start; k <= scan.spectral_end; ++k) {
        if (bits[k] != expected) return left_to_cpu("progressive scans in an unusual order");
        bits[k] = scan.low;
      }
    }
    return {};
  }

  [[nodiscard]] bool sent(std::size_t component) const { return lowest_[component][0] != kUnsent; }
  [[nodiscard]] bool complete() const {
    return std::all_of(lowest_.begin(), lowest_.begin() + components_, [](const auto& bits) {
      return std::all_of(bits.begin(), bits.end(), [](int bit) { return bit == 0; });
    });
  }

 private:
  std::ptrdiff_t components_;
  std::array<std::array<int, kBlockSize>, kMaxComponents> lowest_;
};

struct ScanStart {
  const Markers& markers;
  std::size_t offset;
  const TableState& state;
};

std::uint64_t mcus_of(const Scan& scan) {
  return static_cast<std::uint64_t>(scan.mcus_across * scan.mcus_down);
}

std::size_t bytes_of(const std::vector<CodedSegment>& segments, std::size_t first) {
  std::size_t bytes = 0;
  for (std::size_t i = first; i < segments.size(); ++i) bytes += segments[i].bytes;
  return bytes;
}

Status take_refinement(const ScanStart& start, const Scan& scan, CodedImage& image,
                       std::size_t& end) {
  std::uint64_t refined = mcus_of(scan);
  for (const CodedRefinement& before : image.refinements) refined += mcus_of(before.scan);
  if (refined > std::min(image.blocks * kMaxRefinedOfBlock, kMaxRefinedBlocks)) {
    return left_to_cpu("AC coefficients that are refined too often");
  }
  const std::size_t number = scan.components[0].ac;
  if (number >= kTables || !start.state.ac[number].defined) {
    return corrupt("a scan uses Huffman table " + std::to_string(number) +
                   ", which is not defined");
  }
  CodedRefinement refinement;
  refinement.scan = scan;
  refinement.counts = start.state.ac[number].counts;
  refinement.symbols = start.state.ac[number].symbols;
  refinement.restart_interval = start.state.restart_interval;
  std::vector<CodedSegment>& segments = image.refinement_segments;
  refinement.segment0 = segments.size();
  GLIMT_TRY(find_segments(start.markers, start.offset, segments, end));
  refinement.segments = segments.size() - refinement.segment0;
  refinement.coded_bytes = bytes_of(segments, refinement.segment0);
  GLIMT_TRY(check_segment_count(refinement.segments, mcus_of(scan), refinement.restart_interval));
  image.refinements.push_back(refinement);
  return {};
}

Status take_device_scan(const ScanStart& start, const Scan& scan, CodedImage& image,
                        std::size_t& end) {
  CodedScan& coded = image.scans.emplace_back();
  coded.scan = scan;
  coded.kind = scan.spectral_start > 0 ? ScanKind::ac_first
               : scan.high > 0         ? ScanKind::dc_refinement
                                       : ScanKind::dc_first;
  std::array<std::uint8_t, kMaxComponents> wanted{};
  for (std::size_t i = 0; i < scan.count; ++i) {
    const FrameComponent& c = image.frame.components[scan.components[i].component];
    coded.blocks_in_mcu += scan.interleaved() ? c.horizontal * c.vertical : 1;
    wanted[i] = coded.kind == ScanKind::ac_first ? scan.components[i].ac : scan.components[i].dc;
  }
  coded.tables.progressive = 1;
  if (coded.kind == ScanKind::dc_first) {
    GLIMT_TRY(choose_tables(start.state.dc, wanted, scan.count, 0, coded.dc, coded.tables));
  } else if (coded.kind == ScanKind::ac_first) {
    GLIMT_TRY(choose_tables(start.state.ac, wanted, scan.count, 2, coded.ac, coded.tables));
  }
  coded.tables_hash = hash_of(coded.tables);
  coded.restart_interval = start.state.restart_interval;
  coded.segment0 = image.segments.size();
  GLIMT_TRY(find_segments(start.markers, start.offset, image.segments, end));
  coded.segments = image.segments.size() - coded.segment0;
  image.coded_bytes += bytes_of(image.segments, coded.segment0);
  GLIMT_TRY(check_segment_count(coded.segments, mcus_of(scan), coded.restart_interval));
  if (coded.kind == ScanKind::dc_refinement) return {};
  return check_segments(image, coded);
}

}  // namespace

Status read_progressive(const Markers& markers, CodedImage& image) {
  const Bytes data = markers.data();
  for (std::size_t i = 0; i < image.frame.count; ++i) {
    const FrameComponent& c = image.frame.components[i];
    image.blocks += static_cast<std::uint64_t>(c.padded_across * c.padded_down);
  }
  if (image.blocks > kMaxBlocks) return left_to_cpu("over 2^32 samples");
  TableState state;
  Script script(image.frame.count);
  SegmentWalk walk(data, 2);
  for (Segment segment; walk.next(segment);) {
    if (segment.marker == kEoi) {
      return script.complete() ? Status() : left_to_cpu("scans that leave bits out");
    }
    if (segment.marker != kSos) {
      GLIMT_TRY(read_tables(segment, state));
      continue;
    }
    if (image.scans.size() + image.refinements.size() == kMaxScans) {
      return left_to_cpu("over " + std::to_string(kMaxScans) + " scans");
    }
    Scan scan;
    GLIMT_TRY(read_scan(segment.payload, image.frame, scan));
    // Tables count as they are at a component's first scan.
    if (!script.sent(scan.components[0].component)) {
      GLIMT_TRY(take_quantization(state, scan, image));
    }
    GLIMT_TRY(script.take(scan));
    const ScanStart start{markers, segment.offset + segment.payload.size(), state};
    std::size_t end = 0;
    const bool refinement = scan.spectral_start > 0 && scan.high > 0;
    GLIMT_TRY(refinement ? take_refinement(start, scan, image, end)
                         : take_device_scan(start, scan, image, end));
    if (image.segments.size() + image.refinement_segments.size() > kMaxSegments) {
      return left_to_cpu("over " + std::to_string(kMaxSegments) + " restart intervals");
    }
    walk = SegmentWalk(data, end);
  }
  return {Code::truncated, "the data ends without EOI"};
}

}  // namespace glimt::jpeg::cuda
