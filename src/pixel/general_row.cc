// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The rules of convert.h for any pair of forms, one pixel at a time. The fast kernels are tested
// against this.
#include <cmath>
#include <cstring>

#include "pixel/color_rules.h"
#include "pixel/row_kernels.h"

namespace glimt {
namespace {

template <class T>
double load_as(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return static_cast<double>(value);
}
template <class T>
void store_as(std::uint8_t* p, double value) {
  const T sample = static_cast<T>(value);
  std::memcpy(p, &sample, sizeof sample);
}

using Load = double (*)(const std::uint8_t*);
using Store = void (*)(std::uint8_t*, double);
// Rows in the order of SampleType.
constexpr Load kLoads[] = {load_as<std::uint8_t>,  load_as<std::int8_t>,   load_as<std::uint16_t>,
                           load_as<std::int16_t>,  load_as<std::uint32_t>, load_as<std::int32_t>,
                           load_as<std::uint64_t>, load_as<std::int64_t>,  load_as<_Float16>,
                           load_as<float>,         load_as<double>};
constexpr Store kStores[] = {
    store_as<std::uint8_t>,  store_as<std::int8_t>,   store_as<std::uint16_t>,
    store_as<std::int16_t>,  store_as<std::uint32_t>, store_as<std::int32_t>,
    store_as<std::uint64_t>, store_as<std::int64_t>,  store_as<_Float16>,
    store_as<float>,         store_as<double>};

/// What a signed sample is shifted by to start at 0.
double half_range(const PixelForm& form) {
  return is_signed(form.type) && !is_float(form.type) ? std::ldexp(1.0, form.bit_depth - 1) : 0.0;
}

constexpr std::uint32_t kMostColors = 4;

void invert(double* samples, std::uint32_t count, double full) {
  for (std::uint32_t i = 0; i < count; ++i) samples[i] = full - samples[i];
}

/// From any model to RGB; `wide` has the depth of the source. Eight bits go through the fixed
/// point rules, so that every path gives the same bits.
void to_rgb(ColorModel model, bool inverted, double* s, const color::Wide& wide, bool eight) {
  const bool inks = model == ColorModel::cmyk || model == ColorModel::ycck;
  if (model == ColorModel::gray) s[1] = s[2] = s[0];
  if (model == ColorModel::ycc || model == ColorModel::ycck) {
    if (eight) {
      const auto rgb =
          color::rgb_of_ycc(static_cast<int>(s[0]), static_cast<int>(s[1]), static_cast<int>(s[2]));
      s[0] = rgb.r, s[1] = rgb.g, s[2] = rgb.b;
    } else {
      wide.rgb_of_ycc(s);
    }
  }
  if (!inks) return;
  // YCCK codes RGB = full - CMY (Adobe Technical Note 5116); its K is stored like CMYK's.
  if (model == ColorModel::ycck) invert(s, 3, wide.full);
  if (!inverted) invert(s, 4, wide.full);
  for (int i = 0; i < 3; ++i) {
    s[i] = eight ? color::light_of_inks(static_cast<int>(s[i]), static_cast<int>(s[3]))
                 : wide.light_of_inks(s[i], s[3]);
  }
}

void change_color(const PixelForm& from, const PixelForm& to, double* s, const color::Wide& wide) {
  const bool eight = wide.integer && wide.full == 255.0;
  const ColorModel source =
      from.color == ColorModel::other && to.color != ColorModel::other
          ? (from.channels - (from.alpha ? 1 : 0) >= 3 ? ColorModel::rgb : ColorModel::gray)
          : from.color;
  if (source == to.color) {
    if (from.inverted != to.inverted) invert(s, 4, wide.full);
    return;
  }
  if (source == ColorModel::ycck && to.color == ColorModel::cmyk) {
    if (eight) {
      const auto rgb =
          color::rgb_of_ycc(static_cast<int>(s[0]), static_cast<int>(s[1]), static_cast<int>(s[2]));
      s[0] = rgb.r, s[1] = rgb.g, s[2] = rgb.b;
    } else {
      wide.rgb_of_ycc(s);
    }
    invert(s, 3, wide.full);
    if (from.inverted != to.inverted) invert(s, 4, wide.full);
    return;
  }
  if (source == ColorModel::ycc && to.color == ColorModel::gray) return;
  to_rgb(source, from.inverted, s, wide, eight);
  if (to.color == ColorModel::gray && source != ColorModel::gray) {
    s[0] = eight ? color::gray_of_rgb(static_cast<int>(s[0]), static_cast<int>(s[1]),
                                      static_cast<int>(s[2]))
                 : wide.gray_of_rgb(s);
  } else if (to.color == ColorModel::ycc) {
    if (eight) {
      const auto ycc =
          color::ycc_of_rgb(static_cast<int>(s[0]), static_cast<int>(s[1]), static_cast<int>(s[2]));
      s[0] = ycc.y, s[1] = ycc.cb, s[2] = ycc.cr;
    } else {
      wide.ycc_of_rgb(s);
    }
  }
}

struct DepthRule {
  double from_full, to_full;
  bool to_integer, same;

  [[nodiscard]] double apply(double value) const {
    if (same) return value;
    value = value * to_full / from_full;
    value = value > 0.0 ? std::min(value, to_full) : 0.0;  // NaN gives 0
    return to_integer ? std::floor(value + 0.5) : value;
  }
};

std::uint32_t swapped(const PixelForm& form, std::uint32_t channel) {
  return form.bgr && channel < 3 ? 2 - channel : channel;
}

}  // namespace

void general_row(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels,
                 const RowContext& context) {
  const PixelForm &a = context.from, &b = context.to;
  const Load load = kLoads[static_cast<std::size_t>(a.type)];
  const Store store = kStores[static_cast<std::size_t>(b.type)];
  const std::size_t a_bytes = sample_bytes(a.type), b_bytes = sample_bytes(b.type);
  const double a_half = half_range(a), b_half = half_range(b);
  const color::Wide wide{full_scale(a), !is_float(a.type)};
  const DepthRule depth{full_scale(a), full_scale(b), !is_float(b.type),
                        full_scale(a) == full_scale(b) && is_float(a.type) == is_float(b.type)};
  const std::uint32_t a_colors = color_channels(a), b_colors = color_channels(b);
  const bool channelwise = b.color == ColorModel::other;

  for (std::size_t i = 0; i < pixels;
       ++i, from += a_bytes * a.channels, to += b_bytes * b.channels) {
    const auto sample = [&](std::uint32_t channel) {
      return load(from + a_bytes * swapped(a, channel)) + a_half;
    };
    const auto put = [&](std::uint32_t channel, double value) {
      store(to + b_bytes * swapped(b, channel), depth.apply(value) - b_half);
    };
    if (channelwise) {
      for (std::uint32_t c = 0; c < b.channels; ++c) put(c, sample(c));
      continue;
    }
    double s[kMostColors] = {};
    for (std::uint32_t c = 0; c < std::min(a_colors, kMostColors); ++c) s[c] = sample(c);
    change_color(a, b, s, wide);
    for (std::uint32_t c = 0; c < b_colors; ++c) put(c, s[c]);
    std::uint32_t source = a_colors + (a.alpha ? 1U : 0U);
    for (std::uint32_t c = b_colors; c < b.channels; ++c) {
      const bool alpha = b.alpha && c == b_colors;
      if (alpha) {
        put(c, a.alpha ? sample(a_colors) : wide.full);
      } else {
        put(c, source < a.channels ? sample(source++) : 0.0);
      }
    }
  }
}

}  // namespace glimt
