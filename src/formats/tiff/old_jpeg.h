// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG as TIFF 6.0 section 22 had it (Compression 6): either one whole JPEG stream somewhere in the
// file, or strips and tiles of entropy-coded data with their tables in tags.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/result.h"
#include "formats/tiff/page.h"

namespace glimt::tiff {

class OldJpeg {
 public:
  /// A page that is one JPEG stream is changed into one of a single strip. Code::corrupt,
  /// truncated; unsupported: lossless files of this kind.
  static Result<OldJpeg> make(Page& page, Bytes file);

  /// A chunk as a JPEG stream of its own; empty: it was never written.
  Result<Bytes> stream(Bytes file, const Page& page, std::uint32_t down, std::uint64_t index,
                       Arena& arena) const;

 private:
  Status read_tables(const Page& page, Bytes file);

  static constexpr std::size_t kMost = 4;  // components
  struct Component {
    Bytes quantization;  // 64 steps in zigzag order
    Bytes dc, ac;        // 16 numbers of codes, and their values
  };
  Bytes whole_;
  std::size_t components_ = 0;
  Component tables_[kMost];
  std::uint16_t restart_interval_ = 0;
};

}  // namespace glimt::tiff
