// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <webp/encode.h>

#include <cmath>

#include "codec/testing.h"
#include "formats/webp/backends.h"
#include "formats/webp/format.h"

namespace glimt {
namespace {

PixelForm form_of(std::uint16_t channels) {
  PixelForm form;
  form.channels = channels;
  form.color = channels <= 2 ? ColorModel::gray : ColorModel::rgb;
  form.alpha = channels == 2 || channels == 4;
  return form;
}

EncodeParams quality(QualityType type, std::optional<float> value = {}) {
  EncodeParams params;
  params.quality_type = type;
  params.quality_value = value;
  return params;
}

TEST(LibwebpEncoder, LosslessRoundTripsExactly) {
  for (const std::uint16_t channels : {1, 2, 3, 4}) {
    for (int width = 1; width <= 40; width += 3) {
      auto picture = testing::make_picture(width, 41 - width, form_of(channels));
      const auto file = testing::encode(kLibwebpEncoder, picture, quality(QualityType::lossless));
      ASSERT_TRUE(file.status.ok()) << file.status.text();
      testing::DecodeWish wish;
      wish.form = picture.form;
      const auto back = testing::decode(kLibwebpDecoder, file.data, wish);
      ASSERT_TRUE(back.status.ok()) << back.status.text();
      EXPECT_EQ(back.picture.data, picture.data) << channels << " channels, width " << width;
    }
  }
}

TEST(LibwebpEncoder, KeepsColourUnderTransparencyWhenExact) {
  auto picture = testing::make_picture(32, 32, form_of(4));
  for (std::size_t i = 3; i < picture.data.size(); i += 4) picture.data[i] = 0;
  EncodeParams params = quality(QualityType::lossless);
  const auto exact = testing::encode(kLibwebpEncoder, picture, params);
  testing::DecodeWish wish;
  wish.form = picture.form;
  EXPECT_EQ(testing::decode(kLibwebpDecoder, exact.data, wish).picture.data, picture.data);
  const auto before = picture.data;
  params.webp.exact = false;
  const auto smaller = testing::encode(kLibwebpEncoder, picture, params);
  EXPECT_LT(smaller.data.size(), exact.data.size());
  EXPECT_EQ(picture.data, before);  // the caller's pixels are not the encoder's to clean
}

TEST(LibwebpEncoder, EqualsLibwebpAtEveryQuality) {
  auto picture = testing::make_picture(61, 47, form_of(3));
  for (const float q : {1.0F, 30.0F, 75.0F, 95.5F, 100.0F}) {
    std::uint8_t* bytes = nullptr;
    const std::size_t size = WebPEncodeRGB(picture.data.data(), 61, 47, 61 * 3, q, &bytes);
    const auto file = testing::encode(kLibwebpEncoder, picture, quality(QualityType::quality, q));
    ASSERT_TRUE(file.status.ok()) << file.status.text();
    EXPECT_EQ(file.data, std::vector<std::uint8_t>(bytes, bytes + size)) << q;
    if (q == 75.0F) {
      EXPECT_EQ(testing::encode(kLibwebpEncoder, picture).data, file.data);
    }
    WebPFree(bytes);
  }
}

TEST(LibwebpEncoder, ComesNearTheSizeAskedFor) {
  auto picture = testing::make_picture(256, 256, form_of(3));
  for (const float ratio : {0.02F, 0.05F, 0.1F}) {
    const auto file =
        testing::encode(kLibwebpEncoder, picture, quality(QualityType::size_ratio, ratio));
    ASSERT_TRUE(file.status.ok()) << file.status.text();
    const double wanted = ratio * 256 * 256 * 3;
    EXPECT_NEAR(static_cast<double>(file.data.size()) / wanted, 1.0, 0.1) << ratio;
  }
}

TEST(LibwebpEncoder, RefusesWhatItCannotHonour) {
  auto picture = testing::make_picture(8, 8, form_of(3));
  const auto code = [&](const EncodeParams& params) {
    return testing::encode(kLibwebpEncoder, picture, params).status.code();
  };
  EXPECT_EQ(code(quality(QualityType::quality, 0.5F)), Code::unsupported);
  EXPECT_EQ(code(quality(QualityType::quality, 101.0F)), Code::unsupported);
  EXPECT_EQ(code(quality(QualityType::quality, std::nanf(""))), Code::unsupported);
  EXPECT_EQ(code(quality(QualityType::size_ratio, 0.0F)), Code::unsupported);
  EXPECT_EQ(code(quality(QualityType::psnr, 40.0F)), Code::unsupported);
  EncodeParams params;
  params.webp.method = 7;
  EXPECT_EQ(code(params), Code::unsupported);
  params = {};
  params.webp.near_lossless = -1;
  EXPECT_EQ(code(params), Code::unsupported);
  params = {};
  params.color_spec = ColorSpec::cmyk;
  EXPECT_EQ(code(params), Code::unsupported);
  auto wide = testing::make_picture(16384, 1, form_of(3));
  const auto refused = testing::encode(kLibwebpEncoder, wide);
  EXPECT_EQ(refused.status.code(), Code::unsupported);
  EXPECT_NE(refused.status.message().find("16383"), std::string::npos);
}

TEST(LibwebpEncoder, FollowsMethodAndNearLossless) {
  auto picture = testing::make_picture(96, 96, form_of(3));
  EncodeParams fast = quality(QualityType::lossless), small = fast, near = fast;
  fast.webp.method = 0;
  small.webp.method = 6;
  near.webp.near_lossless = 20;
  const auto size = [&](const EncodeParams& params) {
    return testing::encode(kLibwebpEncoder, picture, params).data.size();
  };
  EXPECT_LT(size(small), size(fast));
  EXPECT_LT(size(near), size(quality(QualityType::lossless)));
}

}  // namespace
}  // namespace glimt
