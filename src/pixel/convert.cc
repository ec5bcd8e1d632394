// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/convert.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace glimt {
namespace {

// A tile of pixels that moves through L1 when either side is not packed.
constexpr std::int64_t kTileHeight = 16;
constexpr std::int64_t kTileWidth = 64;
constexpr std::size_t kTileBytes = 16 * 1024;
// Pixels between the colour and the depth kernel.
constexpr std::size_t kRowChunk = 512;

std::string text_of(const PixelForm& form) {
  constexpr const char* models[] = {"gray", "RGB", "YCbCr", "CMYK", "YCCK", "uninterpreted"};
  return std::string(models[static_cast<int>(form.color)]) + (form.alpha ? " + alpha" : "") + " (" +
         std::to_string(form.channels) + " x " + std::string(name_of(form.type)) + ")";
}

bool convertible(const PixelForm& from, const PixelForm& to) {
  if (from.channels == 0 || to.channels == 0) return false;
  if (color_channels(from) + (from.alpha ? 1 : 0) > from.channels) return false;
  if (color_channels(to) + (to.alpha ? 1 : 0) > to.channels) return false;
  switch (to.color) {
    case ColorModel::gray:
    case ColorModel::rgb:
    case ColorModel::ycc:
      return true;
    case ColorModel::cmyk:
      return from.color == ColorModel::cmyk || from.color == ColorModel::ycck;
    case ColorModel::ycck:
      return from.color == ColorModel::ycck;
    case ColorModel::other:
      return from.channels >= to.channels;
  }
  return false;
}

/// Without marks that its colours do not have: plans carry them over from the stored form.
PixelForm without_idle_marks(PixelForm form) {
  if (form.color != ColorModel::cmyk && form.color != ColorModel::ycck) form.inverted = false;
  if (form.channels < 3 || form.color == ColorModel::gray) form.bgr = false;
  return form;
}

/// Equal but for the arrangement in memory.
bool same_samples(const PixelForm& a, const PixelForm& b) {
  PixelForm b_as_a = b;
  b_as_a.planar = a.planar;
  b_as_a.max_value = a.max_value;
  // Two channels or more under other names are the same samples when nothing is computed.
  if (a.color == ColorModel::other || b.color == ColorModel::other) {
    b_as_a.color = a.color;
    b_as_a.alpha = a.alpha;
  }
  return b_as_a == a && full_scale(a) == full_scale(b);
}

/// Copies single pixels between arbitrary strides, the inner loop along the target's shorter one.
template <class CopyPixel>
void walk(const PixelView& from, const PixelView& to, CopyPixel copy) {
  const bool transposed = std::abs(to.row_stride) < std::abs(to.pixel_stride);
  const std::int64_t outer = transposed ? to.width : to.height;
  const std::int64_t inner = transposed ? to.height : to.width;
  const std::ptrdiff_t from_outer = transposed ? from.pixel_stride : from.row_stride;
  const std::ptrdiff_t from_inner = transposed ? from.row_stride : from.pixel_stride;
  const std::ptrdiff_t to_outer = transposed ? to.pixel_stride : to.row_stride;
  const std::ptrdiff_t to_inner = transposed ? to.row_stride : to.pixel_stride;
  for (std::int64_t j = 0; j < outer; ++j) {
    const std::uint8_t* source = from.data + j * from_outer;
    std::uint8_t* target = to.data + j * to_outer;
    for (std::int64_t i = 0; i < inner; ++i, source += from_inner, target += to_inner) {
      copy(source, target);
    }
  }
}

template <std::size_t Bytes>
void walk_whole(const PixelView& from, const PixelView& to) {
  walk(from, to, [](const std::uint8_t* s, std::uint8_t* t) { std::memcpy(t, s, Bytes); });
}

template <std::size_t Bytes>
void walk_channels(const PixelView& from, const PixelView& to) {
  for (std::uint32_t c = 0; c < to.form.channels; ++c) {
    PixelView a = from, b = to;
    a.data += c * a.channel_stride;
    b.data += c * b.channel_stride;
    walk_whole<Bytes>(a, b);
  }
}

/// Pixels from any strides to any strides, nothing computed.
void copy_pixels(const PixelView& from, const PixelView& to) {
  const std::size_t sample = sample_bytes(from.form.type);
  const auto sample_stride = static_cast<std::ptrdiff_t>(sample);
  const std::size_t pixel = sample * from.form.channels;
  if (from.packed_rows() && to.packed_rows()) {
    for (std::int64_t y = 0; y < to.height; ++y) {
      std::memcpy(to.at(0, y), from.at(0, y), pixel * static_cast<std::size_t>(to.width));
    }
    return;
  }
  if (from.channel_stride == sample_stride && to.channel_stride == sample_stride) {
    switch (pixel) {
      case 1:
        return walk_whole<1>(from, to);
      case 2:
        return walk_whole<2>(from, to);
      case 3:
        return walk_whole<3>(from, to);
      case 4:
        return walk_whole<4>(from, to);
      case 6:
        return walk_whole<6>(from, to);
      case 8:
        return walk_whole<8>(from, to);
      default:
        return walk(from, to,
                    [pixel](const std::uint8_t* s, std::uint8_t* t) { std::memcpy(t, s, pixel); });
    }
  }
  switch (sample) {
    case 1:
      return walk_channels<1>(from, to);
    case 2:
      return walk_channels<2>(from, to);
    case 4:
      return walk_channels<4>(from, to);
    default:
      return walk_channels<8>(from, to);
  }
}

PixelView tile_view(std::uint8_t* memory, std::int64_t width, std::int64_t height, PixelForm form) {
  form.planar = false;
  return packed_view(memory, width, height, form);
}

}  // namespace

Result<Converter> Converter::make(const PixelForm& from_form, const PixelForm& to_form) {
  if (!convertible(from_form, to_form)) {
    return Status(Code::unsupported,
                  "no conversion leads from " + text_of(from_form) + " to " + text_of(to_form));
  }
  const PixelForm from = without_idle_marks(from_form), to = without_idle_marks(to_form);
  Converter made;
  made.from_ = from;
  made.to_ = to;
  made.copies_ = same_samples(from, to);
  if (made.copies_) return made;

  PixelForm between = to;  // to's colour at from's depth
  between.type = from.type;
  between.bit_depth = from.bit_depth;
  between.max_value = from.max_value;
  between.planar = from.planar;
  PixelForm target = to;
  target.planar = from.planar;
  made.color_ = {from, between};
  made.depth_ = {between, target};
  const bool color_same = same_samples(from, between), depth_same = same_samples(between, target);
  // Where both mean the same samples, what the target calls its channels counts.
  made.rule_ = {color_same ? between : from, target};
  if (!color_same) made.color_kernel_ = color_kernel(from, between);
  if (!depth_same) made.depth_kernel_ = depth_kernel(between, target);
  const bool fits = between.channels <= 4 && sample_bytes(between.type) <= 2;
  if ((!color_same && made.color_kernel_ == nullptr) ||
      (!depth_same && made.depth_kernel_ == nullptr) || (!color_same && !depth_same && !fits)) {
    made.color_ = made.rule_;
    made.color_kernel_ = general_row;
    made.depth_kernel_ = nullptr;
  }
  return made;
}

void Converter::run_row(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels) const {
  if (depth_kernel_ == nullptr) return color_kernel_(from, to, pixels, color_);
  if (color_kernel_ == nullptr) return depth_kernel_(from, to, pixels, depth_);
  alignas(64) std::uint8_t between[kRowChunk * 8];
  const std::size_t from_pixel = sample_bytes(from_.type) * from_.channels;
  const std::size_t to_pixel = sample_bytes(to_.type) * to_.channels;
  for (std::size_t done = 0; done < pixels; done += kRowChunk) {
    const std::size_t count = std::min(kRowChunk, pixels - done);
    color_kernel_(from + done * from_pixel, between, count, color_);
    depth_kernel_(between, to + done * to_pixel, count, depth_);
  }
}

void Converter::run_tile(const PixelView& from, const PixelView& to) const {
  alignas(64) std::uint8_t gathered[kTileBytes], converted[kTileBytes];
  PixelView source = from, target = to;
  if (!from.packed_rows()) {
    source = tile_view(gathered, from.width, from.height, from.form);
    copy_pixels(from, source);
  }
  if (!to.packed_rows()) target = tile_view(converted, to.width, to.height, to.form);
  for (std::int64_t y = 0; y < from.height; ++y) {
    run_row(source.at(0, y), target.at(0, y), static_cast<std::size_t>(from.width));
  }
  if (!to.packed_rows()) copy_pixels(target, to);
}

void Converter::run(const PixelView& from, const PixelView& to) const {
  if (from.width <= 0 || from.height <= 0) return;
  const bool packed = from.packed_rows() && to.packed_rows();
  if (packed && copies_) return copy_pixels(from, to);
  if (packed) {
    for (std::int64_t y = 0; y < from.height; ++y) {
      run_row(from.at(0, y), to.at(0, y), static_cast<std::size_t>(from.width));
    }
    return;
  }
  const std::size_t most = std::max(sample_bytes(from.form.type) * from.form.channels,
                                    sample_bytes(to.form.type) * to.form.channels);
  const auto fit = static_cast<std::int64_t>(kTileBytes / most);
  const std::int64_t width = std::clamp<std::int64_t>(fit / kTileHeight, 1, kTileWidth);
  const std::int64_t height = std::clamp<std::int64_t>(fit / width, 1, kTileHeight);
  for (std::int64_t y = 0; y < from.height; y += height) {
    const std::int64_t rows = std::min(height, from.height - y);
    for (std::int64_t x = 0; x < from.width; x += width) {
      const std::int64_t columns = std::min(width, from.width - x);
      const PixelView a = crop(from, x, y, columns, rows), b = crop(to, x, y, columns, rows);
      copies_ ? copy_pixels(a, b) : run_tile(a, b);
    }
  }
}

}  // namespace glimt
