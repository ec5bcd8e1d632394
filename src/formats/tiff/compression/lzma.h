// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "formats/tiff/compression/expanded.h"

namespace glimt::tiff {

struct LzmaStream;

/// LZMA2 in the container of xz, as libtiff writes it, or LZMA alone.
class LzmaCodec {
 public:
  static constexpr int kDefaultLevel = 6, kMostLevel = 9;

  LzmaCodec();
  LzmaCodec(LzmaCodec&&) noexcept;
  LzmaCodec& operator=(LzmaCodec&&) noexcept;
  ~LzmaCodec();

  /// Code::corrupt, truncated, unsupported, limit (a dictionary of more than 1 GiB), out_of_memory.
  Expanded expand(Bytes coded, std::span<std::uint8_t> out);

  /// Appends one xz stream. level 0 to 9. Code::out_of_memory.
  Status compress(Bytes bytes, int level, std::vector<std::uint8_t>& out);

 private:
  std::unique_ptr<LzmaStream> stream_;  ///< its memory serves the next chunk too
};

}  // namespace glimt::tiff
