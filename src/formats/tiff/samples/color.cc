// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/color.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "base/bytes.h"
#include "base/checked.h"

namespace glimt::tiff {
namespace {

template <class Index, class Value>
void look_up(const std::vector<Value>& colors, const Index* indices, std::size_t count,
             Value* rgb) {
  const std::size_t last = colors.size() / 3 - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const Value* color = &colors[3 * std::min<std::size_t>(indices[i], last)];
    for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = color[c];
  }
}

template <class T>
void flip(void* samples, std::size_t count, T mask) {
  auto* values = static_cast<T*>(samples);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(values[i] ^ mask);
}

// libtiff's tif_color.c: 16 bits behind the point.
constexpr int kPoint = 16;
constexpr std::int32_t kHalf = 1 << (kPoint - 1);

std::int32_t fixed(float value) {
  return static_cast<std::int32_t>(static_cast<double>(value) * (1 << kPoint) + 0.5);
}

/// A code between reference black and white as a level; held within what the sums can take.
std::int32_t level(std::int32_t code, float black, float white, float range) {
  const float span = white - black != 0 ? white - black : 1.0F;
  const float value = (static_cast<float>(code - static_cast<std::int32_t>(black)) * range) / span;
  return static_cast<std::int32_t>(std::clamp(value, -4096.0F, 4096.0F));
}

std::uint8_t byte_of(std::int32_t value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

/// The chroma (Cb, then Cr) and the luma of a pixel.
struct UnitPlace {
  const std::uint8_t* chroma;
  const std::uint8_t* luma;
};
UnitPlace place_of(const YcbcrUnits& layout, const std::uint8_t* units, std::uint32_t line,
                   std::size_t x) {
  // A power of two: shifts are quicker than divisions.
  const auto shift = static_cast<unsigned>(std::countr_zero(layout.across));
  const std::size_t lumas = std::size_t{layout.down} << shift;
  const std::uint8_t* unit = units + (x >> shift) * (lumas + 2);
  return {unit + lumas, unit + (std::size_t{line} << shift) + (x & (layout.across - 1))};
}

template <class T>
void add_to_ab(T* lab, std::size_t pixels, T offset) {
  for (std::size_t i = 0; i < pixels; ++i) {
    lab[3 * i + 1] = static_cast<T>(lab[3 * i + 1] ^ offset);
    lab[3 * i + 2] = static_cast<T>(lab[3 * i + 2] ^ offset);
  }
}

}  // namespace

Result<Palette> Palette::make(std::span<const std::uint16_t> map, std::uint32_t bits) {
  if (bits < 1 || bits > 16)
    return Status(Code::unsupported, "a palette for samples of " + std::to_string(bits) + " bits");
  const std::size_t colors = std::size_t{1} << bits;
  if (map.size() != 3 * colors) {
    return Status(Code::corrupt, "the ColorMap holds " + std::to_string(map.size()) +
                                     " values, not " + std::to_string(3 * colors));
  }
  Palette palette;
  palette.rgb8_.resize(3 * colors);
  palette.rgb16_.resize(3 * colors);
  const unsigned shift = *std::max_element(map.begin(), map.end()) > 255 ? 8 : 0;
  for (std::size_t i = 0; i < 3 * colors; ++i) {
    const std::uint16_t value = map[i % 3 * colors + i / 3];
    palette.rgb16_[i] = value;
    palette.rgb8_[i] = static_cast<std::uint8_t>(value >> shift);
  }
  return palette;
}

void Palette::expand(const std::uint8_t* indices, std::size_t count, std::uint8_t* rgb) const {
  look_up(rgb8_, indices, count, rgb);
}
void Palette::expand(const std::uint16_t* indices, std::size_t count, std::uint8_t* rgb) const {
  look_up(rgb8_, indices, count, rgb);
}
void Palette::expand(const std::uint8_t* indices, std::size_t count, std::uint16_t* rgb) const {
  look_up(rgb16_, indices, count, rgb);
}
void Palette::expand(const std::uint16_t* indices, std::size_t count, std::uint16_t* rgb) const {
  look_up(rgb16_, indices, count, rgb);
}

void invert_samples(SampleType type, std::uint32_t bits, void* samples, std::size_t count) {
  if (is_float(type)) return;
  const std::uint64_t mask = is_signed(type) ? ~std::uint64_t{0} : ~std::uint64_t{0} >> (64 - bits);
  switch (sample_bytes(type)) {
    case 1:
      return flip(samples, count, static_cast<std::uint8_t>(mask));
    case 2:
      return flip(samples, count, static_cast<std::uint16_t>(mask));
    case 4:
      return flip(samples, count, static_cast<std::uint32_t>(mask));
    default:
      return flip(samples, count, mask);
  }
}

Result<YcbcrToRgb> YcbcrToRgb::make(const Numbers& numbers) {
  const auto finite = [](float value) { return std::isfinite(value); };
  const auto& [red, green, blue] = numbers.coefficients;
  const auto& reference = numbers.reference;
  if (!std::all_of(numbers.coefficients.begin(), numbers.coefficients.end(), finite) ||
      !std::all_of(reference.begin(), reference.end(),
                   [](float value) { return std::abs(value) < 0x1p30F; }) ||
      green == 0)
    return Status(Code::corrupt, "YCbCrCoefficients or ReferenceBlackWhite hold no usable numbers");
  const auto factor = [](float value) { return fixed(std::clamp(value, 0.0F, 2.0F)); };
  const float red_span = 2 - 2 * red, blue_span = 2 - 2 * blue;
  const std::int32_t red_cr = factor(red_span), green_cr = -factor(red * red_span / green);
  const std::int32_t blue_cb = factor(blue_span), green_cb = -factor(blue * blue_span / green);
  YcbcrToRgb colors;
  for (std::int32_t code = 0; code < 256; ++code) {
    const auto i = static_cast<std::size_t>(code);
    const std::int32_t cr = level(code - 128, reference[4] - 128, reference[5] - 128, 127);
    const std::int32_t cb = level(code - 128, reference[2] - 128, reference[3] - 128, 127);
    colors.cr_red_[i] = (red_cr * cr + kHalf) >> kPoint;
    colors.cb_blue_[i] = (blue_cb * cb + kHalf) >> kPoint;
    colors.cr_green_[i] = green_cr * cr;
    colors.cb_green_[i] = green_cb * cb + kHalf;
    colors.y_[i] = level(code, reference[0], reference[1], 255);
  }
  return colors;
}

void YcbcrToRgb::pixels(const std::uint8_t* y, std::size_t count, std::uint8_t cb, std::uint8_t cr,
                        std::uint8_t* rgb) const {
  const std::int32_t red = cr_red_[cr], blue = cb_blue_[cb];
  const std::int32_t green = (cb_green_[cb] + cr_green_[cr]) >> kPoint;
  for (std::size_t i = 0; i < count; ++i, rgb += 3) {
    const std::int32_t luma = y_[y[i]];
    rgb[0] = byte_of(luma + red);
    rgb[1] = byte_of(luma + green);
    rgb[2] = byte_of(luma + blue);
  }
}

std::optional<std::size_t> YcbcrUnits::row_bytes() const {
  const std::size_t units = ceil_div<std::size_t>(width, across);
  return checked_size(units, std::size_t{across} * down + 2);
}

void ycbcr_row_to_rgb(const YcbcrToRgb& colors, const YcbcrUnits& layout, const std::uint8_t* units,
                      std::uint32_t line, std::size_t first, std::size_t count, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < count;) {
    const UnitPlace at = place_of(layout, units, line, first + i);
    const std::size_t left = layout.across - ((first + i) & (layout.across - 1));
    const std::size_t run = std::min(left, count - i);
    colors.pixels(at.luma, run, at.chroma[0], at.chroma[1], rgb + 3 * i);
    i += run;
  }
}

void ycbcr_row_upsampled(const YcbcrUnits& layout, const std::uint8_t* units, std::uint32_t line,
                         std::size_t first, std::size_t count, std::uint8_t* ycbcr) {
  for (std::size_t i = 0; i < count; ++i) {
    const UnitPlace at = place_of(layout, units, line, first + i);
    ycbcr[3 * i] = *at.luma;
    ycbcr[3 * i + 1] = at.chroma[0];
    ycbcr[3 * i + 2] = at.chroma[1];
  }
}

Result<LabToRgb> LabToRgb::make(LabForm form, std::array<float, 2> white) {
  const auto [x, y] = white;
  if (!std::isfinite(x) || !std::isfinite(y) || y == 0)
    return Status(Code::corrupt, "WhitePoint holds no usable numbers");
  LabToRgb colors;
  colors.form_ = form;
  colors.white_ = {x / y * 100.0F, 100.0F, (1.0F - x - y) / y * 100.0F};
  for (int i = 0; i <= kSteps; ++i) {
    const auto value = static_cast<float>(std::pow(static_cast<double>(i) / kSteps, 1.0 / 2.4));
    colors.gamma_[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(std::min(255.0F * value + 0.5F, 255.0F));
  }
  return colors;
}

/// CIE 15 as TIFF 6.0 section 23 gives it, with libtiff's constants and its steps of brightness.
void LabToRgb::pixel(float l, float a, float b, std::uint8_t* rgb) const {
  const auto unfold = [](float white, float f) {
    return f < 0.2069F ? white * (f - 0.13793F) / 7.787F : white * f * f * f;
  };
  float fy = (l + 16.0F) / 116.0F, y = white_[1] * fy * fy * fy;
  if (l < 8.856F) {
    y = l * white_[1] / 903.292F;
    fy = 7.787F * (y / white_[1]) + 16.0F / 116.0F;
  }
  const float x = unfold(white_[0], a / 500.0F + fy), z = unfold(white_[2], fy - b / 200.0F);
  constexpr float matrix[3][3] = {
      {3.2410F, -1.5374F, -0.4986F}, {-0.9692F, 1.8760F, 0.0416F}, {0.0556F, -0.2040F, 1.0570F}};
  constexpr float step = (100.0F - 1.0F) / kSteps;
  for (std::size_t c = 0; c < 3; ++c) {
    const float light = matrix[c][0] * x + matrix[c][1] * y + matrix[c][2] * z;
    const int place = static_cast<int>((std::clamp(light, 1.0F, 100.0F) - 1.0F) / step);
    rgb[c] = gamma_[static_cast<std::size_t>(std::min(place, kSteps))];
  }
}

void LabToRgb::run(const std::uint8_t* lab, std::size_t pixels, std::uint8_t* rgb) const {
  for (std::size_t i = 0; i < pixels; ++i, lab += 3, rgb += 3) {
    const auto chroma = [&](std::uint8_t v) {
      return form_ == LabForm::cie ? static_cast<float>(static_cast<std::int8_t>(v))
                                   : static_cast<float>(v) - 128.0F;
    };
    pixel(static_cast<float>(lab[0]) * 100.0F / 255.0F, chroma(lab[1]), chroma(lab[2]), rgb);
  }
}

void LabToRgb::run(const std::uint16_t* lab, std::size_t pixels, std::uint8_t* rgb) const {
  for (std::size_t i = 0; i < pixels; ++i, lab += 3, rgb += 3) {
    const auto chroma = [&](std::uint16_t v) {
      return form_ == LabForm::cie ? static_cast<float>(static_cast<std::int16_t>(v)) / 256.0F
                                   : (static_cast<float>(v) - 32768.0F) / 256.0F;
    };
    pixel(static_cast<float>(lab[0]) * 100.0F / 65535.0F, chroma(lab[1]), chroma(lab[2]), rgb);
  }
}

void offset_lab(std::uint8_t* lab, std::size_t pixels) {
  add_to_ab<std::uint8_t>(lab, pixels, 0x80);
}
void offset_lab(std::uint16_t* lab, std::size_t pixels) {
  add_to_ab<std::uint16_t>(lab, pixels, 0x8000);
}

}  // namespace glimt::tiff
