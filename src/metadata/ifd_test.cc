// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/ifd.h"

#include <gtest/gtest.h>

#include <bit>
#include <tuple>

#include "formats/tiff/file_for_test.h"
#include "metadata/exif.h"

namespace glimt {
namespace {

using T = FieldType;
using tiff::FileForTest;

class IfdOf : public testing::TestWithParam<std::tuple<IfdLayout, bool>> {};
INSTANTIATE_TEST_SUITE_P(Ifd, IfdOf,
                         testing::Combine(testing::Values(IfdLayout::classic, IfdLayout::big),
                                          testing::Bool()));

TEST_P(IfdOf, FieldsOfEveryType) {
  const auto [layout, big_endian] = GetParam();
  FileForTest file(layout, big_endian);
  const auto f = std::uint64_t{std::bit_cast<std::uint32_t>(2.5F)};
  const auto d = std::bit_cast<std::uint64_t>(-0.125);
  file.start_at(file.add_ifd({{1, T::byte, {200}},
                              {2, T::ascii, {'a', 'b', 0, 'c', 'd', 0, 'e', 'f', 0}},
                              {3, T::u16, {1, 65535, 3, 4, 5}},
                              {4, T::u32, {4000000000}},
                              {6, T::i8, {0xFF}},
                              {8, T::i16, {0x8000}},
                              {9, T::i32, {0xFFFFFFFF, 7, 8}},
                              {11, T::f32, {f}},
                              {12, T::f64, {d}},
                              {13, T::ifd, {99}},
                              {16, T::u64, {std::uint64_t{1} << 63}},
                              {17, T::i64, {~std::uint64_t{0}}}},
                             77));
  const auto header = read_tiff_header(file.data);
  ASSERT_TRUE(header.ok()) << header.status().text();
  EXPECT_EQ(header->layout, layout);
  EXPECT_EQ(header->big_endian, big_endian);
  const auto ifd = Ifd::read(file.data, *header, header->first_ifd);
  ASSERT_TRUE(ifd.ok());
  EXPECT_TRUE(ifd->whole());
  EXPECT_EQ(ifd->size(), 12U);
  EXPECT_EQ(ifd->next(), 77U);
  EXPECT_EQ(ifd->find(1)->unsigned_at(0), 200U);
  EXPECT_EQ(ifd->find(2)->text(), "ab");
  EXPECT_EQ(ifd->find(3)->count, 5U);
  EXPECT_EQ(ifd->find(3)->unsigned_at(1), 65535U);
  EXPECT_EQ(ifd->find(4)->unsigned_at(0), 4000000000U);
  EXPECT_EQ(ifd->find(6)->signed_at(0), -1);
  EXPECT_EQ(ifd->find(6)->unsigned_at(0), std::nullopt);
  EXPECT_EQ(ifd->find(8)->signed_at(0), -32768);
  EXPECT_EQ(ifd->find(9)->signed_at(0), -1);
  EXPECT_EQ(ifd->find(9)->unsigned_at(2), 8U);
  EXPECT_EQ(ifd->find(11)->number_at(0), 2.5);
  EXPECT_EQ(ifd->find(11)->unsigned_at(0), std::nullopt);
  EXPECT_EQ(ifd->find(12)->number_at(0), -0.125);
  EXPECT_EQ(ifd->find(13)->unsigned_at(0), 99U);
  EXPECT_EQ(ifd->find(16)->unsigned_at(0), std::uint64_t{1} << 63);
  EXPECT_EQ(ifd->find(16)->signed_at(0), std::nullopt);
  EXPECT_EQ(ifd->find(17)->signed_at(0), -1);
  EXPECT_EQ(ifd->find(5), std::nullopt);
}

TEST(Ifd, Rationals) {
  FileForTest file;
  const std::uint8_t numbers[] = {3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
  const std::uint64_t at = file.add(numbers);
  file.start_at(file.add_ifd({{282, T::u32, {at}}, {283, T::u32, {at}}}));
  // The entries' types and counts become those of two RATIONALs at that place.
  const std::size_t entry = static_cast<std::size_t>(at) + sizeof numbers + 2;
  file.data[entry + 2] = file.data[entry + 12 + 2] = 5;
  file.data[entry + 4] = 2;
  const auto header = read_tiff_header(file.data);
  const auto ifd = Ifd::read(file.data, *header, header->first_ifd);
  EXPECT_EQ(ifd->find(282)->number_at(0), 1.5);
  EXPECT_EQ(ifd->find(282)->number_at(1), std::nullopt);  // 1 / 0
}

TEST(Ifd, ValuesOutsideOfTheFileAreNone) {
  for (const std::uint64_t count :
       {std::uint64_t{100}, std::uint64_t{1} << 61, ~std::uint64_t{0}}) {
    FileForTest file(IfdLayout::big);
    const std::uint64_t at = file.add_ifd({{273, T::u64, {1, 2}}});
    file.start_at(at);
    store_le(&file.data[at + 8 + 4], count);
    const auto header = read_tiff_header(file.data);
    const auto ifd = Ifd::read(file.data, *header, header->first_ifd);
    ASSERT_TRUE(ifd.ok());
    EXPECT_EQ(ifd->find(273)->count, count);
    EXPECT_FALSE(ifd->find(273)->whole());
  }
}

TEST(Ifd, EveryPrefixIsReadOrRefused) {
  for (const auto layout : {IfdLayout::classic, IfdLayout::big}) {
    FileForTest file(layout);
    file.start_at(file.add_ifd(tiff::gray_image(8, 3, 4)));
    const std::size_t link = layout == IfdLayout::classic ? 4 : 8;  // files may end before it
    for (std::size_t size = 0; size < file.data.size(); ++size) {
      const std::vector<std::uint8_t> prefix(file.data.begin(),
                                             file.data.begin() + static_cast<std::ptrdiff_t>(size));
      const auto header = read_tiff_header(prefix);
      if (!header.ok()) continue;
      const auto ifd = Ifd::read(prefix, *header, header->first_ifd);
      if (!ifd.ok()) continue;
      EXPECT_EQ(ifd->whole(), size >= file.data.size() - link);
      EXPECT_TRUE(!ifd->whole() || ifd->next() == 0);
      for (std::size_t i = 0; i < ifd->size(); ++i) {
        const Field field = ifd->field(i);
        EXPECT_TRUE(!field.whole() || field.unsigned_at(0).has_value());
      }
    }
  }
}

TEST(Ifd, OrientationOfExif) {
  for (const bool big_endian : {false, true}) {
    for (std::uint64_t value = 0; value < 10; ++value) {
      FileForTest file(IfdLayout::classic, big_endian);
      file.start_at(file.add_ifd({{0x0100, T::u16, {5}}, {0x0112, T::u16, {value}}}));
      const auto found = find_exif_orientation(file.data);
      EXPECT_EQ(found.has_value(), value >= 1 && value <= 8);
      if (found.has_value()) {
        EXPECT_EQ(static_cast<std::uint64_t>(*found), value);
      }
    }
  }
}

}  // namespace
}  // namespace glimt
