// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lerc.h"

#include <Lerc_c_api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "formats/tiff/bytes_for_test.h"
#include "formats/tiff/compression/compressor.h"
#include "formats/tiff/libtiff_for_test.h"

namespace glimt::tiff {
namespace {

using testing::Buffer;
using testing::Content;

struct Type {
  SampleKind kind;
  std::uint32_t bits;
};
constexpr Type kTypes[] = {
    {SampleKind::unsigned_integer, 8},  {SampleKind::signed_integer, 8},
    {SampleKind::unsigned_integer, 16}, {SampleKind::signed_integer, 16},
    {SampleKind::unsigned_integer, 32}, {SampleKind::signed_integer, 32},
    {SampleKind::floating, 32},         {SampleKind::floating, 64},
};

/// Finite numbers of a type, in the host's order.
Buffer rows_of(const ChunkShape& shape) {
  const std::size_t count = std::size_t{shape.width} * shape.height * shape.samples;
  Buffer rows(count * shape.bits / 8);
  if (shape.kind != SampleKind::floating) return testing::bytes_of(Content::skewed, rows.size());
  for (std::size_t i = 0; i < count; ++i) {
    const double value = std::sin(static_cast<double>(i) * 0.01) * 100;
    const auto narrow = static_cast<float>(value);
    if (shape.bits == 32) std::memcpy(&rows[i * 4], &narrow, 4);
    if (shape.bits == 64) std::memcpy(&rows[i * 8], &value, 8);
  }
  return rows;
}

ChunkShape shape_of(const Type& type, std::uint32_t samples, std::uint32_t outer) {
  return {.width = 67,
          .height = 33,
          .samples = samples,
          .bits = type.bits,
          .kind = type.kind,
          .lerc_parameters = {4, outer}};
}

void swap_all(std::uint32_t bits, Buffer& samples) {
  for (std::size_t i = 0; i < samples.size(); i += bits / 8)
    std::reverse(&samples[i], &samples[i] + bits / 8);
}

TEST(TiffLerc, RoundTripsAndLibtiffAgrees) {
  Compressor compressor;
  Decompressor decompressor;
  for (const Type& type : kTypes) {
    for (const std::uint32_t samples : {1U, 3U, 4U}) {
      for (const std::uint32_t outer : {0U, 1U, 2U}) {
        testing::Strip strip{.compression = Compression::lerc,
                             .shape = shape_of(type, samples, outer)};
        const Buffer rows = rows_of(strip.shape);
        Buffer ours;
        ASSERT_TRUE(compressor.compress(Compression::lerc, strip.shape, rows, {}, ours).ok());
        const auto read = testing::libtiff_expand(strip, ours, rows.size());
        ASSERT_TRUE(read.has_value()) << type.bits << " bits, " << samples << " samples";
        EXPECT_TRUE(*read == rows);
        const Buffer theirs = testing::libtiff_compress(strip, rows);
        ASSERT_FALSE(theirs.empty());
        for (const Buffer& coded : {ours, theirs}) {
          testing::Guarded out(rows.size());
          const auto bytes = decompressor.expand(Compression::lerc, strip.shape, coded, out.span());
          ASSERT_TRUE(bytes.ok()) << bytes.status().text();
          EXPECT_TRUE(std::equal(rows.begin(), rows.end(), out.span().begin()));
          EXPECT_TRUE(out.intact());
          // The first rows alone.
          testing::Guarded part(rows.size() / 3);
          ASSERT_TRUE(decompressor.expand(Compression::lerc, strip.shape, coded, part.span()).ok());
          EXPECT_TRUE(std::equal(part.span().begin(), part.span().end(), rows.begin()));
        }
      }
    }
  }
}

TEST(TiffLerc, SamplesComeInTheFilesOrder) {
  for (const Type& type : kTypes) {
    ChunkShape shape = shape_of(type, 3, 0);
    const Buffer native = rows_of(shape);
    Buffer swapped = native, coded, out(native.size());
    swap_all(type.bits, swapped);
    shape.big_endian = true;
    ASSERT_TRUE(Compressor().compress(Compression::lerc, shape, swapped, {}, coded).ok());
    ASSERT_TRUE(Decompressor().expand(Compression::lerc, shape, coded, out).ok());
    EXPECT_TRUE(out == swapped);
    // The blob has an order of its own.
    shape.big_endian = false;
    ASSERT_TRUE(Decompressor().expand(Compression::lerc, shape, coded, out).ok());
    EXPECT_TRUE(out == native);
  }
}

TEST(TiffLerc, ErrorsAreBounded) {
  const ChunkShape shape = shape_of(kTypes[6], 1, 0);
  const Buffer rows = rows_of(shape);
  Buffer exact, coarse, out(rows.size());
  Compressor compressor;
  ASSERT_TRUE(compressor.compress(Compression::lerc, shape, rows, 0, exact).ok());
  ASSERT_TRUE(compressor.compress(Compression::lerc, shape, rows, 500, coarse).ok());
  EXPECT_LT(coarse.size(), exact.size() / 2);
  ASSERT_TRUE(Decompressor().expand(Compression::lerc, shape, coarse, out).ok());
  for (std::size_t i = 0; i < rows.size(); i += 4) {
    float was = 0, is = 0;
    std::memcpy(&was, &rows[i], 4);
    std::memcpy(&is, &out[i], 4);
    ASSERT_NEAR(was, is, 0.5001);
  }
}

/// A blob with masks, by liblerc itself.
Buffer masked_blob(const ChunkShape& shape, unsigned type, int depth, int bands, int masks,
                   const Buffer& samples, const Buffer& mask) {
  Buffer blob(samples.size() * 2 + 10'000);
  unsigned written = 0;
  EXPECT_EQ(lerc_encode(samples.data(), type, depth, static_cast<int>(shape.width),
                        static_cast<int>(shape.height), bands, masks, mask.data(), 0, blob.data(),
                        static_cast<unsigned>(blob.size()), &written),
            0U);
  blob.resize(written);
  return blob;
}

TEST(TiffLerc, FloatsOutsideTheMaskAreNan) {
  const ChunkShape shape = shape_of(kTypes[6], 2, 0);
  const std::size_t pixels = std::size_t{shape.width} * shape.height;
  const Buffer rows = rows_of(shape);
  Buffer planes(rows.size()), out(rows.size()), mask(2 * pixels, 1);
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t s = 0; s < 2; ++s)
      std::memcpy(&planes[(s * pixels + i) * 4], &rows[(i * 2 + s) * 4], 4);
    mask[i] = i % 5 != 0;
    mask[pixels + i] = i % 7 != 0;
  }
  const auto expect = [&](const Buffer& coded, const auto& is_masked) {
    const auto bytes = Decompressor().expand(Compression::lerc, shape, coded, out);
    ASSERT_TRUE(bytes.ok()) << bytes.status().text();
    for (std::size_t i = 0; i < 2 * pixels; ++i) {
      float value = 0;
      std::memcpy(&value, &out[i * 4], 4);
      if (is_masked(i)) {
        ASSERT_TRUE(std::isnan(value)) << i;
      } else {
        ASSERT_EQ(std::memcmp(&out[i * 4], &rows[i * 4], 4), 0) << i;
      }
    }
  };
  // One mask for samples side by side, then one for each of two planes.
  expect(masked_blob(shape, 6, 2, 1, 1, rows, mask), [](std::size_t i) { return i / 2 % 5 == 0; });
  expect(masked_blob(shape, 6, 1, 2, 2, planes, mask),
         [](std::size_t i) { return i / 2 % (i % 2 == 0 ? 5 : 7) == 0; });
}

TEST(TiffLerc, AMaskIsAlphaWhereTheSampleLacks) {
  const ChunkShape shape = shape_of(kTypes[0], 4, 0), stored = shape_of(kTypes[0], 3, 0);
  const std::size_t pixels = std::size_t{shape.width} * shape.height;
  const Buffer rows = rows_of(stored);
  Buffer mask(pixels, 1), out(4 * pixels);
  for (std::size_t i = 0; i < pixels; i += 3) mask[i] = 0;
  ASSERT_TRUE(
      Decompressor()
          .expand(Compression::lerc, shape, masked_blob(stored, 1, 3, 1, 1, rows, mask), out)
          .ok());
  for (std::size_t i = 0; i < pixels; ++i) {
    ASSERT_EQ(out[4 * i + 3], i % 3 == 0 ? 0 : 255);
    if (i % 3 != 0) {
      ASSERT_EQ(std::memcmp(&out[4 * i], &rows[3 * i], 3), 0);
    }
  }
}

TEST(TiffLerc, RefusesWhatDoesNotFit) {
  const ChunkShape shape = shape_of(kTypes[0], 3, 0);
  const Buffer rows = rows_of(shape);
  Buffer coded, out(rows.size());
  ASSERT_TRUE(Compressor().compress(Compression::lerc, shape, rows, {}, coded).ok());
  const auto code = [&](ChunkShape other, const Buffer& data) {
    return Decompressor().expand(Compression::lerc, other, data, out).status().code();
  };
  ChunkShape other = shape;
  other.width = 66;
  EXPECT_EQ(code(other, coded), Code::corrupt);
  other = shape;
  other.samples = 1;
  EXPECT_EQ(code(other, coded), Code::corrupt);
  other = shape;
  other.bits = 16;
  EXPECT_EQ(code(other, coded), Code::corrupt);
  other.bits = 12;
  EXPECT_EQ(code(other, coded), Code::unsupported);
  other = shape;
  other.lerc_parameters = {4, 3};
  EXPECT_EQ(code(other, coded), Code::unsupported);
  other.lerc_parameters = {4, 1};
  EXPECT_EQ(code(other, coded), Code::corrupt);  // no zlib stream
  EXPECT_EQ(code(shape, {}), Code::corrupt);
  other = shape;
  other.width = other.height = 1U << 31;
  EXPECT_EQ(code(other, coded), Code::unsupported);
}

TEST(TiffLerc, DamageIsBounded) {
  std::mt19937 random(8);
  for (const Type& type : kTypes) {
    const ChunkShape shape = shape_of(type, 3, 0);
    const Buffer rows = rows_of(shape);
    Buffer coded;
    ASSERT_TRUE(Compressor().compress(Compression::lerc, shape, rows, {}, coded).ok());
    int failures = 0;
    for (int round = 0; round < 200; ++round) {
      Buffer damaged = coded;
      if (round % 2 == 0) damaged.resize(random() % damaged.size());
      if (!damaged.empty())
        damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      testing::Guarded out(rows.size());
      failures += Decompressor().expand(Compression::lerc, shape, damaged, out.span()).ok() ? 0 : 1;
      ASSERT_TRUE(out.intact());
    }
    EXPECT_GT(failures, 190);  // the blob has a check sum
  }
}

}  // namespace
}  // namespace glimt::tiff
