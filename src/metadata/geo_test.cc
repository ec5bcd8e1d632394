// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/geo.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "formats/tiff/file_for_test.h"

namespace glimt {
namespace {

using tiff::FileForTest;
using T = FieldType;

std::vector<std::uint64_t> doubles(std::initializer_list<double> values) {
  std::vector<std::uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}
std::vector<std::uint64_t> characters(std::string_view text) {
  std::vector<std::uint64_t> values;
  for (const char c : text) values.push_back(static_cast<std::uint8_t>(c));
  return values;
}

std::string geo(const std::vector<FileForTest::Entry>& entries, bool big_endian = false,
                std::uint64_t most = 1 << 20) {
  FileForTest file(IfdLayout::classic, big_endian);
  const std::uint64_t offset = file.add_ifd(entries);
  file.start_at(offset);
  const auto header = read_tiff_header(file.data);
  const auto ifd = Ifd::read(file.data, *header, header->first_ifd);
  const auto json = geo_json(*ifd, most);
  return json.ok() ? *json : std::string(name_of(json.status().code()));
}

TEST(Geo, KeysComeInTheFilesOrderWithTheirValues) {
  const std::vector<FileForTest::Entry> entries = {
      {33550, T::f64, doubles({0.1, 0.1, 0})},
      {33922, T::f64, doubles({0, 0, 0, -180.5, 90, 0})},
      {34735, T::u16, {1,    1,     0, 6,  //
                       1024, 0,     1, 2, 2049, 34737, 7, 8, 2057, 34736, 1, 0,
                       2059, 34736, 1, 1, 2062, 34736, 3, 0, 5000, 0,     1, 7}},
      {34736, T::f64, doubles({6378137, 298.257223563, 1e-9})},
      {34737, T::ascii, characters("ignored|WGS 84|")}};
  const std::string wanted =
      R"({"MODEL_PIXEL_SCALE":[0.1,0.1,0],"MODEL_TIEPOINT":[0,0,0,-180.5,90,0],)"
      R"("GT_MODEL_TYPE":2,"GEODETIC_CITATION":"WGS 84","ELLIPSOID_SEMI_MAJOR_AXIS":6378137,)"
      R"("ELLIPSOID_INV_FLATTENING":298.257223563,)"
      R"("GEOG_TO_WGS84":[6378137,298.257223563,1e-09],"GEOKEY_5000":7})";
  EXPECT_EQ(geo(entries), wanted);
  EXPECT_EQ(geo(entries, true), wanted);
  EXPECT_EQ(geo(entries, false, wanted.size() - 2), "limit");
}

TEST(Geo, TextsAreEscaped) {
  EXPECT_EQ(geo({{34735, T::u16, {1, 1, 0, 1, 1026, 34737, 5, 0}},
                 {34737, T::ascii, characters("a\"\n\xE9|")}}),
            "{\"GT_CITATION\":\"a\\\"\\n\xC3\xA9\"}");
}

TEST(Geo, ValuesThatAreNotThereAreLeftOut) {
  // Beyond the doubles, of no text, at a tag of something else; more keys said than there are.
  EXPECT_EQ(
      geo({{34735, T::u16, {1,    1,     0, 99,  //
                            2057, 34736, 2, 1,  1026, 34737, 3, 0, 1025, 256, 1, 0, 1024, 0, 1, 1}},
           {34736, T::f64, doubles({1, 2})}}),
      R"({"GT_MODEL_TYPE":1})");
}

TEST(Geo, OtherImagesHaveNone) {
  EXPECT_EQ(geo({{256, T::u16, {1}}}), "");
  EXPECT_EQ(geo({{34735, T::u16, {1, 1, 0}}}), "");
}

}  // namespace
}  // namespace glimt
