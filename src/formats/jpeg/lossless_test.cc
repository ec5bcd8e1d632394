// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/lossless.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "codec/sweeps.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/lossless_test.h"

namespace glimt::jpeg {
namespace {

using lossless_test::encode;
using lossless_test::File;
using lossless_test::make_planes;
using testing::Decoded;
using testing::DecodeWish;

Decoded decode(Bytes data, const DecodeWish& wish = {}) {
  return testing::decode(kJpegDecoder, data, wish);
}

/// The planes at the resolution of the image, each sample repeated, interleaved as the decoder
/// does.
std::vector<std::uint8_t> expected(const File& file) {
  std::vector<std::uint8_t> bytes;
  for (std::int64_t y = 0; y < file.height; ++y) {
    for (std::int64_t x = 0; x < file.width; ++x) {
      for (const auto& plane : file.planes) {
        const std::int64_t across = (file.width + plane.width - 1) / plane.width;
        const std::int64_t down = (file.height + plane.height - 1) / plane.height;
        const int sample = plane.at(x / across, y / down);
        bytes.push_back(static_cast<std::uint8_t>(sample));
        if (file.precision > 8) bytes.push_back(static_cast<std::uint8_t>(sample >> 8));
      }
    }
  }
  return bytes;
}

File file_of(std::int64_t width, std::int64_t height, std::size_t components = 1) {
  File file;
  file.width = width;
  file.height = height;
  file.sampling.assign(components, {1, 1});
  return file;
}

void expect_exact(File file) {
  make_planes(file);
  const auto data = encode(file);
  const Decoded got = decode(data);
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.note, "");
  EXPECT_EQ(got.picture.data, expected(file));
}

TEST(Lossless, EveryPredictorAndPrecision) {
  for (int precision = 2; precision <= 16; ++precision) {
    for (int predictor = 1; predictor <= 7; ++predictor) {
      SCOPED_TRACE(std::to_string(precision) + " bits, predictor " + std::to_string(predictor));
      for (const std::size_t components : {1U, 3U}) {
        File file = file_of(37, 23, components);
        file.precision = precision;
        file.predictor = predictor;
        expect_exact(file);
      }
    }
  }
}

TEST(Lossless, PointTransforms) {
  for (const int precision : {8, 12, 16}) {
    for (int shift = 1; shift < precision; ++shift) {
      SCOPED_TRACE(std::to_string(precision) + " bits less " + std::to_string(shift));
      File file = file_of(19, 14, 3);
      file.precision = precision;
      file.predictor = 1 + shift % 7;
      file.point_transform = shift;
      expect_exact(file);
    }
  }
}

TEST(Lossless, RestartIntervals) {
  for (const std::int64_t rows : {1, 2, 5, 40}) {
    for (const bool separate : {false, true}) {
      File file = file_of(31, 29, 3);
      file.predictor = 4;
      file.restart_rows = rows;
      file.separate_scans = separate;
      expect_exact(file);
    }
  }
}

TEST(Lossless, SubsampledComponentsAreRepeated) {
  const std::vector<std::vector<std::array<int, 2>>> samplings = {
      {{2, 2}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}},         {{1, 2}, {1, 1}, {1, 1}},
      {{4, 1}, {1, 1}, {1, 1}}, {{1, 1}, {1, 2}, {2, 1}, {1, 4}}, {{2, 2}}};
  for (const auto& sampling : samplings) {
    for (const bool separate : {false, true}) {
      for (const std::int64_t restart_rows : {0, 3}) {
        // Sizes that all factors divide, so that the expected pixels are found by division.
        File file = file_of(24, 32);
        file.sampling = sampling;
        file.predictor = 6;
        file.separate_scans = separate;
        file.restart_rows = restart_rows;
        file.head = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
        expect_exact(file);
      }
    }
  }
}

TEST(Lossless, SizesThatDoNotFillTheirMcus) {
  for (const std::int64_t width : {1, 2, 3, 17}) {
    for (const std::int64_t height : {1, 2, 3, 18}) {
      File file = file_of(width, height);
      file.sampling = {{2, 2}, {1, 1}, {1, 1}};
      make_planes(file);
      const Decoded got = decode(encode(file));
      ASSERT_TRUE(got.status.ok()) << got.status.text();
      for (std::int64_t y = 0; y < height; ++y) {
        for (std::int64_t x = 0; x < width; ++x) {
          const std::uint8_t* pixel =
              &got.picture.data[static_cast<std::size_t>(3 * (y * width + x))];
          ASSERT_EQ(pixel[0], file.planes[0].at(x, y));
          ASSERT_EQ(pixel[1], file.planes[1].at(x / 2, y / 2));
          ASSERT_EQ(pixel[2], file.planes[2].at(x / 2, y / 2));
        }
      }
    }
  }
}

TEST(Lossless, CodesOfAllLengths) {
  for (const int precision : {8, 16}) {
    File file = file_of(41, 30, 4);
    file.precision = precision;
    file.long_codes = true;
    expect_exact(file);
  }
}

TEST(Lossless, ADifferenceOfHalfTheRange) {
  // Alternating 0 and 32768: category 16, which has no bits of its own.
  for (const bool long_codes : {false, true}) {
    File file = file_of(16, 8);
    file.precision = 16;
    file.long_codes = long_codes;
    make_planes(file);
    for (std::size_t i = 0; i < file.planes[0].samples.size(); ++i) {
      file.planes[0].samples[i] = i % 2 != 0 ? 32768 : 0;
    }
    const Decoded got = decode(encode(file));
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, expected(file));
  }
}

TEST(Lossless, Regions) {
  for (const bool separate : {false, true}) {
    File file = file_of(61, 47);
    file.sampling = {{2, 2}, {1, 1}, {1, 1}};
    file.restart_rows = 4;
    file.separate_scans = separate;
    make_planes(file);
    testing::expect_regions(kJpegDecoder, encode(file));
  }
  File file = file_of(61, 47);
  file.precision = 16;
  make_planes(file);
  testing::expect_regions(kJpegDecoder, encode(file));
}

TEST(Lossless, RowsBelowTheWindowAreNotRead) {
  File file = file_of(40, 100);
  make_planes(file);
  auto data = encode(file);
  EXPECT_EQ(decode(data).units_decoded, 4000U);
  DecodeWish wish;
  wish.window = {3, 5, 9, 10};
  EXPECT_EQ(decode(data, wish).units_decoded, 400U);
  data.resize(data.size() / 2);
  EXPECT_TRUE(decode(data, wish).status.ok());
  EXPECT_EQ(decode(data).status.code(), Code::truncated);
}

TEST(Lossless, ColoursByMarkerElseAsStored) {
  const std::vector<std::uint8_t> jfif = {0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0,
                                          1,    2,    0, 0,  1,   0,   1,   0,   0};
  const auto adobe = [](std::uint8_t transform) {
    return std::vector<std::uint8_t>{0xFF, 0xEE, 0,   14, 'A', 'd', 'o', 'b',
                                     'e',  0,    100, 0,  0,   0,   0,   transform};
  };
  struct Case {
    std::vector<std::uint8_t> head;
    ColorModel color;
  };
  for (const Case& c : {Case{{}, ColorModel::rgb}, Case{jfif, ColorModel::ycc},
                        Case{adobe(0), ColorModel::rgb}, Case{adobe(1), ColorModel::ycc}}) {
    File file = file_of(20, 10, 3);
    file.head = c.head;
    make_planes(file);
    const auto data = encode(file);
    const auto info = kJpegFormat.parse({data}, {});
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->form.color, c.color);
    DecodeWish stored;
    stored.form = info->form;
    const Decoded got = decode(data, stored);
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, expected(file));
    EXPECT_EQ(decode(data).picture.data == expected(file), c.color == ColorModel::rgb);
  }
}

TEST(Lossless, ReportsDepthAndDeliversAnyOther) {
  File file = file_of(30, 20);
  file.precision = 12;
  make_planes(file);
  const auto data = encode(file);
  const auto info = kJpegFormat.parse({data}, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->image.coding, "lossless");
  EXPECT_EQ(info->image.type, SampleType::u16);
  EXPECT_EQ(info->image.precision, 12);
  DecodeWish wish;
  wish.form = {};  // gray of 8 bits
  const Decoded got = decode(data, wish);
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  for (std::size_t i = 0; i < got.picture.data.size(); ++i) {
    const int want = (file.planes[0].samples[i] * 255 * 2 + 4095) / (2 * 4095);
    ASSERT_EQ(got.picture.data[i], want);
  }
}

TEST(Lossless, DamageIsRefusedOrNoted) {
  File file = file_of(64, 64);
  file.predictor = 7;
  file.restart_rows = 8;
  make_planes(file);
  const auto sound = encode(file);
  // Without its third restart marker, intervals 2 and 3 become one.
  auto data = sound;
  const std::uint8_t marker[] = {0xFF, kRst0 + 2};
  const auto at = std::search(data.begin(), data.end(), std::begin(marker), std::end(marker));
  ASSERT_NE(at, data.end());
  data.erase(at, at + 2);
  const Decoded strict = decode(data);
  EXPECT_EQ(strict.status.code(), Code::corrupt);
  EXPECT_NE(strict.status.text().find("MCU row"), std::string::npos) << strict.status.text();
  DecodeWish wish;
  wish.partial = true;
  const Decoded partial = decode(data, wish);
  ASSERT_TRUE(partial.status.ok()) << partial.status.text();
  EXPECT_NE(partial.note, "");
  const auto want = expected(file);
  // The interval whose marker is gone is lost, those around it are not.
  const auto equal = [&](std::size_t from, std::size_t to) {
    return std::equal(want.begin() + static_cast<std::ptrdiff_t>(64 * from),
                      want.begin() + static_cast<std::ptrdiff_t>(64 * to),
                      partial.picture.data.begin() + static_cast<std::ptrdiff_t>(64 * from));
  };
  EXPECT_TRUE(equal(0, 24));
  EXPECT_FALSE(equal(24, 32));
  EXPECT_TRUE(equal(32, 64));
}

TEST(Lossless, HeadersThatMakeNoSenseAreCorrupt) {
  File file = file_of(16, 16);
  make_planes(file);
  const auto sound = encode(file);
  ASSERT_TRUE(decode(sound).status.ok());
  constexpr std::uint8_t kSosMarker[] = {0xFF, kSos};
  const auto sos =
      std::search(sound.begin(), sound.end(), std::begin(kSosMarker), std::end(kSosMarker));
  const auto offset = static_cast<std::size_t>(sos - sound.begin());
  struct Change {
    std::size_t at;
    std::uint8_t value;
  };
  // Of the scan header: component, table, predictor 0 and 8, Se, point transform 8.
  for (const Change& change :
       {Change{5, 9}, Change{6, 0x10}, Change{7, 0}, Change{7, 8}, Change{8, 1}, Change{9, 8}}) {
    auto data = sound;
    data[offset + change.at] = change.value;
    EXPECT_EQ(decode(data).status.code(), Code::corrupt) << "byte " << change.at;
  }
  auto data = sound;  // a restart interval of one MCU
  const std::uint8_t restart[] = {0xFF, kDri, 0, 4, 0, 1};
  data.insert(data.begin() + 2, std::begin(restart), std::end(restart));
  EXPECT_EQ(decode(data).status.code(), Code::corrupt);
}

TEST(Lossless, PrefixesAndFlippedBits) {
  for (const bool separate : {false, true}) {
    File file = file_of(18, 16);
    file.sampling = {{2, 1}, {1, 1}, {1, 1}};
    file.precision = separate ? 8 : 12;
    file.restart_rows = 3;
    file.separate_scans = separate;
    make_planes(file);
    const auto data = encode(file);
    EXPECT_GT(testing::sweep_prefixes(kJpegDecoder, data), 0);
    testing::sweep_bit_flips(kJpegDecoder, data, 600);
  }
}

}  // namespace
}  // namespace glimt::jpeg
