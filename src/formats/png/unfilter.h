// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Reconstruction of filtered rows (ISO/IEC 15948, 9.2).
//
// Average and Paeth make each pixel wait for its left neighbour, some ten cycles. So several rows
// are worked on at once, each one pixel behind the row above: the pixels of a step are independent
// and share one vector, a few bytes a row. Every row of such a group may have its own filter.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glimt::png {

enum class Filter : std::uint8_t { none, sub, up, average, paeth };
inline constexpr std::uint8_t kFilters = 5;

/// Rows to reconstruct. Filter bytes are known to be below kFilters.
struct FilteredRows {
  const std::uint8_t* filtered = nullptr;  ///< the filter byte of the first row
  std::size_t filtered_stride = 0;
  const std::uint8_t* above = nullptr;  ///< the reconstructed row above; zeros for the top row
  std::uint8_t* out = nullptr;          ///< filtered + 1 with the same stride works in place
  std::ptrdiff_t out_stride = 0;
  std::size_t row_bytes = 0;  ///< bytes to reconstruct of each row: all, or a part from the left
  std::size_t rows = 0;
  std::size_t pixel_bytes = 1;  ///< 1, 2, 3, 4, 6 or 8; divides row_bytes
};
/// filtered must be readable for kUnfilterSlack bytes past its last row.
inline constexpr std::size_t kUnfilterSlack = 32;

void unfilter(const FilteredRows& rows);

/// The same by the words of the standard, for tests.
void unfilter_plainly(const FilteredRows& rows);

}  // namespace glimt::png
