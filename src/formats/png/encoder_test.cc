// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "codec/testing.h"
#include "formats/png/backends.h"
#include "formats/png/filter.h"
#include "formats/png/libpng_for_test.h"

namespace glimt::png {
namespace {

using testing::decode;
using testing::Encoded;
using testing::make_picture;
using testing::Picture;

PixelForm form_of(int channels, SampleType type = SampleType::u8, std::uint8_t bit_depth = 0) {
  PixelForm form;
  form.type = type;
  form.bit_depth = bit_depth != 0 ? bit_depth : static_cast<std::uint8_t>(8 * sample_bytes(type));
  form.channels = static_cast<std::uint16_t>(channels);
  form.color = channels <= 2 ? ColorModel::gray : ColorModel::rgb;
  form.alpha = channels % 2 == 0;
  return form;
}

/// Flat areas, lines and noise: what a screen shows.
Picture make_drawing(std::int64_t width, std::int64_t height, int channels) {
  Picture picture = make_picture(width, height, form_of(channels));
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      if (x % 61 < 5 && y % 37 < 20) continue;
      std::uint8_t* pixel = picture.data.data() + (y * width + x) * channels;
      for (int c = 0; c < channels; ++c)
        pixel[c] = static_cast<std::uint8_t>(x / 200 * 40 + (y / 90) * 17 + c);
    }
  }
  return picture;
}

void expect_same(Picture& picture, const Encoded& encoded, const std::string& what) {
  ASSERT_TRUE(encoded.status.ok()) << what << ": " << encoded.status.text();
  const auto decoded = decode(kPngDecoder, encoded.data);
  ASSERT_TRUE(decoded.status.ok()) << what << ": " << decoded.status.text();
  EXPECT_EQ(decoded.picture.form, picture.form) << what;
  EXPECT_TRUE(decoded.picture.data == picture.data) << what << ": pixels differ";
  // And by another's reading.
  TestImage reference;
  ASSERT_TRUE(read_with_libpng(encoded.data, reference)) << what;
  ASSERT_EQ(reference.header.samples(), picture.form.channels) << what;
  std::size_t i = 0;
  for (std::uint32_t y = 0; y < reference.header.height; ++y) {
    for (std::uint32_t x = 0; x < reference.header.width; ++x) {
      for (std::uint32_t s = 0; s < reference.header.samples(); ++s, ++i) {
        const unsigned sample = picture.form.type == SampleType::u8
                                    ? picture.data[i]
                                    : picture.samples<std::uint16_t>()[i];
        ASSERT_EQ(reference.sample(x, y, s), sample) << what << " at " << x << ", " << y;
      }
    }
  }
}

EncodeParams params_of(int level, int filter = -1) {
  EncodeParams params;
  params.png.level = level;
  params.png.filter = filter;
  return params;
}

std::string name_of(const Picture& picture, int level, int filter = -1) {
  return std::to_string(picture.width) + " x " + std::to_string(picture.height) + " x " +
         std::to_string(picture.form.channels) + " depth " +
         std::to_string(picture.form.bit_depth) + " level " + std::to_string(level) + " filter " +
         std::to_string(filter);
}

TEST(PngEncoder, EveryFormLevelAndFilterComesBack) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const SampleType type : {SampleType::u8, SampleType::u16}) {
      Picture picture = make_picture(131, 97, form_of(channels, type));
      for (int level = -2; level <= 9; ++level) {
        expect_same(picture, encode(kPngEncoder, picture, params_of(level)),
                    name_of(picture, level));
      }
      for (int filter = 0; filter <= 4; ++filter) {
        for (const int level : {-2, -1}) {
          expect_same(picture, encode(kPngEncoder, picture, params_of(level, filter)),
                      name_of(picture, level, filter));
        }
      }
    }
  }
}

TEST(PngEncoder, EveryWidth) {
  for (std::int64_t width = 1; width <= 40; ++width) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const int level : {-2, -1}) {
        Picture picture = make_picture(width, width % 4 == 0 ? 300 : 5, form_of(channels));
        expect_same(picture, encode(kPngEncoder, picture, params_of(level)),
                    name_of(picture, level));
      }
    }
  }
}

TEST(PngEncoder, BitsArePacked) {
  for (const std::uint8_t depth : {1, 2, 4}) {
    for (const std::int64_t width : {1, 3, 7, 8, 9, 200}) {
      Picture picture = make_picture(width, 50, form_of(1, SampleType::u8, depth));
      for (const int level : {-2, -1}) {
        const Encoded encoded = encode(kPngEncoder, picture, params_of(level));
        expect_same(picture, encoded, name_of(picture, level));
      }
    }
  }
}

TEST(PngEncoder, OtherDepthsFillTheirTypeAndAreNoted) {
  Picture picture = make_picture(20, 10, form_of(3, SampleType::u16, 12));
  const Encoded encoded = encode(kPngEncoder, picture);
  ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
  const std::string text(encoded.data.begin(), encoded.data.end());
  EXPECT_NE(text.find(std::string("\0\0\0\3sBIT\14\14\14", 11)), std::string::npos);
  testing::DecodeWish wish;
  wish.form = picture.form;
  EXPECT_TRUE(decode(kPngDecoder, encoded.data, wish).picture.data == picture.data);
}

TEST(PngEncoder, ManyBlocksAndSeveralFiltersOfAPhotograph) {
  for (int channels = 1; channels <= 4; ++channels) {
    Picture picture = make_picture(700, 600, form_of(channels));
    expect_same(picture, encode(kPngEncoder, picture, params_of(-2)), name_of(picture, -2));
  }
}

TEST(PngEncoder, DrawingsBecomeSmallAtEveryLevel) {
  for (int channels = 1; channels <= 4; ++channels) {
    Picture picture = make_drawing(900, 700, channels);
    for (const int level : {-2, -1, 6}) {
      const Encoded encoded = encode(kPngEncoder, picture, params_of(level));
      expect_same(picture, encoded, name_of(picture, level));
      EXPECT_LT(encoded.data.size(), picture.data.size() / 10) << channels << " " << level;
    }
  }
}

TEST(PngEncoder, HigherLevelsAreSmaller) {
  Picture picture = make_picture(400, 300, form_of(3));
  std::size_t before = SIZE_MAX;
  for (const int level : {0, 1, 4, 6, 9}) {
    const std::size_t size = encode(kPngEncoder, picture, params_of(level)).data.size();
    EXPECT_LT(size, before) << level;
    before = size;
  }
}

TEST(PngEncoder, QualityValuesAreLevels) {
  Picture picture = make_picture(64, 64, form_of(3));
  EncodeParams params;
  params.quality_type = QualityType::lossless;
  const auto by_default = encode(kPngEncoder, picture);
  EXPECT_EQ(encode(kPngEncoder, picture, params).data, by_default.data);
  for (int level = 0; level <= 9; ++level) {
    params.quality_value = static_cast<float>(level);
    EXPECT_EQ(encode(kPngEncoder, picture, params).data,
              encode(kPngEncoder, picture, params_of(level)).data)
        << level;
  }
  for (const float value : {-1.0F, 10.0F, 2.5F, std::nanf("")}) {
    params.quality_value = value;
    EXPECT_EQ(encode(kPngEncoder, picture, params).status.code(), Code::bad_argument) << value;
  }
}

TEST(PngEncoder, RefusesWithAReason) {
  Picture picture = make_picture(8, 8, form_of(3));
  EncodeParams params;
  params.quality_type = QualityType::psnr;
  EXPECT_EQ(encode(kPngEncoder, picture, params).status.code(), Code::unsupported);
  EXPECT_EQ(encode(kPngEncoder, picture, params_of(-3)).status.code(), Code::bad_argument);
  EXPECT_EQ(encode(kPngEncoder, picture, params_of(10)).status.code(), Code::bad_argument);
  EXPECT_EQ(encode(kPngEncoder, picture, params_of(-1, 5)).status.code(), Code::bad_argument);
  params = {};
  params.color_spec = ColorSpec::cmyk;
  const Status status = encode(kPngEncoder, picture, params).status;
  EXPECT_EQ(status.code(), Code::unsupported);
  EXPECT_NE(status.message().find("color_spec"), std::string::npos) << status.message();
}

TEST(PngEncoder, ConvertsToTheColorSpec) {
  Picture picture = make_picture(30, 20, form_of(3));
  EncodeParams params;
  params.color_spec = ColorSpec::gray;
  const auto decoded = decode(kPngDecoder, encode(kPngEncoder, picture, params).data);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  EXPECT_EQ(decoded.picture.form, form_of(1));
}

TEST(PngFilter, EqualsTheStandard) {
  for (const std::size_t pixel : {1, 2, 3, 4, 6, 8}) {
    for (std::size_t width = 1; width <= 70; width += width < 40 ? 1 : 7) {
      const std::size_t bytes = width * pixel;
      std::vector<std::uint8_t> rows(2 * (bytes + 2 * kFilterMargin));
      std::mt19937 random(static_cast<unsigned>(bytes));
      std::uint8_t* above = rows.data() + kFilterMargin;
      std::uint8_t* row = above + bytes + 2 * kFilterMargin;
      for (std::size_t i = 0; i < bytes; ++i) {
        above[i] = static_cast<std::uint8_t>(random());
        row[i] = static_cast<std::uint8_t>(above[i] + random() % 32);
      }
      const UnfilteredRow input{row, above, bytes, pixel};
      for (std::uint8_t filter = 0; filter < kFilters; ++filter) {
        std::vector<std::uint8_t> expected(bytes), actual(bytes + kFilterMargin);
        filter_row_plainly(static_cast<Filter>(filter), input, expected.data());
        filter_row(static_cast<Filter>(filter), input, actual.data());
        actual.resize(bytes);
        ASSERT_EQ(actual, expected) << pixel << " " << width << " " << int{filter};
      }
      ASSERT_EQ(best_filter(input), best_filter_plainly(input)) << pixel << " " << width;
    }
  }
}

}  // namespace
}  // namespace glimt::png
