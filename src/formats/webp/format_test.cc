// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/format.h"

#include <gtest/gtest.h>

#include "formats/webp/backends.h"
#include "formats/webp/testing.h"

namespace glimt {
namespace {

using webp::chunk;
using webp::chunks_of;
using webp::extended_header;
using webp::File;
using webp::riff;

Result<StreamInfo> parse(const File& file) { return kWebpFormat.parse(Source{file}, {}); }

File encoded(int width, int height, bool alpha, QualityType quality) {
  PixelForm form{.channels = 3, .color = ColorModel::rgb};
  if (alpha) form = {.channels = 4, .color = ColorModel::rgb, .alpha = true};
  auto picture = testing::make_picture(width, height, form);
  EncodeParams params;
  params.quality_type = quality;
  return testing::encode(kLibwebpEncoder, picture, params).data;
}

File exif_block(std::uint8_t orientation) {
  return {'I', 'I', '*', 0, 8, 0,           0, 0, 1, 0, 0x12, 1, 3,
          0,   1,   0,   0, 0, orientation, 0, 0, 0, 0, 0,    0, 0};
}

TEST(WebpFormat, ReportsSizeAndAlpha) {
  for (const auto quality : {QualityType::standard, QualityType::lossless}) {
    for (const bool alpha : {false, true}) {
      const File file = encoded(123, 45, alpha, quality);
      EXPECT_TRUE(kWebpFormat.sniff(Bytes(file).first(16)));
      const auto info = parse(file);
      ASSERT_TRUE(info.ok()) << info.status().text();
      EXPECT_EQ(info->image.width, 123U);
      EXPECT_EQ(info->image.height, 45U);
      EXPECT_EQ(info->image.channels, alpha ? 4U : 3U);
      EXPECT_EQ(info->form.alpha, alpha);
      EXPECT_EQ(info->image.sample_format, alpha ? SampleFormat::i_rgba : SampleFormat::i_rgb);
      EXPECT_EQ(info->image.color_spec, ColorSpec::srgb);
      EXPECT_EQ(info->image.coding, quality == QualityType::lossless ? "lossless" : "lossy");
    }
  }
}

TEST(WebpFormat, ReadsOrientationAndMetadata) {
  const File image = chunks_of(encoded(8, 6, false, QualityType::standard));
  const File icc(31, 7), xmp(12, 'x');
  File prefixed = {'E', 'x', 'i', 'f', 0, 0};
  const File exif = exif_block(6);
  prefixed.insert(prefixed.end(), exif.begin(), exif.end());
  for (const File& stored : {exif, prefixed}) {
    const File file = riff({chunk("VP8X", extended_header(0x2c, 8, 6)), chunk("ICCP", icc), image,
                            chunk("EXIF", stored), chunk("XMP ", xmp)});
    const auto info = parse(file);
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.orientation, Orientation::right_top);
    const auto all = kWebpFormat.metadata(Source{file}, {}, MetadataKind::unknown, Limits{});
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ((*all)[0].kind, MetadataKind::icc_profile);
    EXPECT_EQ((*all)[0].data, icc);
    EXPECT_EQ((*all)[1].kind, MetadataKind::exif);
    EXPECT_EQ((*all)[1].data, exif);
    EXPECT_EQ((*all)[2].kind, MetadataKind::xmp);
    EXPECT_EQ((*all)[2].data, xmp);
    const auto one = kWebpFormat.metadata(Source{file}, {}, MetadataKind::xmp, Limits{});
    ASSERT_EQ(one->size(), 1U);
    Limits small;
    small.max_metadata_bytes = 40;
    EXPECT_EQ(kWebpFormat.metadata(Source{file}, {}, MetadataKind::unknown, small).status().code(),
              Code::limit);
  }
}

TEST(WebpFormat, ReportsAnimations) {
  const File image = chunks_of(encoded(8, 6, true, QualityType::standard));
  const File file = riff({chunk("VP8X", extended_header(0x12, 20, 10)), chunk("ANIM", File(6)),
                          chunk("ANMF", webp::frame(4, 2, 8, 6, image))});
  const auto info = parse(file);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->image.coding, "animation");
  EXPECT_EQ(info->image.width, 20U);
  EXPECT_EQ(info->image.height, 10U);
  EXPECT_EQ(info->image.channels, 4U);
  EXPECT_EQ(info->image.num_images, 1U);
  const auto layout = webp::read_layout(file, webp::Reach::image);
  EXPECT_EQ(layout->frame, (Rect{4, 2, 12, 8}));
}

TEST(WebpFormat, RefusesBrokenHeaders) {
  const File good = encoded(8, 6, false, QualityType::standard);
  for (std::size_t size = 0; size < 30; ++size) {
    const auto info = parse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    ASSERT_FALSE(info.ok()) << size;
    EXPECT_EQ(info.status().code(), Code::truncated) << size;
  }
  File bad = good;
  bad[23] = 0;  // the start code
  EXPECT_EQ(parse(bad).status().code(), Code::corrupt);
  bad = good;
  bad[20] |= 1;  // not a key frame
  EXPECT_EQ(parse(bad).status().code(), Code::corrupt);
  bad = good;
  bad[4] = 3, bad[5] = 0;  // a RIFF without room
  EXPECT_EQ(parse(bad).status().code(), Code::corrupt);
  EXPECT_EQ(parse(riff({chunk("JUNK", File(30))})).status().code(), Code::corrupt);
}

}  // namespace
}  // namespace glimt
