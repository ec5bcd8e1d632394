// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/format.h"

#include <gtest/gtest.h>

#include "formats/bmp/testing.h"

namespace glimt {
namespace {

using bmp::Builder;

Result<StreamInfo> parse(const std::vector<std::uint8_t>& data) {
  return kBmpFormat.parse(Source{data}, {});
}

TEST(BmpFormat, SniffsTwoLettersAndAHeader) {
  const auto file = Builder{}.bytes();
  EXPECT_TRUE(kBmpFormat.sniff(file));
  EXPECT_FALSE(kBmpFormat.sniff(Bytes(file).first(17)));
  const std::vector<std::uint8_t> other(64, 'B');
  EXPECT_FALSE(kBmpFormat.sniff(other));
}

TEST(BmpFormat, ReportsColourByDepthPaletteAndMasks) {
  struct Row {
    Builder file;
    std::uint32_t channels;
    ColorSpec spec;
    SampleFormat format;
    std::string_view coding;
  };
  const Row rows[] = {
      {{.bits_per_pixel = 8, .palette = {0, 0x808080, 0xffffff}},
       1,
       ColorSpec::gray,
       SampleFormat::p_y,
       "palette"},
      {{.bits_per_pixel = 8, .palette = {0, 0x808081}},
       3,
       ColorSpec::srgb,
       SampleFormat::p_rgb,
       "palette"},
      {{.header_bytes = 12, .bits_per_pixel = 1, .palette = {0, 0xff0000}},
       3,
       ColorSpec::srgb,
       SampleFormat::p_rgb,
       "palette"},
      {{.bits_per_pixel = 4, .compression = 2, .palette = {1}},
       3,
       ColorSpec::srgb,
       SampleFormat::p_rgb,
       "RLE4"},
      {{.bits_per_pixel = 16}, 3, ColorSpec::srgb, SampleFormat::p_rgb, "uncompressed"},
      {{.bits_per_pixel = 24}, 3, ColorSpec::srgb, SampleFormat::p_rgb, "uncompressed"},
      {{.bits_per_pixel = 32}, 3, ColorSpec::srgb, SampleFormat::p_rgb, "uncompressed"},
      {{.bits_per_pixel = 32, .compression = 3, .masks = {0xff0000, 0xff00, 0xff}},
       3,
       ColorSpec::srgb,
       SampleFormat::p_rgb,
       "bit fields"},
      {{.header_bytes = 108,
        .bits_per_pixel = 32,
        .compression = 3,
        .masks = {0xff0000, 0xff00, 0xff, 0xff000000}},
       4,
       ColorSpec::srgb,
       SampleFormat::p_rgb,
       "bit fields"},
  };
  for (const Row& row : rows) {
    const auto info = parse(row.file.bytes());
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.channels, row.channels);
    EXPECT_EQ(info->form.channels, row.channels);
    EXPECT_EQ(info->form.alpha, row.channels == 4);
    EXPECT_EQ(info->image.color_spec, row.spec);
    EXPECT_EQ(info->image.sample_format, row.format);
    EXPECT_EQ(info->image.coding, row.coding);
    EXPECT_EQ(info->image.precision, 8);
    EXPECT_EQ(info->image.codec_name, "bmp");
  }
}

TEST(BmpFormat, ReadsSizesOfEveryHeader) {
  for (const std::uint32_t header : {12, 16, 20, 40, 52, 56, 64, 108, 124}) {
    const auto info = parse(Builder{.header_bytes = header, .width = 300, .height = 200}.bytes());
    ASSERT_TRUE(info.ok()) << header << " " << info.status().text();
    EXPECT_EQ(info->image.width, 300U);
    EXPECT_EQ(info->image.height, 200U);
  }
  const auto top_down = bmp::parse_header(Builder{.width = 3, .height = -7}.bytes());
  ASSERT_TRUE(top_down.ok());
  EXPECT_TRUE(top_down->top_down);
  EXPECT_EQ(top_down->height, 7U);
}

TEST(BmpFormat, RefusesWhatBreaksTheFormat) {
  struct Row {
    Builder file;
    Code code;
  };
  const Row rows[] = {
      {{.width = 0}, Code::corrupt},
      {{.width = -5}, Code::corrupt},
      {{.height = 0}, Code::corrupt},
      {{.bits_per_pixel = 7}, Code::unsupported},
      {{.header_bytes = 15}, Code::unsupported},
      {{.compression = 1}, Code::corrupt},
      {{.compression = 77}, Code::unsupported},
      {{.bits_per_pixel = 8, .compression = 3, .masks = {1, 2, 4}}, Code::corrupt},
      {{.bits_per_pixel = 16, .compression = 3, .masks = {0xff0000, 0xff00, 0xff}}, Code::corrupt},
      {{.bits_per_pixel = 32, .compression = 3, .masks = {0xf0f, 0xff00, 0xff}}, Code::corrupt},
  };
  for (const Row& row : rows) {
    const auto info = parse(row.file.bytes());
    ASSERT_FALSE(info.ok()) << "bits " << row.file.bits_per_pixel;
    EXPECT_EQ(info.status().code(), row.code) << info.status().text();
  }
  const auto file = Builder{}.bytes();
  const auto cut = parse({file.begin(), file.begin() + 53});
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.status().code(), Code::truncated);
}

TEST(BmpFormat, BoundsThePaletteByFileAndPixels) {
  Builder file{.bits_per_pixel = 8, .palette_said = 256, .palette = {1, 2, 3}};
  file.make_room();
  const auto header = bmp::parse_header(file.bytes());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->palette_size, 3U);
  file.palette.resize(300, 5);
  file.palette_said = 300;
  const auto large = bmp::parse_header(file.bytes());
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->palette_size, 256U);
  file.pixel_offset = 0;  // behind all 300 entries, then
  const auto found = bmp::parse_header(file.bytes());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->pixel_offset, 54U + 300 * 4);
}

TEST(BmpFormat, FindsTheProfileOfAV5Header) {
  Builder file{.header_bytes = 124};
  file.make_room();
  auto data = file.bytes();
  store_le(data.data() + 14 + 56, 0x4d424544U);
  store_le(data.data() + 14 + 112, static_cast<std::uint32_t>(data.size() - 14));
  store_le(data.data() + 14 + 116, 5U);
  const std::vector<std::uint8_t> profile = {'a', 'b', 'c', 'd', 'e'};
  const auto read = [&](MetadataKind kind, Limits limits = {}) {
    return kBmpFormat.metadata(Source{data}, {}, kind, limits);
  };
  EXPECT_TRUE(read(MetadataKind::unknown)->empty());  // it would lie behind the end of the file
  data.insert(data.end(), profile.begin(), profile.end());
  const auto found = read(MetadataKind::unknown);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].kind, MetadataKind::icc_profile);
  EXPECT_EQ((*found)[0].data, profile);
  EXPECT_TRUE(read(MetadataKind::exif)->empty());
  EXPECT_EQ(read(MetadataKind::unknown, {.max_metadata_bytes = 4}).status().code(), Code::limit);
  store_le(data.data() + 14 + 56, 0U);
  EXPECT_TRUE(read(MetadataKind::icc_profile)->empty());
}

}  // namespace
}  // namespace glimt
