// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/chunks.h"

#include <libdeflate.h>

#include <algorithm>

namespace glimt::png {

bool Chunk::intact() const {
  if (!whole) return false;
  const std::uint8_t* type_bytes = data.data() - 4;
  return libdeflate_crc32(0, type_bytes, data.size() + 4) ==
         load_be<std::uint32_t>(data.data() + data.size());
}

bool ChunkReader::next(Chunk& chunk) {
  if (file_.size() < offset_ || file_.size() - offset_ < 8) return false;
  const std::uint8_t* start = file_.data() + offset_;
  chunk.offset = offset_;
  chunk.length = load_be<std::uint32_t>(start);
  chunk.type = load_be<std::uint32_t>(start + 4);
  const std::size_t left = file_.size() - offset_ - 8;
  chunk.data = {start + 8, std::min<std::size_t>(chunk.length, left)};
  chunk.whole = left >= 4 && left - 4 >= chunk.length;
  offset_ = chunk.whole ? offset_ + 12 + chunk.length : file_.size();
  return true;
}

}  // namespace glimt::png
