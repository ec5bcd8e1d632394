// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "codec/sweeps.h"
#include "codec/testing.h"
#include "formats/tiff/backends.h"
#include "formats/tiff/file_for_test.h"

namespace glimt::tiff {
namespace {

using glimt::testing::decode;
using glimt::testing::DecodeWish;
using T = FieldType;

std::vector<std::uint8_t> ramp(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 13);
  return bytes;
}

/// 19 x 23 pixels in tiles of 16 x 16, whose padding is 0xEE; PackBits where asked for.
FileForTest tiled(bool packed) {
  FileForTest file;
  const std::vector<std::uint8_t> pixels = ramp(std::size_t{19} * 23);
  std::vector<std::uint64_t> offsets, counts;
  for (std::size_t tile = 0; tile < 4; ++tile) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t row = 0; row < 16; ++row) {
      if (packed) bytes.push_back(15);  // 16 bytes as they are
      for (std::size_t column = 0; column < 16; ++column) {
        const std::size_t x = tile % 2 * 16 + column, y = tile / 2 * 16 + row;
        bytes.push_back(x < 19 && y < 23 ? pixels[y * 19 + x] : std::uint8_t{0xEE});
      }
    }
    offsets.push_back(file.add(bytes));
    counts.push_back(bytes.size());
  }
  file.start_at(file.add_ifd({{256, T::u32, {19}},
                              {257, T::u32, {23}},
                              {258, T::u16, {8}},
                              {259, T::u16, {packed ? 32773U : 1U}},
                              {262, T::u16, {1}},
                              {277, T::u16, {1}},
                              {322, T::u16, {16}},
                              {323, T::u16, {16}},
                              {324, T::u32, offsets},
                              {325, T::u32, counts}}));
  return file;
}

TEST(TiffDecoder, TilesWithoutTheirPadding) {
  for (const bool packed : {false, true}) {
    const auto decoded = decode(kTiffDecoder, tiled(packed).data);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    EXPECT_EQ(decoded.picture.data, ramp(std::size_t{19} * 23));
    EXPECT_EQ(decoded.units_decoded, 4U);
  }
}

TEST(TiffDecoder, Regions) {
  for (const bool packed : {false, true}) {
    glimt::testing::expect_regions(kTiffDecoder, tiled(packed).data);
    const PixelForm rgb16{
        .type = SampleType::u16, .bit_depth = 16, .channels = 3, .color = ColorModel::rgb};
    glimt::testing::expect_regions(kTiffDecoder, tiled(packed).data, {.form = rgb16});
  }
}

TEST(TiffDecoder, WindowsMeetOnlyTheirTiles) {
  DecodeWish wish;
  wish.window = {15, 15, 17, 17};
  EXPECT_EQ(decode(kTiffDecoder, tiled(true).data, wish).units_decoded, 4U);
  wish.window = {16, 0, 19, 16};
  EXPECT_EQ(decode(kTiffDecoder, tiled(true).data, wish).units_decoded, 1U);
}

TEST(TiffDecoder, Sweeps) {
  for (const bool packed : {false, true}) {
    const FileForTest file = tiled(packed);
    glimt::testing::sweep_prefixes(kTiffDecoder, file.data);
    glimt::testing::sweep_bit_flips(kTiffDecoder, file.data, 600);
  }
}

TEST(TiffDecoder, ImagesOfOtherFormatsNeedTheEngine) {
  FileForTest file;
  const auto bytes = ramp(64);
  auto fields = gray_image(file.add(bytes), 8, 8);
  fields[3].values = {7};
  file.start_at(file.add_ifd(fields));
  const auto decoded = decode(kTiffDecoder, file.data);
  EXPECT_EQ(decoded.status.code(), Code::unsupported) << decoded.status.text();
}

TEST(TiffDecoder, TheStateOfAStreamIsShared) {
  FileForTest file;
  const auto bytes = ramp(64);
  const std::uint64_t strip = file.add(bytes);
  const std::uint64_t last = file.add_ifd(gray_image(strip, 8, 2));
  const std::uint64_t second = file.add_ifd(gray_image(strip, 8, 4), last);
  const std::uint64_t first = file.add_ifd(gray_image(strip, 8, 8), second);
  const std::size_t link = file.next_at;
  file.start_at(first);
  StreamState state;
  const Source source{file.data, &state, {}};
  EXPECT_EQ(kTiffFormat.count(source, {}).count, 3U);
  // What was found is not looked for again: a link that breaks afterwards does not matter.
  file.overwrite(link, first);
  EXPECT_EQ(kTiffFormat.parse(Source{file.data, &state, {}}, {.image_idx = 2})->image.height, 2U);
  const auto broken = kTiffFormat.count(Source{file.data, nullptr, {}}, {});
  EXPECT_EQ(broken.count, 1U);
  EXPECT_EQ(broken.status.code(), Code::corrupt);
}

}  // namespace
}  // namespace glimt::tiff
