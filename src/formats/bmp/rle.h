// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "formats/bmp/format.h"

namespace glimt::bmp {

/// Run-length coded rows, in file order: RLE8 and RLE4 as palette indices, RLE24 as BGR.
/// Runs are clipped at the right edge; pixels that nothing paints are 0.
class RleReader {
 public:
  /// Paints columns [x0, x1) of rows `width` pixels wide.
  RleReader(Bytes data, Coding coding, std::uint32_t width, std::uint32_t x0, std::uint32_t x1)
      : data_(data), coding_(coding), width_(width), x0_(x0), x1_(x1) {}

  /// Decodes file row y, not above one that was decoded before, into (x1 - x0) pixels.
  void read_row(std::uint64_t y, std::uint8_t* row);
  /// Passes over the rows before y.
  void skip_to(std::uint64_t y);

  /// Nothing is painted any more.
  [[nodiscard]] bool ended() const { return ended_; }
  /// The data ended within a row or before an end-of-bitmap code.
  [[nodiscard]] bool ran_out() const { return ran_out_; }

 private:
  void step(std::uint8_t* row);
  void escape(std::uint8_t code, std::uint8_t* row);
  void run(std::uint32_t count, const std::uint8_t* value, std::uint8_t* row);
  void literal(std::uint32_t count, std::uint8_t* row);
  void run_out() { ended_ = ran_out_ = true; }
  [[nodiscard]] std::size_t left() const { return data_.size() - position_; }

  Bytes data_;
  Coding coding_;
  std::uint32_t width_, x0_, x1_;
  std::size_t position_ = 0;
  std::uint64_t x_ = 0, y_ = 0;
  bool ended_ = false, ran_out_ = false;
};

}  // namespace glimt::bmp
