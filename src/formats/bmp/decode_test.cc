// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "codec/sweeps.h"
#include "formats/bmp/backends.h"
#include "formats/bmp/testing.h"

namespace glimt {
namespace {

using bmp::Builder;
using testing::decode;
using testing::Decoded;
using testing::DecodeWish;

/// The pixel that decoding gave, as 0xAARRGGBB; gray replicated.
std::uint32_t pixel(const Decoded& decoded, std::uint32_t x, std::uint32_t y) {
  const auto& picture = decoded.picture;
  const std::size_t at = (y * static_cast<std::size_t>(picture.width) + x) * picture.form.channels;
  const std::uint8_t* p = picture.data.data() + at;
  if (picture.form.channels == 1) return p[0] * 0x010101U;
  const std::uint32_t rgb = p[2] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[0]} << 16;
  return picture.form.channels == 4 ? rgb | std::uint32_t{p[3]} << 24 : rgb;
}

std::vector<std::uint32_t> random_palette(std::size_t size, bool gray, std::mt19937& random) {
  std::vector<std::uint32_t> palette(size);
  for (auto& color : palette) color = gray ? random() % 256 * 0x010101U : random() & 0xffffffU;
  return palette;
}

TEST(BmpDecoder, ExpandsPalettesOfEveryDepthAndWidth) {
  std::mt19937 random(1);
  for (const std::uint16_t bits : {1, 2, 4, 8}) {
    for (int width = 1; width <= 40; ++width) {
      const bool gray = width % 3 == 0;
      const std::size_t colors = width % 5 == 4 ? (std::size_t{1} << bits) - 1 : 1U << bits;
      Builder file{.header_bytes = width % 4 == 0 ? 12U : 40U,
                   .width = width,
                   .height = 3,
                   .bits_per_pixel = bits,
                   .palette = random_palette(colors, gray, random)};
      if (width % 2 == 0 && file.header_bytes != 12) file.height = -3;
      file.palette[0] = gray ? 0x444444 : 0x123456;
      file.make_room();
      std::vector<std::uint32_t> indices(static_cast<std::size_t>(width) * 3);
      for (std::size_t i = 0; i < indices.size(); ++i) {
        indices[i] = random() % (1U << bits);
        file.set(static_cast<std::uint32_t>(i) % width, static_cast<std::uint32_t>(i) / width,
                 indices[i]);
      }
      const Decoded decoded = decode(kBmpDecoder, file.bytes());
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      EXPECT_EQ(decoded.picture.form.channels, gray ? 1 : 3);
      EXPECT_EQ(decoded.units_decoded, 3U);
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::uint32_t expected = indices[i] < colors ? file.palette[indices[i]] : 0;
        ASSERT_EQ(pixel(decoded, static_cast<std::uint32_t>(i) % width,
                        static_cast<std::uint32_t>(i) / width),
                  expected)
            << bits << " bits, width " << width << ", pixel " << i;
      }
    }
  }
}

TEST(BmpDecoder, ReadsIndicesWithoutAPaletteAsAGrayRamp) {
  Builder file{.width = 16, .height = 1, .bits_per_pixel = 4};
  file.make_room();
  for (std::uint32_t x = 0; x < 16; ++x) file.set(x, 0, x);
  const Decoded decoded = decode(kBmpDecoder, file.bytes());
  ASSERT_TRUE(decoded.status.ok());
  for (std::uint32_t x = 0; x < 16; ++x) EXPECT_EQ(pixel(decoded, x, 0), x * 0x111111U);
}

TEST(BmpDecoder, ScalesBitFieldsOfEveryWidth) {
  struct Row {
    std::uint16_t bits;
    std::vector<std::uint32_t> masks;
  };
  const Row rows[] = {
      {16, {}},
      {16, {0xf800, 0x07e0, 0x001f}},
      {16, {0x7c00, 0x03e0, 0x001f, 0x8000}},
      {16, {0x0f00, 0x00f0, 0x000f, 0xf000}},
      {16, {0xe000, 0x1000, 0}},
      {24, {0xff0000, 0xff00, 0xff}},
      {24, {0x0000ff, 0xff00, 0xff0000}},
      {24, {0xfff000, 0x000f00, 0x0000f0, 0x00000f}},
      {32, {0xff0000, 0xff00, 0xff}},
      {32, {0xff0000, 0xff00, 0xff, 0xff000000}},
      {32, {0xff, 0xff00, 0xff0000, 0xff000000}},
      {32, {0xff000000, 0xff0000, 0xff00, 0xff}},
      {32, {0xff000000, 0xff0000, 0xff00}},
      {32, {0x3ff00000, 0xffc00, 0x3ff, 0xc0000000}},
      {32, {0xffffffff, 0xffff0000, 0x1ffff}},
  };
  std::mt19937 random(2);
  for (const Row& row : rows) {
    const bool alpha = row.masks.size() == 4;
    Builder file{.header_bytes = alpha ? 56U : 40U,
                 .width = 61,
                 .height = 5,
                 .bits_per_pixel = row.bits,
                 .compression = row.masks.empty() ? 0U : 3U,
                 .masks = row.masks};
    file.make_room();
    for (auto& byte : file.pixels) byte = static_cast<std::uint8_t>(random());
    std::vector<std::uint32_t> masks = row.masks;
    if (masks.empty()) masks = {0x7c00, 0x03e0, 0x001f};
    const Decoded decoded = decode(kBmpDecoder, file.bytes());
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    ASSERT_EQ(decoded.picture.form.channels, masks.size());
    for (std::uint32_t y = 0; y < 5; ++y) {
      for (std::uint32_t x = 0; x < 61; ++x) {
        const std::uint8_t* at = file.pixels.data() + (4 - y) * file.row_bytes();
        std::uint64_t value = 0;
        for (unsigned i = 0; i < row.bits / 8U; ++i) {
          value |= std::uint64_t{at[x * (row.bits / 8U) + i]} << (8 * i);
        }
        for (std::size_t c = 0; c < masks.size(); ++c) {
          const std::uint64_t mask = masks[c], low = mask & (~mask + 1);
          const std::uint64_t full = mask == 0 ? 1 : mask / low;
          const std::uint64_t v = mask == 0 ? 0 : (value & mask) / low;
          ASSERT_EQ(decoded.picture.data[(y * 61 + x) * masks.size() + c],
                    (2 * v * 255 + full) / (2 * full))
              << row.bits << " bits, mask " << mask;
        }
      }
    }
    testing::expect_regions(kBmpDecoder, file.bytes());
  }
}

TEST(BmpDecoder, IgnoresTheFourthByteWithoutAMask) {
  Builder file{.width = 2, .height = 1, .bits_per_pixel = 32};
  file.make_room();
  file.set(0, 0, 0x80112233);
  file.set(1, 0, 0xff445566);
  const Decoded decoded = decode(kBmpDecoder, file.bytes());
  ASSERT_EQ(decoded.picture.form.channels, 3);
  EXPECT_EQ(pixel(decoded, 0, 0), 0x112233U);
  EXPECT_EQ(pixel(decoded, 1, 0), 0x445566U);
  DecodeWish wish;
  wish.form = {.channels = 4, .color = ColorModel::rgb, .alpha = true};
  const Decoded opaque = decode(kBmpDecoder, file.bytes(), wish);
  ASSERT_TRUE(opaque.status.ok());
  EXPECT_EQ(pixel(opaque, 0, 0), 0xff112233U);
}

TEST(BmpDecoder, FindsPixelsBehindAGapAndWithoutAnOffset) {
  Builder file{.width = 1, .height = 1, .gap = 37};
  file.pixels = {1, 2, 3};  // the last row's padding may be missing
  EXPECT_EQ(pixel(decode(kBmpDecoder, file.bytes()), 0, 0), 0x030201U);
  file.gap = 0;
  for (const std::uint32_t offset : {0, 5, 53}) {
    file.pixel_offset = offset;
    EXPECT_EQ(pixel(decode(kBmpDecoder, file.bytes()), 0, 0), 0x030201U);
  }
}

TEST(BmpDecoder, DeliversRegions) {
  std::mt19937 random(3);
  for (const std::uint16_t bits : {1, 2, 4, 8, 16, 24, 32}) {
    for (const std::int32_t height : {23, -23}) {
      Builder file{.width = 37, .height = height, .bits_per_pixel = bits};
      if (bits <= 8) file.palette = random_palette(1U << bits, bits == 8, random);
      file.make_room();
      for (auto& byte : file.pixels) byte = static_cast<std::uint8_t>(random());
      testing::expect_regions(kBmpDecoder, file.bytes());
      DecodeWish wish;
      wish.form = {.channels = 3, .color = ColorModel::rgb, .bgr = true};
      testing::expect_regions(kBmpDecoder, file.bytes(), wish);
      wish = {};
      wish.window = {0, 5, 37, 9};
      EXPECT_EQ(decode(kBmpDecoder, file.bytes(), wish).units_decoded, 4U);
    }
  }
}

TEST(BmpDecoder, GivesTheRowsOfATruncatedFile) {
  Builder file{.width = 2, .height = 4, .bits_per_pixel = 24};
  file.make_room();
  for (std::uint32_t y = 0; y < 4; ++y) file.set(0, y, 0x0a0b0c + y);
  auto data = file.bytes();
  data.resize(data.size() - 8 - 3);  // one whole row, and more than the padding of the next
  const Decoded strict = decode(kBmpDecoder, data);
  EXPECT_EQ(strict.status.code(), Code::truncated);
  DecodeWish wish;
  wish.partial = true;
  const Decoded partial = decode(kBmpDecoder, data, wish);
  ASSERT_TRUE(partial.status.ok());
  EXPECT_NE(partial.note, "");
  EXPECT_EQ(pixel(partial, 0, 3), 0x0a0b0fU);
  EXPECT_EQ(pixel(partial, 0, 2), 0x0a0b0eU);
  EXPECT_EQ(pixel(partial, 0, 1), 0U);
  EXPECT_EQ(pixel(partial, 0, 0), 0U);
  wish.partial = false;
  wish.window = {0, 2, 2, 4};
  EXPECT_TRUE(decode(kBmpDecoder, data, wish).status.ok());
}

TEST(BmpDecoder, SurvivesDamage) {
  std::mt19937 random(4);
  const Builder files[] = {
      {.width = 9, .height = 5, .bits_per_pixel = 1, .palette = {0x102030, 0xffeedd}},
      {.width = 5, .height = -3, .bits_per_pixel = 24},
      {.header_bytes = 124,
       .width = 4,
       .height = 4,
       .bits_per_pixel = 32,
       .compression = 3,
       .masks = {0xff0000, 0xff00, 0xff, 0xff000000}},
  };
  for (Builder file : files) {
    file.make_room();
    for (auto& byte : file.pixels) byte = static_cast<std::uint8_t>(random());
    EXPECT_GT(testing::sweep_prefixes(kBmpDecoder, file.bytes()), 0);
    testing::sweep_bit_flips(kBmpDecoder, file.bytes());
  }
}

TEST(BmpDecoder, RefusesEmbeddedFiles) {
  for (const std::uint32_t compression : {4, 5}) {
    const auto decoded =
        decode(kBmpDecoder, Builder{.bits_per_pixel = 0, .compression = compression}.bytes());
    EXPECT_EQ(decoded.status.code(), Code::unsupported);
  }
}

}  // namespace
}  // namespace glimt
