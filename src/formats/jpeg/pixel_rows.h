// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/arena.h"
#include "base/result.h"
#include "codec/worker.h"
#include "formats/jpeg/component_rows.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/upsampling.h"
#include "pixel/canvas.h"

namespace glimt::jpeg {

/// From rows of components to rows of pixels on the canvas.
class PixelRows {
 public:
  /// Announces the nearest form to the wanted one that the samples can become here; the canvas does
  /// the rest. `coded`: the form of the stream's samples.
  Status start(const Frame& frame, const PixelForm& coded, bool fancy, Canvas& canvas,
               Arena& arena);

  /// Whether pixels are made of this component.
  [[nodiscard]] bool needs(std::size_t component) const { return component < used_; }
  /// Pixels above and below, left and right of a pixel that it depends on.
  [[nodiscard]] std::int64_t context_rows() const { return context_rows_; }
  [[nodiscard]] std::int64_t context_columns() const { return context_columns_; }

  /// Brings rows [y0, y1) of the image into the canvas. `shifts`: point transforms.
  Status write(std::int64_t y0, std::int64_t y1, std::span<const ComponentRows> components,
               std::span<const std::uint8_t> shifts, Arena& arena);

  struct Line {
    std::array<const std::uint16_t*, kMaxComponents> samples{};
    std::size_t channels = 1;
    std::int64_t width = 0;
    int precision = 8;
  };
  using MakePixels = void (*)(const Line& line, std::uint8_t* pixels);

 private:
  PixelForm choose_form(const PixelForm& coded, const PixelForm& wanted, bool lossless);

  Canvas* canvas_ = nullptr;
  Rect columns_;
  std::size_t used_ = 0;  // components
  std::int64_t context_rows_ = 0, context_columns_ = 0;
  std::array<Upsampler, kMaxComponents> upsamplers_;
  std::span<std::uint16_t> shifted_;  // rows of all components after the point transform
  MakePixels make_ = nullptr;
  Line line_;
};

}  // namespace glimt::jpeg
