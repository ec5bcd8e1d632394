// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "codec/format.h"

namespace glimt {

extern const Format kPnmFormat;

namespace pnm {

/// The digit of the magic number: P1 .. P7.
enum class Kind : std::uint8_t {
  plain_bits = 1,
  plain_gray = 2,
  plain_rgb = 3,
  bits = 4,
  gray = 5,
  rgb = 6,
  pam = 7,
};

/// All that the header says.
struct Header {
  Kind kind = Kind::gray;
  std::uint32_t width = 0, height = 0;
  std::uint16_t depth = 1;  ///< channels, PAM's word
  std::uint16_t maxval = 1;
  ColorModel color = ColorModel::gray;
  bool alpha = false;
  std::uint64_t raster_offset = 0;

  [[nodiscard]] bool plain() const { return kind <= Kind::plain_rgb; }
  /// One bit a pixel, 1 is black.
  [[nodiscard]] bool bilevel() const { return kind == Kind::plain_bits || kind == Kind::bits; }
  [[nodiscard]] std::uint64_t samples_per_row() const { return std::uint64_t{width} * depth; }
  /// Of binary kinds.
  [[nodiscard]] std::uint64_t row_bytes() const {
    if (kind == Kind::bits) return (std::uint64_t{width} + 7) / 8;
    return samples_per_row() * (maxval > 255 ? 2 : 1);
  }
  /// The samples as the file stores them, in host byte order.
  [[nodiscard]] PixelForm stored_form() const;
};

/// The one parser. Code::corrupt, truncated.
Result<Header> parse_header(Bytes data);

constexpr bool is_space(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace pnm
}  // namespace glimt
