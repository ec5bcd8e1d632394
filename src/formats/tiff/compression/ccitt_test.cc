// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/ccitt.h"

#include <gtest/gtest.h>

#include <random>

#include "formats/tiff/bytes_for_test.h"
#include "formats/tiff/libtiff_for_test.h"

namespace glimt::tiff {
namespace {

using testing::Buffer;

struct Case {
  const char* name;
  Compression compression;
  std::uint32_t t4_options;
};
constexpr Case kCases[] = {
    {"RLE", Compression::ccitt_rle, 0},
    {"RLE in words", Compression::ccitt_rle_word, 0},
    {"T.4, one dimension", Compression::ccitt_g3, 0},
    {"T.4, aligned", Compression::ccitt_g3, 4},
    {"T.4, two dimensions", Compression::ccitt_g3, 1},
    {"T.4, two dimensions, aligned", Compression::ccitt_g3, 5},
    {"T.6", Compression::ccitt_g4, 0},
};

testing::Strip strip_of(const Case& c, std::uint32_t width, std::uint32_t height) {
  return {.compression = c.compression,
          .shape = {.width = width, .height = height, .bits = 1, .t4_options = c.t4_options}};
}

/// Rows of runs; `steps` is how long they may be. Padding is white.
Buffer drawing(std::uint32_t width, std::uint32_t height, unsigned longest, unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t row_bytes = (width + 7) / 8;
  Buffer rows(row_bytes * height);
  for (std::size_t y = 0; y < height; ++y) {
    std::uint8_t* row = &rows[y * row_bytes];
    if (y > 0 && random() % 3 != 0) {
      // Like the row above, here and there a pixel off: what two dimensions are for.
      std::copy(row - row_bytes, row, row);
      for (unsigned i = 0; i < 4; ++i) {
        const std::size_t x = random() % width;
        row[x / 8] ^= static_cast<std::uint8_t>(0x80 >> x % 8);
      }
      continue;
    }
    bool black = random() % 2 != 0;
    for (std::size_t x = 0; x < width; black = !black) {
      for (std::size_t end = std::min<std::size_t>(width, x + 1 + random() % longest); x < end; ++x)
        if (black) row[x / 8] |= static_cast<std::uint8_t>(0x80 >> x % 8);
    }
  }
  return rows;
}

void expect_equal(const Case& c, std::uint32_t width, std::uint32_t height, const Buffer& rows) {
  for (const bool lsb : {false, true}) {
    testing::Strip strip = strip_of(c, width, height);
    strip.shape.fill_order_lsb = lsb;
    const Buffer coded = testing::libtiff_compress(strip, rows);
    ASSERT_FALSE(coded.empty()) << c.name;
    testing::Guarded out(rows.size());
    const auto bytes = Decompressor().expand(c.compression, strip.shape, coded, out.span());
    ASSERT_TRUE(bytes.ok()) << c.name << ", width " << width << ": " << bytes.status().text();
    EXPECT_EQ(*bytes, rows.size()) << c.name << ", width " << width;
    EXPECT_TRUE(std::equal(rows.begin(), rows.end(), out.span().begin()))
        << c.name << ", width " << width;
    EXPECT_TRUE(out.intact());
  }
}

TEST(TiffCcitt, ReadsWhatLibtiffWrites) {
  for (const Case& c : kCases) {
    unsigned seed = 0;
    for (const std::uint32_t width :
         {1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 63U, 64U, 65U, 1728U, 5003U}) {
      for (const unsigned longest : {1U, 3U, 30U, 200U, 3000U})
        expect_equal(c, width, 40, drawing(width, 40, longest, ++seed));
    }
  }
}

// Row y holds a white and a black run of y pixels each: every code of every table.
TEST(TiffCcitt, EveryRunLength) {
  constexpr std::uint32_t width = 6000, height = 2700;
  Buffer rows(std::size_t{width} / 8 * height);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = y; x < std::min<std::size_t>(2 * y, width); ++x)
      rows[y * (width / 8) + x / 8] |= static_cast<std::uint8_t>(0x80 >> x % 8);
  }
  for (const Case& c : kCases) expect_equal(c, width, height, rows);
}

TEST(TiffCcitt, OnlyTheFirstRows) {
  for (const Case& c : kCases) {
    const testing::Strip strip = strip_of(c, 333, 30);
    const Buffer rows = drawing(333, 30, 25, 9);
    const Buffer coded = testing::libtiff_compress(strip, rows);
    for (std::size_t bytes = 0; bytes <= rows.size(); bytes += 17) {
      testing::Guarded out(bytes);
      const auto written = Decompressor().expand(c.compression, strip.shape, coded, out.span());
      ASSERT_TRUE(written.ok()) << written.status().text();
      EXPECT_EQ(*written, bytes / 42 * 42);
      EXPECT_TRUE(std::equal(out.span().begin(), out.span().begin() + *written, rows.begin()));
      EXPECT_TRUE(out.intact());
    }
  }
}

TEST(TiffCcitt, CutShort) {
  for (const Case& c : kCases) {
    const testing::Strip strip = strip_of(c, 333, 30);
    const Buffer rows = drawing(333, 30, 25, 10);
    const Buffer coded = testing::libtiff_compress(strip, rows);
    int truncated = 0;
    for (std::size_t kept = 0; kept + 8 < coded.size(); ++kept) {
      const Buffer cut(coded.begin(), coded.begin() + static_cast<std::ptrdiff_t>(kept));
      testing::Guarded out(rows.size());
      Decompressor decompressor;
      const auto bytes = decompressor.expand(c.compression, strip.shape, cut, out.span());
      ASSERT_TRUE(out.intact());
      const std::size_t written = decompressor.written();
      EXPECT_LT(written, rows.size()) << c.name << " kept " << kept << " of " << coded.size();
      EXPECT_TRUE(std::equal(out.span().begin(), out.span().begin() + written, rows.begin()))
          << c.name << " kept " << kept;
      if (!bytes.ok()) {
        ++truncated;
        EXPECT_EQ(bytes.status().code(), Code::truncated) << c.name << bytes.status().text();
      }
    }
    EXPECT_GT(truncated, 50) << c.name;
  }
}

TEST(TiffCcitt, DamageIsBounded) {
  std::mt19937 random(3);
  for (const Case& c : kCases) {
    const testing::Strip strip = strip_of(c, 517, 60);
    const Buffer rows = drawing(517, 60, 40, 11);
    const Buffer coded = testing::libtiff_compress(strip, rows);
    int failures = 0;
    for (int round = 0; round < 500; ++round) {
      Buffer damaged = coded;
      for (int flips = 0; flips < 1 + round % 5; ++flips)
        damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      testing::Guarded out(rows.size());
      Decompressor decompressor;
      failures += decompressor.expand(c.compression, strip.shape, damaged, out.span()).ok() ? 0 : 1;
      ASSERT_TRUE(out.intact());
      ASSERT_LE(decompressor.written(), rows.size());
    }
    EXPECT_GT(failures, 50) << c.name;
  }
}

TEST(TiffCcitt, GoesOnBehindADamagedRowOfT4) {
  const Case& c = kCases[2];
  const testing::Strip strip = strip_of(c, 64, 12);
  const Buffer rows = drawing(64, 12, 9, 4);
  Buffer coded = testing::libtiff_compress(strip, rows);
  coded[coded.size() / 2] = 0;
  coded[coded.size() / 2 + 1] |= 0x08;  // zeros, but too few for an end of line
  Decompressor decompressor;
  Buffer out(rows.size());
  const auto bytes = decompressor.expand(c.compression, strip.shape, coded, out);
  EXPECT_EQ(bytes.status().code(), Code::corrupt) << bytes.status().text();
  EXPECT_GE(decompressor.written(), rows.size() - 8);
  // Whole or one row lost, the last row is as it was.
  EXPECT_TRUE(std::equal(rows.end() - 8, rows.end(),
                         out.begin() + static_cast<std::ptrdiff_t>(decompressor.written()) - 8));
}

TEST(TiffCcitt, RefusesOtherSamples) {
  Buffer out(8);
  const ChunkShape gray{.width = 8, .height = 1, .bits = 8};
  EXPECT_EQ(Decompressor().expand(Compression::ccitt_g4, gray, out, out).status().code(),
            Code::unsupported);
  const ChunkShape fax{.width = 64, .height = 1, .bits = 1};
  const Buffer uncompressed_mode = {0x03, 0xC0, 0, 0};  // 0000001 111
  EXPECT_EQ(
      Decompressor().expand(Compression::ccitt_g4, fax, uncompressed_mode, out).status().code(),
      Code::unsupported);
}

}  // namespace
}  // namespace glimt::tiff
