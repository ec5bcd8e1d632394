// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "formats/tiff/compression/compression.h"
#include "formats/tiff/compression/expanded.h"

namespace glimt::tiff {

/// JPEG XL (ISO/IEC 18181) by libjxl, where it was there when glimt was built.
class JpegXlDecoder {
 public:
  /// Unsigned samples of 8 and 16 bits, floating ones of 16 and 32; one to four a pixel, in the
  /// file's colours. Code::corrupt, truncated, unsupported (other samples; no libjxl),
  /// out_of_memory.
  Expanded expand(const ChunkShape& shape, Bytes coded, std::span<std::uint8_t> out);

 private:
  std::vector<std::uint8_t> image_;  ///< of which `out` wants a part
};

}  // namespace glimt::tiff
