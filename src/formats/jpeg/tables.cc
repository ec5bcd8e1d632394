// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/tables.h"

#include <numeric>
#include <string>

#include "base/bytes.h"

namespace glimt::jpeg {
namespace {

Status corrupt(std::string text) { return {Code::corrupt, std::move(text)}; }

/// T.81 B.2.4.1: each table is Pq and Tq in a byte, and 64 steps of 8 or 16 bits.
Status read_quantization(Bytes payload, Tables& tables) {
  ByteReader reader(payload);
  while (reader.left() > 0) {
    const std::uint8_t head = reader.u8();
    const std::size_t destination = head & 15U;
    if (destination >= kTables) {
      return corrupt("a DQT segment defines table " + std::to_string(destination) +
                     "; 0 to 3 are legal");
    }
    for (const std::uint8_t place : kZigzag) {
      tables.quantization[destination][place] =
          head >> 4 != 0 ? reader.be<std::uint16_t>() : reader.u8();
    }
    if (!reader.ok()) return corrupt("a DQT segment ends within a table");
    tables.quantization_defined[destination] = true;
  }
  return {};
}

/// T.81 B.2.4.2.
Status read_huffman(Bytes payload, Tables& tables) {
  ByteReader reader(payload);
  while (reader.left() > 0) {
    const std::uint8_t head = reader.u8();
    const std::size_t destination = head & 15U;
    if (destination >= kTables || head >> 4 > 1) {
      return corrupt("a DHT segment defines table " + std::to_string(destination) + " of class " +
                     std::to_string(head >> 4) + "; tables 0 to 3 of classes 0 and 1 are legal");
    }
    const Bytes counts = reader.take(16);
    const std::size_t symbols = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    const Bytes values = reader.take(symbols);
    if (!reader.ok() || symbols > 256) return corrupt("a DHT segment ends within a table");
    const auto table_class = static_cast<HuffmanClass>(head >> 4);
    HuffmanTable& table = (table_class == HuffmanClass::dc ? tables.dc : tables.ac)[destination];
    GLIMT_TRY(HuffmanTable::make(counts, values, table_class, table));
  }
  return {};
}

}  // namespace

const std::array<std::uint8_t, kBlockSize> kZigzag = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

void Tables::clear() {
  quantization_defined = {};
  for (HuffmanTable& table : dc) table.clear();
  for (HuffmanTable& table : ac) table.clear();
  restart_interval = 0;
}

Status Tables::read(const Segment& segment) {
  switch (segment.marker) {
    case kDqt:
      return read_quantization(segment.payload, *this);
    case kDht:
      return read_huffman(segment.payload, *this);
    case kDri:
      if (segment.payload.size() != 2) return corrupt("a DRI segment holds 2 bytes");
      restart_interval = load_be<std::uint16_t>(segment.payload.data());
      return {};
    default:
      return {};
  }
}

}  // namespace glimt::jpeg
