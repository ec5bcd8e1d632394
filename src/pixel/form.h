// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What samples are. A codec describes the samples it delivers, the plan those it wants; all
// differences between the two are src/pixel's work.
#pragma once

#include <cstddef>
#include <cstdint>

#include "glimt/types.h"

namespace glimt {

enum class ColorModel : std::uint8_t { gray, rgb, ycc, cmyk, ycck, other };

/// Channels are ordered: colour, then alpha (if any), then extra ones.
struct PixelForm {
  SampleType type = SampleType::u8;
  std::uint8_t bit_depth = 8;   ///< significant bits of an integer sample
  std::uint32_t max_value = 0;  ///< white of an integer sample; 0: 2^bit_depth - 1
  std::uint16_t channels = 1;
  ColorModel color = ColorModel::gray;
  bool alpha = false;  ///< the channel after the colour is opacity
  bool planar = false;
  bool bgr = false;       ///< rgb with blue first
  bool inverted = false;  ///< cmyk, ycck as Adobe stores them: 0 is full ink

  friend bool operator==(const PixelForm&, const PixelForm&) = default;
};

constexpr bool has_inks(ColorModel color) {
  return color == ColorModel::cmyk || color == ColorModel::ycck;
}

/// Channels that the colour model takes; all of them (less alpha) for ColorModel::other.
constexpr std::uint32_t color_channels(const PixelForm& form) {
  switch (form.color) {
    case ColorModel::gray:
      return 1;
    case ColorModel::rgb:
    case ColorModel::ycc:
      return 3;
    case ColorModel::cmyk:
    case ColorModel::ycck:
      return 4;
    case ColorModel::other:
      return form.channels - (form.alpha ? 1U : 0U);
  }
  return form.channels;
}

/// The value of white; signed samples are offset by half their range before it applies.
constexpr double full_scale(const PixelForm& form) {
  if (is_float(form.type)) return 1.0;
  if (form.max_value != 0) return form.max_value;
  return form.bit_depth >= 64 ? 18446744073709551615.0
                              : static_cast<double>((std::uint64_t{1} << form.bit_depth) - 1);
}

/// Pixels in memory; owns nothing. Strides are in bytes and may be negative.
struct PixelView {
  std::uint8_t* data = nullptr;
  std::ptrdiff_t row_stride = 0, pixel_stride = 0, channel_stride = 0;
  std::int64_t width = 0, height = 0;
  PixelForm form;

  [[nodiscard]] std::uint8_t* at(std::int64_t x, std::int64_t y) const {
    return data + y * row_stride + x * pixel_stride;
  }
  /// Rows hold interleaved pixels without gaps (rows themselves may be padded).
  [[nodiscard]] bool packed_rows() const {
    const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(form.type));
    return channel_stride == sample && pixel_stride == sample * form.channels;
  }
};

/// A view of tightly packed memory, interleaved or planar as the form says.
PixelView packed_view(std::uint8_t* data, std::int64_t width, std::int64_t height,
                      const PixelForm& form);

/// A rectangle of a view.
PixelView crop(const PixelView& view, std::int64_t x, std::int64_t y, std::int64_t width,
               std::int64_t height);

/// Bytes of a packed image; 0 when they do not fit std::size_t.
std::size_t packed_bytes(std::int64_t width, std::int64_t height, const PixelForm& form);

}  // namespace glimt
