// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "glimt/code_stream.h"
#include "glimt/error.h"

namespace glimt {
inline namespace v0 {

/// One resolution of a slide.
struct SlideLevel {
  /// Pixels of content. The stored image may be larger: Philips pads it to whole tiles.
  std::uint32_t width = 0, height = 0;
  std::uint32_t tile_width = 0, tile_height = 0;  ///< 0: stored in strips, or whole
  double downsample = 1;                          ///< pixels of level 0 along a pixel of this one
  std::optional<std::uint32_t> image_idx;         ///< of the file's pages; none: it is a SubIFD
  /// The level's image, of a TIFF by the offset of its IFD: view().bitstream_offset.
  CodeStream stream;
};

/// A picture beside the scan: "label", "macro", "thumbnail", "map".
struct SlideImage {
  std::string name;
  std::uint32_t width = 0, height = 0;
  CodeStream stream;
};

/// What a scanned slide, or any image with a pyramid, is made of.
struct SlideInfo {
  /// "aperio", "hamamatsu", "leica", "philips", "trestle", "ventana", "ome", "generic-tiff", or the
  /// name of another format, whose only image is the only level.
  std::string vendor;
  std::vector<SlideLevel> levels;       ///< the largest first; never empty
  std::optional<double> mpp_x, mpp_y;   ///< microns along a pixel of level 0
  std::optional<double> magnification;  ///< of the objective: 20, 40
  std::vector<SlideImage> associated_images;
  /// What the scanner says of itself and of the slide, named as OpenSlide does: "aperio.AppMag",
  /// "tiff.Software"; sorted by name.
  std::vector<std::pair<std::string, std::string>> properties;
};

/// Reads headers and descriptions, no pixels. Levels are the images as they are stored: overlaps
/// of a scanner's tiles (Trestle, Ventana) are not taken out, and of several areas that a Leica
/// scanned the first one counts. At most 10,000 pages are looked at. The description of a vendor
/// that cannot be read leaves a generic pyramid. Fails where the first image's header does.
GLIMT_API Result<SlideInfo> slide_info(const CodeStream& stream);

}  // namespace v0
}  // namespace glimt
