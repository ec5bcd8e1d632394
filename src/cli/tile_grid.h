// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Where tiles lie in an image, and what their files are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace glimt::cli {

struct TilePlace {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const TilePlace&, const TilePlace&) = default;
};

struct TileSize {
  std::int64_t width = 0, height = 0;  ///< 0: do not cut
};

/// Appends the tiles of `part`, row by row, those at its right and lower edge smaller; each with
/// `overlap` more pixels on every side, as far as the image reaches.
void cut(const TilePlace& part, TileSize size, std::int64_t overlap, TileSize image,
         std::vector<TilePlace>& tiles);

/// "slide-L0-x000512-y000000-256x256.png": as many digits as the image needs, so that names sort.
class NamePattern {
 public:
  NamePattern(std::string stem, std::size_t level, TileSize image, std::string extension);
  [[nodiscard]] std::string operator()(const TilePlace& tile) const;

 private:
  std::string stem_, extension_;
  std::size_t level_, digits_;
};

}  // namespace glimt::cli
