// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/arena.h"
#include "base/checked.h"

namespace glimt::jpeg {

/// Rows of samples of one component: all of them, or a ring of the last ones. A row can be read and
/// written kMargin samples beyond either end.
class ComponentRows {
 public:
  static constexpr std::int64_t kMargin = 32;

  /// Rows of `width` samples, of which `kept` are held at a time. False when there is no memory.
  bool allocate(std::int64_t width, std::int64_t kept, Arena& arena) {
    width_ = width;
    kept_ = kept;
    stride_ = (width + 2 * kMargin + 31) / 32 * 32;
    const auto size = checked_size(stride_, kept_);
    memory_ = size ? arena.take<std::uint16_t>(*size) : std::span<std::uint16_t>();
    return !memory_.empty();
  }
  static std::uint64_t bytes(std::int64_t width, std::int64_t rows) {
    return static_cast<std::uint64_t>(width + 2 * kMargin + 31) * static_cast<std::uint64_t>(rows) *
           sizeof(std::uint16_t);
  }

  [[nodiscard]] std::uint16_t* row(std::int64_t y) const {
    return memory_.data() + y % kept_ * stride_ + kMargin;
  }
  [[nodiscard]] std::int64_t stride() const { return stride_; }
  [[nodiscard]] std::int64_t width() const { return width_; }

  /// Repeats the first and the last sample of a row beyond its ends: filters look there.
  void repeat_ends(std::int64_t y) const {
    std::uint16_t* samples = row(y);
    samples[-1] = samples[0];
    samples[width_] = samples[width_ - 1];
  }

 private:
  std::span<std::uint16_t> memory_;
  std::int64_t width_ = 0, kept_ = 1, stride_ = 0;
};

/// Coefficients of one component, block by block in the order of the grid, each row by row.
class CoefficientRows {
 public:
  static constexpr std::int64_t kBlock = 64;

  /// Rows of `across` blocks, of which `kept` are held at a time.
  bool allocate(std::int64_t across, std::int64_t kept, Arena& arena) {
    across_ = across;
    kept_ = kept;
    cleared_ = 0;
    const auto size = checked_size(across, kept, kBlock);
    memory_ = size ? arena.take<std::int16_t>(*size) : std::span<std::int16_t>();
    return !memory_.empty();
  }
  static std::uint64_t bytes(std::int64_t across, std::int64_t rows) {
    return static_cast<std::uint64_t>(across) * static_cast<std::uint64_t>(rows) * kBlock *
           sizeof(std::int16_t);
  }

  /// Sets the rows before `end` to zero that were not before. Rows come in order: memory that a
  /// stream never reaches is never touched.
  void clear_before(std::int64_t end) {
    for (; cleared_ < end; ++cleared_) std::fill_n(block(0, cleared_), across_ * kBlock, 0);
  }
  [[nodiscard]] bool cleared(std::int64_t row) const { return row < cleared_; }
  [[nodiscard]] std::int16_t* block(std::int64_t x, std::int64_t y) const {
    return memory_.data() + (y % kept_ * across_ + x) * kBlock;
  }

 private:
  std::span<std::int16_t> memory_;
  std::int64_t across_ = 0, kept_ = 1, cleared_ = 0;
};

}  // namespace glimt::jpeg
