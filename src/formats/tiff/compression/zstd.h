// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "formats/tiff/compression/expanded.h"

struct ZSTD_DCtx_s;  // NOLINT(readability-identifier-naming): libzstd's
struct ZSTD_CCtx_s;  // NOLINT(readability-identifier-naming)

namespace glimt::tiff {

/// Zstandard frames (RFC 8878).
class ZstdDecoder {
 public:
  /// Code::corrupt, truncated, limit (a window of more than 128 MiB), out_of_memory.
  Expanded expand(Bytes coded, std::span<std::uint8_t> out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
};

class ZstdEncoder {
 public:
  static constexpr int kDefaultLevel = 3, kMostLevel = 22;
  /// Appends one frame. level 1 to 22. Code::out_of_memory.
  Status compress(Bytes bytes, int level, std::vector<std::uint8_t>& out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

}  // namespace glimt::tiff
