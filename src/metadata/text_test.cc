// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace glimt {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Text, RepeatedKeywordsHaveAListInTheirOrder) {
  const std::vector<TextEntry> entries = {{"b", "1"}, {"a", "\"x\"\n"}, {"b", "2"}, {"b", "3"}};
  const std::string json = text_json(entries);
  EXPECT_EQ(json, R"({"b":["1","2","3"],"a":"\"x\"\n"})");
  const auto back = parse_text_json(bytes_of(json));
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->size(), 4U);
  EXPECT_EQ((*back)[2].text, "3");
  EXPECT_EQ((*back)[3].text, "\"x\"\n");
}

TEST(Text, OtherJsonIsRefused) {
  for (const char* json : {"", "[1]", R"({"a":1})", R"({"a":["x",2]})", R"({"a":{}})", "{"}) {
    EXPECT_EQ(parse_text_json(bytes_of(json)).status().code(), Code::bad_argument) << json;
  }
  EXPECT_TRUE(parse_text_json(bytes_of("{}"))->empty());
}

TEST(Text, Utf8StaysAndTheRestIsLatin1) {
  EXPECT_EQ(utf8_of(bytes_of("plain")), "plain");
  for (const char* good : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(utf8_of(bytes_of(good)), good);
  }
  EXPECT_EQ(utf8_of(bytes_of("Ren\xE9")), "Ren\xC3\xA9");
  // Overlong, surrogate, beyond U+10FFFF, cut off: no UTF-8.
  for (const char* bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
    EXPECT_NE(utf8_of(bytes_of(bad)), bad);
  }
}

TEST(Text, Latin1IsAllItCanHold) {
  std::string latin1;
  ASSERT_TRUE(latin1_of("a\xC3\xA9\xC2\x80", latin1));
  EXPECT_EQ(latin1, "a\xE9\x80");
  EXPECT_EQ(utf8_of_latin1(bytes_of(latin1)), "a\xC3\xA9\xC2\x80");
  EXPECT_FALSE(latin1_of("\xE2\x82\xAC", latin1));
  EXPECT_FALSE(latin1_of("\xC4\x80", latin1));
  EXPECT_FALSE(latin1_of("\xC3", latin1));
}

TEST(Text, NumbersAreShortAndReadBack) {
  const std::pair<double, std::string_view> rows[] = {
      {6378137, "6378137"}, {298.257223563, "298.257223563"}, {0.1, "0.1"}, {-0.5, "-0.5"}};
  for (const auto& [number, text] : rows) {
    std::string json;
    append_json_number(json, number);
    EXPECT_EQ(json, text);
  }
  std::string json;
  append_json_number(json, std::numeric_limits<double>::infinity());
  append_json_number(json, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(json, "nullnull");
}

}  // namespace
}  // namespace glimt
