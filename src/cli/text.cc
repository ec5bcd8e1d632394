// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace glimt::cli {

std::string number_text(double value) {
  const double size = std::abs(value);
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 5> units = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", number_text(value), units[unit]);
}

std::string pixels_text(std::int64_t width, std::int64_t height) {
  return fmt::format("{} x {}", width, height);
}

std::string samples_text(SampleType type, unsigned precision, unsigned channels) {
  std::string text(glimt::name_of(type));
  if (precision != 0 && precision != 8 * sample_bytes(type)) text += fmt::format("/{}", precision);
  return fmt::format("{} x {}", text, channels);
}

std::string_view name_of(ColorSpec spec) {
  switch (spec) {
    case ColorSpec::unchanged:
      return "unknown";
    case ColorSpec::srgb:
      return "sRGB";
    case ColorSpec::gray:
      return "gray";
    case ColorSpec::sycc:
      return "YCbCr";
    case ColorSpec::cmyk:
      return "CMYK";
    case ColorSpec::ycck:
      return "YCCK";
    case ColorSpec::palette:
      return "palette";
    case ColorSpec::icc_profile:
      return "ICC profile";
    case ColorSpec::unsupported:
      break;
  }
  return "other";
}

std::string_view name_of(ChromaSubsampling subsampling) {
  switch (subsampling) {
    case ChromaSubsampling::css_444:
      return "4:4:4";
    case ChromaSubsampling::css_422:
      return "4:2:2";
    case ChromaSubsampling::css_420:
      return "4:2:0";
    case ChromaSubsampling::css_440:
      return "4:4:0";
    case ChromaSubsampling::css_411:
      return "4:1:1";
    case ChromaSubsampling::css_410:
      return "4:1:0";
    case ChromaSubsampling::css_gray:
      return "gray";
    case ChromaSubsampling::css_410v:
      return "4:1:0V";
  }
  return "other";
}

std::string_view name_of(Orientation orientation) {
  constexpr std::array<std::string_view, 9> names = {"unknown",      "top left",     "top right",
                                                     "bottom right", "bottom left",  "left top",
                                                     "right top",    "right bottom", "left bottom"};
  const auto index = static_cast<std::size_t>(orientation);
  return names[index < names.size() ? index : 0];
}

}  // namespace glimt::cli
