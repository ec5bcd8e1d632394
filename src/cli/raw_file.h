// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "glimt/glimt.h"

namespace glimt::cli {

/// The samples row by row, packed, channels interleaved.
[[nodiscard]] std::vector<std::uint8_t> packed_samples(const Image& image);

/// Samples alone.
[[nodiscard]] Status write_raw(const std::string& path, const Image& image);
/// NumPy's array file, format 1.0: shape (height, width, channels), C order.
[[nodiscard]] Status write_npy(const std::string& path, const Image& image);

}  // namespace glimt::cli
