// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed row to packed row, for the pairs of forms that occur often. Which kernel serves a pair is
// a table; pairs without one take general_row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pixel/form.h"

namespace glimt {

/// Everything a kernel may need to know of a pair of forms.
struct RowContext {
  PixelForm from, to;
};

using RowKernel = void (*)(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels,
                           const RowContext& context);

/// Colour and channels at one sample type and depth, or null.
RowKernel color_kernel(const PixelForm& from, const PixelForm& to);
/// Depth alone, colour and channels equal, or null.
RowKernel depth_kernel(const PixelForm& from, const PixelForm& to);
/// Any pair that convertible() allows; slow and obvious.
void general_row(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels,
                 const RowContext& context);

}  // namespace glimt
