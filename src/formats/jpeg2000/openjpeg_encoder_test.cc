// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "codec/testing.h"
#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/channels.h"
#include "formats/jpeg2000/encode_plan.h"
#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

using testing::decode;
using testing::Decoded;
using testing::encode;
using testing::Encoded;
using testing::make_picture;
using testing::Picture;

constexpr PixelForm kGray{};
constexpr PixelForm kRgb{.channels = 3, .color = ColorModel::rgb};
constexpr PixelForm kRgba{.channels = 4, .color = ColorModel::rgb, .alpha = true};

PixelForm with_depth(PixelForm form, SampleType type, unsigned bit_depth) {
  form.type = type;
  form.bit_depth = static_cast<std::uint8_t>(bit_depth);
  return form;
}

void expect_lossless(Picture& picture, const EncodeParams& params, const std::string& what = "") {
  const Encoded encoded = encode(kOpenjpegEncoder, picture, params);
  ASSERT_TRUE(encoded.status.ok()) << what << ": " << encoded.status.text();
  testing::DecodeWish wish;
  wish.form = picture.form;
  const Decoded decoded = decode(kOpenjpegDecoder, encoded.data, wish);
  ASSERT_TRUE(decoded.status.ok()) << what << ": " << decoded.status.text();
  EXPECT_EQ(testing::max_difference(decoded.picture, picture), 0) << what;
}

double psnr(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    sum += std::pow(a.data[i] - b.data[i], 2);
  }
  return 10 * std::log10(255 * 255 * static_cast<double>(a.data.size()) / sum);
}

struct Written {
  std::size_t bytes = 0;
  double psnr = 0;
};
Written written(Picture& picture, QualityType type, float value) {
  EncodeParams params;
  params.quality_type = type;
  params.quality_value = value;
  const Encoded encoded = encode(kOpenjpegEncoder, picture, params);
  EXPECT_TRUE(encoded.status.ok()) << encoded.status.text();
  const Decoded decoded = decode(kOpenjpegDecoder, encoded.data);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status.text();
  return {encoded.data.size(), psnr(decoded.picture, picture)};
}

TEST(OpenjpegEncoder, WritesEveryForm) {
  struct Case {
    PixelForm form;
    ColorSpec spec;
    SampleFormat format;
  };
  PixelForm planar = kRgb, bgr = kRgb;
  planar.planar = true;
  bgr.bgr = true;
  const Case cases[] = {
      {kGray, ColorSpec::gray, SampleFormat::p_y},
      {{.channels = 2, .alpha = true}, ColorSpec::gray, SampleFormat::p_ya},
      {kRgb, ColorSpec::srgb, SampleFormat::p_rgb},
      {planar, ColorSpec::srgb, SampleFormat::p_rgb},
      {bgr, ColorSpec::srgb, SampleFormat::p_rgb},
      {kRgba, ColorSpec::srgb, SampleFormat::p_rgba},
      {{.channels = 3, .color = ColorModel::ycc}, ColorSpec::sycc, SampleFormat::p_yuv},
      {{.channels = 4, .color = ColorModel::cmyk}, ColorSpec::cmyk, SampleFormat::p_cmyk},
      {with_depth(kRgb, SampleType::u16, 16), ColorSpec::srgb, SampleFormat::p_rgb},
      {with_depth(kGray, SampleType::u16, 12), ColorSpec::gray, SampleFormat::p_y},
      {with_depth(kGray, SampleType::u8, 5), ColorSpec::gray, SampleFormat::p_y},
      {with_depth(kGray, SampleType::i16, 16), ColorSpec::gray, SampleFormat::p_y},
      {with_depth(kRgb, SampleType::i8, 8), ColorSpec::srgb, SampleFormat::p_rgb},
  };
  for (const Case& c : cases) {
    Picture picture = make_picture(45, 33, c.form);
    expect_lossless(picture, {});
    const Encoded encoded = encode(kOpenjpegEncoder, picture);
    const auto info = kOpenjpegEncoder.format->parse(Source{encoded.data}, {});
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.color_spec, c.spec);
    EXPECT_EQ(info->image.sample_format, c.format);
    EXPECT_EQ(info->image.precision, c.form.bit_depth);
    EXPECT_EQ(info->image.type, c.form.type);
    EXPECT_EQ(info->form.alpha, c.form.alpha);
  }
}

TEST(OpenjpegEncoder, WritesManyChannels) {
  for (const std::uint16_t channels : {2, 5, 9}) {
    Picture picture = make_picture(20, 20, {.channels = channels, .color = ColorModel::other});
    const Encoded encoded = encode(kOpenjpegEncoder, picture);
    ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
    const Decoded decoded = decode(kOpenjpegDecoder, encoded.data);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    EXPECT_EQ(decoded.picture.data, picture.data);
    EXPECT_FALSE(decoded.picture.form.alpha);
  }
}

TEST(OpenjpegEncoder, ConvertsToTheColourAskedFor) {
  Picture picture = make_picture(30, 20, kRgb);
  for (const ColorSpec spec : {ColorSpec::gray, ColorSpec::sycc}) {
    EncodeParams params;
    params.color_spec = spec;
    const Encoded encoded = encode(kOpenjpegEncoder, picture, params);
    ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
    const auto info = kOpenjpegEncoder.format->parse(Source{encoded.data}, {});
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->image.color_spec, spec);
    EXPECT_EQ(info->image.channels, spec == ColorSpec::gray ? 1U : 3U);
  }
}

TEST(OpenjpegEncoder, IsLosslessWithEverySetting) {
  Picture picture = make_picture(75, 51, kRgb);
  for (int order = 0; order < 5; ++order) {
    for (const int transform : {0, 1}) {
      for (const std::uint32_t tile : {0U, 20U}) {
        EncodeParams params;
        params.jpeg2k.prog_order = static_cast<Jpeg2kProgOrder>(order);
        params.jpeg2k.mct_mode = transform;
        params.tile_width = tile;
        params.tile_height = tile + tile / 2;
        expect_lossless(picture, params, "order " + std::to_string(order));
      }
    }
  }
  for (int height = 4; height <= 1024; height *= 2) {
    for (int width = 4; height * width <= 4096; width *= 4) {
      EncodeParams params;
      params.jpeg2k.code_block_height = height;
      params.jpeg2k.code_block_width = width;
      expect_lossless(picture, params, std::to_string(height) + " x " + std::to_string(width));
    }
  }
  for (const int resolutions : {1, 2, 6, 33}) {
    EncodeParams params;
    params.quality_type = QualityType::lossless;
    params.jpeg2k.num_resolutions = resolutions;
    expect_lossless(picture, params, std::to_string(resolutions) + " resolutions");
  }
  Picture alpha = make_picture(33, 20, kRgba);
  EncodeParams transformed;
  transformed.jpeg2k.mct_mode = 1;
  expect_lossless(alpha, transformed, "a component transform beside alpha");
}

TEST(OpenjpegEncoder, WritesWhatTheHeadersSay) {
  Picture picture = make_picture(100, 60, kRgb);
  EncodeParams params;
  params.tile_width = 32;
  params.tile_height = 16;
  params.jpeg2k.bitstream_type = Jpeg2kBitstreamType::j2k;
  params.jpeg2k.code_block_height = 8;
  params.jpeg2k.code_block_width = 128;
  params.jpeg2k.num_resolutions = 4;
  params.jpeg2k.prog_order = Jpeg2kProgOrder::cprl;
  const Encoded encoded = encode(kOpenjpegEncoder, picture, params);
  ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
  ASSERT_TRUE(is_codestream(encoded.data));
  const auto headers = read_headers(encoded.data);
  ASSERT_TRUE(headers.ok());
  const MainHeader& main = headers->main;
  EXPECT_EQ(main.siz.tile_width, 32U);
  EXPECT_EQ(main.siz.tile_height, 16U);
  EXPECT_EQ(main.coding.block_height_log2, 3);
  EXPECT_EQ(main.coding.block_width_log2, 7);
  EXPECT_EQ(main.coding.levels, 3);
  EXPECT_EQ(main.coding.progression, 4);
  EXPECT_TRUE(main.coding.reversible);
  EXPECT_FALSE(main.coding.component_transform);
}

TEST(OpenjpegEncoder, WritesOddSizes) {
  for (std::int64_t width = 1; width <= 40; ++width) {
    Picture picture = make_picture(width, width % 3 == 0 ? 1 : 7, width % 2 == 0 ? kRgb : kGray);
    expect_lossless(picture, {}, std::to_string(width) + " columns");
  }
  Picture column = make_picture(1, 50, kRgb);
  expect_lossless(column, {}, "one column");
}

TEST(OpenjpegEncoder, MeetsQualityTargets) {
  Picture picture = make_picture(160, 120, kRgb);
  const double raw = static_cast<double>(picture.data.size());
  for (const float target : {30.0F, 38.0F, 46.0F}) {
    EXPECT_NEAR(written(picture, QualityType::psnr, target).psnr, target, 1.5);
  }
  for (const float ratio : {0.05F, 0.2F, 0.5F}) {
    const double bytes =
        static_cast<double>(written(picture, QualityType::size_ratio, ratio).bytes);
    EXPECT_LE(bytes, raw * ratio + 250);  // headers count too
    EXPECT_GE(bytes, raw * ratio * 0.8);
  }
  EXPECT_EQ(written(picture, QualityType::size_ratio, 1.0F).psnr, INFINITY);
  Written before;
  for (const float quality : {1.0F, 25.0F, 50.0F, 75.0F, 90.0F, 100.0F}) {
    const Written now = written(picture, QualityType::quality, quality);
    EXPECT_GT(now.bytes, before.bytes) << quality;
    EXPECT_GT(now.psnr, before.psnr) << quality;
    EXPECT_NEAR(now.psnr, psnr_of_quality(quality), 1.5);
    before = now;
  }
}

TEST(OpenjpegEncoder, RefusesWithAReason) {
  struct Case {
    void (*set)(EncodeParams&);
    std::string_view word;
  };
  const Case cases[] = {
      {[](EncodeParams& p) { p.jpeg2k.code_block_width = 48; }, "code_block_size"},
      {[](EncodeParams& p) { p.jpeg2k.code_block_width = 2; }, "code_block_size"},
      {[](EncodeParams& p) { p.jpeg2k.code_block_width = p.jpeg2k.code_block_height = 128; },
       "4096"},
      {[](EncodeParams& p) { p.jpeg2k.num_resolutions = 34; }, "num_resolutions"},
      {[](EncodeParams& p) { p.jpeg2k.num_resolutions = 0; }, "num_resolutions"},
      {[](EncodeParams& p) { p.jpeg2k.mct_mode = 2; }, "mct_mode"},
      {[](EncodeParams& p) {
         p.jpeg2k.mct_mode = 1;
         p.color_spec = ColorSpec::gray;
       },
       "mct_mode"},
      {[](EncodeParams& p) { p.jpeg2k.ht = true; }, "HT"},
      {[](EncodeParams& p) { p.variant = "jph"; }, "HT"},
      {[](EncodeParams& p) {
         p.tile_width = 65;
         p.tile_height = 10;
       },
       "larger"},
      {[](EncodeParams& p) { p.chroma_subsampling = ChromaSubsampling::css_420; }, "subsampling"},
      {[](EncodeParams& p) { p.chroma_subsampling = ChromaSubsampling::css_gray; }, "GRAY"},
      {[](EncodeParams& p) { p.quality_type = QualityType::quantization_step; }, "quantiser"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::quality;
         p.quality_value = 101.0F;
       },
       "1..100"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::quality;
         p.quality_value = 0.5F;
       },
       "1..100"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::psnr;
         p.quality_value = -1.0F;
       },
       "PSNR"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::size_ratio;
         p.quality_value = 1.5F;
       },
       "0..1"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::size_ratio;
         p.quality_value = 0.0F;
       },
       "ratio"},
  };
  Picture picture = make_picture(64, 48, kRgb);
  for (const Case& c : cases) {
    EncodeParams params;
    c.set(params);
    const Encoded encoded = encode(kOpenjpegEncoder, picture, params);
    EXPECT_FALSE(encoded.status.ok()) << c.word;
    EXPECT_NE(encoded.status.message().find(c.word), std::string::npos) << encoded.status.text();
  }
  Picture wide = make_picture(300, 300, kGray);
  EncodeParams params;
  params.tile_width = params.tile_height = 1;
  EXPECT_FALSE(encode(kOpenjpegEncoder, wide, params).status.ok()) << "90,000 tiles";
}

}  // namespace
}  // namespace glimt::jpeg2000
