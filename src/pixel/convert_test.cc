// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "codec/testing.h"
#include "pixel/row_kernels.h"

namespace glimt {
namespace {

using testing::make_picture;
using testing::Picture;

PixelForm form_of(ColorModel color, int channels, bool alpha = false,
                  SampleType type = SampleType::u8, int bits = 8) {
  PixelForm form;
  form.type = type;
  form.bit_depth = static_cast<std::uint8_t>(bits);
  form.channels = static_cast<std::uint16_t>(channels);
  form.color = color;
  form.alpha = alpha;
  return form;
}

const PixelForm kGray = form_of(ColorModel::gray, 1), kRgb = form_of(ColorModel::rgb, 3);

std::vector<PixelForm> named_forms() {
  std::vector<PixelForm> forms;
  for (const auto& [type, bits] : {std::pair{SampleType::u8, 8},
                                   {SampleType::u8, 4},
                                   {SampleType::u16, 16},
                                   {SampleType::u16, 12},
                                   {SampleType::f32, 32},
                                   {SampleType::f16, 16}}) {
    for (const bool bgr : {false, true}) {
      for (const bool alpha : {false, true}) {
        PixelForm rgb = form_of(ColorModel::rgb, alpha ? 4 : 3, alpha, type, bits);
        rgb.bgr = bgr;
        forms.push_back(rgb);
      }
    }
    forms.push_back(form_of(ColorModel::gray, 1, false, type, bits));
    forms.push_back(form_of(ColorModel::gray, 2, true, type, bits));
    forms.push_back(form_of(ColorModel::ycc, 3, false, type, bits));
    forms.push_back(form_of(ColorModel::cmyk, 4, false, type, bits));
    PixelForm adobe = form_of(ColorModel::cmyk, 4, false, type, bits);
    adobe.inverted = true;
    forms.push_back(adobe);
  }
  return forms;
}

TEST(Convert, EveryFastKernelAgreesWithTheGeneralRow) {
  int checked = 0;
  for (const PixelForm& from : named_forms()) {
    for (const PixelForm& to : named_forms()) {
      for (const RowKernel kernel : {color_kernel(from, to), depth_kernel(from, to)}) {
        if (kernel == nullptr) continue;
        ++checked;
        Picture source = make_picture(97, 3, from);
        Picture fast{97, 3, to, std::vector<std::uint8_t>(packed_bytes(97, 3, to))};
        Picture slow = fast;
        const RowContext context{from, to};
        kernel(source.data.data(), fast.data.data(), 97 * 3, context);
        general_row(source.data.data(), slow.data.data(), 97 * 3, context);
        EXPECT_EQ(fast.data, slow.data)
            << static_cast<int>(from.color) << "/" << from.channels << "/" << int{from.bit_depth}
            << " to " << static_cast<int>(to.color) << "/" << to.channels << "/"
            << int{to.bit_depth};
      }
    }
  }
  EXPECT_GT(checked, 80);
}

TEST(Convert, TwoKernelsInARowAgreeWithColourFirstThenDepth) {
  const PixelForm from = form_of(ColorModel::rgb, 4, true, SampleType::u16, 16);
  const PixelForm between = form_of(ColorModel::rgb, 3, false, SampleType::u16, 16);
  Picture source = make_picture(1500, 2, from);
  Picture middle{1500, 2, between, std::vector<std::uint8_t>(packed_bytes(1500, 2, between))};
  Picture once{1500, 2, kRgb, std::vector<std::uint8_t>(packed_bytes(1500, 2, kRgb))};
  Picture twice = once;
  general_row(source.data.data(), middle.data.data(), 3000, {from, between});
  general_row(middle.data.data(), twice.data.data(), 3000, {between, kRgb});
  const auto converter = Converter::make(from, kRgb);
  ASSERT_TRUE(converter.ok());
  converter->run(source.view(), once.view());
  EXPECT_EQ(once.data, twice.data);
}

template <class From, class To>
To convert_one(const PixelForm& from, const PixelForm& to, From value) {
  To out{};
  general_row(reinterpret_cast<const std::uint8_t*>(&value), reinterpret_cast<std::uint8_t*>(&out),
              1, {from, to});
  return out;
}

TEST(Convert, DepthIsRoundedFromFullScaleToFullScale) {
  for (int bits = 1; bits <= 16; ++bits) {
    const int full = (1 << bits) - 1;
    const PixelForm from = form_of(ColorModel::gray, 1, false, SampleType::u16, bits);
    for (int v = 0; v <= full; v += bits > 10 ? 37 : 1) {
      const auto got =
          convert_one<std::uint16_t, std::uint8_t>(from, kGray, static_cast<std::uint16_t>(v));
      ASSERT_EQ(int{got}, static_cast<int>(std::floor(v * 255.0 / full + 0.5))) << bits << " " << v;
    }
  }
}

TEST(Convert, SignedSamplesAreOffsetByHalf) {
  const PixelForm from = form_of(ColorModel::gray, 1, false, SampleType::i16, 16);
  EXPECT_EQ((convert_one<std::int16_t, std::uint8_t>(from, kGray, -32768)), 0);
  EXPECT_EQ((convert_one<std::int16_t, std::uint8_t>(from, kGray, 32767)), 255);
  EXPECT_EQ((convert_one<std::int16_t, std::uint8_t>(from, kGray, 0)), 128);
}

TEST(Convert, FloatsAreClampedToOne) {
  const PixelForm from = form_of(ColorModel::gray, 1, false, SampleType::f32, 32);
  EXPECT_EQ((convert_one<float, std::uint8_t>(from, kGray, 0.5F)), 128);
  EXPECT_EQ((convert_one<float, std::uint8_t>(from, kGray, 7.0F)), 255);
  EXPECT_EQ((convert_one<float, std::uint8_t>(from, kGray, -1.0F)), 0);
}

TEST(Convert, MaxValueIsWhite) {
  PixelForm from = kGray;
  from.max_value = 100;
  EXPECT_EQ((convert_one<std::uint8_t, std::uint8_t>(from, kGray, 100)), 255);
  EXPECT_EQ((convert_one<std::uint8_t, std::uint8_t>(from, kGray, 50)), 128);
}

TEST(Convert, YccRoundTripStaysWithinOne) {
  const PixelForm ycc = form_of(ColorModel::ycc, 3);
  for (int i = 0; i < 4096; ++i) {
    const std::uint8_t rgb[3] = {static_cast<std::uint8_t>(i * 7),
                                 static_cast<std::uint8_t>(i * 13),
                                 static_cast<std::uint8_t>(i * 29)};
    std::uint8_t coded[3], back[3];
    general_row(rgb, coded, 1, {kRgb, ycc});
    general_row(coded, back, 1, {ycc, kRgb});
    for (int c = 0; c < 3; ++c) ASSERT_NEAR(rgb[c], back[c], 2);
  }
}

TEST(Convert, InkAndItsInverseGiveTheSameLight) {
  const PixelForm plain = form_of(ColorModel::cmyk, 4);
  PixelForm adobe = plain;
  adobe.inverted = true;
  const std::uint8_t inks[4] = {10, 100, 200, 50}, light[4] = {245, 155, 55, 205};
  std::uint8_t a[3], b[3];
  general_row(inks, a, 1, {plain, kRgb});
  general_row(light, b, 1, {adobe, kRgb});
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(a[c], b[c]);
    EXPECT_EQ(int{a[c]}, static_cast<int>(light[c] * light[3] / 255.0 + 0.5));
  }
}

TEST(Convert, PlanarAndInterleavedHoldTheSameSamples) {
  PixelForm planar = kRgb;
  planar.planar = true;
  Picture source = make_picture(37, 21, kRgb);
  Picture planes{37, 21, planar, std::vector<std::uint8_t>(source.data.size())};
  Picture back{37, 21, kRgb, std::vector<std::uint8_t>(source.data.size())};
  const auto there = Converter::make(kRgb, planar), again = Converter::make(planar, kRgb);
  ASSERT_TRUE(there.ok() && again.ok());
  there->run(source.view(), planes.view());
  EXPECT_EQ(planes.data[37 * 21], source.data[1]);
  again->run(planes.view(), back.view());
  EXPECT_EQ(source.data, back.data);
}

TEST(Convert, ConversionWhileChangingLayout) {
  PixelForm planar = kRgb;
  planar.planar = true;
  const PixelForm rgba16 = form_of(ColorModel::rgb, 4, true, SampleType::u16, 16);
  Picture source = make_picture(130, 40, rgba16);
  Picture planes{130, 40, planar, std::vector<std::uint8_t>(130 * 40 * 3)};
  Picture packed{130, 40, kRgb, std::vector<std::uint8_t>(130 * 40 * 3)};
  Picture repacked = packed;
  Converter::make(rgba16, planar)->run(source.view(), planes.view());
  Converter::make(rgba16, kRgb)->run(source.view(), packed.view());
  Converter::make(planar, kRgb)->run(planes.view(), repacked.view());
  EXPECT_EQ(packed.data, repacked.data);
}

/// Random bits, among them samples above white, infinities and NaN.
void fill_with_anything(Picture& picture, unsigned seed) {
  std::mt19937 random(seed);
  for (std::uint8_t& byte : picture.data) byte = static_cast<std::uint8_t>(random());
}

TEST(Convert, WhicheverKernelsServeAPairTheRuleGivesTheSameBits) {
  std::vector<PixelForm> forms = named_forms();
  for (const SampleType type : {SampleType::u8, SampleType::u16, SampleType::i16, SampleType::u32,
                                SampleType::u64, SampleType::f64}) {
    const int bits = static_cast<int>(sample_bytes(type)) * 8;
    forms.push_back(form_of(ColorModel::other, 2, false, type, bits));
    forms.push_back(form_of(ColorModel::other, 4, true, type, bits - 3));
    forms.push_back(form_of(ColorModel::ycck, 4, false, type, bits));
    forms.push_back(form_of(ColorModel::gray, 2, true, type, 7));
    forms.back().max_value = 100;
  }
  int checked = 0;
  for (const PixelForm& from : forms) {
    for (const PixelForm& to : forms) {
      const auto converter = Converter::make(from, to);
      if (!converter.ok() || converter->copies()) continue;
      ++checked;
      Picture source{61, 2, from, std::vector<std::uint8_t>(packed_bytes(61, 2, from))};
      fill_with_anything(source, static_cast<unsigned>(checked));
      Picture fast{61, 2, to, std::vector<std::uint8_t>(packed_bytes(61, 2, to))};
      Picture slow = fast;
      converter->run(source.view(), fast.view());
      general_row(source.data.data(), slow.data.data(), 61 * 2, converter->rule());
      ASSERT_EQ(fast.data, slow.data)
          << static_cast<int>(from.color) << "/" << from.channels << "/"
          << static_cast<int>(from.type) << "/" << int{from.bit_depth} << " to "
          << static_cast<int>(to.color) << "/" << to.channels << "/" << static_cast<int>(to.type)
          << "/" << int{to.bit_depth};
    }
  }
  EXPECT_GT(checked, 3000);
}

TEST(Convert, UninterpretedChannelsKeepTheirMeaningAtEveryDepth) {
  const PixelForm from = form_of(ColorModel::other, 2);
  const std::uint8_t samples[2] = {10, 20};
  for (const SampleType type : {SampleType::u16, SampleType::u32}) {
    const int bits = static_cast<int>(sample_bytes(type)) * 8;
    const PixelForm to = form_of(ColorModel::gray, 2, true, type, bits);
    Picture source{1, 1, from, {samples[0], samples[1]}};
    Picture out{1, 1, to, std::vector<std::uint8_t>(packed_bytes(1, 1, to))};
    Converter::make(from, to)->run(source.view(), out.view());
    EXPECT_EQ(out.data[0], 10) << bits;
    EXPECT_EQ(out.data[sample_bytes(type)], 20) << bits;
  }
}

TEST(Convert, MarksThatAColourDoesNotHaveMeanNothing) {
  PixelForm inverted = form_of(ColorModel::rgb, 3, false, SampleType::f32, 32);
  inverted.inverted = true;
  const std::uint8_t pixel[3] = {255, 51, 0};
  Picture source{1, 1, kRgb, {pixel[0], pixel[1], pixel[2]}};
  Picture out{1, 1, inverted, std::vector<std::uint8_t>(12)};
  Converter::make(kRgb, inverted)->run(source.view(), out.view());
  EXPECT_EQ(out.samples<float>()[0], 1.0F);
  EXPECT_EQ(out.samples<float>()[1], 0.2F);
  EXPECT_EQ(out.samples<float>()[2], 0.0F);

  PixelForm bgr = form_of(ColorModel::gray, 1, false, SampleType::u32, 32);
  bgr.bgr = true;
  Picture gray{1, 1, kGray, {255}};
  Picture wide{1, 1, bgr, std::vector<std::uint8_t>(16)};
  Converter::make(kGray, bgr)->run(gray.view(), wide.view());
  EXPECT_EQ(wide.samples<std::uint32_t>()[0], 0xFFFFFFFFU);
  EXPECT_EQ(wide.samples<std::uint32_t>()[2], 0U) << "a place outside the pixel";
  PixelForm same = kGray;
  same.bgr = same.inverted = true;
  EXPECT_TRUE(Converter::make(kGray, same)->copies());
}

TEST(Convert, SamplesAboveWhiteBecomeWhite) {
  const PixelForm wide = form_of(ColorModel::gray, 1, false, SampleType::u16, 8);
  EXPECT_EQ((convert_one<std::uint16_t, std::uint8_t>(wide, kGray, 300)), 255);
  const PixelForm wider = form_of(ColorModel::gray, 1, false, SampleType::u32, 8);
  EXPECT_EQ((convert_one<std::uint32_t, std::uint8_t>(wider, kGray, 4000000000U)), 255);
}

TEST(Convert, WhatHasNoRuleIsRefused) {
  const auto refused = Converter::make(kRgb, form_of(ColorModel::cmyk, 4));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::unsupported);
  EXPECT_NE(refused.status().message().find("CMYK"), std::string::npos);
}

}  // namespace
}  // namespace glimt
