// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Packed rows into samples of native types: the predictor undone (TIFF 6.0 section 14; Adobe
// Photoshop TIFF technical note 3), byte order, FillOrder, any number of bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "formats/tiff/samples/row_form.h"
#include "glimt/types.h"

namespace glimt::tiff {

/// The type that samples become: u8, u16, u32 or u64 (i8, ...), whichever is the least that holds
/// them, or f16, f32 (24 bits too) or f64. Values are as stored, so 0..4095 of 12 bits.
/// Code::unsupported: a form that is not one of row_form.h's.
Result<SampleType> native_type(const RowForm& form);

/// Serves one worker.
class RowUnpacker {
 public:
  /// Code::unsupported: a form or a predictor for it that does not exist.
  static Result<RowUnpacker> make(const RowForm& form);

  [[nodiscard]] SampleType type() const { return type_; }
  [[nodiscard]] const RowForm& form() const { return form_; }

  /// Unpacks all of a row of `pixels` pixels. `packed` holds packed_row_bytes(); pixels * samples
  /// samples of type() are written to `out`, aligned to their size, which does not overlap
  /// `packed`.
  void run(const std::uint8_t* packed, std::size_t pixels, void* out) {
    run(packed, pixels, 0, pixels, out);
  }
  /// The same, of pixels [first, first + count) of the row alone.
  void run(const std::uint8_t* packed, std::size_t pixels, std::size_t first, std::size_t count,
           void* out);

  /// Whether run() would copy bytes and no more: rows may then be used where they lie.
  [[nodiscard]] bool is_copy() const;

 private:
  RowUnpacker() = default;
  void unpack(const std::uint8_t* packed, std::size_t pixels, void* out);

  RowForm form_;
  SampleType type_ = SampleType::u8;
  std::vector<std::uint8_t> packed_, planes_, whole_;  ///< scratch rows
};

}  // namespace glimt::tiff
