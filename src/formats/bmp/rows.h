// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From the bits of one BMP row to samples of 8 bits.
#pragma once

#include <array>
#include <cstdint>

#include "formats/bmp/format.h"

namespace glimt::bmp {

/// What palette indices become: gray or RGB.
class Palette {
 public:
  /// An index without an entry is black; without any entry the indices are a gray ramp.
  Palette(const Header& header, Bytes data);

  /// Every index is its own gray level.
  [[nodiscard]] bool identity() const { return identity_; }
  /// indices to packed gray or RGB samples.
  void expand(const std::uint8_t* indices, std::uint8_t* to, std::size_t count) const;

 private:
  bool gray_;
  bool identity_ = false;
  std::array<std::uint8_t, 256> levels_{};
  std::array<std::uint32_t, 256> colors_{};  // R, G, B, 0 in memory order
};

/// Indices of `bits` (1, 2, 4) each, most significant first, one to a byte. May write up to
/// 7 bytes past count.
void unpack_indices(const std::uint8_t* from, unsigned bits, std::uint8_t* to, std::size_t count);

/// Channels of pixels of 16, 24 or 32 bits by their bit fields, scaled to 8 bits as
/// round(v * 255 / (2^n - 1)).
class FieldReader {
 public:
  explicit FieldReader(const Header& header);
  /// Packed R, G, B and, where declared, A.
  void expand(const std::uint8_t* from, std::uint8_t* to, std::size_t count) const;

 private:
  template <int PixelBytes>
  void expand_channel(unsigned c, const std::uint8_t* from, std::uint8_t* to,
                      std::size_t count) const;

  std::array<BitField, 4> fields_;
  unsigned pixel_bytes_, channels_;
  std::array<std::array<std::uint8_t, 256>, 4> scaled_{};  // of fields up to 8 bits
};

}  // namespace glimt::bmp
