// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/format.h"

#include <gtest/gtest.h>

#include <string>

#include "formats/png/fixtures_for_test.h"

namespace glimt::png {
namespace {

StreamInfo parse(Bytes file) {
  auto info = kPngFormat.parse(Source{file}, {});
  EXPECT_TRUE(info.ok()) << info.status().text();
  return info.ok() ? *info : StreamInfo();
}

/// TIFF header, one IFD with the orientation.
std::vector<std::uint8_t> exif_of(std::uint8_t orientation) {
  return {'M', 'M', 0, 42, 0, 0, 0,           8, 0, 1, 1, 0x12, 0,
          3,   0,   0, 0,  1, 0, orientation, 0, 0, 0, 0, 0,    0};
}

TEST(PngFormat, ReportsWhatTheHeaderSays) {
  struct Row {
    std::uint8_t type, depth;
    std::uint32_t channels;
    SampleType sample;
    ColorSpec spec;
    SampleFormat format;
    std::string_view coding;
  };
  const Row rows[] = {
      {0, 1, 1, SampleType::u8, ColorSpec::gray, SampleFormat::p_y, "greyscale"},
      {0, 16, 1, SampleType::u16, ColorSpec::gray, SampleFormat::p_y, "greyscale"},
      {2, 8, 3, SampleType::u8, ColorSpec::srgb, SampleFormat::i_rgb, "truecolour"},
      {3, 4, 3, SampleType::u8, ColorSpec::palette, SampleFormat::i_rgb, "indexed-colour"},
      {4, 8, 2, SampleType::u8, ColorSpec::gray, SampleFormat::i_ya, "greyscale with alpha"},
      {6, 16, 4, SampleType::u16, ColorSpec::srgb, SampleFormat::i_rgba, "truecolour with alpha"},
  };
  for (const Row& row : rows) {
    Builder builder;
    builder.header(64, 48, row.depth, row.type, 1);
    if (row.type == 3) builder.chunk("PLTE", {1, 2, 3});
    const StreamInfo info = parse(builder.chunk("IDAT", {}).file);
    EXPECT_EQ(info.image.codec_name, "png");
    EXPECT_EQ(info.image.coding, std::string(row.coding) + ", Adam7");
    EXPECT_EQ(info.image.width, 64U);
    EXPECT_EQ(info.image.height, 48U);
    EXPECT_EQ(info.image.channels, row.channels);
    EXPECT_EQ(info.image.type, row.sample);
    EXPECT_EQ(info.image.precision, row.depth);
    EXPECT_EQ(info.image.color_spec, row.spec);
    EXPECT_EQ(info.image.sample_format, row.format);
    EXPECT_EQ(info.form.bit_depth, row.type == 3 ? 8 : row.depth);
    EXPECT_EQ(info.image.num_images, 1U);
  }
}

TEST(PngFormat, CountsTransparency) {
  const auto gray =
      parse(Builder().header(9, 9, 4, 0).chunk("tRNS", {0, 3}).chunk("IDAT", {}).file);
  EXPECT_EQ(gray.image.channels, 2U);
  EXPECT_EQ(gray.image.sample_format, SampleFormat::i_ya);
  EXPECT_TRUE(gray.form.alpha);
  const auto indexed = parse(Builder()
                                 .header(9, 9, 8, 3)
                                 .chunk("PLTE", {1, 2, 3})
                                 .chunk("tRNS", {7})
                                 .chunk("IDAT", {})
                                 .file);
  EXPECT_EQ(indexed.image.channels, 4U);
  EXPECT_EQ(indexed.image.sample_format, SampleFormat::i_rgba);
  EXPECT_EQ(indexed.image.color_spec, ColorSpec::palette);
}

TEST(PngFormat, OrientationIsThatOfEXIfBeforeTheImageData) {
  for (std::uint8_t orientation = 1; orientation <= 8; ++orientation) {
    const auto file =
        Builder().header(4, 4, 8, 0).chunk("eXIf", exif_of(orientation)).chunk("IDAT", {}).file;
    EXPECT_EQ(static_cast<int>(parse(file).image.orientation), orientation);
  }
  const auto late = Builder().header(4, 4, 8, 0).chunk("IDAT", {}).chunk("eXIf", exif_of(6)).file;
  EXPECT_EQ(parse(late).image.orientation, Orientation::top_left);
  const auto bad_crc =
      Builder().header(4, 4, 8, 0).chunk("eXIf", exif_of(6), false).chunk("IDAT", {}).file;
  EXPECT_EQ(parse(bad_crc).image.orientation, Orientation::top_left);
}

TEST(PngFormat, HasOneImage) {
  const auto file = Builder().header(4, 4, 8, 0).chunk("IDAT", {}).file;
  PageRange page;
  page.image_idx = 1;
  EXPECT_EQ(kPngFormat.parse(Source{file}, page).status().code(), Code::bad_argument);
}

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
std::vector<std::uint8_t> joined(std::vector<std::uint8_t> a, const std::vector<std::uint8_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
using namespace std::string_view_literals;

std::vector<std::uint8_t> file_with_metadata() {
  const auto profile = deflated(std::vector<std::uint8_t>(3000, 7));
  return Builder()
      .header(4, 4, 8, 0)
      .chunk("iCCP", joined(bytes_of("name\0\0"sv), profile))
      .chunk("pHYs", {0, 0, 11, 19, 0, 0, 11, 20, 1})
      .chunk("tEXt", bytes_of("Author\0Ren\xE9"sv))
      .chunk("zTXt", joined(bytes_of("Comment\0\0"sv), deflated(bytes_of("one"sv))))
      .chunk("iTXt", bytes_of("Comment\0\0\0en\0Kommentar\0two \xC3\xA9"sv))
      .chunk("tEXt", bytes_of("Broken\0x"sv), false)
      .chunk("iTXt",
             joined(bytes_of("XML:com.adobe.xmp\0\1\0\0\0"sv), deflated(bytes_of("<x/>"sv))))
      .chunk("IDAT", {})
      .chunk("eXIf", exif_of(3))
      .chunk("IEND", {})
      .file;
}

TEST(PngMetadata, EveryKindIsFound) {
  const auto file = file_with_metadata();
  const auto all = read_metadata(Source{file}, {}, MetadataKind::unknown, Limits());
  ASSERT_TRUE(all.ok()) << all.status().text();
  const std::pair<MetadataKind, std::vector<std::uint8_t>> expected[] = {
      {MetadataKind::icc_profile, std::vector<std::uint8_t>(3000, 7)},
      {MetadataKind::exif, exif_of(3)},
      {MetadataKind::xmp, bytes_of("<x/>")},
      {MetadataKind::text,
       bytes_of("{\"Author\":\"Ren\xC3\xA9\",\"Comment\":[\"one\",\"two \xC3\xA9\"]}")},
      {MetadataKind::resolution, bytes_of(R"({"x":2835,"y":2836,"unit":"metre"})")},
  };
  ASSERT_EQ(all->size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ((*all)[i].kind, expected[i].first) << i;
    EXPECT_EQ((*all)[i].data, expected[i].second) << i;
    const auto one = read_metadata(Source{file}, {}, expected[i].first, Limits());
    ASSERT_TRUE(one.ok() && one->size() == 1) << i;
    EXPECT_EQ((*one)[0].data, expected[i].second) << i;
  }
}

TEST(PngMetadata, ADecompressionBombMeetsTheLimit) {
  const auto bomb = deflated(std::vector<std::uint8_t>(1 << 20));
  const auto file =
      Builder().header(4, 4, 8, 0).chunk("iCCP", joined(bytes_of("a\0\0"sv), bomb)).file;
  Limits limits;
  limits.max_metadata_bytes = 100'000;
  EXPECT_EQ(read_metadata(Source{file}, {}, MetadataKind::icc_profile, limits).status().code(),
            Code::limit);
}

TEST(PngMetadata, DamagedBlocksAreLeftOut) {
  const auto file = Builder()
                        .header(4, 4, 8, 0)
                        .chunk("iCCP", bytes_of("name\0\0 not deflate"sv))
                        .chunk("zTXt", bytes_of("Key\0\0"sv))
                        .chunk("iTXt", bytes_of("Key\0\1"sv))
                        .chunk("tEXt", bytes_of("no separator"sv))
                        .chunk("pHYs", {1, 2})
                        .file;
  const auto all = read_metadata(Source{file}, {}, MetadataKind::unknown, Limits());
  ASSERT_TRUE(all.ok()) << all.status().text();
  for (const Metadata& block : *all) EXPECT_EQ(block.kind, MetadataKind::text);
}

}  // namespace
}  // namespace glimt::png
