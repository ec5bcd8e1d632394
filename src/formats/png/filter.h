// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Filtering of rows for compression (ISO/IEC 15948, 9.2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/png/unfilter.h"

namespace glimt::png {

/// Rows lie in memory with this much on either side: zeros before, anything behind.
inline constexpr std::size_t kFilterMargin = 64;

struct UnfilteredRow {
  const std::uint8_t* row = nullptr;
  const std::uint8_t* above = nullptr;  ///< zeros for the top row
  std::size_t bytes = 0;
  std::size_t pixel_bytes = 1;
};

/// Writes the residuals, and up to kFilterMargin bytes of rubbish behind them.
void filter_row(Filter filter, const UnfilteredRow& row, std::uint8_t* out);

/// The filter with the least sum of absolute residuals (12.7); of equal ones the first.
Filter best_filter(const UnfilteredRow& row);

/// The same by the words of the standard, for tests.
void filter_row_plainly(Filter filter, const UnfilteredRow& row, std::uint8_t* out);
Filter best_filter_plainly(const UnfilteredRow& row);

}  // namespace glimt::png
