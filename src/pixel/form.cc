// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/form.h"

#include "base/checked.h"

namespace glimt {

PixelView packed_view(std::uint8_t* data, std::int64_t width, std::int64_t height,
                      const PixelForm& form) {
  const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(form.type));
  PixelView view{data, 0, 0, 0, width, height, form};
  if (form.planar) {
    view.pixel_stride = sample;
    view.row_stride = sample * width;
    view.channel_stride = view.row_stride * height;
  } else {
    view.channel_stride = sample;
    view.pixel_stride = sample * form.channels;
    view.row_stride = view.pixel_stride * width;
  }
  return view;
}

PixelView crop(const PixelView& view, std::int64_t x, std::int64_t y, std::int64_t width,
               std::int64_t height) {
  PixelView piece = view;
  piece.data = view.at(x, y);
  piece.width = width;
  piece.height = height;
  return piece;
}

std::size_t packed_bytes(std::int64_t width, std::int64_t height, const PixelForm& form) {
  if (width <= 0 || height <= 0) return 0;
  return checked_size(width, height, form.channels, sample_bytes(form.type)).value_or(0);
}

}  // namespace glimt
