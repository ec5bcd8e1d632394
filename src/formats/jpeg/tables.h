// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the table segments of a stream have said so far (T.81 B.2.4).
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/huffman.h"

namespace glimt::jpeg {

constexpr std::size_t kTables = 4;  ///< destinations of each kind
constexpr std::size_t kBlockSize = 64;

/// Order of coefficients in the stream: index of place i of the zigzag sequence (T.81 figure A.6).
extern const std::array<std::uint8_t, kBlockSize> kZigzag;

/// Steps of the coefficients, row by row.
using QuantizationTable = std::array<std::uint16_t, kBlockSize>;

struct Tables {
  std::array<QuantizationTable, kTables> quantization;
  std::array<bool, kTables> quantization_defined{};
  std::array<HuffmanTable, kTables> dc, ac;
  std::uint32_t restart_interval = 0;  ///< in MCUs; 0: none

  /// As at the start of a stream.
  void clear();
  /// Takes DQT, DHT and DRI segments; others are none of its business. Code::corrupt.
  Status read(const Segment& segment);
};

}  // namespace glimt::jpeg
