// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From the packed rows of an expanded chunk to rows of the form that goes to the canvas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "formats/tiff/page.h"
#include "formats/tiff/samples/color.h"
#include "formats/tiff/samples/unpack.h"
#include "pixel/form.h"

namespace glimt::tiff {

/// The rows of one image; serves one worker.
class Rows {
 public:
  /// `wanted`: the form that the caller gets; `columns`: the most pixels that are written at once.
  /// Code::unsupported, corrupt.
  static Result<Rows> make(const Page& page, const PixelForm& wanted, std::size_t columns);

  /// What write() makes, as near to `wanted` as can be had here. Planar where planes are separate;
  /// it may then have fewer channels than the page has planes: others are not needed.
  [[nodiscard]] const PixelForm& form() const { return form_; }

  /// Bytes of a chunk's first `rows` rows; nothing when that overflows.
  [[nodiscard]] std::optional<std::size_t> bytes_of(std::uint32_t rows) const;
  /// Whether a chunk's packed rows are pixels of form() already.
  [[nodiscard]] bool is_copy() const { return copies_; }
  /// From one packed row to the next, where is_copy().
  [[nodiscard]] std::size_t row_bytes() const { return row_bytes_; }

  /// Makes pixels [first, first + count) of row `row` of the chunk that begins at `packed`.
  void write(const std::uint8_t* packed, std::uint32_t row, std::size_t first, std::size_t count,
             std::uint8_t* out);
  /// The same of a chunk whose samples are all 0.
  void write_zeros(std::size_t count, std::uint8_t* out);

 private:
  enum class Way : std::uint8_t { plain, palette, lab, ycbcr_units };

  explicit Rows(RowUnpacker unpacker) : unpacker_(std::move(unpacker)) {}
  Status choose_way(const Page& page, const PixelForm& wanted);
  Status choose_ycbcr(const Page& page, const PixelForm& wanted);
  Status read_palette(const Page& page);
  void color_scratch(std::size_t count, std::uint8_t* out);

  Way way_ = Way::plain;
  PixelForm form_;
  RowUnpacker unpacker_;
  std::uint32_t width_ = 0;  // of a chunk
  std::size_t row_bytes_ = 0;
  bool inverts_ = false, copies_ = false;
  std::optional<Palette> palette_;
  std::optional<LabToRgb> lab_;
  std::optional<YcbcrToRgb> ycbcr_;
  YcbcrUnits units_;
  std::vector<std::uint64_t> scratch_;  // a row of samples, aligned for all types
};

}  // namespace glimt::tiff
