// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/layout.h"

#include <algorithm>

#include "base/checked.h"

namespace glimt::png {
namespace {

constexpr Pass kSequential[] = {{0, 0, 1, 1}};
constexpr Pass kAdam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                           {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

}  // namespace

std::size_t Layout::bytes_above(std::uint32_t y) const {
  std::size_t most = 0;
  for (const Pass& pass : *this) {
    const std::uint32_t rows = std::min(pass.rows_above(y), pass.height);
    if (rows != 0) most = std::max(most, pass.offset + rows * pass.stride());
  }
  return most;
}

std::optional<Layout> layout_of(const Header& header) {
  const std::span<const Pass> passes =
      header.interlaced ? std::span<const Pass>(kAdam7) : kSequential;
  Layout layout;
  for (Pass pass : passes) {
    if (header.width <= pass.x0 || header.height <= pass.y0) continue;
    pass.width = ceil_div(header.width - pass.x0, pass.dx);
    pass.height = ceil_div(header.height - pass.y0, pass.dy);
    // At most 2^31 pixels of 64 bits.
    pass.row_bytes = ceil_div<std::size_t>(pass.width * header.pixel_bits(), 8);
    pass.offset = layout.bytes;
    const auto bytes = checked_mul<std::size_t>(pass.stride(), pass.height);
    const auto total = bytes ? checked_add(layout.bytes, *bytes) : std::nullopt;
    if (!total) return std::nullopt;
    layout.bytes = *total;
    layout.passes[layout.count++] = pass;
  }
  return layout;
}

}  // namespace glimt::png
