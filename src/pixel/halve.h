// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Half of an image each way: every pixel is the mean of the two by two that it covers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "glimt/types.h"

namespace glimt {

/// Pixels of half the extent: the last one of an odd extent covers one only.
constexpr std::int64_t halved(std::int64_t extent) { return extent - extent / 2; }

/// halved(pixels) pixels of `channels` interleaved samples, from two rows of `pixels`; the last row
/// of an odd height is its own neighbour. Means of integers are rounded to the nearest, halves up;
/// those of f16 and f32 are sums of doubles, rounded to the nearest even. `to` may be `upper`.
void halve_row(SampleType type, std::uint32_t channels, const std::uint8_t* upper,
               const std::uint8_t* lower, std::size_t pixels, std::uint8_t* to);

}  // namespace glimt
