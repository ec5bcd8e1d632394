// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Samples of a raster, between their place in a file and host memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/pnm/format.h"

namespace glimt::pnm {

/// Bits, most significant first, 1 black: to bytes 0 (black) and `white`.
void unpack_bits(const std::uint8_t* from, std::size_t first_bit, std::uint8_t* to,
                 std::size_t count, std::uint8_t white);
/// The way back: a sample of 0 is black; unused bits are 0.
void pack_bits(const std::uint8_t* from, std::uint8_t* to, std::size_t count);

/// Copies with values above maxval made maxval.
void copy_clamped(const std::uint8_t* from, std::uint8_t* to, std::size_t count,
                  std::uint8_t maxval);
/// Between big-endian and host order, values above maxval made maxval.
void from_big_endian(const std::uint8_t* from, std::uint8_t* to, std::size_t count,
                     std::uint16_t maxval);
void to_big_endian(const std::uint8_t* from, std::uint8_t* to, std::size_t count,
                   std::uint16_t maxval);

/// Numbers written as text (P1, P2, P3).
class PlainReader {
 public:
  PlainReader(Bytes raster, const Header& header)
      : data_(raster), maxval_(header.maxval), bits_(header.kind == Kind::plain_bits) {}

  enum class Defect : std::uint8_t { none, ended, not_a_number, above_maxval };
  /// The first defect met; nothing is read after it.
  [[nodiscard]] Defect defect() const { return defect_; }
  /// Where in the raster it is.
  [[nodiscard]] std::size_t position() const { return position_; }

  /// The next sample; false at a defect. Of P1: 1 is black still.
  bool next(std::uint16_t& value);

 private:
  bool stop(Defect defect) {
    defect_ = defect;
    return false;
  }

  Bytes data_;
  std::size_t position_ = 0;
  std::uint16_t maxval_;
  bool bits_;
  Defect defect_ = Defect::none;
};

}  // namespace glimt::pnm
