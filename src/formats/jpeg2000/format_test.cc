// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/format.h"

#include <gtest/gtest.h>

#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

Result<StreamInfo> parse(Bytes data) { return kJpeg2000Format.parse(Source{data}, {}); }

ByteVector gray_codestream(const TestGrid& grid = {}) {
  std::vector<TestComponent> components(1);
  return make_codestream(components, grid);
}
ByteVector codestream_of(std::size_t count, std::uint32_t depth = 8) {
  std::vector<TestComponent> components(count);
  for (TestComponent& c : components) c.depth = depth;
  return make_codestream(components, {});
}

TEST(Jpeg2000Format, KnowsItsSignatures) {
  const ByteVector codestream = gray_codestream();
  EXPECT_TRUE(kJpeg2000Format.sniff(codestream));
  EXPECT_TRUE(kJpeg2000Format.sniff(jp2_file({color_box(17)}, codestream)));
  EXPECT_FALSE(kJpeg2000Format.sniff(bytes_of("\xFF\xD8\xFF\xE0 JFIF, not this")));
  EXPECT_FALSE(kJpeg2000Format.sniff({}));
  EXPECT_FALSE(kJpeg2000Format.sniff(bytes_of("\xFF\x4F")));
}

TEST(Jpeg2000Format, ReportsACodestreamWithoutColour) {
  const ByteVector data = codestream_of(3, 12);
  const auto info = parse(data);
  ASSERT_TRUE(info.ok()) << info.status().text();
  EXPECT_EQ(info->image.codec_name, "jpeg2k");
  EXPECT_EQ(info->image.coding, "Part 1, reversible 5-3");
  EXPECT_EQ(info->image.width, 40U);
  EXPECT_EQ(info->image.height, 30U);
  EXPECT_EQ(info->image.channels, 3U);
  EXPECT_EQ(info->image.type, SampleType::u16);
  EXPECT_EQ(info->image.precision, 12);
  EXPECT_EQ(info->image.color_spec, ColorSpec::unchanged);
  EXPECT_EQ(info->image.sample_format, SampleFormat::p_rgb);
  EXPECT_EQ(info->form.color, ColorModel::rgb);
  EXPECT_EQ(info->form.bit_depth, 12);
  EXPECT_EQ(info->coding, kPart1);
  EXPECT_EQ(info->pixel_data_offset, 0U);
  ASSERT_TRUE(info->image.tiles.has_value());
  EXPECT_EQ(info->image.tiles->num_tiles_x, 1U);
  EXPECT_EQ(info->image.tiles->tile_width, 40U);
  EXPECT_EQ(info->image.tiles->tile_height, 30U);
}

TEST(Jpeg2000Format, TakesColourFromTheFirstUsableSpecification) {
  const ByteVector codestream = codestream_of(3);
  ByteVector profile(132, 0);
  std::memcpy(&profile[16], "CMYK", 4);
  ByteVector icc = {2, 0, 0};
  append(icc, profile);
  const ByteVector icc_box = box("colr", icc);
  const ByteVector vendor = box("colr", ByteVector{4, 0, 0, 9, 9});
  struct Case {
    ByteVector file;
    ColorSpec spec;
    SampleFormat format;
    ColorModel color;
  };
  const Case cases[] = {
      {jp2_file({color_box(16)}, codestream), ColorSpec::srgb, SampleFormat::p_rgb,
       ColorModel::rgb},
      {jp2_file({color_box(18)}, codestream), ColorSpec::sycc, SampleFormat::p_yuv,
       ColorModel::ycc},
      {jp2_file({color_box(16), icc_box}, codestream), ColorSpec::srgb, SampleFormat::p_rgb,
       ColorModel::rgb},
      {jp2_file({icc_box, color_box(18)}, codestream), ColorSpec::unsupported,
       SampleFormat::p_unchanged, ColorModel::gray},  // an ink profile, but three channels
      {jp2_file({vendor, color_box(18)}, codestream), ColorSpec::sycc, SampleFormat::p_yuv,
       ColorModel::ycc},
      {jp2_file({color_box(14)}, codestream), ColorSpec::unsupported, SampleFormat::p_unchanged,
       ColorModel::rgb},
      {jp2_file({}, codestream), ColorSpec::unsupported, SampleFormat::p_unchanged,
       ColorModel::rgb},
  };
  for (const Case& c : cases) {
    const auto info = parse(c.file);
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.color_spec, c.spec);
    EXPECT_EQ(info->image.sample_format, c.format);
    EXPECT_EQ(info->form.color, c.color);
  }
}

TEST(Jpeg2000Format, CountsChannels) {
  struct Case {
    ByteVector file;
    SampleFormat format;
    ColorModel color;
    bool alpha;
    std::uint16_t channels;
  };
  const ByteVector ga = codestream_of(2), rgba = codestream_of(4), five = codestream_of(5);
  const Case cases[] = {
      {ga, SampleFormat::p_unchanged, ColorModel::other, false, 2},
      {jp2_file({color_box(17)}, ga), SampleFormat::p_ya, ColorModel::gray, true, 2},
      {jp2_file({color_box(17), definition_box({0, 0, 1, 1, 0xFFFF, 0xFFFF})}, ga),
       SampleFormat::p_unchanged, ColorModel::gray, false, 2},
      {rgba, SampleFormat::p_rgba, ColorModel::rgb, true, 4},
      {jp2_file({color_box(16)}, rgba), SampleFormat::p_rgba, ColorModel::rgb, true, 4},
      {jp2_file({color_box(12)}, rgba), SampleFormat::p_cmyk, ColorModel::cmyk, false, 4},
      {jp2_file({color_box(16), definition_box({0, 1, 0, 1, 0, 1, 2, 0, 2, 3, 0, 3})}, rgba),
       SampleFormat::p_rgba, ColorModel::rgb, true, 4},
      {five, SampleFormat::p_unchanged, ColorModel::other, false, 5},
      {jp2_file({color_box(16)}, five), SampleFormat::p_unchanged, ColorModel::rgb, false, 5},
  };
  for (const Case& c : cases) {
    const auto info = parse(c.file);
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.sample_format, c.format);
    EXPECT_EQ(info->form.color, c.color);
    EXPECT_EQ(info->form.alpha, c.alpha);
    EXPECT_EQ(info->form.channels, c.channels);
  }
}

TEST(Jpeg2000Format, ReportsTypesByDepthAndSign) {
  struct Case {
    std::uint32_t depth;
    bool is_signed;
    SampleType type;
  };
  for (const Case& c : {Case{1, false, SampleType::u8}, Case{8, true, SampleType::i8},
                        Case{9, false, SampleType::u16}, Case{16, true, SampleType::i16},
                        Case{17, false, SampleType::u32}, Case{24, true, SampleType::i32}}) {
    std::vector<TestComponent> components{{.depth = c.depth, .is_signed = c.is_signed}};
    const ByteVector data = make_codestream(components, {});
    const auto info = parse(data);
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->image.type, c.type);
    EXPECT_EQ(info->image.precision, c.depth);
  }
}

TEST(Jpeg2000Format, ReportsTiles) {
  const ByteVector tiled = gray_codestream({.x0 = 5,
                                            .y0 = 3,
                                            .x1 = 70,
                                            .y1 = 50,
                                            .tile_width = 16,
                                            .tile_height = 24,
                                            .tile_x0 = 2,
                                            .tile_y0 = 1});
  const auto info = parse(tiled);
  ASSERT_TRUE(info.ok()) << info.status().text();
  EXPECT_EQ(info->image.width, 65U);
  EXPECT_EQ(info->image.height, 47U);
  EXPECT_EQ(info->image.tiles->num_tiles_x, 5U);  // ceil((70 - 2) / 16)
  EXPECT_EQ(info->image.tiles->num_tiles_y, 3U);
  EXPECT_EQ(info->image.tiles->tile_width, 16U);
  EXPECT_EQ(info->image.tiles->tile_height, 24U);
  EXPECT_EQ(info->image.tiles->tile_offset_x, 3U);
  EXPECT_EQ(info->image.tiles->tile_offset_y, 2U);
}

TEST(Jpeg2000Format, ReportsChromaSubsampling) {
  std::vector<TestComponent> components{{}, {.dx = 2, .dy = 2}, {.dx = 2, .dy = 2}};
  const ByteVector file = jp2_file({color_box(18)}, make_codestream(components, {}));
  const auto info = parse(file);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->image.chroma_subsampling, ChromaSubsampling::css_420);
}

TEST(Jpeg2000Format, ReadsExtendedAndOpenLengths) {
  const ByteVector codestream = gray_codestream();
  for (const BoxLength length : {BoxLength::extended, BoxLength::to_the_end}) {
    const ByteVector file = jp2_file({color_box(17)}, codestream, length);
    const auto info = parse(file);
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.color_spec, ColorSpec::gray);
    EXPECT_EQ(info->pixel_data_offset, file.size() - codestream.size());
  }
}

TEST(Jpeg2000Format, RefusesWhatMakesNoSense) {
  const ByteVector codestream = gray_codestream();
  const ByteVector file = jp2_file({color_box(17)}, codestream);
  const auto code_of = [](Bytes data) { return parse(data).status().code(); };
  for (std::size_t size = 0; size < 120; ++size) {
    EXPECT_NE(code_of(Bytes(file).first(size)), Code::ok) << size;
  }
  const auto patched = [&](std::size_t at, std::uint8_t value) {
    ByteVector bad = codestream;
    bad[at] = value;
    return bad;
  };
  // SIZ: markers 0-3, length 4-5, Rsiz 6-7, Xsiz 8-11, Ysiz, XOsiz 16-19, ..., XTsiz 24-27.
  EXPECT_EQ(code_of(patched(16, 1)), Code::corrupt) << "an image offset past the image";
  EXPECT_EQ(code_of(patched(27, 0)), Code::corrupt) << "tiles without width";
  EXPECT_EQ(code_of(patched(41, 2)), Code::corrupt) << "more components than described";
  EXPECT_EQ(code_of(patched(43, 0)), Code::corrupt) << "a subsampling of 0";
  EXPECT_EQ(code_of(patched(42, 60)), Code::corrupt) << "61 bits";
  ByteVector short_box = file;
  short_box[15] = 4;  // the length of ftyp
  EXPECT_EQ(code_of(short_box), Code::corrupt);
  EXPECT_EQ(
      code_of(jp2_file({color_box(16), box("pclr", ByteVector{0, 9, 3, 7, 7, 7, 1})}, codestream)),
      Code::corrupt)
      << "a palette shorter than its entries";
}

TEST(Jpeg2000Format, FindsMetadata) {
  ByteVector file =
      jp2_file({color_box(17), box("colr", ByteVector{2, 0, 0, 'i', 'c', 'c'})}, gray_codestream());
  ByteVector exif = {'J', 'p', 'g', 'T', 'i', 'f', 'f', 'E',
                     'x', 'i', 'f', '-', '>', 'J', 'P', '2'};
  append(exif, bytes_of({"Exif\0\0II*\0rest", 14}));
  append(file, box("uuid", exif));
  ByteVector xmp = {0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8,
                    0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC};
  append(xmp, bytes_of("<x:xmpmeta/>"));
  append(file, box("uuid", xmp));
  const auto all = kJpeg2000Format.metadata(Source{file}, {}, MetadataKind::unknown, {});
  ASSERT_TRUE(all.ok()) << all.status().text();
  ASSERT_EQ(all->size(), 3U);
  const auto text = [](const Metadata& m) { return std::string(m.data.begin(), m.data.end()); };
  EXPECT_EQ((*all)[0].kind, MetadataKind::icc_profile);
  EXPECT_EQ(text((*all)[0]), "icc");
  EXPECT_EQ((*all)[1].kind, MetadataKind::exif);
  EXPECT_EQ(text((*all)[1]), std::string("II*\0rest", 8));
  EXPECT_EQ((*all)[2].kind, MetadataKind::xmp);
  EXPECT_EQ(text((*all)[2]), "<x:xmpmeta/>");
  const auto one = kJpeg2000Format.metadata(Source{file}, {}, MetadataKind::xmp, {});
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->size(), 1U);
  Limits tight;
  tight.max_metadata_bytes = 2;
  EXPECT_EQ(kJpeg2000Format.metadata(Source{file}, {}, MetadataKind::exif, tight).status().code(),
            Code::limit);
}

}  // namespace
}  // namespace glimt::jpeg2000
