// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the host reads of a stream: its headers, and where the entropy-coded segments lie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "formats/jpeg/cuda/descriptors.h"
#include "formats/jpeg/cuda/marker_search.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg::cuda {

struct CodedSegment {
  std::size_t offset = 0, bytes = 0;  ///< in the stream
};

/// What the GPU does with a scan.
enum class ScanKind : std::uint8_t {
  sequential,     ///< whole blocks
  dc_first,       ///< of a progressive frame (T.81 G.1.2.1)
  dc_refinement,  ///< one bit a block
  ac_first,       ///< a band of coefficients (G.1.2.2)
};

struct CodedScan {
  ScanKind kind = ScanKind::sequential;
  Scan scan;
  std::size_t segment0 = 0, segments = 0;
  std::uint32_t restart_interval = 0;  ///< MCUs; 0: none
  int blocks_in_mcu = 0;
  /// Table numbers in `tables` by place of the component in the scan: 0 or 1.
  std::array<std::uint8_t, kMaxComponents> dc{}, ac{};
  int phases = 0;  ///< ScanLayout::phases
  RawTables tables;
  std::uint64_t tables_hash = 0;

  [[nodiscard]] std::int64_t mcus() const { return scan.mcus_across * scan.mcus_down; }
};

/// A scan that refines AC coefficients (G.1.2.3): the host decodes it.
struct CodedRefinement {
  Scan scan;
  std::size_t segment0 = 0, segments = 0;  ///< of CodedImage::refinement_segments
  std::size_t coded_bytes = 0;
  std::uint32_t restart_interval = 0;  ///< blocks; 0: none
  Bytes counts, symbols;               ///< of its Huffman table, in the stream
};

struct CodedImage {
  Frame frame;
  ColorModel color = ColorModel::ycc;
  bool inverted = false;  ///< inks as Adobe stores them
  std::array<QuantizationTable, kMaxComponents> quantization;
  std::vector<CodedScan> scans;
  std::vector<CodedSegment> segments;
  std::vector<CodedRefinement> refinements;  ///< in the order of the stream
  std::vector<CodedSegment> refinement_segments;
  std::uint64_t blocks = 0;     ///< of all scans; of a progressive frame: of all components
  std::size_t coded_bytes = 0;  ///< of all segments that the GPU decodes
};

/// Whether markers are to be expected between the headers and the end: restart intervals, or scans
/// of a progressive frame.
bool has_inner_markers(Bytes data);

/// Reads a stream that the kernels can decode. Code::unsupported says what they cannot: the CPU
/// can. Otherwise Code::corrupt or truncated.
Status read_coded(const Markers& markers, CodedImage& image);
inline Status read_coded(Bytes data, CodedImage& image) { return read_coded(Markers(data), image); }

}  // namespace glimt::jpeg::cuda
