// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The loops of unpacking and packing rows. All are out of place: a predictor undone in place costs
// twenty times as much, as each vector would be loaded across the stores just made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glimt::tiff {

/// Numbers of `bytes` bytes (1, 2, 4 or 8) in the other byte order.
void swap_numbers(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out);

/// Sums of each sample along a row (predictor 2). Numbers of `bytes` bytes (1, 2, 4 or 8),
/// `samples` of them a pixel; `swap`: they come in the other byte order.
void undo_horizontal(const std::uint8_t* in, std::size_t pixels, std::size_t samples,
                     std::size_t bytes, bool swap, std::uint8_t* out);
/// Differences along a row; `swap` gives them in the other byte order.
void apply_horizontal(const std::uint8_t* in, std::size_t pixels, std::size_t samples,
                      std::size_t bytes, bool swap, std::uint8_t* out);

/// Numbers of `bits` bits (3 to 24, no multiple of 8), the first in the highest places, to
/// containers of 1, 2 or 4 bytes. Gives how many of `count` it has done, a multiple of 8: with 16
/// readable bytes behind the last one all whole groups of 8, and none where there are no vectors.
std::size_t unpack_groups(const std::uint8_t* in, std::size_t count, std::uint32_t bits,
                          std::uint8_t* out);

/// Planes of `count` bytes, the highest byte of each number first, to numbers of `bytes` bytes
/// (2, 3, 4 or 8) in the host's order (predictor 3). Three bytes come out as four.
void join_planes(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out);
void split_planes(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out);

}  // namespace glimt::tiff
