// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/halve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "pixel/sample.h"

namespace glimt {
namespace {

/// The definition: long double holds sums of four 62-bit integers, and of floats, exactly enough.
template <class T>
T expected(T a, T b, T c, T d) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(std::floor((static_cast<long double>(a) + b + c + d + 2) / 4));
  } else {
    return static_cast<T>(((double{a} + c) + (double{b} + d)) / 4);
  }
}

template <class T>
std::vector<T> random_row(std::mt19937_64& random, std::size_t samples) {
  std::vector<T> row(samples);
  for (T& sample : row) {
    if constexpr (std::is_integral_v<T>) {
      // Two bits of 64 are left to the sum of the definition.
      const std::uint64_t bits = random();
      sample = static_cast<T>(sizeof(T) == 8 ? static_cast<T>(bits) / 4 : static_cast<T>(bits));
      if (random() % 8 == 0 && sizeof(T) < 8) sample = std::numeric_limits<T>::max();
      if (random() % 8 == 0 && sizeof(T) < 8) sample = std::numeric_limits<T>::min();
    } else {
      sample = static_cast<T>(std::uniform_real_distribution<double>(-2, 2)(random));
    }
  }
  return row;
}

template <class T>
void check(SampleType type) {
  std::mt19937_64 random(7);
  for (std::uint32_t channels = 1; channels <= 6; ++channels) {
    for (const std::size_t pixels : {1U, 2U, 3U, 15U, 16U, 31U, 64U, 127U, 130U, 259U}) {
      const auto upper = random_row<T>(random, pixels * channels);
      const auto lower = random_row<T>(random, pixels * channels);
      const auto out_pixels = static_cast<std::size_t>(halved(static_cast<std::int64_t>(pixels)));
      std::vector<T> out(out_pixels * channels + 1, T{42});
      const auto bytes = [](const std::vector<T>& row) {
        return reinterpret_cast<const std::uint8_t*>(row.data());
      };
      halve_row(type, channels, bytes(upper), bytes(lower), pixels,
                reinterpret_cast<std::uint8_t*>(out.data()));
      for (std::size_t x = 0; x < out_pixels; ++x) {
        for (std::uint32_t c = 0; c < channels; ++c) {
          const std::size_t left = 2 * x * channels + c;
          const std::size_t right = 2 * x + 1 < pixels ? left + channels : left;
          ASSERT_EQ(out[x * channels + c],
                    expected(upper[left], upper[right], lower[left], lower[right]))
              << name_of(type) << " pixel " << x << " of " << pixels << " channel " << c;
        }
      }
      EXPECT_EQ(out.back(), T{42}) << "a sample behind the row was written";
      auto in_place = upper;
      halve_row(type, channels, bytes(in_place), bytes(lower), pixels,
                reinterpret_cast<std::uint8_t*>(in_place.data()));
      EXPECT_EQ(std::memcmp(in_place.data(), out.data(), out_pixels * channels * sizeof(T)), 0);
    }
  }
}

TEST(Halve, EveryTypeAndChannelCount) {
  check<std::uint8_t>(SampleType::u8);
  check<std::int8_t>(SampleType::i8);
  check<std::uint16_t>(SampleType::u16);
  check<std::int16_t>(SampleType::i16);
  check<std::uint32_t>(SampleType::u32);
  check<std::int32_t>(SampleType::i32);
  check<std::uint64_t>(SampleType::u64);
  check<std::int64_t>(SampleType::i64);
  check<float>(SampleType::f32);
  check<double>(SampleType::f64);
}

template <class T>
T halve_one(SampleType type, T a, T b, T c, T d) {
  const T upper[2] = {a, b}, lower[2] = {c, d};
  T out{};
  halve_row(type, 1, reinterpret_cast<const std::uint8_t*>(upper),
            reinterpret_cast<const std::uint8_t*>(lower), 2, reinterpret_cast<std::uint8_t*>(&out));
  return out;
}

TEST(Halve, HalvesAreRoundedUp) {
  EXPECT_EQ(halve_one<std::uint8_t>(SampleType::u8, 0, 0, 1, 1), 1);
  EXPECT_EQ(halve_one<std::uint8_t>(SampleType::u8, 0, 0, 0, 1), 0);
  EXPECT_EQ(halve_one<std::int8_t>(SampleType::i8, 0, 0, -1, -1), 0);
  EXPECT_EQ(halve_one<std::int8_t>(SampleType::i8, 0, -1, -1, -1), -1);
}

TEST(Halve, ExtremesDoNotOverflow) {
  constexpr auto u64 = std::numeric_limits<std::uint64_t>::max();
  constexpr auto i64 = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(halve_one<std::uint64_t>(SampleType::u64, u64, u64, u64, u64 - 1), u64);
  EXPECT_EQ(halve_one<std::int64_t>(SampleType::i64, i64, i64, i64, i64), i64);
  constexpr float most = std::numeric_limits<float>::max();
  EXPECT_EQ(halve_one<float>(SampleType::f32, most, most, most, most), most);
}

TEST(Halve, HalfFloats) {
  const auto half = [](double value) { return half_of(value); };
  const Half mean = halve_one(SampleType::f16, half(1), half(2), half(3), half(6.5));
  EXPECT_EQ(value_of(mean), 3.125);
  const Half most = half(65504);
  EXPECT_EQ(value_of(halve_one(SampleType::f16, most, most, most, most)), 65504);
}

}  // namespace
}  // namespace glimt
