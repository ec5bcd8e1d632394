// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/tile_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace glimt::cli {

void cut(const TilePlace& part, TileSize size, std::int64_t overlap, TileSize image,
         std::vector<TilePlace>& tiles) {
  const std::int64_t across = size.width == 0 ? part.width : size.width;
  const std::int64_t down = size.height == 0 ? part.height : size.height;
  const std::int64_t end_x = part.x + part.width, end_y = part.y + part.height;
  for (std::int64_t y = part.y; y < end_y; y += down) {
    for (std::int64_t x = part.x; x < end_x; x += across) {
      TilePlace tile;
      tile.x = std::max<std::int64_t>(0, x - overlap);
      tile.y = std::max<std::int64_t>(0, y - overlap);
      tile.width = std::min(std::min(x + across, end_x) + overlap, image.width) - tile.x;
      tile.height = std::min(std::min(y + down, end_y) + overlap, image.height) - tile.y;
      tiles.push_back(tile);
    }
  }
}

NamePattern::NamePattern(std::string stem, std::size_t level, TileSize image, std::string extension)
    : stem_(std::move(stem)),
      extension_(std::move(extension)),
      level_(level),
      digits_(std::to_string(std::max(image.width, image.height)).size()) {}

std::string NamePattern::operator()(const TilePlace& tile) const {
  return fmt::format("{}-L{}-x{:0{}}-y{:0{}}-{}x{}{}", stem_, level_, tile.x, digits_, tile.y,
                     digits_, tile.width, tile.height, extension_);
}

}  // namespace glimt::cli
