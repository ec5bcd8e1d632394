// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Every rule by which samples change, in one place, for all formats:
//  1. Colour first, at the source's depth, each step rounded to the nearest integer:
//     gray of RGB     Y = 0.299 R + 0.587 G + 0.114 B (8 bit: 16-bit fixed point as in libjpeg)
//     YCC to RGB      JFIF 1.02, full range (8 bit: libjpeg's fixed point, bit for bit)
//     RGB to YCC      the inverse, likewise
//     CMYK to RGB     R = (m - C)(m - K) / m; Adobe's inverted inks: R = C K / m
//     YCCK            its first three channels are the YCC form of inverted-ink CMY
//     gray to RGB     replicated; a missing alpha is opaque, an unwanted one dropped
//     other to gray/RGB   the first three channels are RGB, of one or two the first is gray
//  2. Then depth: v of full scale a to full scale b is round(v * b / a); signed integers are offset
//     by half their range first, floats are clamped to 0..1. Equal scales copy; an integer of
//     another type or depth is clamped to white even then.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "pixel/form.h"
#include "pixel/row_kernels.h"

namespace glimt {

/// Turns rows of one form into rows of another. Made once per image; stateless after that.
class Converter {
 public:
  /// Code::unsupported, naming both forms, when no rule leads from one to the other.
  Converter() = default;
  static Result<Converter> make(const PixelForm& from, const PixelForm& to);

  /// Nothing changes but, perhaps, strides.
  [[nodiscard]] bool copies() const { return copies_; }
  /// The forms by which PixelRule gives the same samples as run(), where it does not copy.
  [[nodiscard]] const RowContext& rule() const { return rule_; }
  /// Converts all pixels of `from` into `to` (equal width and height, any strides, no overlap).
  void run(const PixelView& from, const PixelView& to) const;

 private:
  void run_row(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels) const;
  void run_tile(const PixelView& from, const PixelView& to) const;

  RowContext rule_;
  RowContext color_, depth_;          // the forms before and after each of two kernels
  RowKernel color_kernel_ = nullptr;  // null: nothing to do there
  RowKernel depth_kernel_ = nullptr;
  PixelForm from_, to_;
  bool copies_ = false;
};

}  // namespace glimt
