// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From reconstructed rows to the samples that the codec delivers: bits to bytes, indices to
// colours, big-endian to native, tRNS to an alpha channel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "formats/png/format.h"

namespace glimt::png {

class Expander {
 public:
  /// form: what native_form() gave, with or without the alpha of tRNS; for indexed images it may
  /// also ask for blue first.
  Expander(const Preamble& preamble, const PixelForm& form);

  /// Several pixels share a byte: unpack() comes first.
  [[nodiscard]] bool packed() const { return bit_depth_ < 8; }
  /// Unpacked pixels are not yet the form: expand() comes next.
  [[nodiscard]] bool expands() const { return step_ != nullptr; }
  /// Bytes of an unpacked pixel.
  [[nodiscard]] std::size_t pixel_bytes() const { return pixel_bytes_; }
  /// Bytes that hold the first pixels of a row as stored.
  [[nodiscard]] std::size_t row_bytes(std::size_t pixels) const {
    return packed() ? (pixels * bit_depth_ + 7) / 8 : pixels * pixel_bytes_;
  }

  /// Pixels [x, x + pixels) of a row with less than 8 bits a pixel, one byte each.
  void unpack(const std::uint8_t* row, std::size_t x, std::uint8_t* out, std::size_t pixels) const;
  /// Unpacked pixels into the form, where expands().
  void expand(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels) const {
    step_(*this, in, out, pixels);
  }

 private:
  struct Steps;
  using Step = void (*)(const Expander&, const std::uint8_t*, std::uint8_t*, std::size_t);

  Step step_ = nullptr;
  std::size_t pixel_bytes_ = 1;
  std::uint8_t bit_depth_ = 8;
  std::uint16_t key_[3] = {};              ///< the transparent colour
  std::array<std::uint32_t, 256> colors_;  ///< of a palette, in memory order; set for indexed only
};

}  // namespace glimt::png
