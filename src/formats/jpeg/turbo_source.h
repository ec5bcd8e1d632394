// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h wants FILE and size_t from its includer

#include <jpeglib.h>

#include "formats/jpeg/format.h"

namespace glimt::jpeg {

/// libjpeg reads the caller's bytes where they lie. A frame header without height (DNL) is read
/// with the height put in between two parts of the stream, for libjpeg knows no DNL.
class MemorySource : public jpeg_source_mgr {
 public:
  MemorySource();
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;

  /// `data` and `header` describe one stream; only its first `end` bytes are read.
  void start(Bytes data, const Header& header, std::size_t end);
  /// libjpeg asked for more than there is, and was told EOI.
  [[nodiscard]] bool ended() const { return ended_; }
  /// How far the stream has been read: to the last whole segment or MCU.
  [[nodiscard]] std::size_t position() const;

 private:
  static boolean fill(j_decompress_ptr cinfo);
  static void skip(j_decompress_ptr cinfo, long count);

  std::array<Bytes, 3> parts_;
  std::array<std::size_t, 3> offsets_{};  // of the parts, in the stream
  std::size_t part_ = 0, next_part_ = 0;
  std::size_t last_position_ = 0;
  std::array<std::uint8_t, 2> height_{};
  bool ended_ = false;
};

}  // namespace glimt::jpeg
