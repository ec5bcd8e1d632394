// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/planes.h"

#include <algorithm>
#include <string>

namespace glimt::webp {
namespace {

// The kernel reads up to 64 samples past a row, and one before it.
constexpr std::int64_t kPad = 64;

constexpr std::int64_t padded(std::int64_t samples) {
  return (samples + 2 * kPad + kPad - 1) / kPad * kPad;
}

}  // namespace

Result<Planes> Planes::make(std::int64_t width, std::int64_t height, Arena& arena) {
  Planes planes;
  planes.width_ = width;
  planes.height_ = height;
  planes.chroma_width_ = (width + 1) / 2;
  planes.chroma_height_ = (height + 1) / 2;
  planes.luma_stride_ = padded(width);
  planes.chroma_stride_ = padded(planes.chroma_width_);
  const std::int64_t luma = planes.luma_stride_ * height;
  const std::int64_t chroma = planes.chroma_stride_ * planes.chroma_height_;
  const std::size_t bytes = static_cast<std::size_t>(luma + 2 * chroma);
  const auto memory = arena.take<std::uint8_t>(bytes);
  if (memory.empty()) {
    return Status(Code::out_of_memory,
                  "no memory for " + std::to_string(bytes) + " bytes of WebP luma and chroma");
  }
  planes.luma_ = memory.data();
  planes.chroma_[0] = memory.data() + luma + kPad;
  planes.chroma_[1] = planes.chroma_[0] + chroma;
  return planes;
}

void Planes::set_output(WebPDecBuffer& output) const {
  output.colorspace = MODE_YUV;
  output.is_external_memory = 1;
  WebPYUVABuffer& buffer = output.u.YUVA;
  const auto size = [](std::int64_t stride, std::int64_t width, std::int64_t height) {
    return static_cast<std::size_t>(stride * (height - 1) + width);
  };
  buffer.y = luma_;
  buffer.u = chroma_[0];
  buffer.v = chroma_[1];
  buffer.y_stride = static_cast<int>(luma_stride_);
  buffer.u_stride = buffer.v_stride = static_cast<int>(chroma_stride_);
  buffer.y_size = size(luma_stride_, width_, height_);
  buffer.u_size = buffer.v_size = size(chroma_stride_, chroma_width_, chroma_height_);
}

void Planes::repeat_edges() {
  for (std::uint8_t* plane : chroma_) {
    for (std::int64_t y = 0; y < chroma_height_; ++y, plane += chroma_stride_) {
      plane[-1] = plane[0];
      plane[chroma_width_] = plane[chroma_width_ - 1];
    }
  }
}

FusedInput Planes::row(std::int64_t y, bool bgr) const {
  const std::int64_t near = y / 2;
  const std::int64_t far =
      std::clamp<std::int64_t>(y % 2 == 0 ? near - 1 : near + 1, 0, chroma_height_ - 1);
  const auto rows = [&](std::int64_t at) {
    return std::array<const std::uint8_t*, 2>{chroma_[0] + at * chroma_stride_,
                                              chroma_[1] + at * chroma_stride_};
  };
  return {luma_ + y * luma_stride_, rows(near), rows(far), bgr};
}

}  // namespace glimt::webp
