// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/pnm/format.h"

#include <gtest/gtest.h>

#include <string>

namespace glimt {
namespace {

Result<StreamInfo> parse(std::string_view text) {
  return kPnmFormat.parse(Source{{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}},
                          {});
}
bool sniff(std::string_view text) {
  return kPnmFormat.sniff({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(PnmFormat, SniffsTheMagicNumber) {
  for (const char* head : {"P1\n", "P2 1", "P3\t", "P4\r", "P5#", "P6\n", "P7\n"}) {
    EXPECT_TRUE(sniff(head)) << head;
  }
  for (const char* head : {"P0\n", "P8\n", "P5", "P66", "P7 332\n", "Pf\n", "p6\n", ""}) {
    EXPECT_FALSE(sniff(head)) << head;
  }
}

TEST(PnmFormat, ReportsDepthByMaxval) {
  struct Row {
    std::string maxval;
    SampleType type;
    int precision;
  };
  const Row rows[] = {{"1", SampleType::u8, 1},       {"2", SampleType::u8, 8},
                      {"3", SampleType::u8, 2},       {"15", SampleType::u8, 4},
                      {"100", SampleType::u8, 8},     {"255", SampleType::u8, 8},
                      {"256", SampleType::u16, 16},   {"511", SampleType::u16, 9},
                      {"1023", SampleType::u16, 10},  {"4095", SampleType::u16, 12},
                      {"60000", SampleType::u16, 16}, {"65535", SampleType::u16, 16}};
  for (const Row& row : rows) {
    const auto info = parse("P5 3 4 " + row.maxval + "\nxxxx");
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.type, row.type) << row.maxval;
    EXPECT_EQ(info->image.precision, row.precision) << row.maxval;
    EXPECT_EQ(info->form.bit_depth, row.precision);
    EXPECT_EQ(info->form.max_value, 0U);
    EXPECT_EQ(info->image.width, 3U);
    EXPECT_EQ(info->image.height, 4U);
  }
}

TEST(PnmFormat, ReportsColourByKindAndTupleType) {
  struct Row {
    std::string header;
    std::uint32_t channels;
    ColorSpec spec;
    SampleFormat format;
  };
  const auto pam = [](int depth, const std::string& type) {
    return "P7\nWIDTH 2\nHEIGHT 2\nMAXVAL 255\nDEPTH " + std::to_string(depth) + "\nTUPLTYPE " +
           type + "\nENDHDR\n";
  };
  const Row rows[] = {
      {"P1 2 2 ", 1, ColorSpec::gray, SampleFormat::p_y},
      {"P6 2 2 255\n", 3, ColorSpec::srgb, SampleFormat::p_rgb},
      {pam(1, "BLACKANDWHITE"), 1, ColorSpec::gray, SampleFormat::p_y},
      {pam(2, "GRAYSCALE_ALPHA"), 2, ColorSpec::gray, SampleFormat::p_ya},
      {pam(3, "RGB"), 3, ColorSpec::srgb, SampleFormat::p_rgb},
      {pam(4, "RGB_ALPHA"), 4, ColorSpec::srgb, SampleFormat::p_rgba},
      {pam(4, "CMYK"), 4, ColorSpec::cmyk, SampleFormat::p_cmyk},
      {pam(2, "LIGHT_AND_DEPTH"), 2, ColorSpec::gray, SampleFormat::p_ya},
      {pam(3, "GRAYSCALE"), 3, ColorSpec::srgb, SampleFormat::p_rgb},
      {pam(7, "MULTISPECTRAL"), 7, ColorSpec::unsupported, SampleFormat::p_unchanged},
  };
  for (const Row& row : rows) {
    const auto info = parse(row.header);
    ASSERT_TRUE(info.ok()) << row.header << info.status().text();
    EXPECT_EQ(info->image.channels, row.channels) << row.header;
    EXPECT_EQ(info->image.color_spec, row.spec) << row.header;
    EXPECT_EQ(info->image.sample_format, row.format) << row.header;
  }
}

TEST(PnmFormat, RefusesBrokenHeaders) {
  for (const char* text :
       {"P5 0 4 255\n", "P5 3 0 255\n", "P5 3 4 0\n", "P5 3 4 65536\n", "P5 -3 4 255\n",
        "P5 3 4x 255\n", "P5 99999999999 4 255\n", "P6 3 4 255.0\n",
        "P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nENDHDR\n", "P7\nWIDTH x\nENDHDR\n"}) {
    const auto info = parse(text);
    ASSERT_FALSE(info.ok()) << text;
    EXPECT_EQ(info.status().code(), Code::corrupt) << text;
  }
  for (const char* text : {"P5\n", "P5 3", "P5 3 4", "P5 3 4 255", "P7\nWIDTH 3\n", "P5 # com"}) {
    const auto info = parse(text);
    ASSERT_FALSE(info.ok()) << text;
    EXPECT_EQ(info.status().code(), Code::truncated) << text;
  }
}

TEST(PnmFormat, TakesOneWhiteSpaceOrACommentBeforeTheRaster) {
  const auto offset = [](std::string_view text) { return parse(text)->pixel_data_offset; };
  EXPECT_EQ(offset("P5 1 1 255\n\n"), 11U);
  EXPECT_EQ(offset("P5 1 1 255\r\n"), 11U);
  EXPECT_EQ(offset("P5 1 1 255#say\nx"), 15U);
}

}  // namespace
}  // namespace glimt
