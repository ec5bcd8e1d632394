// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Metadata on their way from one file into another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/target.h"
#include "glimt/glimt.h"

namespace glimt::cli {

/// What goes into the new file, and what of the old one's metadata does not.
struct Carried {
  std::vector<Metadata> blocks;
  std::optional<Orientation> orientation;
  std::string lost;  ///< "GEO, ICC profile of CMYK", or ""
};

/// EXIF, ICC, XMP, IPTC, TEXT and RESOLUTION of a file that was decoded into an image of so many
/// channels; from TIFF to TIFF GeoTIFF's tags besides. `upright`: its orientation was applied. A
/// profile of other colours than the image's is left out, as is what no segment of a JPEG holds.
/// What else the format does not hold the encoder says.
[[nodiscard]] Carried carry_metadata(const Decoder& decoder, const CodeStream& stream,
                                     const ImageInfo& info, unsigned channels, const Target& target,
                                     bool upright);

}  // namespace glimt::cli
