// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/tile_grid.h"

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

std::vector<TilePlace> tiles_of(const TilePlace& part, TileSize size, std::int64_t overlap = 0) {
  std::vector<TilePlace> tiles;
  cut(part, size, overlap, {100, 80}, tiles);
  return tiles;
}

TEST(TileGrid, WithoutASizeThePartIsTheTile) {
  EXPECT_EQ(tiles_of({3, 4, 50, 60}, {}), (std::vector<TilePlace>{{3, 4, 50, 60}}));
}

TEST(TileGrid, TilesAtTheEdgesAreSmaller) {
  EXPECT_EQ(tiles_of({10, 20, 70, 50}, {40, 50}),
            (std::vector<TilePlace>{{10, 20, 40, 50}, {50, 20, 30, 50}}));
  EXPECT_EQ(tiles_of({0, 0, 100, 80}, {1, 1}).size(), 8000U);
}

TEST(TileGrid, OverlapsEndAtTheImage) {
  EXPECT_EQ(tiles_of({0, 0, 100, 80}, {60, 80}, 5),
            (std::vector<TilePlace>{{0, 0, 65, 80}, {55, 0, 45, 80}}));
  EXPECT_EQ(tiles_of({20, 20, 10, 10}, {}, 3), (std::vector<TilePlace>{{17, 17, 16, 16}}));
}

TEST(TileGrid, NamesSort) {
  const NamePattern name("slide", 2, {12000, 800}, ".jpg");
  EXPECT_EQ(name({512, 0, 256, 100}), "slide-L2-x00512-y00000-256x100.jpg");
}

}  // namespace
}  // namespace glimt::cli
