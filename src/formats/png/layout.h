// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "formats/png/format.h"

namespace glimt::png {

/// One reduced image of Adam7 (ISO/IEC 15948, 8.2), or the whole image where it is not interlaced.
struct Pass {
  std::uint32_t x0 = 0, y0 = 0, dx = 1,
                dy = 1;  ///< pixel (i, j) of the pass is (x0 + i dx, y0 + j dy)
  std::uint32_t width = 0, height = 0;
  std::size_t row_bytes = 0;  ///< without the filter byte
  std::size_t offset = 0;     ///< of its first filter byte in the inflated data

  [[nodiscard]] std::size_t stride() const { return row_bytes + 1; }
  [[nodiscard]] std::size_t bytes() const { return stride() * height; }
  /// Rows that lie above row `y` of the image.
  [[nodiscard]] std::uint32_t rows_above(std::uint32_t y) const {
    return y <= y0 ? 0 : (y - y0 + dy - 1) / dy;
  }
};

/// Where rows are in the inflated data. Empty passes are left out.
struct Layout {
  std::array<Pass, 7> passes{};
  std::size_t count = 0;
  std::size_t bytes = 0;

  [[nodiscard]] const Pass* begin() const { return passes.data(); }
  [[nodiscard]] const Pass* end() const { return passes.data() + count; }
  /// Inflated bytes up to the end of row y - 1 of the image.
  [[nodiscard]] std::size_t bytes_above(std::uint32_t y) const;
};

/// Nothing when the sizes do not fit std::size_t.
std::optional<Layout> layout_of(const Header& header);

}  // namespace glimt::png
