// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the components of a codestream mean: palette (pclr, cmap), channel definitions (cdef) and
// colour (colr) turn them into channels, and channels into a pixel form.
#pragma once

#include <array>
#include <cstdint>

#include "formats/jpeg2000/boxes.h"
#include "formats/jpeg2000/codestream_header.h"
#include "pixel/form.h"

namespace glimt::jpeg2000 {

constexpr int kNoColumn = -1;

/// One channel of the image: a component as it is, or looked up in a column of the palette.
struct Channel {
  std::uint16_t component = 0;
  int palette_column = kNoColumn;
  std::uint8_t bit_depth = 8;
  bool is_signed = false;
};

/// All that the headers of a file say.
struct Headers {
  Jp2Header jp2;
  MainHeader main;

  PixelForm form;  ///< colour channels, then alpha, then others
  std::uint16_t channels = 0;
  bool reordered = false;  ///< order applies (cdef); otherwise channel i is channel i of the file
  std::array<std::uint16_t, 32> order{};

  /// Channel i in the order of the form.
  [[nodiscard]] Channel channel(std::size_t index) const;
  /// The component that gives the image its size: that of channel 0.
  [[nodiscard]] Component reference() const { return main.siz.component(channel(0).component); }
};

/// The one parser of the format. Code::corrupt, truncated, unsupported. Allocates nothing.
Result<Headers> read_headers(Bytes file);

/// The column of the palette, one 32-bit value an entry.
std::int32_t palette_value(const Jp2Header& jp2, std::size_t entry, std::size_t column);

}  // namespace glimt::jpeg2000
