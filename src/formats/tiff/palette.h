// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "pixel/canvas.h"

namespace glimt::tiff {

/// The colours of an image that has few, so that its pixels can be written as their numbers.
class ExactPalette {
 public:
  static constexpr std::size_t kMostColors = 256;

  /// The form of pixels whose colours are counted: RGB of 8 or 16 bits.
  static PixelForm form(SampleType type);

  /// `source` gives pixels of form(). Nothing: there are more than 256 colours.
  static Result<std::optional<ExactPalette>> find(const PixelSource& source, Arena& arena);

  /// Red, green and blue of 16 bits, in the order in which the image has them.
  [[nodiscard]] const std::vector<std::array<std::uint16_t, 3>>& colors() const { return colors_; }
  /// Of a number: 1, 2, 4 or 8.
  [[nodiscard]] std::uint8_t bits() const;
  /// The numbers of pixels of form(), a byte each. Safe from many threads.
  void number(const PixelView& pixels, std::uint8_t* out) const;

 private:
  /// Colours by their hash; slots are found in a run from there on.
  struct Slot {
    std::uint64_t color = ~std::uint64_t{0};
    std::uint8_t number = 0;
  };
  static constexpr unsigned kHashBits = 11;
  [[nodiscard]] std::size_t slot_of(std::uint64_t color) const;
  template <class T>
  bool add_row(const T* row, std::int64_t width);
  template <class T>
  void number_row(const T* row, std::int64_t width, std::uint8_t* out) const;

  std::vector<Slot> slots_ = std::vector<Slot>(std::size_t{1} << kHashBits);
  std::vector<std::array<std::uint16_t, 3>> colors_;
};

}  // namespace glimt::tiff
