// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/summary.h"

#include <gtest/gtest.h>

#include <string>

namespace glimt {
namespace {

using namespace std::string_literals;

Metadata json_block(MetadataKind kind, std::string_view json) {
  return {kind, MetadataFormat::json, {json.begin(), json.end()}};
}

std::vector<std::uint8_t> profile_with(const std::string& description) {
  std::string profile(128, 'x');
  profile += "\0\0\0\1desc\0\0\0\x90\0\0\0\x60"s + description;
  return {profile.begin(), profile.end()};
}

TEST(Summary, ProfilesHaveNames) {
  const std::string padding(40, '\0');
  EXPECT_EQ(profile_name(profile_with("desc\0\0\0\0\0\0\0\x05sRGB\0"s + padding)), "sRGB");
  EXPECT_EQ(profile_name(profile_with("mluc\0\0\0\0\0\0\0\1\0\0\0\x0C"
                                      "enUS\0\0\0\x06\0\0\0\x1C\0D\0 \x26\x03"s +
                                      padding)),
            "D \xE2\x98\x83");
  const auto whole = profile_with("desc\0\0\0\0\0\0\0\x05sRGB\0"s + padding);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string name = profile_name(Bytes(whole).first(size));
    EXPECT_TRUE(name.empty() || name == "sRGB") << size;
  }
}

TEST(Summary, JsonTellsItsPoint) {
  EXPECT_EQ(summary_of(json_block(MetadataKind::resolution, R"({"x":300,"y":72.5,"unit":"inch"})")),
            "300 x 72.5 per inch");
  EXPECT_EQ(summary_of(json_block(MetadataKind::text, R"({"Comment":"a","Author":["b","c"]})")),
            "Comment, Author");
  EXPECT_EQ(summary_of(json_block(MetadataKind::geo,
                                  R"({"GT_CITATION":"WGS 84 / UTM 31N","PROJECTED_CRS":32631})")),
            "EPSG:32631, WGS 84 / UTM 31N");
  EXPECT_EQ(summary_of(json_block(MetadataKind::geo, "no JSON")), "");
}

TEST(Summary, LongTextsAreOneShortLine) {
  const std::string text = "Aperio\r\n Image\t Library\0 v"s + std::string(200, '\xC3');
  const std::string line = summary_of(json_block(MetadataKind::med_aperio, text));
  EXPECT_TRUE(line.starts_with("Aperio Image Library v"));
  EXPECT_LE(line.size(), 64U);
  EXPECT_TRUE(line.ends_with("..."));
}

}  // namespace
}  // namespace glimt
