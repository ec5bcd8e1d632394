// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/sample.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace glimt {
namespace {

std::uint16_t bits_of(_Float16 half) { return std::bit_cast<std::uint16_t>(half); }

TEST(Sample, HalvesAreWhatTheCompilerMakesOfThem) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = std::bit_cast<_Float16>(static_cast<std::uint16_t>(bits));
    const double got = value_of(Half{static_cast<std::uint16_t>(bits)});
    const auto want = static_cast<double>(half);
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(got)) << bits;
      ASSERT_EQ(half_of(got).bits, 0x7E00) << bits;
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(want)) << bits;
    ASSERT_EQ(half_of(got).bits, bits);
    // Halfway to the next, and a little on either side of that.
    const double next = value_of(Half{static_cast<std::uint16_t>(bits + 1)});
    if (!std::isfinite(got) || !std::isfinite(next)) continue;
    const double middle = (got + next) / 2;
    for (const double v : {middle, std::nextafter(middle, 1e9), std::nextafter(middle, -1e9)}) {
      ASSERT_EQ(half_of(v).bits, bits_of(static_cast<_Float16>(v))) << bits << " " << v;
    }
  }
}

TEST(Sample, AnyDoubleBecomesTheNearestHalf) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t exponent = 1023 - 30 + random() % 50;
    const double v =
        std::bit_cast<double>((random() & ~(std::uint64_t{0x7FF} << 52)) | (exponent << 52));
    ASSERT_EQ(half_of(v).bits, bits_of(static_cast<_Float16>(v))) << v;
  }
  EXPECT_EQ(half_of(65520.0).bits, 0x7C00);
  EXPECT_EQ(half_of(-65519.9).bits, 0xFBFF);
  EXPECT_EQ(half_of(0x1p-25).bits, 0);
  EXPECT_EQ(half_of(-0x1.8p-25).bits, 0x8001);
}

TEST(Sample, IntegersHoldTheirRangesEnd) {
  EXPECT_EQ(sample_of<std::uint8_t>(256.0), 255);
  EXPECT_EQ(sample_of<std::uint8_t>(255.9), 255);
  EXPECT_EQ(sample_of<std::uint8_t>(-1.0), 0);
  EXPECT_EQ(sample_of<std::int16_t>(-40000.0), -32768);
  EXPECT_EQ(sample_of<std::uint64_t>(0x1p64), UINT64_MAX);
  EXPECT_EQ(sample_of<std::uint64_t>(0x1.8p63), std::uint64_t{3} << 62);
  EXPECT_EQ(sample_of<std::int64_t>(0x1p63), INT64_MAX);
  EXPECT_EQ(sample_of<std::int64_t>(-0x1p63), INT64_MIN);
  EXPECT_EQ(sample_of<std::int32_t>(std::nan("")), INT32_MIN);
}

TEST(Sample, FloatsKeepTheirValueAndNansBecomeTheQuietOne) {
  EXPECT_EQ(sample_of<float>(0.1), 0.1F);
  const auto signalling = std::bit_cast<double>(std::uint64_t{0xFFF0000000000123});
  EXPECT_EQ(std::bit_cast<std::uint32_t>(sample_of<float>(signalling)), 0x7FC00000U);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(sample_of<double>(signalling)), 0x7FF8000000000000U);
}

TEST(Sample, HalvesAreRoundedUpwards) {
  EXPECT_EQ(rounded(2.5), 3);
  EXPECT_EQ(rounded(-2.5), -2);
  EXPECT_EQ(rounded(-2.6), -3);
  EXPECT_EQ(rounded(-0.4), 0);
  EXPECT_EQ(rounded(0x1p52 + 1), 0x1p52 + 1);
  EXPECT_EQ(rounded(-0x1p60), -0x1p60);
}

TEST(Sample, FillValuesAreRoundedAndHeldInRange) {
  EXPECT_EQ(fill_bits(SampleType::u8, 300), 255U);
  EXPECT_EQ(fill_bits(SampleType::u8, -3), 0U);
  EXPECT_EQ(fill_bits(SampleType::u8, 2.5), 3U);
  EXPECT_EQ(fill_bits(SampleType::i8, -1), 0xFFU);
  EXPECT_EQ(fill_bits(SampleType::i16, -1e9), 0x8000U);
  EXPECT_EQ(fill_bits(SampleType::f16, 1.0), 0x3C00U);
  EXPECT_EQ(fill_bits(SampleType::f32, 1.0), 0x3F800000U);
  EXPECT_EQ(fill_bits(SampleType::f64, -2.0), 0xC000000000000000U);
}

}  // namespace
}  // namespace glimt
