// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The rules of convert.h for any pair of forms, one pixel at a time: the one definition that the
// general row on the host and the general kernel on the device both compile.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pixel/color_rules.h"
#include "pixel/form.h"

namespace glimt {

/// What a pair of forms comes to: worked out once, then applied to many pixels.
struct PixelRule {
  PixelForm from, to;
  double from_full = 0, to_full = 0, from_half = 0, to_half = 0;
  ColorModel source = ColorModel::gray;  ///< from.color; what uninterpreted channels are read as
  bool same_scale = false;               ///< depth changes nothing, but may clamp
  bool clamped = false;

  constexpr PixelRule() = default;
  constexpr PixelRule(const PixelForm& a, const PixelForm& b)
      : from(a),
        to(b),
        from_full(full_scale(a)),
        to_full(full_scale(b)),
        from_half(half_range(a)),
        to_half(half_range(b)),
        source(a.color),
        same_scale(from_full == to_full && is_float(a.type) == is_float(b.type)),
        clamped(!is_float(b.type) && (a.type != b.type || a.bit_depth != b.bit_depth)) {
    if (a.color == ColorModel::other && b.color != ColorModel::other) {
      source = a.channels - (a.alpha ? 1 : 0) >= 3 ? ColorModel::rgb : ColorModel::gray;
    }
  }

  [[nodiscard]] constexpr color::Wide wide() const { return {from_full, !is_float(from.type)}; }
  /// Eight bits go through the fixed point rules, so that every path gives the same bits.
  [[nodiscard]] constexpr bool eight() const { return !is_float(from.type) && from_full == 255.0; }

  [[nodiscard]] constexpr double change_depth(double value) const {
    if (!same_scale) value = value * to_full / from_full;
    if (!same_scale || clamped) value = value > 0.0 ? std::min(value, to_full) : 0.0;  // NaN: 0
    return is_float(to.type) ? value : rounded(value);
  }

 private:
  /// What a signed sample is shifted by to start at 0.
  static constexpr double half_range(const PixelForm& form) {
    return is_signed(form.type) && !is_float(form.type)
               ? static_cast<double>(std::uint64_t{1} << (form.bit_depth - 1))
               : 0.0;
  }
};

namespace pixel_rule {

constexpr std::uint32_t kMostColors = 4;

/// Where a channel lies in a pixel.
constexpr std::uint32_t place_of(const PixelForm& form, std::uint32_t channel) {
  return form.bgr && channel < 3 ? 2 - channel : channel;
}

constexpr int fixed(double sample) {
  return static_cast<int>(sample < 0.0 ? 0.0 : std::min(sample, 255.0));
}

constexpr void invert(const PixelRule& rule, double* samples, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    samples[i] = rule.from_full - samples[i];
    if (!is_float(rule.from.type) && samples[i] < 0) samples[i] = 0;
  }
}

constexpr void rgb_of_ycc(const PixelRule& rule, double* s) {
  if (!rule.eight()) return rule.wide().rgb_of_ycc(s);
  const color::Rgb8 rgb = color::rgb_of_ycc(fixed(s[0]), fixed(s[1]), fixed(s[2]));
  s[0] = rgb.r;
  s[1] = rgb.g;
  s[2] = rgb.b;
}

/// From any model to RGB, at the depth of the source.
constexpr void to_rgb(const PixelRule& rule, double* s) {
  const ColorModel model = rule.source;
  if (model == ColorModel::gray) s[1] = s[2] = s[0];
  if (model == ColorModel::ycc || model == ColorModel::ycck) rgb_of_ycc(rule, s);
  if (model != ColorModel::cmyk && model != ColorModel::ycck) return;
  // YCCK codes RGB = full - CMY (Adobe Technical Note 5116); its K is stored like CMYK's.
  if (model == ColorModel::ycck) invert(rule, s, 3);
  if (!rule.from.inverted) invert(rule, s, 4);
  for (int i = 0; i < 3; ++i) {
    s[i] = rule.eight() ? color::light_of_inks(fixed(s[i]), fixed(s[3]))
                        : rule.wide().light_of_inks(s[i], s[3]);
  }
}

constexpr void change_color(const PixelRule& rule, double* s) {
  if (rule.source == rule.to.color) {
    if (rule.from.inverted != rule.to.inverted) invert(rule, s, 4);
    return;
  }
  if (rule.source == ColorModel::ycck && rule.to.color == ColorModel::cmyk) {
    rgb_of_ycc(rule, s);
    invert(rule, s, 3);
    if (rule.from.inverted != rule.to.inverted) invert(rule, s, 4);
    return;
  }
  if (rule.source == ColorModel::ycc && rule.to.color == ColorModel::gray) return;
  to_rgb(rule, s);
  if (rule.to.color == ColorModel::gray && rule.source != ColorModel::gray) {
    s[0] = rule.eight() ? color::gray_of_rgb(fixed(s[0]), fixed(s[1]), fixed(s[2]))
                        : rule.wide().gray_of_rgb(s);
  } else if (rule.to.color == ColorModel::ycc) {
    if (!rule.eight()) return rule.wide().ycc_of_rgb(s);
    const color::Ycc8 ycc = color::ycc_of_rgb(fixed(s[0]), fixed(s[1]), fixed(s[2]));
    s[0] = ycc.y;
    s[1] = ycc.cb;
    s[2] = ycc.cr;
  }
}

}  // namespace pixel_rule

/// One pixel. `load(place)` gives the source's sample at a channel's place as it is stored,
/// `store(place, value)` takes the target's; a pair of forms that convertible() refuses is not
/// for this.
template <class Load, class Store>
constexpr void convert_pixel(const PixelRule& rule, const Load& load, const Store& store) {
  namespace p = pixel_rule;
  const PixelForm &a = rule.from, &b = rule.to;
  const auto sample = [&](std::uint32_t channel) {
    return load(p::place_of(a, channel)) + rule.from_half;
  };
  const auto put = [&](std::uint32_t channel, double value) {
    store(p::place_of(b, channel), rule.change_depth(value) - rule.to_half);
  };
  if (b.color == ColorModel::other) {
    for (std::uint32_t c = 0; c < b.channels; ++c) put(c, sample(c));
    return;
  }
  const std::uint32_t a_colors = color_channels(a), b_colors = color_channels(b);
  double s[p::kMostColors] = {};
  for (std::uint32_t c = 0; c < p::kMostColors; ++c) {
    if (c < a_colors) s[c] = sample(c);
  }
  p::change_color(rule, s);
  for (std::uint32_t c = 0; c < p::kMostColors; ++c) {
    if (c < b_colors) put(c, s[c]);
  }
  std::uint32_t next = a_colors + (a.alpha ? 1U : 0U);
  for (std::uint32_t c = b_colors; c < b.channels; ++c) {
    if (b.alpha && c == b_colors) {
      put(c, a.alpha ? sample(a_colors) : rule.from_full);
    } else {
      put(c, next < a.channels ? sample(next++) : 0.0);
    }
  }
}

}  // namespace glimt
