// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "formats/jpeg/component_rows.h"
#include "formats/jpeg/frame.h"

namespace glimt::jpeg {

/// Rows of one component at the resolution of the image, as libjpeg makes them (jdsample.c).
class Upsampler {
 public:
  /// For columns [x0, x1) of the image. `fancy`: halved components by the triangle filter. False
  /// when there is no memory.
  bool start(const Frame& frame, const FrameComponent& component, bool fancy, std::int64_t x0,
             std::int64_t x1, Arena& arena);

  /// Whether a row is made of the component's rows above and below as well.
  [[nodiscard]] bool looks_up_and_down() const {
    return filter_ == Filter::bilinear || filter_ == Filter::vertical;
  }
  [[nodiscard]] bool looks_sideways() const {
    return filter_ == Filter::bilinear || filter_ == Filter::linear;
  }
  /// Samples for row y of the image from column x0 on; valid until the next call.
  const std::uint16_t* row(const ComponentRows& rows, std::int64_t y);

 private:
  enum class Filter : std::uint8_t {
    none,
    replicate,
    linear,    ///< of the columns: 3/4 of the nearer sample and 1/4 of the further one
    vertical,  ///< the same of the rows
    bilinear,  ///< both
  };

  Filter filter_ = Filter::none;
  std::int64_t across_ = 1, down_ = 1;  // pixels for a sample
  std::int64_t height_ = 0;             // of the component
  std::int64_t first_ = 0, last_ = 0;   // samples that columns [x0, x1) lie in
  std::int64_t skip_ = 0;               // pixels of the first one left of x0
  std::span<std::uint16_t> line_;
};

}  // namespace glimt::jpeg
