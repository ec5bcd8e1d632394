// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Deflate in a zlib stream (Adobe's 8 and the older 32946): ISA-L for what is whole, zlib, which
// keeps what it has, for what is damaged or beyond 32 bits. libdeflate writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "formats/tiff/compression/expanded.h"

struct inflate_state;  // NOLINT(readability-identifier-naming): ISA-L's
struct libdeflate_compressor;

namespace glimt::tiff {

class Inflater {
 public:
  /// Code::corrupt, truncated, out_of_memory. A stream cut off behind the last byte that `out`
  /// has room for is no defect; a wrong check sum is.
  Expanded expand(Bytes coded, std::span<std::uint8_t> out);

 private:
  struct Free {
    void operator()(inflate_state* state) const;
  };
  std::unique_ptr<inflate_state, Free> state_;
};

class Deflater {
 public:
  /// With predictor 2 a tenth larger than level 6 on photographs, in a quarter of its time.
  static constexpr int kDefaultLevel = 1, kMostLevel = 12;
  /// Appends a zlib stream. level 0 to 12. Code::out_of_memory.
  Status compress(Bytes bytes, int level, std::vector<std::uint8_t>& out);

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const;
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
  int level_ = 0;
};

}  // namespace glimt::tiff
