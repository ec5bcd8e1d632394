// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/pack.h"

#include <cstring>

#include "formats/tiff/samples/bit_order.h"
#include "formats/tiff/samples/bits.h"
#include "formats/tiff/samples/row_kernels.h"
#include "formats/tiff/samples/unpack.h"

namespace glimt::tiff {

Result<RowPacker> RowPacker::make(const RowForm& form) {
  GLIMT_TRY(const RowUnpacker twin, RowUnpacker::make(form));
  RowPacker packer;
  packer.form_ = form;
  packer.type_ = twin.type();
  return packer;
}

void RowPacker::run(const void* samples, std::size_t pixels, std::uint8_t* packed) {
  const std::size_t count = pixels * form_.samples;
  const std::size_t bytes = form_.bits / 8, row_bytes = (count * form_.bits + 7) / 8;
  if (count == 0) return;
  const auto* from = static_cast<const std::uint8_t*>(samples);
  const bool native = sample_bytes(type_) * 8 == form_.bits;
  if (!native) {
    // A copy, as predictors work on samples of the form's bits.
    row_.assign(from, from + count * sample_bytes(type_));
    if (form_.kind == SampleKind::floating) narrow_to_float24(row_.data(), count);
    from = row_.data();
  }
  const bool swap = form_.big_endian && form_.bits > 8;
  if (form_.predictor == Predictor::floating) {
    planes_.resize(row_bytes);
    split_planes(from, count, bytes, planes_.data());
    apply_horizontal(planes_.data(), pixels * bytes, form_.samples, 1, false, packed);
  } else if (!native) {
    if (form_.predictor == Predictor::horizontal)
      subtract_bits(row_.data(), pixels, form_.samples, form_.bits);
    if (form_.bits % 8 == 0) {
      pack_bytes(from, count, form_.bits, form_.big_endian, packed);
    } else {
      planes_.resize(row_bytes + kBitSlack);
      pack_bits(from, count, form_.bits, planes_.data());
      std::memcpy(packed, planes_.data(), row_bytes);
    }
  } else if (form_.predictor == Predictor::horizontal) {
    apply_horizontal(from, pixels, form_.samples, bytes, swap, packed);
  } else if (swap) {
    swap_numbers(from, count, bytes, packed);
  } else {
    std::memcpy(packed, from, row_bytes);
  }
  if (form_.fill_order_lsb) reverse_bits({packed, row_bytes}, packed);
}

}  // namespace glimt::tiff
