// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// One source, compiled for every instruction set that Highway knows and chosen at run time.
#include "pixel/row_kernels.h"

#include <type_traits>

#include "pixel/color_rules.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pixel/row_kernels.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "pixel/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace glimt {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Channel i of the target is channel Source[i] of the source; kOpaque makes an alpha.
constexpr int kOpaque = -1;

template <class T, int FromChannels, int... Source>
void pick(const std::uint8_t* from_bytes, std::uint8_t* to_bytes, std::size_t pixels,
          const RowContext& context) {
  const auto* HWY_RESTRICT from = reinterpret_cast<const T*>(from_bytes);
  auto* HWY_RESTRICT to = reinterpret_cast<T*>(to_bytes);
  [[maybe_unused]] const T opaque = static_cast<T>(full_scale(context.to));
  constexpr int to_channels = sizeof...(Source);
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= pixels; i += lanes, from += lanes * FromChannels, to += lanes * to_channels) {
    const auto white = hn::Set(d, opaque);
    std::remove_const_t<decltype(white)> in[4] = {white, white, white, white},
                                         out[4] = {white, white, white, white};
    load_channels<FromChannels>(d, from, in);
    int c = 0;
    ((out[c++] = Source == kOpaque ? white : in[Source == kOpaque ? 0 : Source]), ...);
    store_channels<to_channels>(d, to, out);
  }
  for (; i < pixels; ++i, from += FromChannels, to += to_channels) {
    int c = 0;
    ((to[c++] = Source == kOpaque ? opaque : from[Source == kOpaque ? 0 : Source]), ...);
  }
}

template <int FromChannels, int R, int G, int B>
void gray_of_rgb8(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to,
                  std::size_t pixels, const RowContext&) {
  for (std::size_t i = 0; i < pixels; ++i, from += FromChannels) {
    to[i] = color::gray_of_rgb(from[R], from[G], from[B]);
  }
}

template <int R, int G, int B>
void rgb_of_ycc8(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to,
                 std::size_t pixels, const RowContext&) {
  for (std::size_t i = 0; i < pixels; ++i, from += 3, to += 3) {
    const color::Rgb8 rgb = color::rgb_of_ycc(from[0], from[1], from[2]);
    to[R] = rgb.r;
    to[G] = rgb.g;
    to[B] = rgb.b;
  }
}

void ycc_of_rgb8(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to,
                 std::size_t pixels, const RowContext&) {
  for (std::size_t i = 0; i < pixels; ++i, from += 3, to += 3) {
    const color::Ycc8 ycc = color::ycc_of_rgb(from[0], from[1], from[2]);
    to[0] = ycc.y;
    to[1] = ycc.cb;
    to[2] = ycc.cr;
  }
}

template <bool Inverted>
void rgb_of_cmyk8(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to,
                  std::size_t pixels, const RowContext&) {
  constexpr int flip = Inverted ? 0 : 255;
  for (std::size_t i = 0; i < pixels; ++i, from += 4, to += 3) {
    for (int c = 0; c < 3; ++c) to[c] = color::light_of_inks(from[c] ^ flip, from[3] ^ flip);
  }
}

/// A pair of forms at one sample type, by colour, alpha and order.
struct Pair {
  ColorModel from_color;
  bool from_alpha, from_bgr;
  ColorModel to_color;
  bool to_alpha, to_bgr;
  RowKernel u8, u16;
};

constexpr ColorModel kGray = ColorModel::gray, kRgb = ColorModel::rgb, kYcc = ColorModel::ycc;
using U8 = std::uint8_t;
using U16 = std::uint16_t;

// clang-format off
constexpr Pair kPairs[] = {
    {kGray, false, false, kRgb,  false, false, pick<U8, 1, 0, 0, 0>,           pick<U16, 1, 0, 0, 0>},
    {kGray, false, false, kRgb,  false, true,  pick<U8, 1, 0, 0, 0>,           pick<U16, 1, 0, 0, 0>},
    {kGray, false, false, kRgb,  true,  false, pick<U8, 1, 0, 0, 0, kOpaque>,  pick<U16, 1, 0, 0, 0, kOpaque>},
    {kGray, false, false, kGray, true,  false, pick<U8, 1, 0, kOpaque>,        pick<U16, 1, 0, kOpaque>},
    {kGray, true,  false, kGray, false, false, pick<U8, 2, 0>,                 pick<U16, 2, 0>},
    {kGray, true,  false, kRgb,  false, false, pick<U8, 2, 0, 0, 0>,           pick<U16, 2, 0, 0, 0>},
    {kGray, true,  false, kRgb,  true,  false, pick<U8, 2, 0, 0, 0, 1>,        pick<U16, 2, 0, 0, 0, 1>},
    {kRgb,  false, false, kRgb,  false, true,  pick<U8, 3, 2, 1, 0>,           pick<U16, 3, 2, 1, 0>},
    {kRgb,  false, true,  kRgb,  false, false, pick<U8, 3, 2, 1, 0>,           pick<U16, 3, 2, 1, 0>},
    {kRgb,  false, false, kRgb,  true,  false, pick<U8, 3, 0, 1, 2, kOpaque>,  pick<U16, 3, 0, 1, 2, kOpaque>},
    {kRgb,  false, true,  kRgb,  true,  false, pick<U8, 3, 2, 1, 0, kOpaque>,  pick<U16, 3, 2, 1, 0, kOpaque>},
    {kRgb,  true,  false, kRgb,  false, false, pick<U8, 4, 0, 1, 2>,           pick<U16, 4, 0, 1, 2>},
    {kRgb,  true,  false, kRgb,  false, true,  pick<U8, 4, 2, 1, 0>,           pick<U16, 4, 2, 1, 0>},
    {kRgb,  true,  true,  kRgb,  false, false, pick<U8, 4, 2, 1, 0>,           pick<U16, 4, 2, 1, 0>},
    {kRgb,  true,  true,  kRgb,  false, true,  pick<U8, 4, 0, 1, 2>,           pick<U16, 4, 0, 1, 2>},
    {kRgb,  true,  true,  kRgb,  true,  false, pick<U8, 4, 2, 1, 0, 3>,        pick<U16, 4, 2, 1, 0, 3>},
    {kRgb,  true,  false, kRgb,  true,  true,  pick<U8, 4, 2, 1, 0, 3>,        pick<U16, 4, 2, 1, 0, 3>},
    {kYcc,  false, false, kGray, false, false, pick<U8, 3, 0>,                 pick<U16, 3, 0>},
    {kRgb,  false, false, kGray, false, false, gray_of_rgb8<3, 0, 1, 2>,       nullptr},
    {kRgb,  false, true,  kGray, false, false, gray_of_rgb8<3, 2, 1, 0>,       nullptr},
    {kRgb,  true,  false, kGray, false, false, gray_of_rgb8<4, 0, 1, 2>,       nullptr},
    {kRgb,  true,  true,  kGray, false, false, gray_of_rgb8<4, 2, 1, 0>,       nullptr},
    {kYcc,  false, false, kRgb,  false, false, rgb_of_ycc8<0, 1, 2>,           nullptr},
    {kYcc,  false, false, kRgb,  false, true,  rgb_of_ycc8<2, 1, 0>,           nullptr},
    {kRgb,  false, false, kYcc,  false, false, ycc_of_rgb8,                    nullptr},
};
// clang-format on

bool has_extra_channels(const PixelForm& form) {
  return form.channels != color_channels(form) + (form.alpha ? 1U : 0U);
}

template <class From, class To>
void scale_depth(const std::uint8_t* from_bytes, std::uint8_t* to_bytes, std::size_t pixels,
                 const RowContext& context) {
  const auto* HWY_RESTRICT from = reinterpret_cast<const From*>(from_bytes);
  auto* HWY_RESTRICT to = reinterpret_cast<To*>(to_bytes);
  const double most = full_scale(context.from), white = full_scale(context.to);
  const std::size_t samples = pixels * context.from.channels;
  // The product is exact and the quotient correctly rounded: a tie is hit exactly, and anything
  // else lies further from one than double rounds.
  for (std::size_t i = 0; i < samples; ++i) {
    const double v = from[i] < most ? from[i] : most;
    to[i] = static_cast<To>(static_cast<int>(v * white / most + 0.5));
  }
}

/// round(v / 257): 255 and 65535 share the factor 257, and v + 128 cannot tie.
void eight_of_sixteen(const std::uint8_t* from_bytes, std::uint8_t* HWY_RESTRICT to,
                      std::size_t pixels, const RowContext& context) {
  const auto* HWY_RESTRICT from = reinterpret_cast<const std::uint16_t*>(from_bytes);
  const std::size_t samples = pixels * context.from.channels;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::uint32_t v = from[i];
    to[i] = static_cast<std::uint8_t>((v * 255 + 32895) >> 16);
  }
}

/// Few bits: a table of all values.
void stretch_to_eight(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to,
                      std::size_t pixels, const RowContext& context) {
  const auto a = static_cast<std::uint32_t>(full_scale(context.from));
  std::uint8_t table[256];
  for (std::uint32_t v = 0; v < 256; ++v) {
    table[v] = static_cast<std::uint8_t>((2 * (v < a ? v : a) * 255 + a) / (2 * a));
  }
  const std::size_t samples = pixels * context.from.channels;
  for (std::size_t i = 0; i < samples; ++i) to[i] = table[from[i]];
}

/// 0 to 1. The quotient in float is the one in double, rounded: both are exact to the last bit.
template <class From>
void float_of(const std::uint8_t* from_bytes, std::uint8_t* to_bytes, std::size_t pixels,
              const RowContext& context) {
  const auto* HWY_RESTRICT from = reinterpret_cast<const From*>(from_bytes);
  auto* HWY_RESTRICT to = reinterpret_cast<float*>(to_bytes);
  const auto most = static_cast<float>(full_scale(context.from));
  const std::size_t samples = pixels * context.from.channels;
  for (std::size_t i = 0; i < samples; ++i) {
    const auto v = static_cast<float>(from[i]);
    to[i] = (v < most ? v : most) / most;
  }
}

struct HalfTable {
  _Float16 of[256];
};
constexpr HalfTable kHalves = [] {
  HalfTable table{};
  for (int v = 0; v < 256; ++v) table.of[v] = static_cast<_Float16>(v / 255.0);
  return table;
}();

void half_of_eight(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* to_bytes,
                   std::size_t pixels, const RowContext& context) {
  auto* HWY_RESTRICT to = reinterpret_cast<_Float16*>(to_bytes);
  const std::size_t samples = pixels * context.from.channels;
  for (std::size_t i = 0; i < samples; ++i) to[i] = kHalves.of[from[i]];
}

/// 0 to 1, cut to that, to the whole range; in double, where the products are exact. NaN gives 0.
template <class To>
void integer_of_float(const std::uint8_t* from_bytes, std::uint8_t* to_bytes, std::size_t pixels,
                      const RowContext& context) {
  const auto* HWY_RESTRICT from = reinterpret_cast<const float*>(from_bytes);
  auto* HWY_RESTRICT to = reinterpret_cast<To*>(to_bytes);
  const double white = full_scale(context.to);
  const std::size_t samples = pixels * context.from.channels;
  for (std::size_t i = 0; i < samples; ++i) {
    double v = from[i] * white;
    v = v > 0 ? v : 0;
    to[i] = static_cast<To>(static_cast<int>((v < white ? v : white) + 0.5));
  }
}

RowKernel find_color_kernel(const PixelForm& from, const PixelForm& to) {
  if (from.type != to.type || full_scale(from) != full_scale(to)) return nullptr;
  if (has_extra_channels(from) || has_extra_channels(to)) return nullptr;
  const bool eight = from.type == SampleType::u8 && full_scale(from) == 255.0;
  if (eight && from.color == ColorModel::cmyk && to.color == kRgb && !from.alpha && !to.alpha &&
      !to.bgr) {
    return from.inverted ? rgb_of_cmyk8<true> : rgb_of_cmyk8<false>;
  }
  for (const Pair& pair : kPairs) {
    if (pair.from_color != from.color || pair.to_color != to.color ||
        pair.from_alpha != from.alpha || pair.to_alpha != to.alpha || pair.from_bgr != from.bgr ||
        pair.to_bgr != to.bgr) {
      continue;
    }
    if (from.type == SampleType::u16) return pair.u16;
    // Below 8 bits only kernels that move samples hold; those that compute have no 16-bit twin.
    if (from.type == SampleType::u8 && (eight || pair.u16 != nullptr)) return pair.u8;
  }
  return nullptr;
}

RowKernel find_depth_kernel(const PixelForm& from, const PixelForm& to) {
  PixelForm same_depth = to;
  same_depth.type = from.type;
  same_depth.bit_depth = from.bit_depth;
  same_depth.max_value = from.max_value;
  if (!(same_depth == from)) return nullptr;
  const bool to8 = to.type == SampleType::u8, to16 = to.type == SampleType::u16;
  if (from.type == SampleType::u16) {
    if (to8 && full_scale(from) == 65535.0 && full_scale(to) == 255.0) return eight_of_sixteen;
    if (to8) return scale_depth<U16, U8>;
    if (to16) return scale_depth<U16, U16>;
    if (to.type == SampleType::f32) return float_of<U16>;
  }
  if (from.type == SampleType::u8) {
    if (to8 && full_scale(to) == 255.0) return stretch_to_eight;
    if (to16) return scale_depth<U8, U16>;
    if (to.type == SampleType::f32) return float_of<U8>;
    if (to.type == SampleType::f16 && full_scale(from) == 255.0) return half_of_eight;
  }
  if (from.type == SampleType::f32) {
    if (to8) return integer_of_float<U8>;
    if (to16) return integer_of_float<U16>;
  }
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt {

HWY_EXPORT(find_color_kernel);
HWY_EXPORT(find_depth_kernel);

RowKernel color_kernel(const PixelForm& from, const PixelForm& to) {
  return HWY_DYNAMIC_DISPATCH(find_color_kernel)(from, to);
}

RowKernel depth_kernel(const PixelForm& from, const PixelForm& to) {
  return HWY_DYNAMIC_DISPATCH(find_depth_kernel)(from, to);
}

}  // namespace glimt
#endif
