// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From decoded components, as libraries deliver them, to rows of the image: palette, channel order,
// replication of subsampled components, one depth for all channels, packing.
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "formats/jpeg2000/channels.h"
#include "formats/jpeg2000/pack.h"
#include "pixel/form.h"

namespace glimt::jpeg2000 {

/// Decoded samples of one component, or of a part of it.
struct Plane {
  const std::int32_t* samples = nullptr;
  std::ptrdiff_t row_samples = 0;  ///< from one row to the next
  Rect rect;                       ///< in the component's own coordinates
};

class RowWriter {
 public:
  /// For columns [x0, x1) of the image. Code::out_of_memory, unsupported (more than 31 bits).
  static Result<RowWriter> make(const Headers& headers, const PixelForm& wanted, std::int64_t x0,
                                std::int64_t x1, Arena& arena);

  /// What write() writes: the native form, less what the caller does not want of it.
  [[nodiscard]] const PixelForm& form() const { return form_; }

  /// Writes row y of the image into row `strip_row` of the strip. Every plane covers at least one
  /// sample; positions outside of it take the nearest.
  void write(std::span<const Plane> planes, std::int64_t y, const PixelView& strip,
             std::int64_t strip_row);

 private:
  struct Step {
    Channel channel;
    Component component;
    bool replicated = false;  ///< another grid than the image's
    bool scaled = false;      ///< another depth or sign than the form's
    std::span<std::int32_t> palette;
    std::span<std::int32_t> scratch;
  };
  const std::int32_t* row_of(const Step& step, const Plane& plane, std::int64_t y) const;
  void scale(const Step& step, std::int32_t* row) const;

  PixelForm form_;
  SampleRange range_;
  Component reference_;
  Rect image_;  // the reference component's rectangle
  std::int64_t x0_ = 0, x1_ = 0;
  std::span<Step> steps_;
  std::span<const std::int32_t*> rows_;
};

}  // namespace glimt::jpeg2000
