// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/checked.h"

namespace glimt::tiff {

/// What the bits of a sample mean: the tag SampleFormat (339), whose `undefined` (4) is unsigned.
enum class SampleKind : std::uint16_t { unsigned_integer = 1, signed_integer = 2, floating = 3 };

/// Values of the tag Predictor (317).
enum class Predictor : std::uint16_t { none = 1, horizontal = 2, floating = 3 };

/// How the samples of a row lie in its bytes: one after the other, the first bit of a byte first,
/// the row padded to whole bytes.
struct RowForm {
  std::uint32_t bits = 8;  ///< of a sample: 1 to 64; floating 16, 24, 32 or 64
  SampleKind kind = SampleKind::unsigned_integer;
  std::uint32_t samples = 1;  ///< of a pixel in these rows: 1 where planes are separate
  Predictor predictor = Predictor::none;
  bool big_endian = false;  ///< of samples whose bits are a multiple of 8; others have no order
  /// FillOrder is 2 and the rows lie in the file as they are; Decompressor::expand has undone it.
  bool fill_order_lsb = false;
};

/// Bytes of a packed row; nothing when that overflows.
constexpr std::optional<std::size_t> packed_row_bytes(const RowForm& form, std::size_t pixels) {
  const auto bits = checked_size(pixels, form.samples, form.bits);
  if (!bits) return std::nullopt;
  return ceil_div<std::size_t>(*bits, 8);
}

}  // namespace glimt::tiff
