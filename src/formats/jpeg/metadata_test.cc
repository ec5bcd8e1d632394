// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/metadata.h"

#include <gtest/gtest.h>

#include <string>

#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using reference::with_segment;
using namespace std::string_literals;

std::vector<std::uint8_t> photo() {
  testing::Picture picture = testing::make_picture(16, 16, reference::form_of(ColorModel::rgb, 3));
  return reference::encode(picture, {});
}

std::vector<Metadata> blocks(const std::vector<std::uint8_t>& data,
                             MetadataKind kind = MetadataKind::unknown) {
  auto found = kJpegFormat.metadata({data}, {}, kind, {});
  EXPECT_TRUE(found.ok()) << found.status().text();
  return found.ok() ? *found : std::vector<Metadata>{};
}

std::string text(const Metadata& block) { return {block.data.begin(), block.data.end()}; }

std::string chunk(int number, int count, const std::string& data) {
  return "ICC_PROFILE\0"s + static_cast<char>(number) + static_cast<char>(count) + data;
}

const std::string kXmp = "http://ns.adobe.com/xap/1.0/\0"s;

TEST(JpegMetadata, NoneIsAnEmptyList) { EXPECT_TRUE(blocks(photo()).empty()); }

TEST(JpegMetadata, FindsProfileExifAndPacket) {
  auto data = with_segment(photo(), kApp1, kXmp + "<x:xmpmeta/>");
  data = with_segment(data, kApp1, "Exif\0\0II*\0\x08\0\0\0\0\0"s);
  data = with_segment(data, kApp2, chunk(1, 1, "profile"));
  const auto all = blocks(data);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].kind, MetadataKind::icc_profile);
  EXPECT_EQ(text(all[0]), "profile");
  EXPECT_EQ(all[1].kind, MetadataKind::exif);
  EXPECT_EQ(text(all[1]), "II*\0\x08\0\0\0\0\0"s);
  EXPECT_EQ(all[2].kind, MetadataKind::xmp);
  EXPECT_EQ(all[2].format, MetadataFormat::xmp);
  EXPECT_EQ(text(all[2]), "<x:xmpmeta/>");
  for (const Metadata& block : all) {
    const auto one = blocks(data, block.kind);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].data, block.data);
  }
  EXPECT_TRUE(blocks(data, MetadataKind::geo).empty());
}

TEST(JpegMetadata, ChunksOfAProfileAreJoinedByNumber) {
  // with_segment puts each in front: the file order is 2, 3, 1.
  auto data = with_segment(photo(), kApp2, chunk(1, 3, "one,"));
  data = with_segment(data, kApp2, chunk(3, 3, "three"));
  data = with_segment(data, kApp2, chunk(2, 3, "two,"));
  const auto all = blocks(data);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(text(all[0]), "one,two,three");
}

TEST(JpegMetadata, ADamagedProfileIsLeftOutAndToldWhenAskedFor) {
  const auto missing = with_segment(photo(), kApp2, chunk(1, 2, "one"));
  const auto twice = with_segment(missing, kApp2, chunk(1, 2, "one"));
  const auto contradicting = with_segment(missing, kApp2, chunk(2, 3, "two"));
  const auto zero = with_segment(photo(), kApp2, chunk(0, 1, "none"));
  const auto beyond = with_segment(photo(), kApp2, chunk(5, 1, "five"));
  for (const auto& data : {missing, twice, contradicting, zero, beyond}) {
    EXPECT_TRUE(blocks(data).empty());
    const auto found = kJpegFormat.metadata({data}, {}, MetadataKind::icc_profile, {});
    EXPECT_EQ(found.status().code(), Code::corrupt);
  }
}

TEST(JpegMetadata, IsBoundedByTheLimits) {
  const auto data = with_segment(photo(), kApp1, kXmp + std::string(1000, 'x'));
  Limits limits;
  limits.max_metadata_bytes = 999;
  EXPECT_EQ(kJpegFormat.metadata({data}, {}, MetadataKind::unknown, limits).status().code(),
            Code::limit);
  limits.max_metadata_bytes = 1000;
  EXPECT_TRUE(kJpegFormat.metadata({data}, {}, MetadataKind::unknown, limits).ok());
}

TEST(JpegMetadata, EveryPrefixIsSafe) {
  auto data = with_segment(photo(), kApp1, kXmp + "<x:xmpmeta/>");
  data = with_segment(data, kApp2, chunk(1, 1, "profile"));
  for (std::size_t size = 0; size < data.size(); ++size) {
    const auto found =
        kJpegFormat.metadata({Bytes(data.data(), size)}, {}, MetadataKind::unknown, {});
    EXPECT_EQ(found.ok(), size >= 2) << size;
  }
}

}  // namespace
}  // namespace glimt::jpeg
