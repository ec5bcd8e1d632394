// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/page_pool.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using reference::form_of;
using reference::Settings;
using testing::Encoded;
using testing::make_picture;
using testing::Picture;

const PixelForm kRgb = form_of(ColorModel::rgb, 3);
const PixelForm kGray = form_of(ColorModel::gray, 1);

Encoded encode(Picture& picture, const EncodeParams& params = {}) {
  return testing::encode(kJpegTurboEncoder, picture, params);
}

EncodeParams with_quality(float quality) {
  EncodeParams params;
  params.quality_type = QualityType::quality;
  params.quality_value = quality;
  return params;
}

TEST(TurboEncode, BytesEqualLibjpegsForEveryCodingAndSampling) {
  struct Row {
    ChromaSubsampling name;
    std::array<std::array<int, 2>, 4> factors;
  };
  const Row rows[] = {
      {ChromaSubsampling::css_444, {{{1, 1}}}}, {ChromaSubsampling::css_422, {{{2, 1}}}},
      {ChromaSubsampling::css_420, {{{2, 2}}}}, {ChromaSubsampling::css_440, {{{1, 2}}}},
      {ChromaSubsampling::css_411, {{{4, 1}}}}, {ChromaSubsampling::css_410, {{{4, 2}}}},
      {ChromaSubsampling::css_410v, {{{2, 4}}}}};
  for (const auto& [width, height] : {std::pair{61, 75}, std::pair{1, 1}, std::pair{33, 2}}) {
    Picture picture = make_picture(width, height, kRgb);
    for (const Row& row : rows) {
      for (unsigned bits = 0; bits < 16; ++bits) {
        SCOPED_TRACE(std::to_string(static_cast<int>(row.name)) + " bits " + std::to_string(bits));
        EncodeParams params = with_quality(85);
        params.chroma_subsampling = row.name;
        params.jpeg.progressive = (bits & 1) != 0;
        params.jpeg.optimized_huffman = (bits & 2) != 0;
        params.jpeg.arithmetic = (bits & 4) != 0;
        params.jpeg.restart_interval = (bits & 8) != 0 ? 5 : 0;
        Settings settings;
        settings.sampling = row.factors;
        settings.progressive = params.jpeg.progressive;
        settings.arithmetic = params.jpeg.arithmetic;
        settings.optimized = params.jpeg.optimized_huffman && !params.jpeg.arithmetic;
        settings.restart_interval = params.jpeg.restart_interval;
        const Encoded got = encode(picture, params);
        ASSERT_TRUE(got.status.ok()) << got.status.text();
        EXPECT_EQ(got.data, reference::encode(picture, settings));
        const auto info = kJpegFormat.parse({got.data}, {});
        ASSERT_TRUE(info.ok());
        EXPECT_EQ(info->image.chroma_subsampling, row.name);
      }
    }
  }
}

TEST(TurboEncode, QualityIsRoundedAndDefaultsTo75) {
  Picture picture = make_picture(40, 40, kRgb);
  const auto at = [&](int quality) {
    Settings settings;
    settings.quality = quality;
    return reference::encode(picture, settings);
  };
  EXPECT_EQ(encode(picture).data, at(75));
  EncodeParams unnamed;
  unnamed.quality_type = QualityType::quality;
  EXPECT_EQ(encode(picture, unnamed).data, at(75));
  EXPECT_EQ(encode(picture, with_quality(95.5F)).data, at(96));
  EXPECT_EQ(encode(picture, with_quality(1)).data, at(1));
  EXPECT_EQ(encode(picture, with_quality(100)).data, at(100));
  for (const float bad : {0.0F, 0.4F, -1.0F, 100.6F, 1e9F, std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(encode(picture, with_quality(bad)).status.code(), Code::bad_argument) << bad;
  }
}

TEST(TurboEncode, RefusesQualityTypesThatJpegHasNot) {
  Picture picture = make_picture(8, 8, kRgb);
  for (const QualityType type : {QualityType::lossless, QualityType::quantization_step,
                                 QualityType::psnr, QualityType::size_ratio}) {
    EncodeParams params;
    params.quality_type = type;
    const Encoded got = encode(picture, params);
    EXPECT_EQ(got.status.code(), Code::unsupported);
    EXPECT_FALSE(got.status.message().empty());
    EXPECT_EQ(kJpegTurboEncoder.caps.qualities & quality_bit(type), 0);
  }
  EncodeParams params;
  params.jpeg.restart_interval = 65536;
  EXPECT_EQ(encode(picture, params).status.code(), Code::bad_argument);
}

TEST(TurboEncode, OrdersOfRgbAreFedAsTheyAre) {
  Picture rgb = make_picture(43, 31, kRgb);
  const auto want = encode(rgb).data;
  for (const bool bgr : {false, true}) {
    for (const std::uint16_t channels : {3, 4}) {
      PixelForm form = form_of(ColorModel::rgb, channels);
      form.alpha = channels == 4;
      form.bgr = bgr;
      Picture picture{43, 31, form, {}};
      picture.data.resize(packed_bytes(43, 31, form));
      for (std::size_t i = 0; i < 43 * 31; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
          picture.data[i * channels + (bgr ? 2 - c : c)] = rgb.data[i * 3 + c];
        }
        if (channels == 4) picture.data[i * 4 + 3] = static_cast<std::uint8_t>(i);
      }
      const Encoded got = encode(picture);
      ASSERT_TRUE(got.status.ok()) << got.status.text();
      EXPECT_EQ(got.data, want);
    }
  }
}

TEST(TurboEncode, GrayFromGrayFromRgbAndFromGrayWithAlpha) {
  Picture gray = make_picture(30, 20, kGray);
  Settings settings{JCS_GRAYSCALE, JCS_GRAYSCALE};
  settings.quality = 75;
  const auto want = reference::encode(gray, settings);
  EXPECT_EQ(encode(gray).data, want);
  // One channel has no chroma: a colour subsampling with it is no contradiction.
  EncodeParams params;
  params.chroma_subsampling = ChromaSubsampling::css_420;
  EXPECT_EQ(encode(gray, params).data, want);

  PixelForm form = form_of(ColorModel::gray, 2);
  form.alpha = true;
  Picture with_alpha{30, 20, form, {}};
  for (const std::uint8_t y : gray.data) with_alpha.data.insert(with_alpha.data.end(), {y, 7});
  EXPECT_EQ(encode(with_alpha).data, want);

  Picture rgb = make_picture(30, 20, kRgb);
  EncodeParams to_gray;
  to_gray.color_spec = ColorSpec::gray;
  EncodeParams css_gray;
  css_gray.chroma_subsampling = ChromaSubsampling::css_gray;
  Picture luma{30, 20, kGray, {}};
  for (std::size_t i = 0; i < 30 * 20; ++i) {
    const double y =
        0.299 * rgb.data[3 * i] + 0.587 * rgb.data[3 * i + 1] + 0.114 * rgb.data[3 * i + 2];
    luma.data.push_back(static_cast<std::uint8_t>(std::lround(y)));
  }
  EXPECT_EQ(encode(rgb, to_gray).data, reference::encode(luma, settings));
  EXPECT_EQ(encode(rgb, css_gray).data, encode(rgb, to_gray).data);
}

TEST(TurboEncode, YccIsCodedAsItIs) {
  Picture picture = make_picture(30, 20, form_of(ColorModel::ycc, 3));
  Settings settings{JCS_YCbCr, JCS_YCbCr};
  settings.quality = 75;
  EXPECT_EQ(encode(picture).data, reference::encode(picture, settings));
}

TEST(TurboEncode, CmykAndYcckCarryAdobesMarkerAndInvertedInks) {
  for (const ColorModel color : {ColorModel::cmyk, ColorModel::ycck}) {
    const J_COLOR_SPACE space = color == ColorModel::cmyk ? JCS_CMYK : JCS_YCCK;
    PixelForm form = form_of(color, 4);
    form.inverted = true;
    Picture picture = make_picture(26, 19, form);
    Settings settings{space, space};
    settings.quality = 75;
    const Encoded got = encode(picture);
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.data, reference::encode(picture, settings));
    const auto info = kJpegFormat.parse({got.data}, {});
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->form.color, color);
    EXPECT_TRUE(info->form.inverted);
  }
  // Inks as everybody else counts them are turned over on the way.
  PixelForm plain = form_of(ColorModel::cmyk, 4), adobe = plain;
  adobe.inverted = true;
  Picture inks = make_picture(26, 19, plain);
  Picture light{26, 19, adobe, inks.data};
  for (std::uint8_t& v : light.data) v = static_cast<std::uint8_t>(255 - v);
  EXPECT_EQ(encode(inks).data, encode(light).data);
}

TEST(TurboEncode, RefusesByNameWhatAnMcuCannotHold) {
  PixelForm form = form_of(ColorModel::ycck, 4);
  Picture picture = make_picture(16, 16, form);
  EncodeParams params;
  params.chroma_subsampling = ChromaSubsampling::css_410;
  const Encoded got = encode(picture, params);
  EXPECT_EQ(got.status.code(), Code::unsupported);
  EXPECT_NE(got.status.message().find("4:1:0"), std::string::npos) << got.status.message();
  params.chroma_subsampling = ChromaSubsampling::css_420;
  EXPECT_TRUE(encode(picture, params).status.ok());
  Picture cmyk = make_picture(16, 16, form_of(ColorModel::cmyk, 4));
  EXPECT_EQ(encode(cmyk, params).status.code(), Code::unsupported);
}

TEST(TurboEncode, RefusesImagesLargerThanTheLibraryWrites) {
  Picture wide{65501, 1, kGray, std::vector<std::uint8_t>(65501)};
  const Encoded got = encode(wide);
  EXPECT_EQ(got.status.code(), Code::unsupported);
  EXPECT_NE(got.status.message().find("65500"), std::string::npos) << got.status.message();
}

/// One encoder for a row of images, as the engine keeps it.
class Session {
 public:
  Session() { encoder_ = std::move(kJpegTurboEncoder.open({}).value()); }

  EncodedBytes encode(Picture& picture, const EncodeParams& params, EncodedBytes reuse = {}) {
    PixelSource source(picture.view());
    Sink sink(std::move(reuse));
    EncodeJob job;
    job.params = &params;
    job.source = &source;
    job.color_spec = ColorSpec::srgb;
    job.subsampling = params.chroma_subsampling.value_or(ChromaSubsampling::css_444);
    job.sink = &sink;
    arena_.restart();
    const Limits limits;
    Worker worker{arena_, limits, {}};
    encoder_->encode({&job, 1}, worker);
    EXPECT_TRUE(job.status.ok()) << job.status.text();
    return std::move(sink).finish();
  }

 private:
  std::unique_ptr<ImageEncoder> encoder_;
  Arena arena_;
};

TEST(TurboEncode, AnEncoderForgetsTheImageBefore) {
  // Tables of an optimised image would not even hold all symbols of the next.
  Picture first = make_picture(16, 16, kRgb), second = make_picture(90, 70, kRgb, 5);
  EncodeParams optimized;
  optimized.jpeg.optimized_huffman = true;
  EncodeParams progressive;
  progressive.jpeg.progressive = true;
  progressive.jpeg.restart_interval = 2;
  EncodeParams plain;
  Session session;
  for (int i = 0; i < 3; ++i) {
    for (const EncodeParams* params : {&optimized, &plain, &progressive}) {
      for (Picture* picture : {&first, &second}) {
        const Bytes got = session.encode(*picture, *params).bytes();
        const auto want = encode(*picture, *params).data;
        ASSERT_TRUE(std::equal(got.begin(), got.end(), want.begin(), want.end()));
      }
    }
  }
}

TEST(TurboEncode, WritesIntoTheCallersMemoryAndTakesNoneFromTheSystem) {
  Picture picture = make_picture(640, 480, kRgb);
  EncodeParams params = with_quality(95);
  params.jpeg.progressive = true;
  Session session;
  EncodedBytes bytes = session.encode(picture, params);
  for (int i = 0; i < 3; ++i) bytes = session.encode(picture, params, std::move(bytes));
  const std::uint8_t* memory = bytes.data();
  const std::uint64_t before = page_pool_stats().fresh_blocks;
  bytes = session.encode(picture, params, std::move(bytes));
  EXPECT_EQ(bytes.data(), memory);
  EXPECT_EQ(page_pool_stats().fresh_blocks, before);
}

}  // namespace
}  // namespace glimt::jpeg
