// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// BMP files of any kind, for tests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace glimt::bmp {

struct Builder {
  std::uint32_t header_bytes = 40;
  std::int32_t width = 1, height = 1;  // height < 0: top-down
  std::uint16_t bits_per_pixel = 24;
  std::uint32_t compression = 0;
  std::uint32_t palette_said = 0;
  std::vector<std::uint32_t> palette{};  // 0x00RRGGBB
  std::vector<std::uint32_t> masks{};    // in the header, or behind one of 40 bytes
  std::size_t gap = 0;                   // bytes between the palette and the pixels
  std::optional<std::uint32_t> pixel_offset{};
  std::vector<std::uint8_t> pixels{};

  [[nodiscard]] std::size_t row_bytes() const {
    return (static_cast<std::size_t>(width) * bits_per_pixel + 31) / 32 * 4;
  }
  [[nodiscard]] std::uint32_t rows() const {
    return static_cast<std::uint32_t>(height < 0 ? -height : height);
  }
  /// Room for uncompressed pixels.
  void make_room() { pixels = std::vector<std::uint8_t>(row_bytes() * rows()); }
  /// Stores the bits of pixel (x, y), y counted from the top.
  void set(std::uint32_t x, std::uint32_t y, std::uint32_t value) {
    const std::uint32_t row = height < 0 ? y : rows() - 1 - y;
    std::uint8_t* at = pixels.data() + row * row_bytes();
    if (bits_per_pixel >= 8) {
      for (unsigned i = 0; i < bits_per_pixel / 8U; ++i) {
        at[x * (bits_per_pixel / 8U) + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
      return;
    }
    const unsigned bit = x * bits_per_pixel;
    at[bit / 8] |= static_cast<std::uint8_t>(value << (8 - bits_per_pixel - bit % 8));
  }

  [[nodiscard]] std::vector<std::uint8_t> bytes() const;
};

}  // namespace glimt::bmp
