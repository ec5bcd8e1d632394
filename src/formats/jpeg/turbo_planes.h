// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>  // jpeglib.h wants FILE and size_t from its includer

#include <jpeglib.h>

#include "base/arena.h"
#include "formats/jpeg/fused_rows.h"
#include "pixel/form.h"

namespace glimt::jpeg {

/// The samples of two MCU rows as libjpeg's inverse DCT leaves them (its "raw data"), and from
/// there to RGB by fused_row(). For whole rows of YCbCr images of the usual samplings; the pixels
/// are those of libjpeg's own upsampling.
class Planes {
 public:
  /// Whether this image can go this way to pixels of this form. After jpeg_read_header.
  static bool serve(const jpeg_decompress_struct& cinfo, const PixelForm& form);

  /// After jpeg_start_decompress with raw_data_out. False when there is no memory.
  bool start(const jpeg_decompress_struct& cinfo, const PixelForm& form, Arena& arena);

  /// Rows of pixels in a MCU row.
  [[nodiscard]] std::int64_t mcu_height() const { return luma_.rows; }
  /// Where jpeg_read_raw_data shall put MCU row i; call filled(i) after it.
  JSAMPIMAGE target(std::int64_t i);
  void filled(std::int64_t i);
  /// Rows of pixels that can be computed from MCU rows [0, count): those of the last one wait for
  /// their neighbour below.
  [[nodiscard]] std::int64_t rows_ready(std::int64_t count) const;
  /// Row y of the image; its MCU row is one of the last two that were filled.
  void convert(std::int64_t y, std::uint8_t* pixels) const;

 private:
  static constexpr int kMostRows = 32;  // of a component in a MCU row: sampling factors up to 4
  struct Component {
    std::array<std::array<JSAMPROW, kMostRows>, 2> slots;  // of even and odd MCU rows
    std::int64_t rows = 0;                                 // in a MCU row
    std::int64_t width = 0, height = 0;                    // samples in the image
    [[nodiscard]] const std::uint8_t* row(std::int64_t r) const {
      return slots[static_cast<std::size_t>(r / rows % 2)][static_cast<std::size_t>(r % rows)];
    }
  };

  Component luma_;
  std::array<Component, 2> chroma_;
  std::array<JSAMPARRAY, 3> target_{};
  std::array<FusedRow, 2> kernels_{};  // of even and odd rows of pixels
  std::int64_t width_ = 0, height_ = 0;
  bool bgr_ = false;
  bool half_height_ = false;  // chroma rows serve two rows of pixels
  bool looks_sideways_ = false, looks_up_and_down_ = false;
};

}  // namespace glimt::jpeg
