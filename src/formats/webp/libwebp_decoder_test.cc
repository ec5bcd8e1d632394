// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/sweeps.h"
#include "formats/webp/backends.h"
#include "formats/webp/format.h"
#include "formats/webp/testing.h"

namespace glimt {
namespace {

using testing::decode;
using testing::DecodeWish;
using webp::chunk;
using webp::File;

constexpr PixelForm kRgb{.channels = 3, .color = ColorModel::rgb};
constexpr PixelForm kRgba{.channels = 4, .color = ColorModel::rgb, .alpha = true};
constexpr const char* kPlain = "libwebp_decoder:fancy_upsampling=0";

File encoded(int width, int height, bool alpha, QualityType quality) {
  auto picture = testing::make_picture(width, height, alpha ? kRgba : kRgb);
  EncodeParams params;
  params.quality_type = quality;
  return testing::encode(kLibwebpEncoder, picture, params).data;
}

/// Lossy and lossless, with alpha and without.
std::vector<File> kinds(int width, int height) {
  std::vector<File> files;
  for (const auto quality : {QualityType::standard, QualityType::lossless}) {
    for (const bool alpha : {false, true}) files.push_back(encoded(width, height, alpha, quality));
  }
  return files;
}

TEST(LibwebpDecoder, EqualsLibwebp) {
  for (int width = 1; width <= 40; ++width) {
    for (const File& file : kinds(width, 41 - width)) {
      for (const bool alpha : {false, true}) {
        for (const bool fancy : {false, true}) {
          DecodeWish wish;
          wish.form = alpha ? kRgba : kRgb;
          wish.options = fancy ? "" : kPlain;
          const auto decoded = decode(kLibwebpDecoder, file, wish);
          ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
          EXPECT_EQ(decoded.picture.data, webp::decode_by_libwebp(file, alpha, fancy));
        }
      }
    }
  }
}

TEST(LibwebpDecoder, KeepsFancyUpsamplingUnlessItIsNamed) {
  const File file = encoded(40, 40, false, QualityType::standard);
  DecodeWish wish;
  wish.options = ":fancy_upsampling=0";
  EXPECT_EQ(decode(kLibwebpDecoder, file, wish).picture.data, webp::decode_by_libwebp(file, false));
  wish.options = kPlain;
  EXPECT_NE(decode(kLibwebpDecoder, file, wish).picture.data, webp::decode_by_libwebp(file, false));
}

TEST(LibwebpDecoder, DeliversOtherForms) {
  for (const File& file : kinds(33, 21)) {
    const auto native = decode(kLibwebpDecoder, file);
    ASSERT_TRUE(native.status.ok());
    const PixelForm forms[] = {
        {},
        {.channels = 3, .color = ColorModel::rgb, .bgr = true},
        {.channels = 4, .color = ColorModel::rgb, .alpha = true, .bgr = true},
        {.type = SampleType::u16, .bit_depth = 16, .channels = 3, .color = ColorModel::rgb},
        {.channels = 3, .color = ColorModel::rgb, .planar = true},
        {.channels = 2, .color = ColorModel::gray, .alpha = true}};
    for (const PixelForm& form : forms) {
      DecodeWish wish;
      wish.form = form;
      auto decoded = decode(kLibwebpDecoder, file, wish);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      auto expected = decoded.picture;
      auto from = native.picture;
      Converter::make(from.form, form)->run(from.view(), expected.view());
      EXPECT_EQ(decoded.picture.data, expected.data);
    }
  }
}

TEST(LibwebpDecoder, DeliversRegionsOfTheWholeImage) {
  for (const auto& [width, height] : {std::pair{67, 45}, {16, 16}, {1, 9}, {3, 2}}) {
    for (const File& file : kinds(width, height)) {
      for (const char* options : {"", kPlain}) {
        DecodeWish wish;
        wish.options = options;
        testing::expect_regions(kLibwebpDecoder, file, wish);
        const auto whole = decode(kLibwebpDecoder, file, wish);
        for (int x = 0; x < std::min(width, 6); ++x) {
          for (int y = 0; y < std::min(height, 6); ++y) {
            wish.window = {x, y, std::min(width, x + 5 + y), std::min(height, y + 7 - x % 3)};
            const auto part = decode(kLibwebpDecoder, file, wish);
            ASSERT_TRUE(part.status.ok()) << part.status.text();
            EXPECT_EQ(part.picture.data, testing::crop_of(whole.picture, wish.window).data)
                << x << "," << y << " of " << width << " x " << height;
          }
        }
        wish.window = {};
      }
    }
  }
  DecodeWish wish;
  wish.window = {0, 0, 20, 10};
  const File file = encoded(67, 45, false, QualityType::standard);
  EXPECT_LE(decode(kLibwebpDecoder, file, wish).units_decoded, 12U);
}

TEST(LibwebpDecoder, ShowsTheFirstFrameOfAnAnimation) {
  for (const auto quality : {QualityType::standard, QualityType::lossless}) {
    const File still = encoded(8, 6, true, quality), other = encoded(20, 10, true, quality);
    const auto pixels = webp::decode_by_libwebp(still, true);
    const File file =
        webp::riff({chunk("VP8X", webp::extended_header(0x12, 20, 10)), chunk("ANIM", File(6)),
                    chunk("ANMF", webp::frame(4, 2, 8, 6, webp::chunks_of(still))),
                    chunk("ANMF", webp::frame(0, 0, 20, 10, webp::chunks_of(other)))});
    const auto decoded = decode(kLibwebpDecoder, file);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    testing::Picture frame{8, 6, kRgba, pixels};
    EXPECT_EQ(decoded.picture.data, testing::crop_of(frame, {-4, -2, 16, 8}).data);
    testing::expect_regions(kLibwebpDecoder, file);
    const File full =
        webp::riff({chunk("VP8X", webp::extended_header(0x12, 20, 10)),
                    chunk("ANMF", webp::frame(0, 0, 20, 10, webp::chunks_of(other)))});
    EXPECT_EQ(decode(kLibwebpDecoder, full).picture.data, webp::decode_by_libwebp(other, true));
  }
}

TEST(LibwebpDecoder, RefusesAnImageOfAnotherSizeThanTheCanvas) {
  const File image = webp::chunks_of(encoded(8, 6, false, QualityType::standard));
  for (const auto& [width, height] : {std::pair{9, 6}, {8, 60}, {7, 5}}) {
    const File file = webp::riff({chunk("VP8X", webp::extended_header(0, width, height)), image});
    EXPECT_EQ(decode(kLibwebpDecoder, file).status.code(), Code::corrupt);
    const File animation = webp::riff({chunk("VP8X", webp::extended_header(2, 8, 6)),
                                       chunk("ANMF", webp::frame(2, 0, width, height, image))});
    EXPECT_EQ(decode(kLibwebpDecoder, animation).status.code(), Code::corrupt);
  }
}

TEST(LibwebpDecoder, GivesTheRowsOfATruncatedFile) {
  for (const File& file : kinds(64, 64)) {
    const auto whole = decode(kLibwebpDecoder, file);
    const Bytes image = webp::read_layout(file, webp::Reach::image)->image;
    const Bytes half = Bytes(file).first(file.size() - image.size() / 4);
    const auto strict = decode(kLibwebpDecoder, half);
    EXPECT_FALSE(strict.status.ok());
    DecodeWish wish;
    wish.partial = true;
    const auto part = decode(kLibwebpDecoder, half, wish);
    ASSERT_TRUE(part.status.ok()) << part.status.text();
    EXPECT_NE(part.note, "");
    const std::size_t row = 64U * whole.picture.form.channels;
    const auto differs = std::mismatch(part.picture.data.begin(), part.picture.data.end(),
                                       whole.picture.data.begin());
    const auto equal_rows =
        static_cast<std::size_t>(differs.first - part.picture.data.begin()) / row;
    EXPECT_GE(equal_rows, 8U);
    EXPECT_LT(equal_rows, 64U);
    EXPECT_TRUE(std::all_of(part.picture.data.end() - static_cast<std::ptrdiff_t>(row),
                            part.picture.data.end(), [](std::uint8_t v) { return v == 0; }));
  }
}

TEST(LibwebpDecoder, GivesABlackImageWhenNoPixelIsThere) {
  const File file = webp::riff({chunk("VP8X", webp::extended_header(0, 8, 6))});
  EXPECT_EQ(decode(kLibwebpDecoder, file).status.code(), Code::truncated);
  DecodeWish wish;
  wish.partial = true;
  const auto black = decode(kLibwebpDecoder, file, wish);
  ASSERT_TRUE(black.status.ok()) << black.status.text();
  EXPECT_NE(black.note, "");
  EXPECT_EQ(black.picture.data, std::vector<std::uint8_t>(8 * 6 * 3));
}

TEST(LibwebpDecoder, SurvivesDamage) {
  for (const File& file : kinds(19, 17)) {
    EXPECT_GT(testing::sweep_prefixes(kLibwebpDecoder, file), 0);
    testing::sweep_bit_flips(kLibwebpDecoder, file);
  }
  const File still = encoded(8, 6, true, QualityType::standard);
  const File animation =
      webp::riff({chunk("VP8X", webp::extended_header(0x12, 20, 10)),
                  chunk("ANMF", webp::frame(4, 2, 8, 6, webp::chunks_of(still)))});
  EXPECT_GT(testing::sweep_prefixes(kLibwebpDecoder, animation), 0);
  testing::sweep_bit_flips(kLibwebpDecoder, animation);
}

}  // namespace
}  // namespace glimt
