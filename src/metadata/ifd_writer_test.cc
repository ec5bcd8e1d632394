// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/ifd_writer.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr IfdLayout kLayouts[] = {IfdLayout::classic, IfdLayout::big};

void put_at(std::vector<std::uint8_t>& file, std::uint64_t at, Bytes bytes) {
  if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

/// A file of IFDs that follow each other, each at the next even position.
std::vector<std::uint8_t> file_of(IfdLayout layout, std::initializer_list<IfdFields> pages) {
  std::vector<std::uint8_t> file = tiff_header(layout, 0);
  std::uint64_t link = first_link(layout);
  for (const IfdFields& fields : pages) {
    const std::uint64_t at = file.size() + file.size() % 2;
    const auto bytes = fields.bytes_at(layout, at);
    EXPECT_TRUE(bytes.ok()) << bytes.status().text();
    EXPECT_EQ(bytes->size(), fields.size(layout));
    put_at(file, at, *bytes);
    put_at(file, link, link_bytes(layout, at));
    link = at + fields.link(layout);
  }
  return file;
}

Ifd ifd_at(const std::vector<std::uint8_t>& file, std::uint64_t offset) {
  const auto header = read_tiff_header(file);
  EXPECT_TRUE(header.ok());
  const auto ifd = Ifd::read(file, *header, offset);
  EXPECT_TRUE(ifd.ok()) << ifd.status().text();
  EXPECT_TRUE(ifd->whole());
  return *ifd;
}

TEST(IfdWriter, EveryTypeIsReadBack) {
  for (const IfdLayout layout : kLayouts) {
    IfdFields fields;
    fields.set_text(305, "glimt");
    fields.set(256, FieldType::u16, 65535);
    const std::uint64_t three[] = {8, 9, 10};
    fields.set(258, FieldType::u16, three);
    fields.set_offsets(273, three);
    fields.set_rationals(282, {{{300, 1}}});
    const double numbers[] = {1.5, -2.25};
    ASSERT_TRUE(fields
                    .set_values(33550, FieldType::f64, 2,
                                {reinterpret_cast<const std::uint8_t*>(numbers), sizeof numbers})
                    .ok());
    const std::int32_t below = -7;
    ASSERT_TRUE(fields
                    .set_values(60000, FieldType::i32, 1,
                                {reinterpret_cast<const std::uint8_t*>(&below), 4})
                    .ok());
    const std::uint8_t odd[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    fields.set_bytes(700, FieldType::byte, odd);
    const auto file = file_of(layout, {fields});
    const Ifd ifd = ifd_at(file, read_tiff_header(file)->first_ifd);
    ASSERT_EQ(ifd.size(), 8U);
    for (std::size_t i = 1; i < ifd.size(); ++i) EXPECT_LT(ifd.field(i - 1).tag, ifd.field(i).tag);
    EXPECT_EQ(ifd.find(305)->text(), "glimt");
    EXPECT_EQ(ifd.find(256)->unsigned_at(0), 65535U);
    EXPECT_EQ(ifd.find(258)->unsigned_at(2), 10U);
    EXPECT_EQ(ifd.find(273)->unsigned_at(2), 10U);
    EXPECT_EQ(ifd.find(273)->type, layout == IfdLayout::big ? FieldType::u64 : FieldType::u32);
    EXPECT_EQ(ifd.find(282)->number_at(0), 300.0);
    EXPECT_EQ(ifd.find(33550)->number_at(1), -2.25);
    EXPECT_EQ(ifd.find(60000)->signed_at(0), -7);
    EXPECT_EQ(ifd.find(700)->data.size(), 9U);
    EXPECT_EQ(ifd.find(700)->data[8], 9);
    EXPECT_EQ(ifd.next(), 0U);
  }
}

TEST(IfdWriter, PagesAndChildrenAreLinked) {
  for (const IfdLayout layout : kLayouts) {
    IfdFields grandchild, child, first, second;
    grandchild.set_text(1, "R98");
    child.set_text(36867, "2026:01:02 03:04:05");
    child.set_child(40965, grandchild);
    first.set(256, FieldType::u32, 1);
    first.set_child(34665, child);
    first.set_text(305, "a text behind the child's pointer");
    second.set(256, FieldType::u32, 2);
    const auto file = file_of(layout, {first, second});
    const Ifd page = ifd_at(file, read_tiff_header(file)->first_ifd);
    EXPECT_EQ(page.find(305)->text(), "a text behind the child's pointer");
    const Ifd exif = ifd_at(file, *page.find(34665)->unsigned_at(0));
    EXPECT_EQ(exif.find(36867)->text(), "2026:01:02 03:04:05");
    EXPECT_EQ(exif.next(), 0U);
    const Ifd interop = ifd_at(file, *exif.find(40965)->unsigned_at(0));
    EXPECT_EQ(interop.find(1)->text(), "R98");
    EXPECT_EQ(interop.offset() % 2, 0U);
    const Ifd last = ifd_at(file, page.next());
    EXPECT_EQ(last.find(256)->unsigned_at(0), 2U);
    EXPECT_EQ(last.next(), 0U);
  }
}

TEST(IfdWriter, ClassicFilesHold32Bits) {
  IfdFields fields;
  const std::uint64_t offsets[] = {1, std::uint64_t{1} << 32};
  fields.set_offsets(273, offsets);
  EXPECT_EQ(fields.bytes_at(IfdLayout::classic, 8).status().code(), Code::limit);
  EXPECT_TRUE(fields.bytes_at(IfdLayout::big, 16).ok());
  IfdFields small;
  small.set(256, FieldType::u64, 77);
  EXPECT_EQ(small.bytes_at(IfdLayout::classic, std::uint64_t{1} << 32).status().code(),
            Code::limit);
  const auto file = file_of(IfdLayout::classic, {small});
  const Field field = *ifd_at(file, 8).find(256);
  EXPECT_EQ(field.type, FieldType::u32);
  EXPECT_EQ(field.unsigned_at(0), 77U);
}

TEST(IfdWriter, RefusesWhatIsNoField) {
  IfdFields fields;
  EXPECT_EQ(fields.bytes_at(IfdLayout::classic, 8).status().code(), Code::limit);
  const std::uint8_t three[] = {1, 2, 3};
  EXPECT_EQ(fields.set_values(1, FieldType::u16, 1, three).code(), Code::bad_argument);
  EXPECT_EQ(fields.set_values(1, static_cast<FieldType>(14), 3, three).code(), Code::bad_argument);
  EXPECT_EQ(fields.set_values(1, FieldType::byte, 0, {}).code(), Code::bad_argument);
  EXPECT_TRUE(fields.empty());
}

TEST(IfdWriter, FieldsAreCopiedFromBigEndianFiles) {
  const std::uint8_t file[] = {'M', 'M', 0, 42, 0,  0, 0, 8, 0, 1, 0x01, 0x1A, 0,  5, 0, 0, 0,
                               1,   0,   0, 0,  26, 0, 0, 0, 0, 0, 0,    1,    44, 0, 0, 0, 2};
  const Field from = *Ifd::read(file, *read_tiff_header(file), 8)->find(282);
  IfdFields fields;
  ASSERT_TRUE(fields.copy(from).ok());
  const auto written = file_of(IfdLayout::classic, {fields});
  EXPECT_EQ(ifd_at(written, 8).find(282)->number_at(0), 150.0);
}

}  // namespace
}  // namespace glimt
