// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Both OpenJPH backends: what one writes, the other and OpenJPEG read.
#include <gtest/gtest.h>

#include <cmath>

#include "codec/sweeps.h"
#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/channels.h"
#include "formats/jpeg2000/encode_plan.h"
#include "formats/jpeg2000/format.h"
#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

using testing::decode;
using testing::Decoded;
using testing::DecodeWish;
using testing::encode;
using testing::Encoded;
using testing::make_picture;
using testing::Picture;

constexpr PixelForm kGray{};
constexpr PixelForm kRgb{.channels = 3, .color = ColorModel::rgb};

const std::string kTrusted = "openjph_decoder:trust_input=1";

Decoded decode_trusted(Bytes data, DecodeWish wish = {}) {
  wish.options = kTrusted;
  return decode(kOpenjphDecoder, data, wish);
}

EncodeParams ht_params() {
  EncodeParams params;
  params.jpeg2k.ht = true;
  return params;
}

ByteVector ht_file(Picture& picture, const EncodeParams& params, const std::string& what = "") {
  Encoded encoded = encode(kOpenjphEncoder, picture, params);
  EXPECT_TRUE(encoded.status.ok()) << what << ": " << encoded.status.text();
  return encoded.data;
}

void expect_lossless(Picture& picture, const EncodeParams& params, const std::string& what = "") {
  const ByteVector file = ht_file(picture, params, what);
  for (const DecodeBackend* backend : {&kOpenjphDecoder, &kOpenjpegDecoder}) {
    DecodeWish wish;
    wish.form = picture.form;
    wish.options = kTrusted;
    const Decoded decoded = decode(*backend, file, wish);
    ASSERT_TRUE(decoded.status.ok())
        << what << ", " << backend->name << ": " << decoded.status.text();
    EXPECT_EQ(testing::max_difference(decoded.picture, picture), 0)
        << what << ", " << backend->name;
  }
}

TEST(Openjph, IsLosslessForEveryForm) {
  const PixelForm forms[] = {
      kGray,
      {.channels = 2, .alpha = true},
      kRgb,
      {.channels = 4, .color = ColorModel::rgb, .alpha = true},
      {.channels = 3, .color = ColorModel::rgb, .planar = true},
      {.channels = 3, .color = ColorModel::rgb, .bgr = true},
      {.type = SampleType::u8, .bit_depth = 3},
      {.type = SampleType::u16, .bit_depth = 12, .channels = 3, .color = ColorModel::rgb},
      {.type = SampleType::u16, .bit_depth = 16, .channels = 3, .color = ColorModel::rgb},
      {.type = SampleType::i16, .bit_depth = 16},
      {.type = SampleType::i8, .bit_depth = 8}};
  for (const PixelForm& form : forms) {
    Picture picture = make_picture(61, 47, form);
    expect_lossless(picture, ht_params(), std::to_string(form.bit_depth) + " bits");
  }
}

TEST(Openjph, IsLosslessWithEverySetting) {
  Picture picture = make_picture(75, 51, kRgb);
  for (int order = 0; order < 5; ++order) {
    for (const int transform : {0, 1}) {
      for (const std::uint32_t tile : {0U, 20U}) {
        EncodeParams params = ht_params();
        params.jpeg2k.prog_order = static_cast<Jpeg2kProgOrder>(order);
        params.jpeg2k.mct_mode = transform;
        params.tile_width = tile;
        params.tile_height = tile + tile / 2;
        expect_lossless(picture, params,
                        "order " + std::to_string(order) + ", tiles of " + std::to_string(tile));
      }
    }
  }
  for (int height = 4; height <= 1024; height *= 2) {
    for (int width = 4; height * width <= 4096; width *= 4) {
      EncodeParams params = ht_params();
      params.jpeg2k.code_block_height = height;
      params.jpeg2k.code_block_width = width;
      expect_lossless(picture, params, std::to_string(height) + " x " + std::to_string(width));
    }
  }
  for (const int resolutions : {1, 2, 6, 33}) {
    EncodeParams params = ht_params();
    params.jpeg2k.num_resolutions = resolutions;
    expect_lossless(picture, params, std::to_string(resolutions) + " resolutions");
  }
}

TEST(Openjph, WritesOddSizes) {
  for (std::int64_t width = 1; width <= 40; ++width) {
    for (const std::int64_t height : {1, 2, 9}) {
      Picture picture = make_picture(width, height, width % 2 == 0 ? kRgb : kGray);
      expect_lossless(picture, ht_params(), std::to_string(width) + " x " + std::to_string(height));
    }
  }
}

TEST(Openjph, WritesTheContainerAskedFor) {
  Picture picture = make_picture(30, 20, kRgb);
  EncodeParams params = ht_params();
  const ByteVector boxed = ht_file(picture, params);
  EXPECT_EQ(std::string(boxed.begin() + 20, boxed.begin() + 24), "jph ");
  const auto info = kJpeg2000Format.parse(Source{boxed}, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->coding, kHt);
  EXPECT_EQ(info->image.coding, "HT, reversible 5-3");
  EXPECT_EQ(info->image.color_spec, ColorSpec::srgb);
  params.jpeg2k.bitstream_type = Jpeg2kBitstreamType::j2k;
  EXPECT_TRUE(is_codestream(ht_file(picture, params)));
  EncodeParams by_extension;
  by_extension.variant = "jhc";
  EXPECT_TRUE(is_codestream(ht_file(picture, by_extension)));
}

double psnr(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    sum += std::pow(a.data[i] - b.data[i], 2);
  }
  return 10 * std::log10(255 * 255 * static_cast<double>(a.data.size()) / sum);
}

TEST(Openjph, MeetsQualityTargets) {
  Picture picture = make_picture(160, 120, kRgb);
  std::size_t bytes_before = 0;
  for (const float quality : {1.0F, 50.0F, 75.0F, 100.0F}) {
    EncodeParams params = ht_params();
    params.quality_type = QualityType::quality;
    params.quality_value = quality;
    const ByteVector file = ht_file(picture, params);
    EXPECT_GT(file.size(), bytes_before) << quality;
    bytes_before = file.size();
    const Decoded decoded = decode_trusted(file);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    EXPECT_GT(psnr(decoded.picture, picture), psnr_of_quality(quality) - 1.5);
    const Decoded other = decode(kOpenjpegDecoder, file);
    ASSERT_TRUE(other.status.ok()) << other.status.text();
    EXPECT_LE(testing::max_difference(decoded.picture, other.picture), 1);
  }
  double before = 100;
  for (const float step : {0.5F, 2.0F, 8.0F, 32.0F}) {
    EncodeParams params = ht_params();
    params.quality_type = QualityType::quantization_step;
    params.quality_value = step;
    const Decoded decoded = decode_trusted(ht_file(picture, params));
    ASSERT_TRUE(decoded.status.ok());
    const double now = psnr(decoded.picture, picture);
    EXPECT_LT(now, before);
    // Half of what uniform noise of the step would give, for the dead zone.
    EXPECT_GT(now, 10 * std::log10(255 * 255 * 6 / (double{step} * step)) - 1.5);
    before = now;
  }
}

TEST(Openjph, WritesFlatBandsRight) {
  // Sizes at which 0.9's irreversible transform would meet two rows (openjph_encoder.cc).
  for (std::int64_t height = 1; height <= 20; ++height) {
    for (const std::uint32_t tile : {0U, 3U, 4U, 5U, 9U, 11U}) {
      Picture picture = make_picture(23, height, kGray);
      EncodeParams params = ht_params();
      params.quality_type = QualityType::quantization_step;
      params.quality_value = 0.5F;
      if (tile <= height) params.tile_width = params.tile_height = tile;
      const ByteVector file = ht_file(picture, params);
      const Decoded decoded = decode(kOpenjpegDecoder, file);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      EXPECT_LE(testing::max_difference(decoded.picture, picture), 2)
          << height << " rows, tiles of " << tile;
      const Decoded same = decode_trusted(file);
      EXPECT_LE(testing::max_difference(decoded.picture, same.picture), 1);
    }
  }
}

TEST(Openjph, ClampsHighlights) {
  Picture picture = make_picture(64, 64, kGray);
  for (std::size_t i = 0; i < picture.data.size(); ++i) {
    picture.data[i] = (i / 5 + i / 64 / 3) % 2 == 0 ? 255 : 0;
  }
  EncodeParams params = ht_params();
  params.quality_type = QualityType::quality;
  params.quality_value = 60.0F;
  const Decoded decoded = decode_trusted(ht_file(picture, params));
  ASSERT_TRUE(decoded.status.ok());
  EXPECT_LT(testing::max_difference(decoded.picture, picture), 128);
}

TEST(Openjph, WindowsEqualCrops) {
  Picture picture = make_picture(133, 98, kRgb);
  for (const std::uint32_t tile : {0U, 32U}) {
    for (const QualityType type : {QualityType::lossless, QualityType::quality}) {
      EncodeParams params = ht_params();
      params.quality_type = type;
      params.tile_width = params.tile_height = tile;
      const ByteVector file = ht_file(picture, params);
      DecodeWish trusted;
      trusted.options = kTrusted;
      testing::expect_regions(kOpenjphDecoder, file, trusted);
      testing::expect_regions(kOpenjpegDecoder, file);
    }
  }
}

TEST(Openjph, DecodesOnlyTheTilesOfAWindow) {
  Picture picture = make_picture(128, 96, kRgb);
  EncodeParams params = ht_params();
  params.tile_width = params.tile_height = 32;
  const ByteVector file = ht_file(picture, params);
  DecodeWish wish;
  EXPECT_EQ(decode_trusted(file, wish).units_decoded, 12U);
  wish.window = {40, 40, 60, 60};
  EXPECT_EQ(decode_trusted(file, wish).units_decoded, 1U);
}

TEST(Openjph, RefusesWithAReason) {
  struct Case {
    void (*set)(EncodeParams&);
    std::string_view word;
  };
  const Case cases[] = {
      {[](EncodeParams& p) { p.jpeg2k.ht = false; }, "HT"},
      {[](EncodeParams& p) { p.quality_type = QualityType::psnr; }, "rate control"},
      {[](EncodeParams& p) { p.quality_type = QualityType::size_ratio; }, "rate control"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::quantization_step;
         p.quality_value = 0.0F;
       },
       "step"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::quantization_step;
         p.quality_value = 200.0F;
       },
       "step"},
      {[](EncodeParams& p) {
         p.quality_type = QualityType::quality;
         p.quality_value = 0.0F;
       },
       "quality"},
      {[](EncodeParams& p) { p.jpeg2k.code_block_height = 5; }, "code_block_size"},
  };
  Picture picture = make_picture(64, 48, kRgb);
  for (const Case& c : cases) {
    EncodeParams params = ht_params();
    c.set(params);
    const Encoded encoded = encode(kOpenjphEncoder, picture, params);
    EXPECT_FALSE(encoded.status.ok()) << c.word;
    EXPECT_NE(encoded.status.message().find(c.word), std::string::npos) << encoded.status.text();
  }
}

TEST(Openjph, LeavesOtherStreamsToOpenjpeg) {
  std::vector<TestComponent> components(1);
  const ByteVector part1 = make_codestream(components, {});
  EXPECT_EQ(decode_trusted(part1).status.code(), Code::unsupported);
}

TEST(Openjph, ServesOnlyWhoVouchesForTheStream) {
  Picture picture = make_picture(34, 20, kRgb);
  const Decoded decoded = decode(kOpenjphDecoder, ht_file(picture, ht_params()));
  EXPECT_EQ(decoded.status.code(), Code::unsupported);
  EXPECT_NE(decoded.status.message().find("trust_input"), std::string::npos);
}

TEST(Openjph, SeesTruncation) {
  Picture picture = make_picture(34, 20, kRgb);
  EncodeParams params = ht_params();
  params.tile_width = params.tile_height = 20;
  const ByteVector file = ht_file(picture, params);
  for (std::size_t size = 0; size < file.size() - 2; ++size) {
    const Decoded decoded = decode_trusted(Bytes(file).first(size));
    EXPECT_FALSE(decoded.status.ok()) << size;
    EXPECT_EQ(decoded.status.message().find('\n'), std::string::npos);
  }
}

TEST(Openjph, DamageIsRefusedByOpenjpegToo) {
  Picture picture = make_picture(34, 20, kRgb);
  EncodeParams params = ht_params();
  params.tile_width = params.tile_height = 20;
  for (const QualityType type : {QualityType::lossless, QualityType::quality}) {
    params.quality_type = type;
    const ByteVector file = ht_file(picture, params);
    EXPECT_EQ(testing::sweep_prefixes(kOpenjpegDecoder, file), 0);
    testing::sweep_bit_flips(kOpenjpegDecoder, file, 1000);
  }
}

}  // namespace
}  // namespace glimt::jpeg2000
