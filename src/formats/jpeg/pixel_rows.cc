// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/pixel_rows.h"

#include <algorithm>

namespace glimt::jpeg {
namespace {

using Line = PixelRows::Line;

template <class T, std::size_t kChannels>
void interleave(const Line& line, std::uint8_t* pixels) {
  T* out = reinterpret_cast<T*>(pixels);
  for (std::int64_t x = 0; x < line.width; ++x, out += kChannels) {
    for (std::size_t c = 0; c < kChannels; ++c) out[c] = static_cast<T>(line.samples[c][x]);
  }
}
template <class T>
void interleave_any(const Line& line, std::uint8_t* pixels) {
  T* out = reinterpret_cast<T*>(pixels);
  for (std::int64_t x = 0; x < line.width; ++x) {
    for (std::size_t c = 0; c < line.channels; ++c) *out++ = static_cast<T>(line.samples[c][x]);
  }
}

/// JFIF 1.02 with the rounding of libjpeg (jdcolor.c), at 8 or 12 bits.
struct Rgb {
  std::int32_t r, g, b;
};
inline Rgb rgb_of_ycc(const Line& line, std::int64_t x) {
  constexpr int kFixBits = 16, kHalf = 1 << (kFixBits - 1);
  constexpr int k1_40200 = 91881, k1_77200 = 116130, k0_71414 = 46802, k0_34414 = 22554;
  const std::int32_t center = 1 << (line.precision - 1);
  const std::int32_t y = line.samples[0][x];
  const std::int32_t cb = line.samples[1][x] - center, cr = line.samples[2][x] - center;
  return {y + ((k1_40200 * cr + kHalf) >> kFixBits),
          y + ((-k0_34414 * cb - k0_71414 * cr + kHalf) >> kFixBits),
          y + ((k1_77200 * cb + kHalf) >> kFixBits)};
}

template <class T>
void ycc_to_rgb(const Line& line, std::uint8_t* pixels) {
  T* out = reinterpret_cast<T*>(pixels);
  const std::int32_t max = (1 << line.precision) - 1;
  for (std::int64_t x = 0; x < line.width; ++x, out += 3) {
    const Rgb rgb = rgb_of_ycc(line, x);
    out[0] = static_cast<T>(std::clamp(rgb.r, 0, max));
    out[1] = static_cast<T>(std::clamp(rgb.g, 0, max));
    out[2] = static_cast<T>(std::clamp(rgb.b, 0, max));
  }
}

/// Adobe's YCCK: the colours' complement as YCC, and black as it is.
template <class T>
void ycck_to_cmyk(const Line& line, std::uint8_t* pixels) {
  T* out = reinterpret_cast<T*>(pixels);
  const std::int32_t max = (1 << line.precision) - 1;
  for (std::int64_t x = 0; x < line.width; ++x, out += 4) {
    const Rgb rgb = rgb_of_ycc(line, x);
    out[0] = static_cast<T>(std::clamp(max - rgb.r, 0, max));
    out[1] = static_cast<T>(std::clamp(max - rgb.g, 0, max));
    out[2] = static_cast<T>(std::clamp(max - rgb.b, 0, max));
    out[3] = static_cast<T>(line.samples[3][x]);
  }
}

struct Kernels {
  PixelRows::MakePixels one, three, four, any, rgb, cmyk;
};
template <class T>
constexpr Kernels kKernels = {interleave<T, 1>,  interleave<T, 3>, interleave<T, 4>,
                              interleave_any<T>, ycc_to_rgb<T>,    ycck_to_cmyk<T>};

}  // namespace

PixelForm PixelRows::choose_form(const PixelForm& coded, const PixelForm& wanted, bool lossless) {
  const Kernels& kernels =
      coded.type == SampleType::u8 ? kKernels<std::uint8_t> : kKernels<std::uint16_t>;
  PixelForm form = coded;
  const auto deliver = [&](ColorModel color, std::size_t channels, MakePixels make) {
    form.color = color;
    form.channels = static_cast<std::uint16_t>(channels);
    make_ = make;
    return form;
  };
  switch (coded.color) {
    case ColorModel::gray:
      return deliver(ColorModel::gray, 1, kernels.one);
    case ColorModel::rgb:
      return deliver(ColorModel::rgb, 3, kernels.three);
    case ColorModel::ycc:
      if (wanted.color == ColorModel::gray) return deliver(ColorModel::gray, 1, kernels.one);
      // Lossless samples have depths that libjpeg converts at none: src/pixel's rule is for all.
      if (wanted.color == ColorModel::ycc || lossless) {
        return deliver(ColorModel::ycc, 3, kernels.three);
      }
      return deliver(ColorModel::rgb, 3, kernels.rgb);
    case ColorModel::ycck:
      if (wanted.color == ColorModel::ycck || lossless) {
        return deliver(ColorModel::ycck, 4, kernels.four);
      }
      return deliver(ColorModel::cmyk, 4, kernels.cmyk);
    case ColorModel::cmyk:
      return deliver(ColorModel::cmyk, 4, kernels.four);
    case ColorModel::other:
      break;
  }
  return deliver(ColorModel::other, coded.channels, kernels.any);
}

Status PixelRows::start(const Frame& frame, const PixelForm& coded, bool fancy, Canvas& canvas,
                        Arena& arena) {
  canvas_ = &canvas;
  const PixelForm form = choose_form(coded, canvas.wanted_form(), frame.lossless);
  GLIMT_TRY(canvas.start(form));
  columns_ = canvas.wanted();
  used_ = form.color == ColorModel::gray ? 1 : frame.count;
  context_rows_ = context_columns_ = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    const FrameComponent& c = frame.components[i];
    if (!upsamplers_[i].start(frame, c, fancy, columns_.x0, columns_.x1, arena)) {
      return {Code::out_of_memory, "no memory for a row of samples"};
    }
    if (upsamplers_[i].looks_up_and_down()) context_rows_ = 1;
    if (upsamplers_[i].looks_sideways()) context_columns_ = 1;
  }
  line_.channels = form.channels;
  line_.width = columns_.width();
  line_.precision = frame.precision;
  shifted_ = frame.lossless
                 ? arena.take<std::uint16_t>(used_ * static_cast<std::size_t>(line_.width))
                 : std::span<std::uint16_t>();
  if (frame.lossless && shifted_.empty()) {
    return {Code::out_of_memory, "no memory for a row of samples"};
  }
  return {};
}

Status PixelRows::write(std::int64_t y0, std::int64_t y1, std::span<const ComponentRows> components,
                        std::span<const std::uint8_t> shifts, Arena& arena) {
  GLIMT_TRY(const Strip strip, canvas_->begin({columns_.x0, y0, columns_.x1, y1}, arena));
  const auto width = static_cast<std::size_t>(line_.width);
  for (std::int64_t y = y0; y < y1; ++y) {
    for (std::size_t i = 0; i < used_; ++i) {
      line_.samples[i] = upsamplers_[i].row(components[i], y);
      if (shifts[i] == 0) continue;
      std::uint16_t* shifted = &shifted_[i * width];
      std::transform(line_.samples[i], line_.samples[i] + width, shifted,
                     [&](std::uint16_t v) { return static_cast<std::uint16_t>(v << shifts[i]); });
      line_.samples[i] = shifted;
    }
    make_(line_, strip.view.at(0, y - y0));
  }
  canvas_->end(strip);
  return {};
}

}  // namespace glimt::jpeg
