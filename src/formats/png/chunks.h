// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace glimt::png {

inline constexpr std::uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// A chunk type as it reads big-endian.
constexpr std::uint32_t chunk_type(const char (&name)[5]) {
  std::uint32_t type = 0;
  for (int i = 0; i < 4; ++i) type = type << 8 | static_cast<std::uint8_t>(name[i]);
  return type;
}

/// ISO/IEC 15948, 5.3: length, type, data, CRC.
struct Chunk {
  std::uint32_t type = 0;
  std::size_t offset = 0;    ///< of the length field
  std::uint32_t length = 0;  ///< as declared
  Bytes data;                ///< what the file has of it
  bool whole = false;        ///< data and CRC are all there

  /// Bit 5 of the first letter (5.4).
  [[nodiscard]] bool ancillary() const { return (type & 0x20000000U) != 0; }
  /// Whole, and its CRC holds.
  [[nodiscard]] bool intact() const;
};

/// Walks the chunks of a file.
class ChunkReader {
 public:
  ChunkReader(Bytes file, std::size_t offset) : file_(file), offset_(offset) {}

  /// The next chunk; false when not even its length and type are there. After a chunk that is not
  /// whole there is none.
  bool next(Chunk& chunk);

 private:
  Bytes file_;
  std::size_t offset_;
};

}  // namespace glimt::png
