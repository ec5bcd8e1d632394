// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The colour equations, per pixel: 8 bit in libjpeg's 16-bit fixed point, every other depth in
// double. Rules 1 of convert.h. Plain code that host and device compile alike.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pixel/sample.h"

namespace glimt::color {

constexpr int kFixBits = 16;
constexpr int kHalf = 1 << (kFixBits - 1);
constexpr int fix(double factor) { return static_cast<int>(factor * (1 << kFixBits) + 0.5); }
constexpr std::uint8_t clamp8(int value) {
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

struct Rgb8 {
  std::uint8_t r, g, b;
};

/// JFIF 1.02; rounding as in libjpeg's jdcolor.c, which T.871 leaves open.
constexpr Rgb8 rgb_of_ycc(int y, int cb, int cr) {
  cb -= 128;
  cr -= 128;
  return {clamp8(y + ((fix(1.40200) * cr + kHalf) >> kFixBits)),
          clamp8(y + ((-fix(0.34414) * cb + kHalf - fix(0.71414) * cr) >> kFixBits)),
          clamp8(y + ((fix(1.77200) * cb + kHalf) >> kFixBits))};
}
constexpr std::uint8_t gray_of_rgb(int r, int g, int b) {
  return static_cast<std::uint8_t>(
      (fix(0.29900) * r + fix(0.58700) * g + fix(0.11400) * b + kHalf) >> kFixBits);
}
struct Ycc8 {
  std::uint8_t y, cb, cr;
};
constexpr Ycc8 ycc_of_rgb(int r, int g, int b) {
  constexpr int kCenter = (128 << kFixBits) + kHalf - 1;
  return {gray_of_rgb(r, g, b),
          static_cast<std::uint8_t>(
              (-fix(0.16874) * r - fix(0.33126) * g + fix(0.50000) * b + kCenter) >> kFixBits),
          static_cast<std::uint8_t>(
              (fix(0.50000) * r - fix(0.41869) * g - fix(0.08131) * b + kCenter) >> kFixBits)};
}
/// One ink and black, both as light that passes (inverted inks).
constexpr std::uint8_t light_of_inks(int ink, int black) {
  return static_cast<std::uint8_t>((ink * black + 127) / 255);
}

/// The same rules at any depth: samples 0..full, results rounded when `integer`.
struct Wide {
  double full;
  bool integer;

  [[nodiscard]] constexpr double store(double value) const {
    value = std::clamp(value, 0.0, full);
    return integer ? rounded(value) : value;
  }
  [[nodiscard]] constexpr double center() const { return integer ? (full + 1) / 2 : 0.5; }

  constexpr void rgb_of_ycc(double* s) const {
    const double y = s[0], cb = s[1] - center(), cr = s[2] - center();
    s[0] = store(y + 1.40200 * cr);
    s[1] = store(y - 0.34414 * cb - 0.71414 * cr);
    s[2] = store(y + 1.77200 * cb);
  }
  [[nodiscard]] constexpr double gray_of_rgb(const double* s) const {
    return store(0.29900 * s[0] + 0.58700 * s[1] + 0.11400 * s[2]);
  }
  constexpr void ycc_of_rgb(double* s) const {
    const double r = s[0], g = s[1], b = s[2];
    s[0] = store(0.29900 * r + 0.58700 * g + 0.11400 * b);
    s[1] = store(-0.16874 * r - 0.33126 * g + 0.50000 * b + center());
    s[2] = store(0.50000 * r - 0.41869 * g - 0.08131 * b + center());
  }
  [[nodiscard]] constexpr double light_of_inks(double ink, double black) const {
    return store(ink * black / full);
  }
};

}  // namespace glimt::color
