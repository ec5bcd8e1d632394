// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/color.h"

#include <gtest/gtest.h>
#include <tiffio.h>

#include <cmath>
#include <cstring>

#include "formats/tiff/bytes_for_test.h"

namespace glimt::tiff {
namespace {

using testing::Buffer;

/// libtiff's own converter, for the numbers of a file.
class LibtiffYcbcr {
 public:
  explicit LibtiffYcbcr(YcbcrToRgb::Numbers numbers)
      : memory_(sizeof(TIFFYCbCrToRGB) + 4 * 256 + 2 * 256 * sizeof(int) +
                3 * 256 * sizeof(std::int32_t) + 64) {
    TIFFYCbCrToRGBInit(converter(), numbers.coefficients.data(), numbers.reference.data());
  }
  void pixel(std::uint8_t y, std::uint8_t cb, std::uint8_t cr, std::uint32_t (&rgb)[3]) {
    TIFFYCbCrtoRGB(converter(), y, cb, cr, &rgb[0], &rgb[1], &rgb[2]);
  }

 private:
  TIFFYCbCrToRGB* converter() { return reinterpret_cast<TIFFYCbCrToRGB*>(memory_.data()); }
  std::vector<std::uint64_t> memory_;
};

TEST(TiffColor, YcbcrIsLibtiffs) {
  const YcbcrToRgb::Numbers cases[] = {
      {},
      {.reference = {16, 235, 128, 240, 128, 240}},
      {.coefficients = {0.2125F, 0.7154F, 0.0721F}},
      {.coefficients = {0.2125F, 0.7154F, 0.0721F}, .reference = {15, 235, 128, 240, 128, 240}},
      {.reference = {0, 0, 128, 128, 128, 128}},
      {.reference = {0, 1, 128, 128.5F, 0, 255}},
      {.coefficients = {1.5F, 0.01F, -0.5F}},
  };
  for (const auto& numbers : cases) {
    const auto colors = YcbcrToRgb::make(numbers);
    ASSERT_TRUE(colors.ok()) << colors.status().text();
    LibtiffYcbcr reference(numbers);
    for (std::uint32_t i = 0; i < 1U << 24; i += 37) {
      const auto y = static_cast<std::uint8_t>(i), cb = static_cast<std::uint8_t>(i >> 8);
      const auto cr = static_cast<std::uint8_t>(i >> 16);
      std::uint8_t rgb[3];
      std::uint32_t expected[3];
      colors->pixel(y, cb, cr, rgb);
      reference.pixel(y, cb, cr, expected);
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(rgb[c], expected[c])
            << +y << " " << +cb << " " << +cr << ", channel " << c << ", case " << &numbers - cases;
    }
  }
}

TEST(TiffColor, YcbcrRefusesNumbersThatAreNone) {
  EXPECT_EQ(YcbcrToRgb::make({.coefficients = {0.3F, 0, 0.7F}}).status().code(), Code::corrupt);
  EXPECT_EQ(YcbcrToRgb::make({.coefficients = {NAN, 0.5F, 0.1F}}).status().code(), Code::corrupt);
  EXPECT_EQ(YcbcrToRgb::make({.reference = {0, INFINITY, 128, 255, 128, 255}}).status().code(),
            Code::corrupt);
}

TEST(TiffColor, DataUnitsOfEverySubsampling) {
  const auto colors = YcbcrToRgb::make({});
  for (const std::uint32_t across : {1U, 2U, 4U}) {
    for (const std::uint32_t down : {1U, 2U, 4U}) {
      for (std::uint32_t width = 1; width < 14; ++width) {
        const YcbcrUnits layout{.across = across, .down = down, .width = width};
        const std::size_t units = (width + across - 1) / across;
        ASSERT_EQ(layout.row_bytes(), units * (std::size_t{across} * down + 2));
        const Buffer data = testing::bytes_of(testing::Content::noise, *layout.row_bytes(), width);
        for (std::uint32_t line = 0; line < down; ++line) {
          for (std::size_t first = 0; first < width; ++first) {
            const std::size_t count = width - first;
            Buffer ycbcr(3 * count), rgb(3 * count);
            ycbcr_row_upsampled(layout, data.data(), line, first, count, ycbcr.data());
            ycbcr_row_to_rgb(*colors, layout, data.data(), line, first, count, rgb.data());
            for (std::size_t i = 0; i < count; ++i) {
              const std::size_t x = first + i, size = std::size_t{across} * down + 2;
              const std::uint8_t* unit = &data[x / across * size];
              ASSERT_EQ(ycbcr[3 * i], unit[line * across + x % across]);
              ASSERT_EQ(ycbcr[3 * i + 1], unit[size - 2]);
              ASSERT_EQ(ycbcr[3 * i + 2], unit[size - 1]);
              std::uint8_t expected[3];
              colors->pixel(ycbcr[3 * i], ycbcr[3 * i + 1], ycbcr[3 * i + 2], expected);
              ASSERT_EQ(std::memcmp(expected, &rgb[3 * i], 3), 0);
            }
          }
        }
      }
    }
  }
}

TEST(TiffColor, LabIsLibtiffs) {
  float white[3] = {96.425F, 100, 82.468F};
  const float sum = white[0] + white[1] + white[2];
  const std::array<float, 2> point{white[0] / sum, white[1] / sum};
  const TIFFDisplay srgb = {
      {{3.2410F, -1.5374F, -0.4986F}, {-0.9692F, 1.8760F, 0.0416F}, {0.0556F, -0.2040F, 1.0570F}},
      100,
      100,
      100,
      255,
      255,
      255,
      1,
      1,
      1,
      2.4F,
      2.4F,
      2.4F};
  std::vector<std::uint64_t> memory(sizeof(TIFFCIELabToRGB) / 8 + 1);
  auto* reference = reinterpret_cast<TIFFCIELabToRGB*>(memory.data());
  ASSERT_EQ(TIFFCIELabToRGBInit(reference, &srgb, white), 0);
  const auto cie = LabToRgb::make(LabForm::cie, point), icc = LabToRgb::make(LabForm::icc, point);
  ASSERT_TRUE(cie.ok() && icc.ok());
  std::size_t compared = 0, off_by_one = 0;
  for (std::uint32_t i = 0; i < 1U << 24; i += 61) {
    const std::uint8_t lab[3] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                 static_cast<std::uint8_t>(i >> 16)};
    float x = 0, y = 0, z = 0;
    std::uint32_t expected[3];
    TIFFCIELabToXYZ(reference, lab[0], static_cast<std::int8_t>(lab[1]),
                    static_cast<std::int8_t>(lab[2]), &x, &y, &z);
    TIFFXYZToRGB(reference, x, y, z, &expected[0], &expected[1], &expected[2]);
    std::uint8_t rgb[3], from_icc[3];
    cie->run(lab, 1, rgb);
    std::uint8_t shifted[3] = {lab[0], lab[1], lab[2]};
    offset_lab(shifted, 1);
    icc->run(shifted, 1, from_icc);
    for (std::size_t c = 0; c < 3; ++c, ++compared) {
      ASSERT_EQ(rgb[c], from_icc[c]);
      ASSERT_NEAR(static_cast<double>(rgb[c]), expected[c], 1) << i;
      off_by_one += rgb[c] != expected[c] ? 1 : 0;
    }
  }
  // The white point comes as a quotient here: a step of brightness may lie on the other side.
  EXPECT_LT(off_by_one, compared / 1000);
}

TEST(TiffColor, LabOf16BitsAgreesWithThatOf8) {
  for (const LabForm form : {LabForm::cie, LabForm::icc}) {
    const auto colors = LabToRgb::make(form);
    ASSERT_TRUE(colors.ok());
    for (std::uint32_t i = 0; i < 1U << 24; i += 4099) {
      const std::uint8_t lab[3] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
                                   static_cast<std::uint8_t>(i >> 16)};
      const std::uint16_t wide[3] = {static_cast<std::uint16_t>(lab[0] * 257),
                                     static_cast<std::uint16_t>(lab[1] << 8),
                                     static_cast<std::uint16_t>(lab[2] << 8)};
      std::uint8_t narrow_rgb[3], wide_rgb[3];
      colors->run(lab, 1, narrow_rgb);
      colors->run(wide, 1, wide_rgb);
      for (std::size_t c = 0; c < 3; ++c) ASSERT_NEAR(narrow_rgb[c], wide_rgb[c], 1) << i;
    }
  }
  EXPECT_EQ(LabToRgb::make(LabForm::cie, {0.3F, 0}).status().code(), Code::corrupt);
  std::uint16_t lab[3] = {1, 0, 0xFFFF};
  offset_lab(lab, 1);
  EXPECT_EQ(lab[0], 1);
  EXPECT_EQ(lab[1], 0x8000);
  EXPECT_EQ(lab[2], 0x7FFF);
}

TEST(TiffColor, PaletteExpands) {
  for (std::uint32_t bits = 1; bits <= 16; ++bits) {
    const std::size_t colors = std::size_t{1} << bits;
    std::vector<std::uint16_t> map(3 * colors);
    for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<std::uint16_t>(i * 40503);
    const auto palette = Palette::make(map, bits);
    ASSERT_TRUE(palette.ok()) << palette.status().text();
    std::vector<std::uint16_t> indices(colors), wide(3 * colors);
    for (std::size_t i = 0; i < colors; ++i) indices[i] = static_cast<std::uint16_t>(i);
    Buffer rgb(3 * colors);
    palette->expand(indices.data(), colors, rgb.data());
    palette->expand(indices.data(), colors, wide.data());
    const bool low = *std::max_element(map.begin(), map.end()) < 256;
    for (std::size_t i = 0; i < 3 * colors; ++i) {
      const std::uint16_t expected = map[i % 3 * colors + i / 3];
      ASSERT_EQ(wide[i], expected);
      ASSERT_EQ(rgb[i], low ? expected : expected >> 8);
    }
    if (bits > 8) continue;
    Buffer narrow(colors), narrow_rgb(3 * colors);
    std::vector<std::uint16_t> narrow_wide(3 * colors);
    for (std::size_t i = 0; i < colors; ++i) narrow[i] = static_cast<std::uint8_t>(i);
    palette->expand(narrow.data(), colors, narrow_rgb.data());
    palette->expand(narrow.data(), colors, narrow_wide.data());
    EXPECT_EQ(narrow_rgb, rgb);
    EXPECT_EQ(narrow_wide, wide);
  }
}

TEST(TiffColor, PaletteOfLowBytesAndWrongOnes) {
  std::vector<std::uint16_t> map(6);
  map = {0, 255, 1, 128, 2, 64};
  const auto palette = Palette::make(map, 1);
  const std::uint8_t indices[] = {1, 0, 7};  // 7: beyond the palette, its last colour
  std::uint8_t rgb[9];
  palette->expand(indices, 3, rgb);
  EXPECT_EQ(Buffer(rgb, rgb + 9), (Buffer{255, 128, 64, 0, 1, 2, 255, 128, 64}));
  EXPECT_EQ(Palette::make(map, 2).status().code(), Code::corrupt);
  EXPECT_EQ(Palette::make(map, 17).status().code(), Code::unsupported);
}

TEST(TiffColor, InvertsWithinTheBits) {
  std::uint8_t bytes[] = {0, 1, 15};
  invert_samples(SampleType::u8, 4, bytes, 3);
  EXPECT_EQ(Buffer(bytes, bytes + 3), (Buffer{15, 14, 0}));
  std::uint16_t shorts[] = {0, 4095, 7};
  invert_samples(SampleType::u16, 12, shorts, 3);
  EXPECT_EQ(shorts[0], 4095);
  EXPECT_EQ(shorts[1], 0);
  EXPECT_EQ(shorts[2], 4088);
  std::int16_t signed_shorts[] = {-32768, 0};
  invert_samples(SampleType::i16, 16, signed_shorts, 2);
  EXPECT_EQ(signed_shorts[0], 32767);
  EXPECT_EQ(signed_shorts[1], -1);
  std::uint32_t word = 5;
  invert_samples(SampleType::u32, 32, &word, 1);
  EXPECT_EQ(word, 0xFFFFFFFAU);
  std::uint64_t wide = 0;
  invert_samples(SampleType::u64, 64, &wide, 1);
  EXPECT_EQ(wide, ~std::uint64_t{0});
  float real = 0.25F;
  invert_samples(SampleType::f32, 32, &real, 1);
  EXPECT_EQ(real, 0.25F);
}

}  // namespace
}  // namespace glimt::tiff
