// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A small 8-bit RGB picture that the contact sheet is painted on.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "glimt/glimt.h"

namespace glimt::cli {

using Rgb = std::array<std::uint8_t, 3>;

struct Picture {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< packed

  Picture() = default;
  Picture(std::int64_t width_, std::int64_t height_, Rgb color);
  [[nodiscard]] std::uint8_t* pixel(std::int64_t x, std::int64_t y) {
    return rgb.data() + 3 * (y * width + x);
  }
  /// A part of `color` over the pixel; outside of the picture nothing happens.
  void blend(std::int64_t x, std::int64_t y, Rgb color, unsigned coverage_255);
  /// All of `other`, its corner at (x, y), cut at the border.
  void paste(const Picture& other, std::int64_t x, std::int64_t y);
  /// Borrows the memory of this picture.
  [[nodiscard]] Image image();
};

/// `image` (uint8; RGB or RGBA, the latter laid over `background`) made to fit the box: each pixel
/// is the average of the area that it covers. Never larger than the original.
[[nodiscard]] Picture thumbnail(const Image& image, std::int64_t box_width, std::int64_t box_height,
                                Rgb background);

}  // namespace glimt::cli
