// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// One sample of any type as a double and back, every bit of the result defined, so that host and
// device, which compile this alike, cannot differ. constexpr stands in for __host__ __device__.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "glimt/types.h"

namespace glimt {

/// IEEE 754 binary16 by its bits: CUDA has no _Float16.
struct Half {
  std::uint16_t bits = 0;
};

constexpr double value_of(Half half) {
  const std::uint64_t sign = std::uint64_t{half.bits & 0x8000U} << 48;
  const std::uint32_t exponent = (half.bits >> 10) & 31U, fraction = half.bits & 0x3FFU;
  if (exponent == 0) {
    const double magnitude = fraction * 0x1p-24;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint64_t wide = exponent == 31 ? 0x7FF : exponent - 15 + 1023;
  return std::bit_cast<double>(sign | (wide << 52) | (std::uint64_t{fraction} << 42));
}

/// To the nearest, ties to even; NaN to the quiet one.
constexpr Half half_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 48) & 0x8000U);
  const int exponent = static_cast<int>((bits >> 52) & 0x7FFU) - 1023 + 15;
  std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  if (value != value) return {0x7E00};
  if (exponent > 30) return {static_cast<std::uint16_t>(sign | 0x7C00U)};
  if (exponent < -10) return {sign};
  int drop = 42;
  std::uint64_t base = 0;
  if (exponent > 0) {
    base = static_cast<std::uint64_t>(exponent) << 10;
  } else {
    fraction |= std::uint64_t{1} << 52;
    drop += 1 - exponent;
  }
  std::uint64_t kept = fraction >> drop;
  const std::uint64_t rest = fraction & ((std::uint64_t{1} << drop) - 1);
  const std::uint64_t tie = std::uint64_t{1} << (drop - 1);
  if (rest > tie || (rest == tie && (kept & 1) != 0)) ++kept;
  return {static_cast<std::uint16_t>(sign | (base + kept))};  // a carry moves to the exponent
}

template <class T>
constexpr double value_of(T sample) {
  return static_cast<double>(sample);
}

/// Truncates; integers hold their range's end when the value lies outside, NaN makes the least.
template <class T>
constexpr T sample_of(double value) {
  if constexpr (std::is_same_v<T, Half>) {
    return half_of(value);
  } else if constexpr (std::is_same_v<T, float>) {
    return value != value ? std::bit_cast<float>(0x7FC00000U) : static_cast<float>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return value != value ? std::bit_cast<double>(std::uint64_t{0x7FF8} << 48) : value;
  } else {
    constexpr auto least = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto end = static_cast<double>(std::numeric_limits<T>::max() / 2 + 1) * 2;
    if (!(value > least)) return std::numeric_limits<T>::min();
    return value >= end ? std::numeric_limits<T>::max() : static_cast<T>(value);
  }
}

/// The nearest integer, halves upwards.
constexpr double rounded(double value) {
  if (!(value > -0x1p52 && value < 0x1p52)) return value;  // an integer already, or NaN
  const double raised = value + 0.5;
  const auto whole = static_cast<double>(static_cast<std::int64_t>(raised));
  return whole > raised ? whole - 1 : whole;
}

namespace sample_detail {

template <class T>
constexpr std::uint64_t bits_of(double value) {
  if constexpr (std::is_same_v<T, Half>) {
    return half_of(value).bits;
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(sample_of<float>(value));
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(sample_of<double>(value));
  } else {
    return static_cast<std::make_unsigned_t<T>>(sample_of<T>(rounded(value)));
  }
}

}  // namespace sample_detail

/// The bits of a fill value as a sample of `type`, in the low bytes: integers rounded, halves
/// upwards, and held in their range.
constexpr std::uint64_t fill_bits(SampleType type, double value) {
  using Bits = std::uint64_t (*)(double);
  namespace d = sample_detail;
  // Rows in the order of SampleType.
  constexpr Bits rows[] = {
      d::bits_of<std::uint8_t>,  d::bits_of<std::int8_t>,   d::bits_of<std::uint16_t>,
      d::bits_of<std::int16_t>,  d::bits_of<std::uint32_t>, d::bits_of<std::int32_t>,
      d::bits_of<std::uint64_t>, d::bits_of<std::int64_t>,  d::bits_of<Half>,
      d::bits_of<float>,         d::bits_of<double>};
  return rows[static_cast<std::size_t>(type)](value);
}

}  // namespace glimt
