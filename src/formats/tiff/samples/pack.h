// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Samples of native types into packed rows: what unpack.h undoes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "formats/tiff/samples/row_form.h"
#include "glimt/types.h"

namespace glimt::tiff {

/// Serves one worker.
class RowPacker {
 public:
  /// Code::unsupported: as RowUnpacker::make.
  static Result<RowPacker> make(const RowForm& form);

  /// Packs `pixels` pixels of native_type(form) samples into packed_row_bytes() bytes; bits beyond
  /// those of the form are dropped, and the last byte is filled up with zeros.
  void run(const void* samples, std::size_t pixels, std::uint8_t* packed);

 private:
  RowPacker() = default;

  RowForm form_;
  SampleType type_ = SampleType::u8;
  std::vector<std::uint8_t> row_, planes_;  ///< scratch
};

}  // namespace glimt::tiff
