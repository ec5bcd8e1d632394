// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/rle.h"

#include <gtest/gtest.h>

#include <random>

#include "codec/sweeps.h"
#include "formats/bmp/backends.h"
#include "formats/bmp/testing.h"

namespace glimt {
namespace {

using bmp::Builder;

/// Draws random runs, literals, deltas and line ends, and keeps what they should show.
struct Drawing {
  Builder file;
  std::vector<std::uint32_t> shown;  // file rows of indices, or of 0xRRGGBB for RLE24
  std::mt19937 random;

  Drawing(std::uint16_t bits, std::int32_t width, std::int32_t height, unsigned seed)
      : random(seed) {
    const bool rle24 = bits == 24;
    file = {.header_bytes = rle24 ? 64U : 40U,
            .width = width,
            .height = height,
            .bits_per_pixel = bits,
            .compression = rle24       ? 4U
                           : bits == 8 ? 1U
                                       : 2U};
    for (std::uint32_t i = 0; !rle24 && i < (1U << bits); ++i) {
      file.palette.push_back(random() & 0xffffffU);
    }
    shown.assign(static_cast<std::size_t>(width) * height, 0);
    draw();
  }

  void paint(std::int32_t x, std::int32_t y, std::uint32_t value) {
    if (x < file.width) shown[static_cast<std::size_t>(y) * file.width + x] = value;
  }
  void put(std::uint32_t value) { file.pixels.push_back(static_cast<std::uint8_t>(value)); }
  std::uint32_t any() {
    return file.bits_per_pixel == 24 ? random() & 0xffffffU
                                     : random() % (1U << file.bits_per_pixel);
  }
  void put_color(std::uint32_t color) {
    for (int i = 0; i < 3; ++i) put(color >> (8 * i) & 255);
  }

  std::int32_t run(std::int32_t x, std::int32_t y) {
    const auto count = static_cast<std::int32_t>(1 + random() % 12);
    put(static_cast<std::uint32_t>(count));
    const std::uint32_t a = any(), b = file.bits_per_pixel == 4 ? any() : a;
    if (file.bits_per_pixel == 24) put_color(a);
    if (file.bits_per_pixel == 8) put(a);
    if (file.bits_per_pixel == 4) put(a << 4 | b);
    for (std::int32_t i = 0; i < count; ++i) paint(x + i, y, i % 2 == 0 ? a : b);
    return x + count;
  }

  std::int32_t literal(std::int32_t x, std::int32_t y) {
    const auto count = static_cast<std::int32_t>(3 + random() % 9);
    put(0);
    put(static_cast<std::uint32_t>(count));
    const std::size_t begin = file.pixels.size();
    std::uint32_t pair = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::uint32_t value = any();
      paint(x + i, y, value);
      if (file.bits_per_pixel == 24) put_color(value);
      if (file.bits_per_pixel == 8) put(value);
      if (file.bits_per_pixel != 4) continue;
      pair = i % 2 == 0 ? value << 4 : pair | value;
      if (i % 2 == 1 || i + 1 == count) put(pair);
    }
    if ((file.pixels.size() - begin) % 2 == 1) put(0);
    return x + count;
  }

  void draw() {
    std::int32_t x = 0, y = 0;
    while (y < file.height) {
      switch (random() % 8) {
        case 0:
          for (const std::uint32_t byte : {0, 0}) put(byte);
          x = 0;
          ++y;
          break;
        case 1: {
          const std::uint32_t dx = random() % 4, dy = random() % 3 == 0 ? 2 : 0;
          for (const std::uint32_t byte : {0U, 2U, dx, dy}) put(byte);
          x += static_cast<std::int32_t>(dx);
          y += static_cast<std::int32_t>(dy);
          break;
        }
        case 2:
        case 3:
          x = literal(x, y);
          break;
        default:
          x = run(x, y);
      }
    }
    for (const std::uint32_t byte : {0, 1}) put(byte);
  }
};

TEST(BmpRle, ShowsWhatWasDrawn) {
  for (const std::uint16_t bits : {4, 8, 24}) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      const Drawing drawing(bits, static_cast<std::int32_t>(1 + seed), 9, seed + bits);
      const auto data = drawing.file.bytes();
      const auto decoded = testing::decode(kBmpDecoder, data);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      ASSERT_EQ(decoded.picture.form.channels, 3);
      for (std::size_t i = 0; i < drawing.shown.size(); ++i) {
        const std::size_t width = static_cast<std::size_t>(drawing.file.width);
        const std::size_t row = 8 - i / width;
        const std::uint8_t* p = &decoded.picture.data[(row * width + i % width) * 3];
        const std::uint32_t color = std::uint32_t{p[0]} << 16 | std::uint32_t{p[1]} << 8 | p[2];
        ASSERT_EQ(color, bits == 24 ? drawing.shown[i] : drawing.file.palette[drawing.shown[i]])
            << bits << " bits, seed " << seed << ", pixel " << i;
      }
      if (seed % 10 == 3) testing::expect_regions(kBmpDecoder, data);
      if (seed % 20 == 5) {
        EXPECT_GT(testing::sweep_prefixes(kBmpDecoder, data), 0);
        testing::sweep_bit_flips(kBmpDecoder, data);
      }
    }
  }
}

TEST(BmpRle, EndsEarlyOnlyByItsCode) {
  Builder file{.width = 2,
               .height = 2,
               .bits_per_pixel = 8,
               .compression = 1,
               .palette = {0x010203, 0x0a0b0c}};
  file.pixels = {2, 1, 0, 1};  // one row, then the end of the bitmap: the rest is index 0
  const auto ended = testing::decode(kBmpDecoder, file.bytes());
  ASSERT_TRUE(ended.status.ok()) << ended.status.text();
  EXPECT_EQ(ended.picture.data[0], 1);
  EXPECT_EQ(ended.picture.data[6], 10);
  file.pixels = {2, 1};
  EXPECT_EQ(testing::decode(kBmpDecoder, file.bytes()).status.code(), Code::truncated);
  file.pixels = {2, 1, 0, 0, 2, 1};  // whole, but the end is not marked
  EXPECT_TRUE(testing::decode(kBmpDecoder, file.bytes()).status.ok());
}

TEST(BmpRle, SkipsTallBlankSpaceQuickly) {
  Builder file{
      .width = 1, .height = 1 << 27, .bits_per_pixel = 8, .compression = 1, .palette = {0x010203}};
  file.pixels = {1, 0, 0, 1};
  testing::DecodeWish wish;
  wish.window = {0, 0, 1, 2};
  const auto decoded = testing::decode(kBmpDecoder, file.bytes(), wish);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  EXPECT_EQ(decoded.units_decoded, 2U);
  EXPECT_EQ(decoded.picture.data[0], 1);
}

}  // namespace
}  // namespace glimt
