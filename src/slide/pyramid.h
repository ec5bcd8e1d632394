// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A pyramid from any image: read in bands, halved again and again, written as tiles.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "glimt/code_stream.h"
#include "glimt/params.h"

namespace glimt::slide {

struct PyramidRequest {
  /// Compression, its quality, and tiles, whose sides are multiples of 16. Metadata are added to.
  EncodeParams params;
  bool subifds = false;      ///< levels are SubIFDs of the first page; otherwise pages
  bool ome = false;          ///< with OME-XML, which wants SubIFDs
  std::uint32_t levels = 0;  ///< at most, the whole image counted; 0: until a level fits a tile
  CodecConfig codec;
};

struct PyramidSummary {
  std::uint32_t width = 0, height = 0;            ///< of the largest level
  std::uint32_t last_width = 0, last_height = 0;  ///< of the smallest
  std::uint32_t levels = 0;
  std::string lost;  ///< what the file does not hold: "alpha dropped", or ""
};

/// Called after each row of tiles, of all levels. False gives the work up: Code::bad_argument.
using PyramidProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// Level 0 of a slide, or the only image, as a tiled pyramid in a file that appears whole or not at
/// all. Samples, channels, ICC profile, resolution and orientation are kept; palettes become RGB,
/// fewer than 8 bits become 8; JPEG and WebP hold 8-bit gray or RGB. A band is a few rows of tiles,
/// and no more than 256 MiB; of formats that cannot be entered in the middle (JPEG, PNG, WebP) each
/// band costs the way down to it. Levels are means of two by two, rounded up in size.
Result<PyramidSummary> write_pyramid(const CodeStream& source, const std::string& path,
                                     const PyramidRequest& request,
                                     const PyramidProgress& progress);

}  // namespace glimt::slide
