// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "codec/testing.h"
#include "formats/pnm/backends.h"
#include "formats/pnm/format.h"

namespace glimt {
namespace {

PixelForm form_of(std::uint16_t channels, SampleType type = SampleType::u8, int bits = 8) {
  PixelForm form;
  form.type = type;
  form.bit_depth = static_cast<std::uint8_t>(bits);
  form.channels = channels;
  form.color = channels <= 2   ? ColorModel::gray
               : channels <= 4 ? ColorModel::rgb
                               : ColorModel::other;
  form.alpha = channels == 2 || channels == 4;
  return form;
}

std::string head_of(const testing::Encoded& file) {
  const std::string text(file.data.begin(), file.data.end());
  return text.substr(0, 2);
}

TEST(PnmEncoder, RoundTripsExactly) {
  struct Depth {
    SampleType type;
    int bits;
  };
  const Depth depths[] = {{SampleType::u8, 1},
                          {SampleType::u8, 5},
                          {SampleType::u8, 8},
                          {SampleType::u16, 10},
                          {SampleType::u16, 16}};
  for (const Depth& depth : depths) {
    for (const std::uint16_t channels : {1, 2, 3, 4, 6}) {
      for (int width = 1; width <= 19; ++width) {
        auto picture =
            testing::make_picture(width, 20 - width, form_of(channels, depth.type, depth.bits));
        const auto file = testing::encode(kPnmEncoder, picture);
        ASSERT_TRUE(file.status.ok()) << file.status.text();
        EXPECT_EQ(head_of(file), channels == 1 ? "P5" : channels == 3 ? "P6" : "P7");
        const auto back = testing::decode(kPnmDecoder, file.data);
        ASSERT_TRUE(back.status.ok()) << back.status.text();
        EXPECT_EQ(back.picture.form, picture.form);
        EXPECT_EQ(back.picture.data, picture.data);
      }
    }
  }
}

TEST(PnmEncoder, WritesTheVariantAskedFor) {
  struct Row {
    std::uint16_t channels;
    int bits;
    const char* variant;
    const char* head;  // "": refused
  };
  const Row rows[] = {{3, 8, "ppm", "P6"}, {1, 8, "ppm", "P6"}, {4, 8, "ppm", "P6"},
                      {3, 8, "pgm", "P5"}, {1, 8, "pgm", "P5"}, {2, 8, "pgm", "P5"},
                      {1, 1, "pbm", "P4"}, {1, 8, "pbm", ""},   {3, 1, "pbm", ""},
                      {3, 8, "pam", "P7"}, {1, 1, "pam", "P7"}, {1, 8, "pnm", "P5"},
                      {1, 1, "pnm", "P5"}, {1, 8, "jpg", ""}};
  for (const Row& row : rows) {
    auto picture = testing::make_picture(21, 5, form_of(row.channels, SampleType::u8, row.bits));
    EncodeParams params;
    params.variant = row.variant;
    const auto file = testing::encode(kPnmEncoder, picture, params);
    if (*row.head == '\0') {
      EXPECT_EQ(file.status.code(), Code::unsupported) << row.variant;
      continue;
    }
    ASSERT_TRUE(file.status.ok()) << file.status.text();
    EXPECT_EQ(head_of(file), row.head) << row.variant << " of " << row.channels;
    testing::DecodeWish wish;
    wish.form = picture.form;
    if (std::string(row.variant) == "pgm") wish.form = form_of(1);
    if (wish.form.alpha) wish.form = form_of(3);
    const auto back = testing::decode(kPnmDecoder, file.data, wish);
    ASSERT_TRUE(back.status.ok());
    const auto converter = Converter::make(picture.form, wish.form);
    auto expected = back.picture;
    converter->run(picture.view(), expected.view());
    EXPECT_EQ(back.picture.data, expected.data) << row.variant << " of " << row.channels;
  }
}

TEST(PnmEncoder, WritesSmallDepthsOfWideSamplesInOneByte) {
  auto picture = testing::make_picture(3, 2, form_of(1, SampleType::u16, 8));
  const auto file = testing::encode(kPnmEncoder, picture);
  ASSERT_TRUE(file.status.ok());
  EXPECT_EQ(file.data.size(), std::string("P5\n3 2\n255\n").size() + 6);
  const auto back = testing::decode(kPnmDecoder, file.data);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(back.picture.data[i], picture.samples<std::uint16_t>()[i]);
  }
}

TEST(PnmEncoder, FollowsTheColourAskedForOrRefuses) {
  auto rgb = testing::make_picture(9, 7, form_of(3));
  EncodeParams params;
  params.color_spec = ColorSpec::gray;
  EXPECT_EQ(head_of(testing::encode(kPnmEncoder, rgb, params)), "P5");
  params.variant = "ppm";
  EXPECT_EQ(testing::encode(kPnmEncoder, rgb, params).status.code(), Code::unsupported);
  params = {};
  params.color_spec = ColorSpec::sycc;
  EXPECT_EQ(testing::encode(kPnmEncoder, rgb, params).status.code(), Code::unsupported);
  params = {};
  params.quality_type = QualityType::quality;
  EXPECT_EQ(testing::encode(kPnmEncoder, rgb, params).status.code(), Code::unsupported);
}

}  // namespace
}  // namespace glimt
