// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The images of a TIFF as a slide's description speaks of them: by number, with their tags.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "glimt/code_stream.h"
#include "metadata/ifd.h"

namespace glimt::slide {

inline constexpr std::uint16_t kSubfileType = 254, kImageDescription = 270, kSoftware = 305,
                               kXResolution = 282, kYResolution = 283, kResolutionUnit = 296,
                               kTileWidth = 322, kXmp = 700;

struct Page {
  std::optional<std::uint32_t> number;  ///< in the chain of pages; none: a SubIFD
  CodeStream stream;                    ///< alone, by its offset
  ImageInfo image;                      ///< without num_images
  std::optional<Ifd> ifd;

  /// In tiles, not in strips.
  [[nodiscard]] bool tiled() const { return ifd && image.tiles && ifd->find(kTileWidth); }
  /// Text, or bytes up to their first NUL; "" where there is no such tag.
  [[nodiscard]] std::string_view text(std::uint16_t tag) const;
  [[nodiscard]] std::optional<double> number_of(std::uint16_t tag) const;
  /// NewSubfileType (TIFF 6.0 section 8): bits 0 reduced resolution, 2 mask.
  [[nodiscard]] std::uint64_t subfile_type() const;
};

struct File {
  std::vector<Page> pages;    ///< those whose headers can be read, in order; page 0 is the first
  std::vector<Page> subifds;  ///< of page 0

  [[nodiscard]] const Page& first() const { return pages.front(); }
  /// By its number in the file; null: there is none, or its header cannot be read.
  [[nodiscard]] const Page* page(std::uint64_t number) const;
};

/// At most so many pages, and so many SubIFDs, are looked at.
inline constexpr std::uint32_t kMostPages = 10'000;

/// Fails where the first page does.
Result<File> read_pages(const CodeStream& stream);

}  // namespace glimt::slide
