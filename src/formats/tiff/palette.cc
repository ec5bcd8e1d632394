// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/palette.h"

#include <algorithm>

namespace glimt::tiff {
namespace {

constexpr std::int64_t kStripRows = 64;

template <class T>
std::uint64_t color_of(const T* pixel) {
  return std::uint64_t{pixel[0]} << 32 | std::uint64_t{pixel[1]} << 16 | pixel[2];
}

}  // namespace

PixelForm ExactPalette::form(SampleType type) {
  PixelForm form;
  form.type = type;
  form.bit_depth = static_cast<std::uint8_t>(8 * sample_bytes(type));
  form.channels = 3;
  form.color = ColorModel::rgb;
  return form;
}

std::size_t ExactPalette::slot_of(std::uint64_t color) const {
  std::size_t slot = color * 0x9E3779B97F4A7C15U >> (64 - kHashBits);
  while (slots_[slot].color != color && slots_[slot].color != ~std::uint64_t{0})
    slot = (slot + 1) % slots_.size();
  return slot;
}

template <class T>
bool ExactPalette::add_row(const T* row, std::int64_t width) {
  // A byte stands for all of its range, as 257 times itself does in 16 bits.
  constexpr std::uint16_t scale = sizeof(T) == 1 ? 257 : 1;
  std::uint64_t last = ~std::uint64_t{0};
  for (std::int64_t x = 0; x < width; ++x, row += 3) {
    const std::uint64_t color = color_of(row);
    if (color == last) continue;
    last = color;
    Slot& slot = slots_[slot_of(color)];
    if (slot.color == color) continue;
    if (colors_.size() == kMostColors) return false;
    slot = {color, static_cast<std::uint8_t>(colors_.size())};
    colors_.push_back({static_cast<std::uint16_t>(row[0] * scale),
                       static_cast<std::uint16_t>(row[1] * scale),
                       static_cast<std::uint16_t>(row[2] * scale)});
  }
  return true;
}

Result<std::optional<ExactPalette>> ExactPalette::find(const PixelSource& source, Arena& arena) {
  ExactPalette palette;
  const bool bytes = sample_bytes(source.form().type) == 1;
  for (std::int64_t y = 0; y < source.height(); y += kStripRows) {
    const std::int64_t end = std::min(y + kStripRows, source.height());
    const Arena::Mark mark = arena.mark();
    GLIMT_TRY(const PixelView rows, source.read({0, y, source.width(), end}, arena));
    for (std::int64_t row = 0; row < rows.height; ++row) {
      const std::uint8_t* at = rows.at(0, row);
      const bool few =
          bytes ? palette.add_row(at, rows.width)
                : palette.add_row(reinterpret_cast<const std::uint16_t*>(at), rows.width);
      if (!few) return std::optional<ExactPalette>();
    }
    arena.release(mark);
  }
  return std::optional<ExactPalette>(std::move(palette));
}

std::uint8_t ExactPalette::bits() const {
  const std::size_t count = colors_.size();
  return count <= 2 ? 1 : count <= 4 ? 2 : count <= 16 ? 4 : 8;
}

template <class T>
void ExactPalette::number_row(const T* row, std::int64_t width, std::uint8_t* out) const {
  std::uint64_t last = ~std::uint64_t{0};
  std::uint8_t number = 0;
  for (std::int64_t x = 0; x < width; ++x, row += 3) {
    const std::uint64_t color = color_of(row);
    if (color != last) number = slots_[slot_of(color)].number;
    last = color;
    out[x] = number;
  }
}

void ExactPalette::number(const PixelView& pixels, std::uint8_t* out) const {
  const bool bytes = sample_bytes(pixels.form.type) == 1;
  for (std::int64_t y = 0; y < pixels.height; ++y, out += pixels.width) {
    const std::uint8_t* row = pixels.at(0, y);
    if (bytes) {
      number_row(row, pixels.width, out);
    } else {
      number_row(reinterpret_cast<const std::uint16_t*>(row), pixels.width, out);
    }
  }
}

}  // namespace glimt::tiff
