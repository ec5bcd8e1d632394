// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/target.h"

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

ImageInfo source(unsigned channels, SampleFormat format, unsigned precision = 8) {
  ImageInfo info;
  info.channels = channels;
  info.sample_format = format;
  info.precision = static_cast<std::uint8_t>(precision);
  info.type = precision > 8 ? SampleType::u16 : SampleType::u8;
  return info;
}

DecodePlan plan(std::string_view target, const ImageInfo& info) {
  return plan_decode(target_of(target).value(), info);
}

TEST(Target, NamesOfCodecsAndExtensionsInAnyCase) {
  EXPECT_EQ(target_of("jpeg").value().extension, ".jpg");
  EXPECT_EQ(target_of("jpg").value().extension, ".jpg");
  EXPECT_EQ(target_of(".JPEG").value().extension, ".jpeg");
  EXPECT_EQ(target_of("j2c").value().extension, ".j2c");
  EXPECT_EQ(target_of("jpeg2k").value().extension, ".jp2");
  EXPECT_EQ(target_of("pgm").value().codec, "pnm");
}

TEST(Target, AnUnknownNameListsTheKnownOnes) {
  const Result<Target> target = target_of("gif");
  EXPECT_EQ(target.status().code(), Code::bad_argument);
  EXPECT_NE(target.status().message().find("webp"), std::string::npos);
}

TEST(Target, DepthIsKeptWhereItFits) {
  const ImageInfo deep = source(1, SampleFormat::p_y, 12);
  EXPECT_TRUE(plan("png", deep).params.allow_any_depth);
  EXPECT_EQ(plan("png", deep).lost, "");
  EXPECT_FALSE(plan("jpeg", deep).params.allow_any_depth);
  EXPECT_EQ(plan("jpeg", deep).lost, "12 to 8 bits");
  EXPECT_FALSE(plan("png", source(1, SampleFormat::p_y, 1)).params.allow_any_depth);
  EXPECT_TRUE(plan("pbm", source(1, SampleFormat::p_y, 1)).params.allow_any_depth);
  EXPECT_EQ(plan("pbm", deep).lost, "12 to 8 bits");
  ImageInfo floats = source(1, SampleFormat::p_y, 16);
  floats.type = SampleType::f16;
  EXPECT_FALSE(plan("png", floats).params.allow_any_depth);
}

TEST(Target, AlphaIsKeptWhereItFits) {
  const ImageInfo rgba = source(4, SampleFormat::i_rgba);
  EXPECT_EQ(plan("webp", rgba).params.sample_format, SampleFormat::i_rgba);
  EXPECT_EQ(plan("webp", rgba).lost, "");
  EXPECT_EQ(plan("jpeg", rgba).params.color_spec, ColorSpec::srgb);
  EXPECT_EQ(plan("jpeg", rgba).lost, "alpha dropped");
}

TEST(Target, GrayWithAlphaBecomesRgbaWhereThatIsAllThatFits) {
  const ImageInfo ya = source(2, SampleFormat::i_ya);
  EXPECT_EQ(plan("png", ya).params.color_spec, ColorSpec::unchanged);
  EXPECT_EQ(plan("webp", ya).params.sample_format, SampleFormat::i_rgba);
  EXPECT_EQ(plan("jpeg", ya).params.color_spec, ColorSpec::gray);
  EXPECT_EQ(plan("jpeg", ya).lost, "alpha dropped");
}

TEST(Target, PgmIsGrayAndPpmIsColor) {
  const ImageInfo rgb = source(3, SampleFormat::i_rgb);
  EXPECT_EQ(plan("pgm", rgb).params.color_spec, ColorSpec::gray);
  EXPECT_EQ(plan("pgm", rgb).lost, "color dropped");
  EXPECT_EQ(plan("ppm", source(1, SampleFormat::p_y)).params.color_spec, ColorSpec::srgb);
  EXPECT_EQ(plan("pnm", source(1, SampleFormat::p_y)).params.color_spec, ColorSpec::gray);
}

TEST(Target, FourRawChannelsOfInkBecomeRgb) {
  const DecodePlan cmyk = plan("png", source(4, SampleFormat::p_cmyk));
  EXPECT_EQ(cmyk.params.color_spec, ColorSpec::srgb);
  EXPECT_EQ(cmyk.params.sample_format, SampleFormat::unknown);
}

}  // namespace
}  // namespace glimt::cli
