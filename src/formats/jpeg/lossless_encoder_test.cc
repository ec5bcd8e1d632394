// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "codec/testing.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using testing::Decoded;
using testing::DecodeWish;
using testing::Encoded;
using testing::make_picture;
using testing::Picture;

PixelForm form_of(ColorModel color, std::uint16_t channels, int bits) {
  PixelForm form;
  form.color = color;
  form.channels = channels;
  form.bit_depth = static_cast<std::uint8_t>(bits);
  form.type = bits > 8 ? SampleType::u16 : SampleType::u8;
  form.inverted = channels == 4 && color != ColorModel::rgb;
  return form;
}

EncodeParams lossless() {
  EncodeParams params;
  params.jpeg.lossless = true;
  return params;
}

Encoded encode(Picture& picture, const EncodeParams& params = lossless()) {
  return testing::encode(kJpegLosslessEncoder, picture, params);
}

/// The samples as the file has them.
Decoded decode(const Encoded& encoded) {
  DecodeWish wish;
  const auto info = kJpegFormat.parse({encoded.data}, {});
  if (info.ok()) wish.form = info->form;
  return testing::decode(kJpegDecoder, encoded.data, wish);
}

TEST(LosslessEncode, GivesEverySampleBack) {
  const std::pair<ColorModel, std::uint16_t> kinds[] = {{ColorModel::gray, 1},
                                                        {ColorModel::rgb, 3},
                                                        {ColorModel::ycc, 3},
                                                        {ColorModel::cmyk, 4},
                                                        {ColorModel::ycck, 4}};
  for (const auto& [color, channels] : kinds) {
    for (int bits = 2; bits <= 16; ++bits) {
      for (const auto& [width, height] : {std::pair{61, 43}, std::pair{1, 5}, std::pair{5, 1}}) {
        Picture picture = make_picture(width, height, form_of(color, channels, bits));
        const Encoded encoded = encode(picture);
        ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
        const auto info = kJpegFormat.parse({encoded.data}, {});
        ASSERT_TRUE(info.ok()) << info.status().text();
        EXPECT_EQ(info->image.coding, "lossless");
        EXPECT_EQ(info->form, picture.form);
        const Decoded decoded = decode(encoded);
        ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
        EXPECT_EQ(decoded.picture.data, picture.data) << bits << " bits, " << channels;
      }
    }
  }
}

TEST(LosslessEncode, TheWidestDifferences) {
  Picture picture = make_picture(64, 16, form_of(ColorModel::gray, 1, 16));
  auto* samples = reinterpret_cast<std::uint16_t*>(picture.data.data());
  constexpr std::uint16_t extremes[] = {0, 32768, 0, 65535, 0, 32767, 65535, 1};
  for (std::size_t i = 0; i < 64 * 16; ++i) samples[i] = extremes[i * i % 8];
  const Decoded decoded = decode(encode(picture));
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  EXPECT_EQ(decoded.picture.data, picture.data);
}

TEST(LosslessEncode, OneColour) {
  Picture picture = make_picture(40, 30, form_of(ColorModel::rgb, 3, 8));
  std::fill(picture.data.begin(), picture.data.end(), std::uint8_t{128});
  const Encoded encoded = encode(picture);
  EXPECT_LT(encoded.data.size(), 700U);  // a bit a sample
  EXPECT_EQ(decode(encoded).picture.data, picture.data);
}

TEST(LosslessEncode, RestartIntervalsAreRows) {
  Picture picture = make_picture(50, 47, form_of(ColorModel::rgb, 3, 8));
  EncodeParams params = lossless();
  params.jpeg.restart_interval = 150;
  const Encoded encoded = encode(picture, params);
  ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
  const auto count = [&](std::uint8_t marker) {
    int found = 0;
    for (std::size_t i = reference::find_segment(encoded.data, kSos); i + 1 < encoded.data.size();
         ++i) {
      found += encoded.data[i] == 0xFF && encoded.data[i + 1] == marker ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(count(kRst0), 2);  // 15 markers: 47 rows in threes
  EXPECT_EQ(count(kRst0 + 6), 2);
  EXPECT_EQ(count(kRst7), 1);
  EXPECT_EQ(decode(encoded).picture.data, picture.data);
  params.jpeg.restart_interval = 60;
  EXPECT_EQ(encode(picture, params).status.code(), Code::bad_argument);
}

TEST(LosslessEncode, PrecisionSaysHowManyBitsCount) {
  Picture picture = make_picture(30, 20, form_of(ColorModel::gray, 1, 12));
  picture.form.bit_depth = 16;  // nobody said that they are 12
  EncodeParams params = lossless();
  params.jpeg.precision = 12;
  const Encoded encoded = encode(picture, params);
  ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
  EXPECT_EQ(kJpegFormat.parse({encoded.data}, {})->image.precision, 12);
  EXPECT_EQ(decode(encoded).picture.data, picture.data);
  params.jpeg.precision = 10;
  const Status refused = encode(picture, params).status;
  EXPECT_EQ(refused.code(), Code::bad_argument);
  EXPECT_NE(refused.text().find("precision"), std::string::npos) << refused.text();
  for (const int precision : {1, 17}) {
    params.jpeg.precision = static_cast<std::uint8_t>(precision);
    EXPECT_EQ(encode(picture, params).status.code(), Code::bad_argument);
  }
}

TEST(LosslessEncode, ChangesColoursWhereAsked) {
  PixelForm bgra = form_of(ColorModel::rgb, 4, 8);
  bgra.alpha = bgra.bgr = bgra.planar = true;
  Picture picture = make_picture(33, 22, bgra);
  Decoded decoded = decode(encode(picture));
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  ASSERT_EQ(decoded.picture.form.channels, 3);
  const std::size_t plane = 33 * 22;
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_EQ(decoded.picture.data[3 * i + c], picture.data[(2 - c) * plane + i]);
    }
  }
  EncodeParams params = lossless();
  params.color_spec = ColorSpec::gray;
  decoded = decode(encode(picture, params));
  EXPECT_EQ(decoded.picture.form.color, ColorModel::gray);
}

TEST(LosslessEncode, EmbedsMetadata) {
  Picture picture = make_picture(16, 16, form_of(ColorModel::gray, 1, 8));
  PixelSource source(picture.view());
  std::vector<std::uint8_t> icc(100000);
  for (std::size_t i = 0; i < icc.size(); ++i) icc[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  const std::string xmp = "<x:xmpmeta/>";
  const std::uint8_t exif[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const EncodeParams params = lossless();
  Sink sink;
  EncodeJob job;
  job.params = &params;
  job.source = &source;
  job.color_spec = ColorSpec::gray;
  job.sink = &sink;
  job.embedded = {exif, icc, {reinterpret_cast<const std::uint8_t*>(xmp.data()), xmp.size()}};
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  auto encoder = kJpegLosslessEncoder.open(Options{});
  ASSERT_TRUE(encoder.ok());
  (*encoder)->encode({&job, 1}, worker);
  ASSERT_TRUE(job.status.ok()) << job.status.text();
  const auto blocks =
      kJpegFormat.metadata(Source{sink.written()}, {}, MetadataKind::unknown, limits);
  ASSERT_TRUE(blocks.ok());
  ASSERT_EQ(blocks->size(), 3U);
  EXPECT_EQ((*blocks)[0].data, icc);
  EXPECT_TRUE(std::equal(std::begin(exif), std::end(exif), (*blocks)[1].data.begin()));
  EXPECT_TRUE(std::equal(xmp.begin(), xmp.end(), (*blocks)[2].data.begin()));
}

TEST(LosslessEncode, RefusesWhatItCannotWrite) {
  Picture picture = make_picture(16, 16, form_of(ColorModel::rgb, 3, 8));
  EncodeParams params = lossless();
  params.chroma_subsampling = ChromaSubsampling::css_420;
  EXPECT_EQ(encode(picture, params).status.code(), Code::unsupported);
  params = lossless();
  params.jpeg.progressive = true;
  EXPECT_EQ(encode(picture, params).status.code(), Code::bad_argument);
  Picture other = make_picture(16, 16, form_of(ColorModel::other, 3, 8));
  EXPECT_EQ(encode(other).status.code(), Code::unsupported);
}

}  // namespace
}  // namespace glimt::jpeg
