// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/rect.h"
#include "codec/format.h"

namespace glimt {

extern const Format kWebpFormat;

namespace webp {

enum class Coding : std::uint8_t { lossy, lossless, animation };

/// Where things are in a file. Spans are cut off where the file ends.
struct Layout {
  std::uint32_t width = 0, height = 0;  ///< of the canvas
  Coding coding = Coding::lossy;
  bool alpha = false;
  Bytes image;  ///< of the image, or the first frame: the VP8 or VP8L chunk with its header
  Bytes image_and_alpha;  ///< the same, beginning with the ALPH chunk where there is one
  Rect frame;             ///< of the first frame, on the canvas
  Bytes exif, icc, xmp;   ///< payloads, of the first chunk of each kind
};

enum class Reach : std::uint8_t {
  image,     ///< up to the image, and to EXIF where the header announces one
  metadata,  ///< the whole file
};

/// The one parser. Code::corrupt, truncated.
Result<Layout> read_layout(Bytes data, Reach reach);

}  // namespace webp
}  // namespace glimt
