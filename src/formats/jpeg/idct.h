// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/jpeg/tables.h"

namespace glimt::jpeg {

/// From 64 quantised coefficients, row by row, to 8 x 8 samples; `stride` in samples.
using InverseDct = void (*)(const std::int16_t* coefficients, const QuantizationTable& steps,
                            std::uint16_t* samples, std::ptrdiff_t stride);

/// The accurate integer transform of libjpeg (jidctint.c), bit for bit: samples of 8 or 12 bits.
InverseDct inverse_dct(int precision);

}  // namespace glimt::jpeg
