// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// One source, compiled for every instruction set that Highway knows and chosen at run time.
#include "pixel/halve.h"

#include <type_traits>

#include "pixel/sample.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixel/halve.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "pixel/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace glimt {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

template <class D, class V>
HWY_INLINE V quarter(D d, V sum) {
  using T = hn::TFromD<D>;
  if constexpr (std::is_floating_point_v<T>) {
    return hn::Mul(sum, hn::Set(d, T{0.25}));
  } else {
    return hn::ShiftRight<2>(hn::Add(sum, hn::Set(d, T{2})));
  }
}

/// As many pixels as fill vectors; returns how many of the result were made.
template <class T, class Wide, int Channels>
std::size_t means(const std::uint8_t* upper_bytes, const std::uint8_t* lower_bytes,
                  std::size_t pixels, std::uint8_t* to_bytes) {
  const auto* upper = reinterpret_cast<const T*>(upper_bytes);
  const auto* lower = reinterpret_cast<const T*>(lower_bytes);
  auto* to = reinterpret_cast<T*>(to_bytes);
  const hn::ScalableTag<Wide> wide;
  const hn::Rebind<T, decltype(wide)> narrow;
  using V = decltype(hn::Zero(narrow));
  using W = decltype(hn::Zero(wide));
  const std::size_t lanes = hn::Lanes(wide);
  const std::size_t step = lanes * Channels;
  std::size_t done = 0;
  for (; 2 * (done + lanes) <= pixels; done += lanes) {
    W sums[2][4];
    for (auto& sum : sums) {
      V above[4], below[4];
      load_channels<Channels>(narrow, upper, above);
      load_channels<Channels>(narrow, lower, below);
      for (int c = 0; c < Channels; ++c) {
        sum[c] = hn::Add(hn::PromoteTo(wide, above[c]), hn::PromoteTo(wide, below[c]));
      }
      upper += step;
      lower += step;
    }
    V out[4];
    for (int c = 0; c < Channels; ++c) {
      const W left = hn::ConcatEven(wide, sums[1][c], sums[0][c]);
      const W right = hn::ConcatOdd(wide, sums[1][c], sums[0][c]);
      out[c] = hn::DemoteTo(narrow, quarter(wide, hn::Add(left, right)));
    }
    store_channels<Channels>(narrow, to, out);
    to += step;
  }
  return done;
}

template <class T, class Wide>
std::size_t means_of(std::uint32_t channels, const std::uint8_t* upper, const std::uint8_t* lower,
                     std::size_t pixels, std::uint8_t* to) {
  switch (channels) {
    case 1:
      return means<T, Wide, 1>(upper, lower, pixels, to);
    case 2:
      return means<T, Wide, 2>(upper, lower, pixels, to);
    case 3:
      return means<T, Wide, 3>(upper, lower, pixels, to);
    case 4:
      return means<T, Wide, 4>(upper, lower, pixels, to);
    default:
      return 0;
  }
}

std::size_t halve_vectors(SampleType type, std::uint32_t channels, const std::uint8_t* upper,
                          const std::uint8_t* lower, std::size_t pixels, std::uint8_t* to) {
  switch (type) {
    case SampleType::u8:
      return means_of<std::uint8_t, std::int16_t>(channels, upper, lower, pixels, to);
    case SampleType::i8:
      return means_of<std::int8_t, std::int16_t>(channels, upper, lower, pixels, to);
    case SampleType::u16:
      return means_of<std::uint16_t, std::int32_t>(channels, upper, lower, pixels, to);
    case SampleType::i16:
      return means_of<std::int16_t, std::int32_t>(channels, upper, lower, pixels, to);
#if HWY_HAVE_FLOAT64
    case SampleType::f32:
      return means_of<float, double>(channels, upper, lower, pixels, to);
#endif
    default:
      return 0;
  }
}

#else

std::size_t halve_vectors(SampleType, std::uint32_t, const std::uint8_t*, const std::uint8_t*,
                          std::size_t, std::uint8_t*) {
  return 0;
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt {
namespace {

HWY_EXPORT(halve_vectors);

/// Wide enough for the sum of four.
template <class T>
using Sum =
    std::conditional_t<sizeof(T) < 8, std::int64_t,
                       std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>;

template <class T>
T mean(T a, T b, T c, T d) {
  if constexpr (std::is_integral_v<T>) {
    const auto sum = Sum<T>{a} + b + c + d + 2;
    return static_cast<T>(sum >> 2);
  } else {
    const double sum = (value_of(a) + value_of(c)) + (value_of(b) + value_of(d));
    if constexpr (std::is_same_v<T, Half>)
      return half_of(sum * 0.25);
    else
      return static_cast<T>(sum * 0.25);
  }
}

/// From pixel `first` of the result on.
template <class T>
void halve_plainly(std::uint32_t channels, const std::uint8_t* upper_bytes,
                   const std::uint8_t* lower_bytes, std::size_t pixels, std::size_t first,
                   std::uint8_t* to_bytes) {
  const auto* upper = reinterpret_cast<const T*>(upper_bytes);
  const auto* lower = reinterpret_cast<const T*>(lower_bytes);
  auto* to = reinterpret_cast<T*>(to_bytes);
  for (std::size_t x = first; 2 * x < pixels; ++x) {
    const std::size_t left = 2 * x * channels;
    const std::size_t right = 2 * x + 1 < pixels ? left + channels : left;
    for (std::size_t c = 0; c < channels; ++c) {
      to[x * channels + c] =
          mean(upper[left + c], upper[right + c], lower[left + c], lower[right + c]);
    }
  }
}

using Halve = void (*)(std::uint32_t, const std::uint8_t*, const std::uint8_t*, std::size_t,
                       std::size_t, std::uint8_t*);
// In the order of SampleType.
constexpr Halve kHalve[] = {
    &halve_plainly<std::uint8_t>,  &halve_plainly<std::int8_t>,   &halve_plainly<std::uint16_t>,
    &halve_plainly<std::int16_t>,  &halve_plainly<std::uint32_t>, &halve_plainly<std::int32_t>,
    &halve_plainly<std::uint64_t>, &halve_plainly<std::int64_t>,  &halve_plainly<Half>,
    &halve_plainly<float>,         &halve_plainly<double>};

}  // namespace

void halve_row(SampleType type, std::uint32_t channels, const std::uint8_t* upper,
               const std::uint8_t* lower, std::size_t pixels, std::uint8_t* to) {
  const std::size_t first =
      HWY_DYNAMIC_DISPATCH(halve_vectors)(type, channels, upper, lower, pixels, to);
  kHalve[static_cast<std::size_t>(type)](channels, upper, lower, pixels, first, to);
}

}  // namespace glimt
#endif
