// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libdeflate.h>

#include <cstdint>

#include "base/bytes.h"
#include "codec/sink.h"

namespace glimt::png {

/// Writes a chunk whose data become known bit by bit.
class OpenChunk {
 public:
  explicit OpenChunk(Sink& sink) : sink_(sink) {}

  Status begin(const char (&name)[5]) {
    start_ = sink_.size();
    GLIMT_TRY(sink_.append_be(std::uint32_t{0}));
    return sink_.append({reinterpret_cast<const std::uint8_t*>(name), 4});
  }
  [[nodiscard]] std::size_t size() const { return sink_.size() - start_ - 8; }
  Status end() {
    std::uint8_t* chunk = sink_.written().data() + start_;
    store_be(chunk, static_cast<std::uint32_t>(size()));
    return sink_.append_be(libdeflate_crc32(0, chunk + 4, size() + 4));
  }

 private:
  Sink& sink_;
  std::size_t start_ = 0;
};

inline Status write_chunk(Sink& sink, const char (&name)[5], Bytes data) {
  OpenChunk chunk(sink);
  GLIMT_TRY(chunk.begin(name));
  GLIMT_TRY(sink.append(data));
  return chunk.end();
}

}  // namespace glimt::png
