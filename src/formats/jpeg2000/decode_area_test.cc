// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/decode_area.h"

#include <gtest/gtest.h>

#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

constexpr std::uint8_t kEveryPoint[] = {7, 1, 1}, kSparse[] = {7, 5, 3};

Headers headers_of(const Siz& siz, Bytes component_entries, Bytes codestream = {}) {
  Headers headers;
  headers.main.siz = siz;
  headers.main.siz.components = static_cast<std::uint16_t>(component_entries.size() / 3);
  headers.main.siz.component_entries = component_entries;
  headers.jp2.codestream = codestream;
  return headers;
}

/// An empty tile-part.
void append_part(ByteVector& to, std::uint16_t tile, std::uint8_t part, std::uint8_t parts) {
  append(to, ByteVector{0xFF, 0x90, 0, 10});
  append_be(to, tile);
  append_be(to, std::uint32_t{14});
  append(to, ByteVector{part, parts, 0xFF, 0x93});
}

TEST(DecodeArea, CoversTheSamplesOfEveryComponent) {
  const std::uint8_t entries[] = {7, 1, 1, 7, 4, 2};
  const Headers headers = headers_of({.x0 = 3, .y0 = 1, .x1 = 50, .y1 = 40}, entries);
  // Pixel (3, 4) is grid point (6, 5): the second component's sample there is the one at (4, 4).
  EXPECT_EQ(grid_area(headers, {3, 4, 5, 6}), (Rect{4, 4, 8, 7}));
  // At the left edge the first sample of the second component is right of the window.
  EXPECT_EQ(grid_area(headers, {0, 0, 1, 1}), (Rect{3, 1, 5, 3}));
  EXPECT_EQ(grid_area(headers, {0, 0, 47, 39}), (Rect{3, 1, 50, 40}));
}

TEST(DecodeArea, FindsTheTilesOfAnArea) {
  const Siz siz{.x0 = 5,
                .y0 = 5,
                .x1 = 100,
                .y1 = 60,
                .tile_width = 20,
                .tile_height = 10,
                .tile_x0 = 3,
                .tile_y0 = 5};
  EXPECT_EQ(tiles_of(siz, {5, 5, 100, 60}), (Rect{0, 0, 5, 6}));
  EXPECT_EQ(tiles_of(siz, {22, 14, 23, 15}), (Rect{0, 0, 1, 1}));
  EXPECT_EQ(tiles_of(siz, {22, 14, 24, 16}), (Rect{0, 0, 2, 2}));
}

TEST(DecodeArea, MissesTilesThatHaveSamples) {
  // Rows 16 and 17..50 of the grid: no multiple of 3 in the first row of tiles.
  const Siz siz{.x0 = 1, .y0 = 16, .x1 = 60, .y1 = 51, .tile_width = 60, .tile_height = 17};
  ByteVector data;
  append_part(data, 1, 0, 1);
  append_part(data, 2, 0, 1);
  append(data, ByteVector{0xFF, 0xD9});
  Arena arena;
  const Rect tiles{0, 0, 1, 3};
  const auto sparse = find_tiles(headers_of(siz, kSparse, data), tiles, arena);
  ASSERT_TRUE(sparse.ok()) << sparse.status().text();
  EXPECT_FALSE(sparse->lacks_eoc);
  EXPECT_EQ(find_tiles(headers_of(siz, kEveryPoint, data), tiles, arena).status().code(),
            Code::truncated);
}

TEST(DecodeArea, MissesPartsOnlyOfAnOpenStream) {
  const Siz siz{.x1 = 20, .y1 = 10, .tile_width = 10, .tile_height = 10};
  ByteVector data;
  append_part(data, 0, 0, 2);
  append_part(data, 1, 0, 1);
  Arena arena;
  const Rect all{0, 0, 2, 1};
  EXPECT_EQ(find_tiles(headers_of(siz, kEveryPoint, data), all, arena).status().code(),
            Code::truncated);
  EXPECT_TRUE(find_tiles(headers_of(siz, kEveryPoint, data), {1, 0, 2, 1}, arena).ok());
  append(data, ByteVector{0xFF, 0xD9});
  EXPECT_TRUE(find_tiles(headers_of(siz, kEveryPoint, data), all, arena).ok())
      << "a writer that announced a part too many";
}

TEST(DecodeArea, CountsMemoryAgainstTheLimits) {
  const Siz siz{.x1 = 1000, .y1 = 1000, .tile_width = 1000, .tile_height = 1000};
  const Headers headers = headers_of(siz, kEveryPoint);
  Limits limits;
  limits.max_image_bytes = 5'000'000;
  EXPECT_TRUE(check_memory(headers, {0, 0, 1000, 1000}, 1e6, limits).ok());
  limits.max_image_bytes = 3'000'000;
  EXPECT_EQ(check_memory(headers, {0, 0, 1000, 1000}, 1e6, limits).code(), Code::limit);
  EXPECT_TRUE(check_memory(headers, {0, 0, 100, 100}, 1e6, limits).ok());
  EXPECT_EQ(check_memory(headers, {0, 0, 100, 100}, 1e12, limits).code(), Code::limit)
      << "code-blocks of an absurd tile";
}

}  // namespace
}  // namespace glimt::jpeg2000
