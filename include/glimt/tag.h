// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace glimt {
inline namespace v0 {

/// The values of a TIFF tag.
struct TagValues {
  std::uint16_t type = 0;          ///< of TIFF 6.0 section 2 or BigTIFF: 2 is ASCII, 3 SHORT, ...
  std::uint64_t count = 0;         ///< values; of ASCII bytes, its NUL among them
  std::vector<std::uint8_t> data;  ///< in host byte order; of a rational numerator, denominator
};

}  // namespace v0
}  // namespace glimt
