// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "formats/tiff/compression/expanded.h"

namespace glimt::tiff {

/// PackBits (TIFF 6.0 section 9). Code::truncated.
Expanded expand_packbits(Bytes coded, std::span<std::uint8_t> out);

/// Appends the coded form of one row; rows are coded one by one.
void compress_packbits(Bytes row, std::vector<std::uint8_t>& out);

}  // namespace glimt::tiff
