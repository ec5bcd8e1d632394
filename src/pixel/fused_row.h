// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chroma upsampling and colour conversion in one pass over a row of pixels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace glimt {

/// From chroma samples to those of a row of pixels.
enum class ChromaFilter : std::uint8_t {
  none,       ///< one sample a pixel
  replicate,  ///< one for two pixels, repeated
  linear,     ///< one for two pixels, 3/4 the nearer and 1/4 the further one
  bilinear,   ///< the same in both directions
  above,      ///< one a pixel, 3/4 of this row and 1/4 of the one above
  below,      ///< ... of the one below
};

/// What one row of pixels is made of. Rows may be read up to 64 samples past their end; chroma rows
/// have a copy of the outermost sample on either side.
struct FusedInput {
  const std::uint8_t* luma = nullptr;
  std::array<const std::uint8_t*, 2> nearer{};   ///< Cb and Cr: the row that the pixels lie in
  std::array<const std::uint8_t*, 2> further{};  ///< the row next to it, if the filter looks there
  bool bgr = false;                              ///< pixels with blue first
};
using FusedRow = void (*)(const FusedInput& input, std::uint8_t* pixels, std::size_t count);

}  // namespace glimt
