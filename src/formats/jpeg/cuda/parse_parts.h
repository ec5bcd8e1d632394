// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the readers of sequential and of progressive frames share.
#pragma once

#include <string>
#include <vector>

#include "formats/jpeg/cuda/parse.h"

namespace glimt::jpeg::cuda {

constexpr std::uint64_t kMaxBlocks = std::uint64_t{1} << 26;  ///< their words have 32-bit numbers

/// Tables as they stand when a scan begins.
struct TableState {
  struct Huffman {
    Bytes counts, symbols;
    bool defined = false;
  };
  std::array<Huffman, kTables> dc, ac;
  std::array<QuantizationTable, kTables> quantization;
  std::array<bool, kTables> quantization_defined{};
  std::uint32_t restart_interval = 0;
  bool images_follow = false;  ///< other images in the same file (CIPA DC-007)
};

inline Status corrupt(std::string text) { return {Code::corrupt, std::move(text)}; }
inline Status left_to_cpu(std::string text) { return {Code::unsupported, std::move(text)}; }

/// Takes DHT, DQT and DRI segments, and whether there are images behind this one; others are none
/// of its business.
Status read_tables(const Segment& segment, TableState& state);

/// The data of a scan that begins at `begin`, split at restart markers up to another marker, which
/// is at `end`.
Status find_segments(const Markers& markers, std::size_t begin, std::vector<CodedSegment>& segments,
                     std::size_t& end);
/// Code::corrupt unless `segments` are those of a scan of so many MCUs.
Status check_segment_count(std::size_t segments, std::uint64_t mcus, std::uint64_t interval);

/// Takes quantization tables for the components of a scan.
Status take_quantization(const TableState& state, const Scan& scan, CodedImage& image);
/// Copies the Huffman tables of a class that a scan's components want to `tables` from
/// `first_place` on, at most two, and numbers them anew.
Status choose_tables(const std::array<TableState::Huffman, kTables>& defined,
                     const std::array<std::uint8_t, kMaxComponents>& wanted, std::size_t count,
                     int first_place, std::array<std::uint8_t, kMaxComponents>& chosen,
                     RawTables& tables);
std::uint64_t hash_of(const RawTables& tables);
/// Sets the scan's phases. Code::unsupported for scans that the kernels would not get in step with,
/// or are too long.
Status check_segments(const CodedImage& image, CodedScan& coded);

}  // namespace glimt::jpeg::cuda
