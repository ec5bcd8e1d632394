// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/exif_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "formats/tiff/file_for_test.h"
#include "metadata/exif.h"

namespace glimt {
namespace {

using tiff::FileForTest;
using T = FieldType;

std::vector<std::uint64_t> characters(std::string_view text) {
  std::vector<std::uint64_t> values;
  for (const char c : text) values.push_back(static_cast<std::uint8_t>(c));
  return values;
}

/// A TIFF with all four IFDs, and what only says how the pixels are stored.
FileForTest camera_file(IfdLayout layout, bool big_endian) {
  FileForTest file(layout, big_endian);
  const auto interop = file.add_ifd({{1, T::ascii, characters("R98")}});
  const auto gps = file.add_ifd({{0, T::byte, {2, 3, 0, 0}}, {5, T::byte, {1}}});
  const auto exif = file.add_ifd({{33434, T::rational, {1, 250}},
                                  {37500, T::undefined, characters("maker note")},
                                  {40965, T::u32, {interop}}});
  std::vector<FileForTest::Entry> entries = tiff::gray_image(8, 1, 1);
  entries.insert(entries.begin() + 5, {271, T::ascii, characters("Make")});
  entries.insert(entries.begin() + 6, {274, T::u16, {6}});
  entries.push_back({34665, T::u32, {exif}});
  entries.push_back({34853, layout == IfdLayout::big ? T::u64 : T::u32, {gps}});
  file.start_at(file.add_ifd(entries));
  return file;
}

std::vector<std::uint8_t> exif_of(const std::vector<std::uint8_t>& file,
                                  std::uint64_t most = 1 << 20) {
  const auto header = read_tiff_header(file);
  const auto ifd = Ifd::read(file, *header, header->first_ifd);
  auto block = exif_of_ifd(file, *header, *ifd, most);
  EXPECT_TRUE(block.ok()) << block.status().text();
  return block.ok() ? *block : std::vector<std::uint8_t>();
}

Ifd ifd_at(Bytes block, std::uint64_t offset) {
  return *Ifd::read(block, *read_tiff_header(block), offset);
}
Ifd first_ifd(Bytes block) { return ifd_at(block, read_tiff_header(block)->first_ifd); }
Ifd named_ifd(Bytes block, const Ifd& by, std::uint16_t tag) {
  return ifd_at(block, *by.find(tag)->unsigned_at(0));
}

TEST(ExifWriter, AllFourIfdsStandOnTheirOwn) {
  for (const IfdLayout layout : {IfdLayout::classic, IfdLayout::big}) {
    for (const bool big_endian : {false, true}) {
      const std::vector<std::uint8_t> block = exif_of(camera_file(layout, big_endian).data);
      ASSERT_FALSE(block.empty());
      EXPECT_EQ(read_tiff_header(block)->layout, IfdLayout::classic);
      EXPECT_EQ(read_tiff_header(block)->big_endian, big_endian);
      const Ifd ifd = first_ifd(block);
      EXPECT_EQ(ifd.find(271)->text(), "Make");
      EXPECT_EQ(exif_orientation(block), Orientation::right_top);
      EXPECT_EQ(ifd.size(), 4U);
      EXPECT_EQ(ifd.next(), 0U);
      const Ifd exif = named_ifd(block, ifd, 34665);
      EXPECT_EQ(exif.size(), 3U);
      EXPECT_EQ(exif.find(37500)->data.size(), 10U);
      EXPECT_EQ(named_ifd(block, exif, 40965).find(1)->text(), "R98");
      EXPECT_EQ(named_ifd(block, ifd, 34853).find(0)->data.size(), 4U);
    }
  }
}

TEST(ExifWriter, ImagesWithoutAnyHaveNoBlock) {
  FileForTest file;
  file.start_at(file.add_ifd(tiff::gray_image(8, 1, 1)));
  EXPECT_TRUE(exif_of(file.data).empty());
}

TEST(ExifWriter, WhatTheFileNoLongerHoldsIsLeftOut) {
  const FileForTest whole = camera_file(IfdLayout::classic, false);
  const auto header = read_tiff_header(whole.data);
  for (std::size_t at = 0; at < whole.data.size(); ++at) {
    std::vector<std::uint8_t> damaged = whole.data;
    damaged[at] ^= 0xFF;
    const auto ifd = Ifd::read(damaged, *header, header->first_ifd);
    if (!ifd.ok()) continue;
    const auto block = exif_of_ifd(damaged, *header, *ifd, 4096);
    if (!block.ok() || block->empty()) continue;
    EXPECT_TRUE(read_tiff_header(*block).ok());
  }
}

TEST(ExifWriter, IsBoundedByTheLimit) {
  const std::vector<std::uint8_t> file = camera_file(IfdLayout::classic, false).data;
  const std::size_t bytes = exif_of(file).size();
  const auto header = read_tiff_header(file);
  const auto ifd = Ifd::read(file, *header, header->first_ifd);
  EXPECT_TRUE(exif_of_ifd(file, *header, *ifd, bytes).ok());
  EXPECT_EQ(exif_of_ifd(file, *header, *ifd, bytes - 1).status().code(), Code::limit);
}

TEST(ExifWriter, AnOrientationIsChangedAddedOrMade) {
  for (const bool big_endian : {false, true}) {
    const auto given = exif_of(camera_file(IfdLayout::classic, big_endian).data);
    const auto changed = with_orientation(given, Orientation::left_bottom);
    ASSERT_TRUE(changed.ok());
    EXPECT_EQ(exif_orientation(*changed), Orientation::left_bottom);
    EXPECT_EQ(changed->size(), given.size());
    int differences = 0;
    for (std::size_t i = 0; i < given.size(); ++i) differences += given[i] != (*changed)[i];
    EXPECT_EQ(differences, 1);

    FileForTest file(IfdLayout::classic, big_endian);
    const auto second = file.add_ifd({{256, T::u16, {1}}});
    file.start_at(file.add_ifd(
        {{271, T::ascii, characters("Maker")}, {305, T::ascii, characters("By hand\0")}}, second));
    const auto added = with_orientation(file.data, Orientation::right_top);
    ASSERT_TRUE(added.ok());
    const Ifd ifd = first_ifd(*added);
    EXPECT_EQ(exif_orientation(*added), Orientation::right_top);
    EXPECT_EQ(ifd.size(), 3U);
    EXPECT_EQ(ifd.field(1).tag, 274);  // in ascending order
    EXPECT_EQ(ifd.find(305)->text(), "By hand");
    EXPECT_EQ(ifd.next(), second);
  }
  const auto made = with_orientation({}, Orientation::right_bottom);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(exif_orientation(*made), Orientation::right_bottom);
  const std::uint8_t no_ifd[] = {'I', 'I', 42, 0, 100, 0, 0, 0};
  EXPECT_EQ(with_orientation(no_ifd, Orientation::top_left).status().code(), Code::bad_argument);
}

}  // namespace
}  // namespace glimt
