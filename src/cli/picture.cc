// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/picture.h"

#include <algorithm>
#include <cmath>

namespace glimt::cli {
namespace {

/// Source samples [first, first + weights.size()) that one target sample covers, with their shares.
struct Span {
  std::int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Span> area_spans(std::int64_t source, std::int64_t target) {
  std::vector<Span> spans(static_cast<std::size_t>(target));
  const double scale = static_cast<double>(source) / static_cast<double>(target);
  for (std::int64_t i = 0; i < target; ++i) {
    const double from = static_cast<double>(i) * scale;
    const double to = std::min(from + scale, static_cast<double>(source));
    Span& span = spans[static_cast<std::size_t>(i)];
    span.first = static_cast<std::int64_t>(from);
    for (std::int64_t k = span.first; k < source && static_cast<double>(k) < to; ++k) {
      const double covered =
          std::min(to, static_cast<double>(k + 1)) - std::max(from, static_cast<double>(k));
      span.weights.push_back(static_cast<float>(covered / (to - from)));
    }
  }
  return spans;
}

/// One source row as RGB over the background.
void load_row(const Image& image, std::int64_t y, Rgb background, std::vector<float>& row) {
  const ImageSpec& spec = image.spec();
  const Strides& strides = image.strides();
  const std::uint8_t* pixel = image.data() + y * strides.row;
  for (std::int64_t x = 0; x < spec.width; ++x, pixel += strides.pixel) {
    const float alpha =
        spec.channels == 4 ? static_cast<float>(pixel[3 * strides.channel]) / 255.0F : 1.0F;
    for (std::ptrdiff_t c = 0; c < 3; ++c) {
      row[static_cast<std::size_t>(3 * x + c)] =
          alpha * static_cast<float>(pixel[c * strides.channel]) +
          (1.0F - alpha) * static_cast<float>(background[static_cast<std::size_t>(c)]);
    }
  }
}

void average_row(const std::vector<float>& row, const std::vector<Span>& spans,
                 std::vector<float>& out) {
  for (std::size_t x = 0; x < spans.size(); ++x) {
    std::array<float, 3> sum{};
    const float* pixel = row.data() + 3 * spans[x].first;
    for (const float weight : spans[x].weights) {
      for (std::size_t c = 0; c < 3; ++c) sum[c] += weight * *pixel++;
    }
    std::copy(sum.begin(), sum.end(), out.begin() + static_cast<std::ptrdiff_t>(3 * x));
  }
}

}  // namespace

Picture::Picture(std::int64_t width_, std::int64_t height_, Rgb color)
    : width(width_), height(height_), rgb(static_cast<std::size_t>(3 * width_ * height_)) {
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = color[i % 3];
}

void Picture::blend(std::int64_t x, std::int64_t y, Rgb color, unsigned coverage_255) {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  std::uint8_t* under = pixel(x, y);
  for (std::size_t c = 0; c < 3; ++c) {
    under[c] = static_cast<std::uint8_t>(
        (color[c] * coverage_255 + under[c] * (255 - coverage_255) + 127) / 255);
  }
}

void Picture::paste(const Picture& other, std::int64_t x, std::int64_t y) {
  const std::int64_t from_x = std::max<std::int64_t>(0, -x);
  const std::int64_t to_x = std::min(other.width, width - x);
  for (std::int64_t row = std::max<std::int64_t>(0, -y); row < std::min(other.height, height - y);
       ++row) {
    if (from_x >= to_x) return;
    const std::uint8_t* source = other.rgb.data() + 3 * (row * other.width + from_x);
    std::copy(source, source + 3 * (to_x - from_x), pixel(x + from_x, y + row));
  }
}

Image Picture::image() {
  ImageSpec spec;
  spec.width = width;
  spec.height = height;
  spec.channels = 3;
  spec.type = SampleType::u8;
  spec.precision = 8;
  spec.sample_format = SampleFormat::i_rgb;
  spec.color_spec = ColorSpec::srgb;
  return Image::wrap(spec, packed_strides(spec), rgb.data(), nullptr, rgb.size());
}

Picture thumbnail(const Image& image, std::int64_t box_width, std::int64_t box_height,
                  Rgb background) {
  const ImageSpec& spec = image.spec();
  const double shrink =
      std::min({1.0, static_cast<double>(box_width) / static_cast<double>(spec.width),
                static_cast<double>(box_height) / static_cast<double>(spec.height)});
  const auto scaled = [&](std::int64_t extent) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(extent) * shrink));
  };
  Picture small(scaled(spec.width), scaled(spec.height), background);

  const std::vector<Span> columns = area_spans(spec.width, small.width);
  const std::vector<Span> rows = area_spans(spec.height, small.height);
  std::vector<float> source_row(static_cast<std::size_t>(3 * spec.width));
  std::vector<float> narrow(static_cast<std::size_t>(3 * small.width));
  std::vector<float> sum(narrow.size());
  std::int64_t loaded = -1;
  for (std::int64_t y = 0; y < small.height; ++y) {
    const Span& span = rows[static_cast<std::size_t>(y)];
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (std::size_t k = 0; k < span.weights.size(); ++k) {
      // A row that two target rows share stays loaded from the first to the second.
      if (const std::int64_t source_y = span.first + static_cast<std::int64_t>(k);
          source_y != loaded) {
        load_row(image, source_y, background, source_row);
        average_row(source_row, columns, narrow);
        loaded = source_y;
      }
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += span.weights[k] * narrow[i];
    }
    std::transform(sum.begin(), sum.end(), small.pixel(0, y), [](float value) {
      return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
    });
  }
  return small;
}

}  // namespace glimt::cli
