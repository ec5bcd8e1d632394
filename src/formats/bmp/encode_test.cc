// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "codec/testing.h"
#include "formats/bmp/backends.h"
#include "formats/bmp/format.h"

namespace glimt {
namespace {

PixelForm form_of(std::uint16_t channels) {
  PixelForm form;
  form.channels = channels;
  form.color = channels <= 2 ? ColorModel::gray : ColorModel::rgb;
  form.alpha = channels == 2 || channels == 4;
  return form;
}

TEST(BmpEncoder, RoundTripsExactly) {
  for (const std::uint16_t channels : {1, 3, 4}) {
    for (int width = 1; width <= 40; ++width) {
      auto picture = testing::make_picture(width, 41 - width, form_of(channels));
      const auto file = testing::encode(kBmpEncoder, picture);
      ASSERT_TRUE(file.status.ok()) << file.status.text();
      const auto back = testing::decode(kBmpDecoder, file.data);
      ASSERT_TRUE(back.status.ok()) << back.status.text();
      EXPECT_EQ(back.picture.form, picture.form);
      EXPECT_EQ(back.picture.data, picture.data) << channels << " channels, width " << width;
    }
  }
}

TEST(BmpEncoder, WritesTheKindByChannels) {
  struct Row {
    std::uint16_t channels, bits;
    std::size_t bytes;  // of 5 x 3 pixels
  };
  for (const Row& row :
       {Row{1, 8, 54 + 1024 + 8 * 3}, Row{3, 24, 54 + 16 * 3}, Row{4, 32, 122 + 20 * 3}}) {
    auto picture = testing::make_picture(5, 3, form_of(row.channels));
    const auto file = testing::encode(kBmpEncoder, picture);
    ASSERT_TRUE(file.status.ok());
    EXPECT_EQ(file.data.size(), row.bytes);
    const auto header = bmp::parse_header(file.data);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->bits_per_pixel, row.bits);
    EXPECT_FALSE(header->top_down);
    EXPECT_EQ(load_le<std::uint32_t>(file.data.data() + 2), row.bytes);
  }
}

TEST(BmpEncoder, KeepsAlphaBesideGray) {
  auto picture = testing::make_picture(9, 7, form_of(2));
  const auto file = testing::encode(kBmpEncoder, picture);
  ASSERT_TRUE(file.status.ok()) << file.status.text();
  testing::DecodeWish wish;
  wish.form = form_of(2);
  const auto back = testing::decode(kBmpDecoder, file.data, wish);
  ASSERT_TRUE(back.status.ok());
  EXPECT_EQ(back.picture.data, picture.data);
}

TEST(BmpEncoder, FollowsTheColourAskedFor) {
  auto rgb = testing::make_picture(9, 7, form_of(3));
  EncodeParams params;
  params.color_spec = ColorSpec::gray;
  const auto gray = testing::encode(kBmpEncoder, rgb, params);
  ASSERT_TRUE(gray.status.ok());
  EXPECT_EQ(bmp::parse_header(gray.data)->channels(), 1);
  auto one = testing::make_picture(9, 7, form_of(1));
  params.color_spec = ColorSpec::srgb;
  const auto color = testing::encode(kBmpEncoder, one, params);
  ASSERT_TRUE(color.status.ok());
  EXPECT_EQ(bmp::parse_header(color.data)->channels(), 3);
  params.color_spec = ColorSpec::cmyk;
  EXPECT_EQ(testing::encode(kBmpEncoder, rgb, params).status.code(), Code::unsupported);
  params = {};
  params.quality_type = QualityType::quality;
  EXPECT_EQ(testing::encode(kBmpEncoder, rgb, params).status.code(), Code::unsupported);
}

}  // namespace
}  // namespace glimt
