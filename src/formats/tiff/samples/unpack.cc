// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/unpack.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "formats/tiff/samples/bit_order.h"
#include "formats/tiff/samples/bits.h"
#include "formats/tiff/samples/row_kernels.h"

namespace glimt::tiff {
namespace {

bool is_native(std::uint32_t bits) { return bits == 8 || bits == 16 || bits == 32 || bits == 64; }

/// Every number of bits that has no type of its own.
void unpack_odd(const RowForm& form, const std::uint8_t* packed, std::size_t pixels, void* out) {
  const std::size_t count = pixels * form.samples;
  if (form.bits % 8 == 0) {
    unpack_bytes(packed, count, form.bits, form.big_endian, out);
  } else {
    unpack_bits(packed, count, form.bits, out);
  }
  if (form.predictor == Predictor::horizontal) sum_bits(out, pixels, form.samples, form.bits);
  if (form.kind == SampleKind::signed_integer) extend_signs(out, count, form.bits);
  if (form.kind == SampleKind::floating) widen_float24(out, count);
}

}  // namespace

Result<SampleType> native_type(const RowForm& form) {
  constexpr SampleType types[3][4] = {
      {SampleType::u8, SampleType::u16, SampleType::u32, SampleType::u64},
      {SampleType::i8, SampleType::i16, SampleType::i32, SampleType::i64},
      {SampleType::f16, SampleType::f16, SampleType::f32, SampleType::f64}};
  const bool floating = form.kind == SampleKind::floating;
  const bool known = form.kind >= SampleKind::unsigned_integer && form.kind <= SampleKind::floating;
  const bool size = floating ? form.bits == 24 || (is_native(form.bits) && form.bits > 8)
                             : form.bits >= 1 && form.bits <= 64;
  if (!known || !size) {
    return Status(Code::unsupported, std::string(floating ? "floating" : "integer") +
                                         " samples of " + std::to_string(form.bits) +
                                         " bits (SampleFormat " +
                                         std::to_string(static_cast<unsigned>(form.kind)) + ")");
  }
  const unsigned size_class = form.bits <= 8 ? 0 : form.bits <= 16 ? 1 : form.bits <= 32 ? 2 : 3;
  return types[static_cast<unsigned>(form.kind) - 1][size_class];
}

Result<RowUnpacker> RowUnpacker::make(const RowForm& form) {
  GLIMT_TRY(const SampleType type, native_type(form));
  if (form.samples == 0) return Status(Code::unsupported, "pixels without samples");
  const bool fits = form.predictor == Predictor::none || form.predictor == Predictor::horizontal ||
                    (form.predictor == Predictor::floating && form.kind == SampleKind::floating);
  if (!fits) {
    return Status(Code::unsupported, "predictor " +
                                         std::to_string(static_cast<unsigned>(form.predictor)) +
                                         " with samples of SampleFormat " +
                                         std::to_string(static_cast<unsigned>(form.kind)));
  }
  RowUnpacker unpacker;
  unpacker.form_ = form;
  unpacker.type_ = type;
  return unpacker;
}

bool RowUnpacker::is_copy() const {
  return is_native(form_.bits) && form_.predictor == Predictor::none && !form_.fill_order_lsb &&
         (form_.bits == 8 || !form_.big_endian);
}

void RowUnpacker::run(const std::uint8_t* packed, std::size_t pixels, std::size_t first,
                      std::size_t count, void* out) {
  // Where a part may begin: predictors need what is on the left, the floating one all of the row.
  std::size_t begin = 0, end = first + count;
  if (form_.predictor == Predictor::none) begin = form_.bits % 8 == 0 ? first : first / 8 * 8;
  if (form_.predictor == Predictor::floating) end = pixels;
  const std::size_t pixel_bytes = sample_bytes(type_) * form_.samples;
  packed += begin * form_.samples * form_.bits / 8;
  if (begin == first && end == first + count) return unpack(packed, count, out);
  whole_.resize((end - begin) * pixel_bytes);
  unpack(packed, end - begin, whole_.data());
  std::memcpy(out, whole_.data() + (first - begin) * pixel_bytes, count * pixel_bytes);
}

void RowUnpacker::unpack(const std::uint8_t* packed, std::size_t pixels, void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  const std::size_t count = pixels * form_.samples, bytes = form_.bits / 8;
  const std::size_t row_bytes = (count * form_.bits + 7) / 8;
  if (count == 0) return;
  if (form_.fill_order_lsb || form_.bits % 8 != 0) {
    packed_.resize(row_bytes + kBitSlack);
    if (form_.fill_order_lsb) {
      reverse_bits({packed, row_bytes}, packed_.data());
    } else {
      std::memcpy(packed_.data(), packed, row_bytes);
    }
    packed = packed_.data();
  }
  const bool swap = form_.big_endian && form_.bits > 8;
  if (form_.predictor == Predictor::floating) {
    planes_.resize(row_bytes);
    undo_horizontal(packed, pixels * bytes, form_.samples, 1, false, planes_.data());
    join_planes(planes_.data(), count, bytes, to);
    if (bytes == 3) widen_float24(out, count);
  } else if (!is_native(form_.bits)) {
    unpack_odd(form_, packed, pixels, out);
  } else if (form_.predictor == Predictor::horizontal) {
    undo_horizontal(packed, pixels, form_.samples, bytes, swap, to);
  } else if (swap) {
    swap_numbers(packed, count, bytes, to);
  } else {
    std::memcpy(to, packed, row_bytes);
  }
}

}  // namespace glimt::tiff
