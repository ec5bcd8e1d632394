// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Damaged, cut and odd files: what libpng takes and refuses is taken and refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codec/sweeps.h"
#include "formats/png/backends.h"
#include "formats/png/fixtures_for_test.h"

namespace glimt::png {
namespace {

using testing::decode;
using testing::Decoded;
using testing::DecodeWish;
using testing::Picture;

std::vector<std::uint8_t> gray_rows(std::size_t width, std::size_t height,
                                    std::uint8_t filter = 0) {
  std::vector<std::uint8_t> raw;
  for (std::size_t y = 0; y < height; ++y) {
    raw.push_back(filter);
    for (std::size_t x = 0; x < width; ++x) raw.push_back(static_cast<std::uint8_t>(x * 7 + y));
  }
  return raw;
}

/// libdeflate stops before a stored block that does not fit: the room behind the wanted rows must
/// hold a whole one.
TEST(PngDecoder, ARegionOfStoredBlocksIsComplete) {
  Builder builder;
  builder.header(1000, 300, 8, 0)
      .chunk("IDAT", deflated(gray_rows(1000, 300), 0))
      .chunk("IEND", {});
  const Decoded whole = decode(kPngDecoder, builder.file);
  ASSERT_TRUE(whole.status.ok()) << whole.status.text();
  for (const std::int64_t end : {1, 2, 64, 65, 66, 131, 299}) {
    DecodeWish wish;
    wish.window = {0, 0, 1000, end};
    expect_equal(decode(kPngDecoder, builder.file, wish),
                 testing::crop_of(whole.picture, wish.window), std::to_string(end));
  }
}

/// Files that libpng is asked about as well.
struct Odd {
  const char* what;
  std::vector<std::uint8_t> file;
};

const auto kRaw = gray_rows(20, 10);
const auto kGood = deflated(kRaw);
const std::vector<std::uint8_t> kFirst(kGood.begin(), kGood.end() - 20),
    kSecond(kGood.end() - 20, kGood.end());

Builder gray(Builder builder = {}) { return builder.header(20, 10, 8, 0); }
Builder indexed(std::uint8_t depth = 8) { return Builder().header(20, 10, depth, 3); }

std::vector<Odd> odd_image_data() {
  auto more = kRaw, less = kRaw, bad_filter = kRaw, bad_adler = kGood, trailing = kGood,
       preset = kGood, method = kGood;
  more.resize(kRaw.size() + 100);
  less.resize(kRaw.size() - 30);
  bad_filter[5 * 21] = 7;
  bad_adler.back() ^= 1;
  trailing.resize(kGood.size() + 9, 0x55);
  preset[1] = 0x20 + (31 - (preset[0] * 256 + 0x20) % 31) % 31;
  method[0] = 0x77;
  const std::vector<std::uint8_t> no_adler(kGood.begin(), kGood.end() - 4);
  std::vector<std::uint8_t> wrong_adler(kGood.end() - 4, kGood.end());
  wrong_adler[0] ^= 0x10;
  return {
      {"plain", gray().chunk("IDAT", kGood).chunk("IEND", {}).file},
      {"no IEND", gray().chunk("IDAT", kGood).file},
      {"no IDAT", gray().chunk("IEND", {}).file},
      {"only IHDR", gray().file},
      {"two IDAT", gray().chunk("IDAT", kFirst).chunk("IDAT", kSecond).file},
      {"empty IDAT between",
       gray().chunk("IDAT", kFirst).chunk("IDAT", {}).chunk("IDAT", kSecond).file},
      {"IDAT interrupted",
       gray().chunk("IDAT", kFirst).chunk("tEXt", {'a', 0, 'b'}).chunk("IDAT", kSecond).file},
      {"IDAT CRC", gray().chunk("IDAT", kGood, false).file},
      {"first IDAT CRC", gray().chunk("IDAT", kFirst, false).chunk("IDAT", kSecond).file},
      {"CRC of an empty IDAT at the end",
       gray().chunk("IDAT", kGood).chunk("IDAT", {}, false).file},
      {"more rows", gray().chunk("IDAT", deflated(more)).file},
      {"fewer rows", gray().chunk("IDAT", deflated(less)).chunk("IEND", {}).file},
      {"wrong Adler-32", gray().chunk("IDAT", bad_adler).file},
      {"wrong Adler-32 in a chunk of its own",
       gray().chunk("IDAT", no_adler).chunk("IDAT", wrong_adler).chunk("IEND", {}).file},
      {"no Adler-32", gray().chunk("IDAT", no_adler).chunk("IEND", {}).file},
      {"filter 7", gray().chunk("IDAT", deflated(bad_filter)).file},
      {"bytes after the stream", gray().chunk("IDAT", trailing).file},
      {"preset dictionary", gray().chunk("IDAT", preset).file},
      {"compression method", gray().chunk("IDAT", method).file},
  };
}

std::vector<Odd> odd_headers() {
  return {
      {"IHDR CRC", Builder().header(20, 10, 8, 0, 0, false).chunk("IDAT", kGood).file},
      {"no IHDR", Builder().chunk("IDAT", kGood).file},
      {"width 0", Builder().header(0, 10, 8, 0).chunk("IDAT", kGood).file},
      {"height 2^31", Builder().header(20, 0x80000000U, 8, 0).chunk("IDAT", kGood).file},
      {"depth 3", Builder().header(20, 10, 3, 0).chunk("IDAT", kGood).file},
      {"depth 4 in colour", Builder().header(20, 10, 4, 2).chunk("IDAT", kGood).file},
      {"depth 16 of indices", indexed(16).chunk("PLTE", {1, 2, 3}).chunk("IDAT", kGood).file},
      {"colour type 1", Builder().header(20, 10, 8, 1).chunk("IDAT", kGood).file},
      {"interlace 2", Builder().header(20, 10, 8, 0, 2).chunk("IDAT", kGood).file},
      {"second IHDR", gray(gray()).chunk("IDAT", kGood).file},
      {"unknown critical chunk", gray().chunk("ABCD", {1}).chunk("IDAT", kGood).file},
      {"unknown ancillary chunk", gray().chunk("abCd", {1}).chunk("IDAT", kGood).file},
      {"ancillary CRC", gray().chunk("gAMA", {0, 0, 1, 1}, false).chunk("IDAT", kGood).file},
      {"chunk name of digits", gray().chunk("1234", {1}).chunk("IDAT", kGood).file},
  };
}

std::vector<Odd> odd_palettes() {
  const auto with = [](const std::vector<std::uint8_t>& palette, bool crc = true) {
    return indexed().chunk("PLTE", palette, crc).chunk("IDAT", kGood).file;
  };
  return {
      {"palette in gray", gray().chunk("PLTE", {1, 2, 3}).chunk("IDAT", kGood).file},
      {"no PLTE", indexed().chunk("IDAT", kGood).file},
      {"PLTE of 4 bytes", with({1, 2, 3, 4})},
      {"PLTE of 0 bytes", with({})},
      {"PLTE of 257 entries", with(std::vector<std::uint8_t>(771))},
      {"PLTE CRC", with(std::vector<std::uint8_t>(768), false)},
      {"PLTE longer than the depth", indexed(1)
                                         .chunk("PLTE", {1, 2, 3, 4, 5, 6, 7, 8, 9})
                                         .chunk("IDAT", deflated(gray_rows(3, 10)))
                                         .file},
      {"two PLTE",
       indexed().chunk("PLTE", {1, 2, 3}).chunk("PLTE", {1, 2, 3}).chunk("IDAT", kGood).file},
      {"tRNS", gray().chunk("tRNS", {0, 7}).chunk("IDAT", kGood).file},
      {"tRNS with high bits", gray().chunk("tRNS", {3, 7}).chunk("IDAT", kGood).file},
      {"tRNS CRC", gray().chunk("tRNS", {0, 7}, false).chunk("IDAT", kGood).file},
      {"tRNS too long", gray().chunk("tRNS", {0, 7, 0}).chunk("IDAT", kGood).file},
      {"tRNS before PLTE",
       indexed().chunk("tRNS", {9}).chunk("PLTE", {1, 2, 3}).chunk("IDAT", kGood).file},
      {"tRNS longer than PLTE",
       indexed().chunk("PLTE", {1, 2, 3}).chunk("tRNS", {9, 8}).chunk("IDAT", kGood).file},
      {"tRNS after IDAT", gray().chunk("IDAT", kGood).chunk("tRNS", {0, 7}).file},
  };
}

TEST(PngDamage, TakesAndRefusesWhatLibpngDoes) {
  for (const auto& group : {odd_image_data(), odd_headers(), odd_palettes()}) {
    for (const Odd& odd : group) {
      TestImage reference;
      const bool taken = read_with_libpng(odd.file, reference);
      const Decoded decoded = decode(kPngDecoder, odd.file);
      EXPECT_EQ(decoded.status.ok(), taken) << odd.what << ": " << decoded.status.text();
      if (taken && decoded.status.ok()) expect_equal(decoded, expected_of(reference), odd.what);
    }
  }
}

TEST(PngDamage, EveryPrefixFailsOrIsWhole) {
  for (const bool interlaced : {false, true}) {
    TestImage image = make_test_image(30, 25, ColorType::truecolor, 8, interlaced);
    image.idat_bytes = 400;
    const auto file = write_with_libpng(image);
    const Picture expected = expected_of(image);
    for (std::size_t size = 0; size < file.size(); ++size) {
      // Bytes of its own, so that a sanitizer sees a step beyond.
      const std::vector<std::uint8_t> prefix(file.begin(),
                                             file.begin() + static_cast<std::ptrdiff_t>(size));
      const Decoded strict = decode(kPngDecoder, prefix);
      if (size >= file.size() - 12) {  // only IEND is cut
        expect_equal(strict, expected, "without IEND");
        continue;
      }
      EXPECT_FALSE(strict.status.ok()) << size;
      EXPECT_EQ(strict.status.code(), size < sizeof kSignature ? Code::corrupt : Code::truncated)
          << size << strict.status.text();
      DecodeWish wish;
      wish.partial = true;
      const Decoded partial = decode(kPngDecoder, prefix, wish);
      EXPECT_TRUE(!partial.status.ok() || !partial.note.empty()) << size;
    }
  }
}

TEST(PngDamage, PartialGivesTheRowsBeforeTheDamage) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  auto file = write_with_libpng(image);
  file.resize(file.size() * 3 / 5);
  DecodeWish wish;
  wish.partial = true;
  const Decoded decoded = decode(kPngDecoder, file, wish);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  EXPECT_EQ(decoded.note.substr(0, 10), "truncated:") << decoded.note;
  const Rect top{0, 0, 64, 40}, bottom{0, 95, 64, 100};
  EXPECT_TRUE(testing::crop_of(decoded.picture, top).data ==
              testing::crop_of(expected_of(image), top).data);
  const auto rest = testing::crop_of(decoded.picture, bottom).data;
  EXPECT_TRUE(std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST(PngDamage, ATruncatedFileStillHasItsTop) {
  const TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  auto file = write_with_libpng(image);
  file.resize(file.size() * 3 / 5);
  DecodeWish wish;
  wish.window = {0, 0, 64, 40};
  expect_equal(decode(kPngDecoder, file, wish), testing::crop_of(expected_of(image), wish.window),
               "top");
}

TEST(PngDamage, FlippedBitsNeverCrashAndNeverPassWhereLibpngFails) {
  TestImage image = make_test_image(30, 12, ColorType::indexed, 4, true);
  image.transparency = {1, 2, 3};
  const auto file = write_with_libpng(image);
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    auto damaged = file;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    TestImage reference;
    const bool taken = read_with_libpng(damaged, reference);
    const Decoded decoded = decode(kPngDecoder, damaged);
    ASSERT_EQ(decoded.status.ok(), taken) << "bit " << bit << ": " << decoded.status.text();
    DecodeWish wish;
    wish.partial = true;
    const Decoded partial = decode(kPngDecoder, damaged, wish);
    ASSERT_TRUE(!taken || partial.status.ok()) << bit;
  }
}

}  // namespace
}  // namespace glimt::png
