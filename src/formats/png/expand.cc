// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/expand.h"

#include <cstring>

#include "base/bytes.h"

namespace glimt::png {
namespace {

/// The next pixel is written over the fourth byte; the last one has none behind it.
void three_byte_colors(const std::array<std::uint32_t, 256>& colors, const std::uint8_t* in,
                       std::uint8_t* out, std::size_t pixels) {
  if (pixels == 0) return;
  for (std::size_t i = 0; i + 1 < pixels; ++i, out += 3) std::memcpy(out, &colors[in[i]], 4);
  std::memcpy(out, &colors[in[pixels - 1]], 3);
}

template <int Bits>
void unpack_bits(const std::uint8_t* row, std::size_t x, std::uint8_t* out, std::size_t pixels) {
  constexpr std::size_t per_byte = 8 / Bits;
  constexpr unsigned mask = (1U << Bits) - 1;
  std::size_t i = 0;
  const auto one = [&] {
    const std::size_t shift = 8 - Bits - (x + i) % per_byte * Bits;
    out[i] = static_cast<std::uint8_t>(row[(x + i) / per_byte] >> shift & mask);
    ++i;
  };
  while (i < pixels && (x + i) % per_byte != 0) one();
  const std::uint8_t* byte = row + (x + i) / per_byte;
  for (; i + per_byte <= pixels; i += per_byte, ++byte) {
    for (std::size_t k = 0; k < per_byte; ++k) {
      out[i + k] = static_cast<std::uint8_t>(*byte >> (8 - Bits - k * Bits) & mask);
    }
  }
  while (i < pixels) one();
}

}  // namespace

struct Expander::Steps {
  static void colors3(const Expander& e, const std::uint8_t* in, std::uint8_t* out,
                      std::size_t pixels) {
    three_byte_colors(e.colors_, in, out, pixels);
  }
  static void colors4(const Expander& e, const std::uint8_t* in, std::uint8_t* out,
                      std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i, out += 4) std::memcpy(out, &e.colors_[in[i]], 4);
  }
  /// 16-bit samples change their byte order.
  template <int Samples>
  static void swap(const Expander&, const std::uint8_t* __restrict in, std::uint8_t* __restrict out,
                   std::size_t pixels) {
    for (std::size_t i = 0; i < pixels * Samples; ++i) {
      store_le(out + 2 * i, load_be<std::uint16_t>(in + 2 * i));
    }
  }
  /// 11.3.2.1: the one colour that is transparent.
  template <class T, int Samples>
  static void keyed(const Expander& e, const std::uint8_t* in, std::uint8_t* out,
                    std::size_t pixels) {
    const T opaque = static_cast<T>((1U << e.bit_depth_) - 1);
    for (std::size_t i = 0; i < pixels; ++i) {
      bool is_key = true;
      for (int s = 0; s < Samples; ++s, in += sizeof(T), out += sizeof(T)) {
        const T sample = load_be<T>(in);
        is_key = is_key && sample == e.key_[s];
        store_le(out, sample);
      }
      store_le(out, is_key ? T{0} : opaque);
      out += sizeof(T);
    }
  }
  static Step find(const Header& header, const PixelForm& form) {
    const bool deep = header.bit_depth == 16;
    if (header.color_type == ColorType::indexed) return form.alpha ? colors4 : colors3;
    const bool gains_alpha = form.channels > header.samples();
    switch (header.samples()) {
      case 1:
        if (gains_alpha) return deep ? keyed<std::uint16_t, 1> : keyed<std::uint8_t, 1>;
        return deep ? swap<1> : nullptr;
      case 3:
        if (gains_alpha) return deep ? keyed<std::uint16_t, 3> : keyed<std::uint8_t, 3>;
        return deep ? swap<3> : nullptr;
      case 2:
        return deep ? swap<2> : nullptr;
      default:
        return deep ? swap<4> : nullptr;
    }
  }
};

Expander::Expander(const Preamble& preamble, const PixelForm& form)
    : step_(Steps::find(preamble.header, form)),
      pixel_bytes_(preamble.header.samples() * (preamble.header.bit_depth == 16 ? 2U : 1U)),
      bit_depth_(preamble.header.bit_depth) {
  if (preamble.indexed()) {
    // An index beyond the palette is black, as in libpng.
    colors_.fill(load_le<std::uint32_t>(std::array<std::uint8_t, 4>{0, 0, 0, 0xFF}.data()));
    for (std::size_t i = 0; i < preamble.palette.size() / 3; ++i) {
      const std::uint8_t* entry = preamble.palette.data() + 3 * i;
      const std::uint8_t alpha = i < preamble.transparency.size() ? preamble.transparency[i] : 0xFF;
      const std::uint8_t color[4] = {entry[form.bgr ? 2 : 0], entry[1], entry[form.bgr ? 0 : 2],
                                     alpha};
      std::memcpy(&colors_[i], color, 4);
    }
  } else {
    // Only the low bits count where samples have fewer than 16.
    const std::uint32_t mask = (1U << bit_depth_) - 1;
    for (std::size_t i = 0; i < preamble.transparency.size() / 2; ++i) {
      key_[i] = static_cast<std::uint16_t>(
          load_be<std::uint16_t>(preamble.transparency.data() + 2 * i) & mask);
    }
  }
}

void Expander::unpack(const std::uint8_t* row, std::size_t x, std::uint8_t* out,
                      std::size_t pixels) const {
  switch (bit_depth_) {
    case 1:
      return unpack_bits<1>(row, x, out, pixels);
    case 2:
      return unpack_bits<2>(row, x, out, pixels);
    default:
      return unpack_bits<4>(row, x, out, pixels);
  }
}

}  // namespace glimt::png
