// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace glimt {

/// Pixels [x0, x1) x [y0, y1). Coordinates may be negative: a region may lie outside its image.
struct Rect {
  std::int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;

  [[nodiscard]] constexpr std::int64_t width() const { return x1 - x0; }
  [[nodiscard]] constexpr std::int64_t height() const { return y1 - y0; }
  [[nodiscard]] constexpr bool empty() const { return x1 <= x0 || y1 <= y0; }
  [[nodiscard]] constexpr bool contains(const Rect& r) const {
    return r.x0 >= x0 && r.x1 <= x1 && r.y0 >= y0 && r.y1 <= y1;
  }
  friend constexpr bool operator==(const Rect&, const Rect&) = default;
};

[[nodiscard]] constexpr Rect intersect(const Rect& a, const Rect& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

}  // namespace glimt
