// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/picture.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

constexpr Rgb kWhite = {255, 255, 255};

TEST(Picture, ThumbnailFitsTheBoxAndKeepsTheShape) {
  Picture wide(400, 100, {10, 20, 30});
  const Picture small = thumbnail(wide.image(), 100, 100, kWhite);
  EXPECT_EQ(small.width, 100);
  EXPECT_EQ(small.height, 25);
  for (std::size_t i = 0; i < small.rgb.size(); ++i) ASSERT_EQ(small.rgb[i], (i % 3 + 1) * 10);
}

TEST(Picture, ThumbnailIsNeverLargerThanTheOriginal) {
  Picture tiny(3, 2, {1, 2, 3});
  const Picture same = thumbnail(tiny.image(), 100, 100, kWhite);
  EXPECT_EQ(same.width, 3);
  EXPECT_EQ(same.rgb, tiny.rgb);
}

TEST(Picture, ThumbnailOfALineKeepsOneRow) {
  Picture line(1000, 1, {7, 7, 7});
  const Picture small = thumbnail(line.image(), 10, 10, kWhite);
  EXPECT_EQ(small.width, 10);
  EXPECT_EQ(small.height, 1);
  EXPECT_EQ(small.rgb[0], 7);
}

TEST(Picture, EachThumbnailPixelIsTheAverageOfItsArea) {
  Picture row(5, 5, {0, 0, 0});
  for (std::int64_t y = 0; y < 5; ++y) {
    for (std::int64_t x = 0; x < 5; ++x) {
      std::fill_n(row.pixel(x, y), 3, static_cast<std::uint8_t>(40 * x));
    }
  }
  // Two pixels of 2.5 columns each: (0 + 40 + 80 / 2) / 2.5 and (80 / 2 + 120 + 160) / 2.5.
  const Picture small = thumbnail(row.image(), 2, 2, kWhite);
  ASSERT_EQ(small.width, 2);
  EXPECT_EQ(small.rgb[0], 32);
  EXPECT_EQ(small.rgb[3], 128);
}

TEST(Picture, AlphaIsLaidOverTheBackground) {
  ImageSpec spec;
  spec.width = spec.height = 2;
  spec.channels = 4;
  Image image = Image::make(spec).value();
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t pixel[4] = {100, 100, 100, static_cast<std::uint8_t>(i % 2 == 0 ? 255 : 0)};
    std::copy_n(pixel, 4, image.data() + 4 * i);
  }
  const Picture laid = thumbnail(image, 2, 2, {200, 0, 0});
  EXPECT_EQ(laid.rgb[0], 100);
  EXPECT_EQ(laid.rgb[3], 200);
  EXPECT_EQ(laid.rgb[4], 0);
}

TEST(Picture, PasteAndBlendAreCutAtTheBorder) {
  Picture canvas(4, 4, {0, 0, 0});
  canvas.paste(Picture(3, 3, {9, 9, 9}), 2, -1);
  EXPECT_EQ(canvas.pixel(2, 0)[0], 9);
  EXPECT_EQ(canvas.pixel(3, 1)[0], 9);
  EXPECT_EQ(canvas.pixel(1, 0)[0], 0);
  EXPECT_EQ(canvas.pixel(2, 2)[0], 0);
  canvas.paste(Picture(3, 3, {9, 9, 9}), -9, 0);
  canvas.blend(-1, 2, kWhite, 255);
  canvas.blend(0, 4, kWhite, 255);
  canvas.blend(0, 2, kWhite, 128);
  EXPECT_EQ(canvas.pixel(0, 2)[0], 128);
  EXPECT_EQ(canvas.pixel(0, 3)[0], 0);
}

}  // namespace
}  // namespace glimt::cli
