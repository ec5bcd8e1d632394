// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/upsampling.h"

#include <algorithm>

namespace glimt::jpeg {
namespace {

void replicate(const std::uint16_t* in, std::int64_t count, std::int64_t times,
               std::uint16_t* out) {
  if (times == 2) {
    for (std::int64_t i = 0; i < count; ++i) out[2 * i] = out[2 * i + 1] = in[i];
    return;
  }
  for (std::int64_t i = 0; i < count; ++i, out += times) std::fill_n(out, times, in[i]);
}

// Halves are rounded down and up by turns, so that no column is brighter than its neighbours. The
// samples beyond either end repeat the last one, which gives it back unchanged.

void linear(const std::uint16_t* in, std::int64_t count, std::uint16_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const int near = 3 * in[i];
    out[2 * i] = static_cast<std::uint16_t>((near + in[i - 1] + 1) >> 2);
    out[2 * i + 1] = static_cast<std::uint16_t>((near + in[i + 1] + 2) >> 2);
  }
}

void vertical(const std::uint16_t* near, const std::uint16_t* far, int bias, std::int64_t count,
              std::uint16_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint16_t>((3 * near[i] + far[i] + bias) >> 2);
  }
}

void bilinear(const std::uint16_t* near, const std::uint16_t* far, std::int64_t count,
              std::uint16_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const int here = 3 * near[i] + far[i];
    const int left = 3 * near[i - 1] + far[i - 1], right = 3 * near[i + 1] + far[i + 1];
    out[2 * i] = static_cast<std::uint16_t>((3 * here + left + 8) >> 4);
    out[2 * i + 1] = static_cast<std::uint16_t>((3 * here + right + 7) >> 4);
  }
}

}  // namespace

bool Upsampler::start(const Frame& frame, const FrameComponent& component, bool fancy,
                      std::int64_t x0, std::int64_t x1, Arena& arena) {
  across_ = frame.horizontal / component.horizontal;
  down_ = frame.vertical / component.vertical;
  height_ = component.height;
  // Filters are for blocks only, and not for the narrowest images.
  fancy = fancy && !frame.lossless;
  const bool wide = component.width > 2;
  filter_ = across_ == 1 ? Filter::none : Filter::replicate;
  if (fancy && across_ == 2 && down_ == 1 && wide) filter_ = Filter::linear;
  if (fancy && across_ == 1 && down_ == 2) filter_ = Filter::vertical;
  if (fancy && across_ == 2 && down_ == 2 && wide) filter_ = Filter::bilinear;
  first_ = x0 / across_;
  last_ = (x1 + across_ - 1) / across_;
  skip_ = x0 - first_ * across_;
  if (filter_ == Filter::none) return true;
  line_ = arena.take<std::uint16_t>(static_cast<std::size_t>((last_ - first_) * across_));
  return !line_.empty();
}

const std::uint16_t* Upsampler::row(const ComponentRows& rows, std::int64_t y) {
  const std::int64_t own = y / down_;
  const bool upper = y % down_ == 0;
  const std::int64_t next = std::clamp(upper ? own - 1 : own + 1, std::int64_t{0}, height_ - 1);
  const std::uint16_t* near = rows.row(own) + first_;
  const std::int64_t count = last_ - first_;
  switch (filter_) {
    case Filter::none:
      return near;
    case Filter::replicate:
      replicate(near, count, across_, line_.data());
      break;
    case Filter::linear:
      linear(near, count, line_.data());
      break;
    case Filter::vertical:
      vertical(near, rows.row(next) + first_, upper ? 1 : 2, count, line_.data());
      break;
    case Filter::bilinear:
      bilinear(near, rows.row(next) + first_, count, line_.data());
      break;
  }
  return line_.data() + skip_;
}

}  // namespace glimt::jpeg
