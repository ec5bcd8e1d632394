// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/pnm/raster.h"

#include <algorithm>

#include "base/bytes.h"

namespace glimt::pnm {

void unpack_bits(const std::uint8_t* from, std::size_t first_bit, std::uint8_t* to,
                 std::size_t count, std::uint8_t white) {
  const auto one = [&](std::size_t bit) -> std::uint8_t {
    return (from[bit / 8] >> (7 - bit % 8) & 1) != 0 ? 0 : white;
  };
  std::size_t i = 0;
  for (; i < count && (first_bit + i) % 8 != 0; ++i) to[i] = one(first_bit + i);
  for (; i + 8 <= count; i += 8) {
    // Each bit in a byte of its own: copies of the byte, one bit of each, moved to bit 0.
    const std::uint64_t copies = from[(first_bit + i) / 8] * 0x0101010101010101U;
    const std::uint64_t picked = copies & 0x0102040810204080U;
    const std::uint64_t black = (picked + 0x7f7f7f7f7f7f7f7fU) >> 7 & 0x0101010101010101U;
    store_le(to + i, (black ^ 0x0101010101010101U) * white);
  }
  for (; i < count; ++i) to[i] = one(first_bit + i);
}

void pack_bits(const std::uint8_t* from, std::uint8_t* to, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) {
    unsigned bits = 0;
    const std::size_t end = std::min<std::size_t>(8, count - i);
    for (std::size_t k = 0; k < end; ++k) bits |= (from[i + k] == 0 ? 0x80U : 0U) >> k;
    *to++ = static_cast<std::uint8_t>(bits);
  }
}

void copy_clamped(const std::uint8_t* __restrict from, std::uint8_t* __restrict to,
                  std::size_t count, std::uint8_t maxval) {
  for (std::size_t i = 0; i < count; ++i) to[i] = std::min(from[i], maxval);
}

void from_big_endian(const std::uint8_t* __restrict from, std::uint8_t* __restrict to,
                     std::size_t count, std::uint16_t maxval) {
  for (std::size_t i = 0; i < count; ++i) {
    store_le(to + i * 2, std::min(load_be<std::uint16_t>(from + i * 2), maxval));
  }
}

void to_big_endian(const std::uint8_t* __restrict from, std::uint8_t* __restrict to,
                   std::size_t count, std::uint16_t maxval) {
  for (std::size_t i = 0; i < count; ++i) {
    store_be(to + i * 2, std::min(load_le<std::uint16_t>(from + i * 2), maxval));
  }
}

bool PlainReader::next(std::uint16_t& value) {
  if (defect_ != Defect::none) return false;
  for (;; ++position_) {
    if (position_ >= data_.size()) return stop(Defect::ended);
    const std::uint8_t c = data_[position_];
    if (c == '#') {  // older writers put comments between the samples, too
      while (position_ < data_.size() && data_[position_] != '\n') ++position_;
      if (position_ >= data_.size()) return stop(Defect::ended);
    } else if (!is_space(c)) {
      break;
    }
  }
  if (bits_) {  // digits need no space between them
    value = static_cast<std::uint16_t>(data_[position_] - '0');
    if (value > 1) return stop(Defect::not_a_number);
    ++position_;
    return true;
  }
  std::uint32_t number = 0;
  const std::size_t begin = position_;
  for (; position_ < data_.size(); ++position_) {
    const unsigned digit = data_[position_] - unsigned{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
    if (number > maxval_) return stop(Defect::above_maxval);
  }
  if (position_ == begin) return stop(Defect::not_a_number);
  if (position_ < data_.size() && !is_space(data_[position_]) && data_[position_] != '#') {
    return stop(Defect::not_a_number);
  }
  value = static_cast<std::uint16_t>(number);
  return true;
}

}  // namespace glimt::pnm
