// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/ht_guard.h"

#include <gtest/gtest.h>

#include "codec/testing.h"
#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

ByteVector ht_codestream() {
  testing::Picture picture = testing::make_picture(80, 60, {.channels = 1});
  EncodeParams params;
  params.jpeg2k.ht = true;
  params.jpeg2k.bitstream_type = Jpeg2kBitstreamType::j2k;
  params.tile_width = params.tile_height = 40;
  return testing::encode(kOpenjphEncoder, picture, params).data;
}

Code judged(const ByteVector& data) {
  const auto headers = read_headers(data);
  return headers.ok() ? check_ht_packets(*headers).code() : headers.status().code();
}

/// Offset of a marker in the main header.
std::size_t marker_at(const ByteVector& data, std::uint8_t low) {
  for (std::size_t at = 2; at + 1 < data.size(); ++at) {
    if (data[at] == 0xFF && data[at + 1] == low) return at;
  }
  return 0;
}

TEST(HtGuard, PassesSoundStreams) {
  const ByteVector data = ht_codestream();
  EXPECT_EQ(judged(data), Code::ok);
  EXPECT_EQ(judged({data.begin(), data.end() - 2}), Code::ok) << "without EOC";
  std::vector<TestComponent> components(1);
  EXPECT_EQ(judged(make_codestream(components, {})), Code::ok) << "Part 1";
}

TEST(HtGuard, FindsMarkerCodesInPackets) {
  const ByteVector data = ht_codestream();
  const std::size_t packets = marker_at(data, 0x93) + 2;
  ByteVector broken = data;
  broken[packets + 30] = 0xFF;
  broken[packets + 31] = 0x90;
  EXPECT_EQ(judged(broken), Code::corrupt);
  broken[packets + 31] = 0x8F;
  EXPECT_EQ(judged(broken), Code::ok);
  ByteVector at_the_end = data;
  at_the_end[data.size() - 3] = 0xFF;  // the last byte of the last tile-part
  EXPECT_EQ(judged(at_the_end), Code::corrupt);
}

TEST(HtGuard, RefusesWhereSuchCodesCouldHide) {
  const ByteVector data = ht_codestream();
  const std::size_t cod = marker_at(data, 0x52);
  ByteVector layers = data, sop = data, unknown = data;
  layers[cod + 7] = 2;
  EXPECT_EQ(judged(layers), Code::unsupported);
  sop[cod + 4] |= 2;
  EXPECT_EQ(judged(sop), Code::unsupported);
  unknown[marker_at(data, 0x64) + 1] = 0x7A;
  EXPECT_EQ(judged(unknown), Code::unsupported);
}

TEST(HtGuard, SeesHtStyleWhereverItStands) {
  std::vector<TestComponent> components(1);
  const ByteVector part1 = make_codestream(components, {});
  const auto headers = read_headers(part1);
  ASSERT_TRUE(headers.ok());
  const std::size_t sot = headers->main.end;
  const std::uint8_t coc[] = {0xFF, 0x53, 0, 9, 0, 0, 2, 2, 2, 0x40, 1};
  ByteVector in_main = part1;
  in_main.insert(in_main.begin() + static_cast<std::ptrdiff_t>(sot), std::begin(coc),
                 std::end(coc));
  EXPECT_NE(read_headers(in_main)->main.markers & kHasHtComponent, 0U);
  ByteVector in_tile = part1;
  in_tile.insert(in_tile.begin() + static_cast<std::ptrdiff_t>(sot) + 12, std::begin(coc),
                 std::end(coc));
  store_be(&in_tile[sot + 6],
           static_cast<std::uint32_t>(load_be<std::uint32_t>(&in_tile[sot + 6]) + sizeof coc));
  EXPECT_EQ(judged(in_tile), Code::unsupported);
  ByteVector behind = part1;
  behind[sot + 3] = 11;  // the length of SOT: the walk ends here
  behind.insert(behind.begin() + static_cast<std::ptrdiff_t>(sot) + 20, std::begin(coc),
                std::end(coc));
  EXPECT_EQ(judged(behind), Code::unsupported);
}

}  // namespace
}  // namespace glimt::jpeg2000
