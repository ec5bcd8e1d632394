// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/format.h"

#include <gtest/gtest.h>

#include <random>

#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using reference::form_of;
using reference::Settings;
using reference::with_segment;
using testing::make_picture;
using testing::Picture;
using namespace std::string_literals;

std::vector<std::uint8_t> photo(Settings settings = {}) {
  Picture picture = make_picture(33, 21, form_of(ColorModel::rgb, 3));
  return reference::encode(picture, settings);
}

ImageInfo parsed(Bytes data) {
  const auto info = kJpegFormat.parse({data}, {});
  EXPECT_TRUE(info.ok()) << info.status().text();
  return info.ok() ? info->image : ImageInfo{};
}

/// An Exif block with an orientation and one more tag, in either byte order.
std::string exif(int orientation, bool big_endian) {
  const auto n16 = [&](int v) {
    return big_endian ? std::string{static_cast<char>(v >> 8), static_cast<char>(v)}
                      : std::string{static_cast<char>(v), static_cast<char>(v >> 8)};
  };
  const auto n32 = [&](int v) {
    return big_endian ? n16(v >> 16) + n16(v) : n16(v) + n16(v >> 16);
  };
  const auto entry = [&](int tag, int value) {
    return n16(tag) + n16(3) + n32(1) + n16(value) + n16(0);
  };
  return "Exif\0\0"s + (big_endian ? "MM" : "II") + n16(42) + n32(8) + n16(2) + entry(0x0106, 6) +
         entry(0x0112, orientation) + n32(0);
}

TEST(JpegFormat, SniffsTheFirstTwoBytes) {
  const auto data = photo();
  EXPECT_TRUE(kJpegFormat.sniff(data));
  const std::uint8_t png[] = {0x89, 'P', 'N', 'G'}, one[] = {0xFF};
  EXPECT_FALSE(kJpegFormat.sniff(Bytes(png)));
  EXPECT_FALSE(kJpegFormat.sniff(Bytes(one)));
  EXPECT_FALSE(kJpegFormat.sniff({}));
}

TEST(JpegFormat, ReportsWhatIsCoded) {
  Settings progressive, arithmetic, both;
  progressive.progressive = both.progressive = true;
  arithmetic.arithmetic = both.arithmetic = true;
  EXPECT_EQ(parsed(photo()).coding, "baseline DCT");
  EXPECT_EQ(parsed(photo(progressive)).coding, "progressive DCT");
  EXPECT_EQ(parsed(photo(arithmetic)).coding, "extended sequential DCT, arithmetic coding");
  EXPECT_EQ(parsed(photo(both)).coding, "progressive DCT, arithmetic coding");

  const ImageInfo info = parsed(photo());
  EXPECT_EQ(info.codec_name, "jpeg");
  EXPECT_EQ(info.width, 33U);
  EXPECT_EQ(info.height, 21U);
  EXPECT_EQ(info.channels, 3U);
  EXPECT_EQ(info.type, SampleType::u8);
  EXPECT_EQ(info.precision, 8);
  EXPECT_EQ(info.color_spec, ColorSpec::sycc);
  EXPECT_EQ(info.sample_format, SampleFormat::p_yuv);
  EXPECT_EQ(info.num_images, 1U);
  EXPECT_FALSE(info.tiles.has_value());
}

TEST(JpegFormat, ReportsColoursByComponentsAndMarkers) {
  struct Case {
    J_COLOR_SPACE fed, coded;
    PixelForm form;
    ColorSpec spec;
    SampleFormat format;
  };
  const Case cases[] = {
      {JCS_GRAYSCALE, JCS_GRAYSCALE, form_of(ColorModel::gray, 1), ColorSpec::gray,
       SampleFormat::p_y},
      {JCS_RGB, JCS_RGB, form_of(ColorModel::rgb, 3), ColorSpec::srgb, SampleFormat::p_rgb},
      {JCS_CMYK, JCS_CMYK, form_of(ColorModel::cmyk, 4), ColorSpec::cmyk, SampleFormat::p_cmyk},
      {JCS_CMYK, JCS_YCCK, form_of(ColorModel::cmyk, 4), ColorSpec::ycck, SampleFormat::p_ycck},
      {JCS_UNKNOWN, JCS_UNKNOWN, form_of(ColorModel::other, 2), ColorSpec::unchanged,
       SampleFormat::p_unchanged}};
  for (const Case& c : cases) {
    Picture picture = make_picture(9, 9, c.form);
    const ImageInfo info = parsed(reference::encode(picture, {c.fed, c.coded}));
    EXPECT_EQ(info.color_spec, c.spec);
    EXPECT_EQ(info.sample_format, c.format);
    EXPECT_EQ(info.channels, c.form.channels);
  }
}

TEST(JpegFormat, ReportsSubsampling) {
  const std::optional<ChromaSubsampling> want[] = {ChromaSubsampling::css_444,
                                                   ChromaSubsampling::css_422,
                                                   ChromaSubsampling::css_420,
                                                   ChromaSubsampling::css_440,
                                                   ChromaSubsampling::css_411,
                                                   ChromaSubsampling::css_410,
                                                   ChromaSubsampling::css_410v,
                                                   std::nullopt,
                                                   std::nullopt,
                                                   ChromaSubsampling::css_422,
                                                   std::nullopt,
                                                   std::nullopt};
  std::size_t i = 0;
  for (const auto& sampling : reference::kSamplings) {
    Settings settings;
    settings.sampling = sampling.factors;
    EXPECT_EQ(parsed(photo(settings)).chroma_subsampling, want[i++]) << sampling.name;
  }
  Picture gray = make_picture(9, 9, form_of(ColorModel::gray, 1));
  EXPECT_EQ(parsed(reference::encode(gray, {JCS_GRAYSCALE, JCS_GRAYSCALE})).chroma_subsampling,
            ChromaSubsampling::css_gray);
}

TEST(JpegFormat, OrientationOfTheLastExifSegmentThatHasOne) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      const auto data = with_segment(photo(), kApp1, exif(orientation, big_endian));
      EXPECT_EQ(static_cast<int>(parsed(data).orientation), orientation);
    }
  }
  for (const int wrong : {0, 9, 255, 65535}) {
    EXPECT_EQ(parsed(with_segment(photo(), kApp1, exif(wrong, true))).orientation,
              Orientation::top_left);
  }
  // with_segment puts each in front: the file order is 6, 3, none.
  auto data = with_segment(photo(), kApp1, "Exif\0\0II*\0\x08\0\0\0\0\0"s);
  data = with_segment(data, kApp1, exif(3, false));
  data = with_segment(data, kApp1, exif(6, false));
  EXPECT_EQ(parsed(data).orientation, Orientation::bottom_right);
  // An upright one counts as well.
  data = with_segment(with_segment(photo(), kApp1, exif(1, false)), kApp1, exif(6, false));
  EXPECT_EQ(parsed(data).orientation, Orientation::top_left);
  const std::string whole = exif(6, true);
  for (std::size_t size = 0; size < whole.size() - 4; ++size) {
    parsed(with_segment(photo(), kApp1, whole.substr(0, size)));
  }
}

TEST(JpegFormat, FillBytesAndJunkBetweenSegmentsArePassedOver) {
  auto data = photo();
  const std::size_t table = reference::find_segment(data, 0xDB) - 4;
  data.insert(data.begin() + static_cast<std::ptrdiff_t>(table), {0xFF, 0xFF, 0xFF});
  data.insert(data.begin() + static_cast<std::ptrdiff_t>(table), {0, 1, 0xFF, 0, 2});
  EXPECT_EQ(parsed(data).width, 33U);
}

TEST(JpegFormat, EveryPrefixOfTheHeaderIsAnError) {
  const auto data = photo();
  const std::size_t scan = reference::find_segment(data, kSos) + 10;
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const auto info = kJpegFormat.parse({Bytes(data.data(), size)}, {});
    EXPECT_EQ(info.ok(), size >= scan) << size;
    if (info.ok()) continue;
    EXPECT_FALSE(info.status().message().empty());
    EXPECT_TRUE(info.status().code() == Code::corrupt || info.status().code() == Code::truncated);
  }
}

TEST(JpegFormat, BrokenFrameHeadersAreErrors) {
  struct Case {
    std::size_t offset;
    std::uint8_t value;
    const char* says;
  };
  const Case cases[] = {{0, 1, "bits a sample"}, {0, 17, "bits a sample"}, {5, 0, "no components"},
                        {5, 4, "length"},        {7, 0x01, "sampling"},    {7, 0x51, "sampling"},
                        {10, 0x10, "sampling"}};
  for (const Case& c : cases) {
    auto data = photo();
    data[reference::find_segment(data, kSof0) + c.offset] = c.value;
    const auto info = kJpegFormat.parse({data}, {});
    EXPECT_EQ(info.status().code(), Code::corrupt);
    EXPECT_NE(info.status().message().find(c.says), std::string::npos) << info.status().message();
  }
  auto flat = photo();
  const std::size_t frame = reference::find_segment(flat, kSof0);
  flat[frame + 3] = flat[frame + 4] = 0;
  EXPECT_EQ(kJpegFormat.parse({flat}, {}).status().code(), Code::corrupt);
}

TEST(JpegFormat, NamesTheStandardsThatItLeavesOut) {
  auto data = photo();
  const std::size_t frame = reference::find_segment(data, kSof0) - 4;
  data[frame + 1] = kSof55;
  const auto ls = kJpegFormat.parse({data}, {});
  EXPECT_EQ(ls.status().code(), Code::unsupported);
  EXPECT_NE(ls.status().message().find("JPEG-LS"), std::string::npos);
  data[frame + 1] = kDhp;
  EXPECT_EQ(kJpegFormat.parse({data}, {}).status().code(), Code::unsupported);
  data[frame + 1] = 0xC3;  // lossless: known, though no backend here decodes it
  EXPECT_EQ(parsed(data).coding, "lossless");
  data[frame + 1] = 0xC1;
  data[frame + 4] = 12;
  EXPECT_EQ(parsed(data).type, SampleType::u16);
  EXPECT_EQ(parsed(data).precision, 12);
}

TEST(JpegFormat, HoldsOneImage) {
  const auto data = photo();
  EXPECT_EQ(kJpegFormat.parse({data}, {1, 0, 0}).status().code(), Code::bad_argument);
  // An offset is where a TIFF starts to be read: it means nothing here.
  EXPECT_TRUE(kJpegFormat.parse({data}, {0, 2, 0}).ok());
}

TEST(JpegFormat, FlippedHeaderBitsNeverCrash) {
  std::mt19937 random(5);
  const auto data = with_segment(photo(), kApp1, exif(6, true));
  const std::size_t scan = reference::find_segment(data, kSos) + 10;
  for (int i = 0; i < 20'000; ++i) {
    auto flipped = data;
    for (int n = 0; n < 3; ++n) {
      flipped[random() % scan] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    }
    const auto info = kJpegFormat.parse({flipped}, {});
    ASSERT_TRUE(info.ok() || !info.status().message().empty());
    if (info.ok()) {
      ASSERT_GT(info->image.width, 0U);
      ASSERT_GT(info->image.height, 0U);
    }
  }
}

}  // namespace
}  // namespace glimt::jpeg
