// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codec/sweeps.h"
#include "formats/png/backends.h"
#include "formats/png/fixtures_for_test.h"

namespace glimt::png {
namespace {

using testing::decode;
using testing::Decoded;
using testing::DecodeWish;
using testing::Picture;

struct Kind {
  ColorType type;
  std::uint8_t depth;
};
constexpr Kind kKinds[] = {
    {ColorType::grayscale, 1},        {ColorType::grayscale, 2},
    {ColorType::grayscale, 4},        {ColorType::grayscale, 8},
    {ColorType::grayscale, 16},       {ColorType::truecolor, 8},
    {ColorType::truecolor, 16},       {ColorType::indexed, 1},
    {ColorType::indexed, 2},          {ColorType::indexed, 4},
    {ColorType::indexed, 8},          {ColorType::grayscale_alpha, 8},
    {ColorType::grayscale_alpha, 16}, {ColorType::truecolor_alpha, 8},
    {ColorType::truecolor_alpha, 16},
};

/// Transparency that hits pixel (0, 0), or a few palette entries.
void add_transparency(TestImage& image) {
  if (image.header.color_type == ColorType::indexed) {
    image.transparency = {0, 128};
    return;
  }
  for (std::size_t s = 0; s < image.header.samples(); ++s) {
    const unsigned sample = image.sample(0, 0, s);
    image.transparency.push_back(static_cast<std::uint8_t>(sample >> 8));
    image.transparency.push_back(static_cast<std::uint8_t>(sample & 0xFF));
  }
}

std::string name_of(const Kind& kind, const Header& header) {
  return "type " + std::to_string(static_cast<int>(kind.type)) + " depth " +
         std::to_string(kind.depth) + (header.interlaced ? " Adam7 " : " ") +
         std::to_string(header.width) + " x " + std::to_string(header.height);
}

TEST(PngDecoder, EveryKindAndWidthEqualsWhatLibpngWrote) {
  for (const Kind& kind : kKinds) {
    for (const bool interlaced : {false, true}) {
      for (std::uint32_t width = 1; width <= 40; ++width) {
        const std::uint32_t height = width % 3 == 0 ? 1 : width % 7 + 9;
        const TestImage image = make_test_image(width, height, kind.type, kind.depth, interlaced);
        const auto file = write_with_libpng(image);
        expect_equal(decode(kPngDecoder, file), expected_of(image), name_of(kind, image.header));
      }
    }
  }
}

TEST(PngDecoder, TransparencyBecomesAlpha) {
  for (const Kind& kind : kKinds) {
    if (kind.type == ColorType::grayscale_alpha || kind.type == ColorType::truecolor_alpha)
      continue;
    for (const bool interlaced : {false, true}) {
      TestImage image = make_test_image(37, 21, kind.type, kind.depth, interlaced);
      add_transparency(image);
      const auto file = write_with_libpng(image);
      const Picture expected = expected_of(image);
      expect_equal(decode(kPngDecoder, file), expected, name_of(kind, image.header));
      // Unwanted, it is left away.
      TestImage opaque = image;
      opaque.transparency.clear();
      DecodeWish wish;
      wish.form = expected_of(opaque).form;
      expect_equal(decode(kPngDecoder, file, wish), expected_of(opaque),
                   name_of(kind, image.header));
    }
  }
}

TEST(PngDecoder, EveryFilterByItself) {
  for (const Kind& kind : kKinds) {
    for (const int filter :
         {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG, PNG_FILTER_PAETH}) {
      TestImage image = make_test_image(61, 43, kind.type, kind.depth, false);
      image.filters = filter;
      expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image),
                   name_of(kind, image.header) + " filter " + std::to_string(filter));
    }
  }
}

TEST(PngDecoder, ManySmallIdatChunks) {
  TestImage image = make_test_image(100, 80, ColorType::truecolor, 8, false);
  image.idat_bytes = 61;
  expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image), "small chunks");
}

TEST(PngDecoder, IndicesBeyondThePaletteAreBlack) {
  TestImage image = make_test_image(32, 32, ColorType::indexed, 4, false);
  image.palette.resize(3 * 5);
  image.transparency = {0, 10, 20};
  expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image), "short palette");
}

TEST(PngDecoder, BlueFirst) {
  const TestImage image = make_test_image(33, 20, ColorType::indexed, 8, false);
  Picture expected = expected_of(image);
  for (std::size_t i = 0; i < expected.data.size(); i += 3)
    std::swap(expected.data[i], expected.data[i + 2]);
  expected.form.bgr = true;
  DecodeWish wish;
  wish.form = expected.form;
  expect_equal(decode(kPngDecoder, write_with_libpng(image), wish), expected, "bgr");
}

class PngRegion : public ::testing::TestWithParam<bool> {};

TEST_P(PngRegion, EqualsTheCropOfTheWhole) {
  const Rect rects[] = {{0, 0, 50, 1},   {3, 5, 20, 19},  {49, 89, 50, 90}, {0, 17, 50, 33},
                        {17, 0, 18, 90}, {-4, -7, 9, 11}, {40, 80, 60, 95}, {60, 100, 64, 104}};
  for (const Kind& kind : kKinds) {
    TestImage image = make_test_image(50, 90, kind.type, kind.depth, GetParam());
    image.idat_bytes = 700;
    const auto file = write_with_libpng(image);
    const Picture whole = expected_of(image);
    for (const Rect& rect : rects) {
      DecodeWish wish;
      wish.window = rect;
      expect_equal(decode(kPngDecoder, file, wish), testing::crop_of(whole, rect),
                   name_of(kind, image.header) + " at " + std::to_string(rect.x0) + ", " +
                       std::to_string(rect.y0));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Interlace, PngRegion, ::testing::Bool());

TEST(PngDecoder, ARegionReconstructsNoRowBelowIt) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  image.filters = PNG_FILTER_PAETH;
  const auto file = write_with_libpng(image);
  DecodeWish wish;
  wish.window = {0, 20, 64, 30};
  EXPECT_EQ(decode(kPngDecoder, file, wish).units_decoded, 30U);
  EXPECT_EQ(decode(kPngDecoder, file).units_decoded, 100U);
}

TEST(PngDecoder, ARegionStartsAtARowThatStandsAlone) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  image.filters = PNG_FILTER_SUB;
  DecodeWish wish;
  wish.window = {0, 20, 64, 30};
  EXPECT_EQ(decode(kPngDecoder, write_with_libpng(image), wish).units_decoded, 10U);
}

}  // namespace
}  // namespace glimt::png
