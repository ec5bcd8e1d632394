// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/rows.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace glimt::bmp {

Palette::Palette(const Header& header, Bytes data) : gray_(header.channels() == 1) {
  const std::uint32_t possible = 1U << header.bits_per_pixel;
  if (header.palette_size == 0) {
    for (std::uint32_t i = 0; i < possible; ++i) {
      levels_[i] = static_cast<std::uint8_t>(i * 255 / (possible - 1));
    }
  }
  const std::uint8_t* entry = data.data() + header.palette_offset;
  for (std::uint32_t i = 0; i < header.palette_size; ++i, entry += header.palette_entry_bytes) {
    levels_[i] = entry[0];
    colors_[i] = entry[2] | std::uint32_t{entry[1]} << 8 | std::uint32_t{entry[0]} << 16;
  }
  if (gray_ && possible == 256) {
    identity_ = true;
    for (std::uint32_t i = 0; i < 256; ++i) identity_ = identity_ && levels_[i] == i;
  }
}

void Palette::expand(const std::uint8_t* __restrict indices, std::uint8_t* __restrict to,
                     std::size_t count) const {
  if (gray_) {
    for (std::size_t i = 0; i < count; ++i) to[i] = levels_[indices[i]];
    return;
  }
  if (count == 0) return;
  for (std::size_t i = 0; i + 1 < count; ++i) store_le(to + i * 3, colors_[indices[i]]);
  std::memcpy(to + (count - 1) * 3, &colors_[indices[count - 1]], 3);
}

void unpack_indices(const std::uint8_t* __restrict from, unsigned bits, std::uint8_t* __restrict to,
                    std::size_t count) {
  switch (bits) {
    case 1:
      for (std::size_t i = 0; i < count; i += 8) {
        // Each bit in a byte of its own: copies of the byte, one bit of each, moved to bit 0.
        const std::uint64_t copies = *from++ * 0x0101010101010101U;
        const std::uint64_t picked = copies & 0x0102040810204080U;
        store_le(to + i, (picked + 0x7f7f7f7f7f7f7f7fU) >> 7 & 0x0101010101010101U);
      }
      return;
    case 2:
      for (std::size_t i = 0; i < count; i += 4) {
        const std::uint32_t v = *from++;
        store_le(to + i, v >> 6 | (v >> 4 & 3) << 8 | (v >> 2 & 3) << 16 | (v & 3) << 24);
      }
      return;
    default:
      for (std::size_t i = 0; i < count; i += 2) {
        const unsigned v = *from++;
        store_le(to + i, static_cast<std::uint16_t>(v >> 4 | (v & 15) << 8));
      }
  }
}

FieldReader::FieldReader(const Header& header)
    : fields_(header.fields),
      pixel_bytes_(header.bits_per_pixel / 8U),
      channels_(header.channels()) {
  for (unsigned c = 0; c < channels_; ++c) {
    const unsigned bits = fields_[c].bits;
    if (bits == 0 || bits > 8) continue;
    const unsigned full = (1U << bits) - 1;
    for (unsigned v = 0; v <= full; ++v) {
      scaled_[c][v] = static_cast<std::uint8_t>((2 * v * 255 + full) / (2 * full));
    }
  }
}

template <int PixelBytes>
void FieldReader::expand_channel(unsigned c, const std::uint8_t* __restrict from,
                                 std::uint8_t* __restrict to, std::size_t count) const {
  const auto load = [](const std::uint8_t* p) -> std::uint32_t {
    if constexpr (PixelBytes == 2) return load_le<std::uint16_t>(p);
    if constexpr (PixelBytes == 4) return load_le<std::uint32_t>(p);
    return p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16;
  };
  const BitField field = fields_[c];
  const unsigned step = channels_;
  const auto full = static_cast<std::uint32_t>((std::uint64_t{1} << field.bits) - 1);
  if (field.bits <= 8) {
    for (std::size_t i = 0; i < count; ++i, from += PixelBytes) {
      to[i * step] = scaled_[c][load(from) >> field.shift & full];
    }
    return;
  }
  // full is odd, so that no value lies halfway: double has precision enough to round rightly.
  const double scale = 255.0 / full;
  for (std::size_t i = 0; i < count; ++i, from += PixelBytes) {
    const std::uint32_t v = load(from) >> field.shift & full;
    to[i * step] = static_cast<std::uint8_t>(v * scale + 0.5);
  }
}

void FieldReader::expand(const std::uint8_t* from, std::uint8_t* to, std::size_t count) const {
  for (unsigned c = 0; c < channels_; ++c) {
    switch (pixel_bytes_) {
      case 2:
        expand_channel<2>(c, from, to + c, count);
        break;
      case 3:
        expand_channel<3>(c, from, to + c, count);
        break;
      default:
        expand_channel<4>(c, from, to + c, count);
    }
  }
}

}  // namespace glimt::bmp
