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
#include "formats/jpeg/frame.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg::cuda {

struct CodedSegment {
  std::size_t offset = 0, bytes = 0;  ///< in the stream
};

struct CodedScan {
  Scan scan;
  std::size_t segment0 = 0, segments = 0;
  std::uint32_t restart_interval = 0;  ///< MCUs; 0: none
  int blocks_in_mcu = 0;
  /// Table numbers in `tables` by place of the component in the scan: 0 or 1.
  std::array<std::uint8_t, kMaxComponents> dc{}, ac{};
  RawTables tables;
  std::uint64_t tables_hash = 0;

  [[nodiscard]] std::int64_t mcus() const { return scan.mcus_across * scan.mcus_down; }
};

struct CodedImage {
  Frame frame;
  ColorModel color = ColorModel::ycc;
  std::array<QuantizationTable, kMaxComponents> quantization;
  std::vector<CodedScan> scans;
  std::vector<CodedSegment> segments;
  std::uint64_t blocks = 0;     ///< of all scans
  std::size_t coded_bytes = 0;  ///< of all segments
};

/// Reads a stream that the kernels can decode. Code::unsupported says what they cannot: the CPU
/// can. Otherwise Code::corrupt or truncated.
Status read_coded(Bytes data, CodedImage& image);

}  // namespace glimt::jpeg::cuda
