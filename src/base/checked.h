// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on sizes that come from a file: an overflow is an answer, not a wrap.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>

namespace glimt {

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_add(T a, T b) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_mul(T a, T b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// The product of all factors, or nothing when it does not fit std::size_t.
template <class... Factors>
[[nodiscard]] constexpr std::optional<std::size_t> checked_size(Factors... factors) {
  std::optional<std::size_t> product = 1;
  ((product = product ? checked_mul<std::size_t>(*product, static_cast<std::size_t>(factors))
                      : std::nullopt),
   ...);
  return product;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr T ceil_div(T a, T b) {
  return a / b + (a % b != 0);
}

}  // namespace glimt
