// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "glimt/export.h"

namespace glimt {
inline namespace v0 {

/// A window of an image in stored pixels (before EXIF orientation): rows [start_y, end_y), columns
/// [start_x, end_x). It may cross or miss the image: pixels outside take the fill samples, one a
/// channel in the units of the output type (saturated); channels past the fifth take the fifth.
struct Region {
  std::int32_t start_y = 0, start_x = 0, end_y = 0, end_x = 0;
  std::array<double, 5> fill{};

  friend bool operator==(const Region&, const Region&) = default;
};

}  // namespace v0
}  // namespace glimt
