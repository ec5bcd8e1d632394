// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace glimt::jpeg2000 {

/// The values that a sample may have; what lies outside is clamped.
struct SampleRange {
  std::int32_t low = 0, high = 255;
};

/// Interleaves rows of 32-bit samples, one a channel, into `pixels` gapless pixels of sample type
/// T: 8, 16 or 32 bits, signed or not.
template <class T>
void pack_row(std::span<const std::int32_t* const> rows, SampleRange range, std::size_t pixels,
              std::uint8_t* to);

/// The same, one channel to any place.
template <class T>
void pack_channel(const std::int32_t* row, SampleRange range, std::size_t pixels, std::uint8_t* to,
                  std::ptrdiff_t pixel_stride);

}  // namespace glimt::jpeg2000
