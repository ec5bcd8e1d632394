// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/rows.h"

#include <algorithm>
#include <memory>
#include <string>

namespace glimt::jpeg2000 {
namespace {

/// The native form, less alpha where it is not wanted, in the order and layout wanted.
PixelForm form_for(const PixelForm& native, const PixelForm& wanted) {
  PixelForm form = native;
  const bool only_alpha_more = form.channels == color_channels(form) + 1;
  if (form.alpha && !wanted.alpha && only_alpha_more && wanted.channels < form.channels) {
    form.alpha = false;
    --form.channels;
  }
  if (form.color == ColorModel::rgb && wanted.color == ColorModel::rgb) form.bgr = wanted.bgr;
  form.planar = wanted.planar && wanted.channels == form.channels;
  return form;
}

SampleRange range_of(unsigned bit_depth, bool is_signed) {
  const auto values = std::int64_t{1} << bit_depth;
  const std::int64_t low = is_signed ? -(values / 2) : 0;
  return {static_cast<std::int32_t>(low), static_cast<std::int32_t>(low + values - 1)};
}

using PackRow = void (*)(std::span<const std::int32_t* const>, SampleRange, std::size_t,
                         std::uint8_t*);
using PackChannel = void (*)(const std::int32_t*, SampleRange, std::size_t, std::uint8_t*,
                             std::ptrdiff_t);
// Rows in the order of SampleType.
constexpr PackRow kPackRow[] = {pack_row<std::uint8_t>,  pack_row<std::int8_t>,
                                pack_row<std::uint16_t>, pack_row<std::int16_t>,
                                pack_row<std::uint32_t>, pack_row<std::int32_t>};
constexpr PackChannel kPackChannel[] = {pack_channel<std::uint8_t>,  pack_channel<std::int8_t>,
                                        pack_channel<std::uint16_t>, pack_channel<std::int16_t>,
                                        pack_channel<std::uint32_t>, pack_channel<std::int32_t>};

}  // namespace

Result<RowWriter> RowWriter::make(const Headers& headers, const PixelForm& wanted, std::int64_t x0,
                                  std::int64_t x1, Arena& arena) {
  RowWriter writer;
  writer.form_ = form_for(headers.form, wanted);
  const PixelForm& form = writer.form_;
  if (form.bit_depth > 31) {
    return Status(Code::unsupported, "samples of " + std::to_string(form.bit_depth) +
                                         " bits; up to 31 can be decoded");
  }
  writer.range_ = range_of(form.bit_depth, is_signed(form.type));
  writer.reference_ = headers.reference();
  writer.image_ = headers.main.siz.component_rect(writer.reference_);
  writer.x0_ = x0;
  writer.x1_ = x1;
  const auto width = static_cast<std::size_t>(x1 - x0);
  writer.steps_ = arena.take<Step>(form.channels);
  writer.rows_ = arena.take<const std::int32_t*>(form.channels);
  const Status no_memory(Code::out_of_memory,
                         "no memory for rows of " + std::to_string(width) + " pixels");
  if (writer.steps_.empty() || writer.rows_.empty()) return no_memory;
  for (std::size_t i = 0; i < form.channels; ++i) {
    Step& step = *std::construct_at(&writer.steps_[i]);
    step.channel = headers.channel(form.bgr && i < 3 ? 2 - i : i);
    step.component = headers.main.siz.component(step.channel.component);
    step.replicated =
        step.component.dx != writer.reference_.dx || step.component.dy != writer.reference_.dy;
    step.scaled =
        step.channel.bit_depth != form.bit_depth || step.channel.is_signed != is_signed(form.type);
    const int column = step.channel.palette_column;
    if (column != kNoColumn) {
      step.palette = arena.take<std::int32_t>(headers.jp2.palette_entries);
      if (step.palette.empty()) return no_memory;
      for (std::size_t entry = 0; entry < step.palette.size(); ++entry) {
        step.palette[entry] = palette_value(headers.jp2, entry, static_cast<std::size_t>(column));
      }
    }
    if (step.replicated || step.scaled || column != kNoColumn) {
      step.scratch = arena.take<std::int32_t>(width);
      if (step.scratch.empty()) return no_memory;
    }
  }
  return writer;
}

void RowWriter::scale(const Step& step, std::int32_t* row) const {
  // round(v * b / a) as in src/pixel, signed samples offset by half their range around it.
  const std::int64_t from = (std::int64_t{1} << step.channel.bit_depth) - 1;
  const std::int64_t to = (std::int64_t{1} << form_.bit_depth) - 1;
  const std::int64_t from_low = range_of(step.channel.bit_depth, step.channel.is_signed).low;
  for (std::int64_t i = 0; i < x1_ - x0_; ++i) {
    const std::int64_t value = std::clamp<std::int64_t>(row[i] - from_low, 0, from);
    row[i] = static_cast<std::int32_t>((2 * value * to + from) / (2 * from) + range_.low);
  }
}

const std::int32_t* RowWriter::row_of(const Step& step, const Plane& plane, std::int64_t y) const {
  const Rect& r = plane.rect;
  // The sample that covers the pixel's place on the reference grid (plain replication).
  const std::int64_t grid_y = (image_.y0 + y) * reference_.dy;
  const std::int64_t sample_y = std::clamp(grid_y / step.component.dy, r.y0, r.y1 - 1) - r.y0;
  const std::int32_t* samples = plane.samples + sample_y * plane.row_samples;
  const std::int64_t first = image_.x0 + x0_;
  if (!step.replicated && step.scratch.empty()) return samples + (first - r.x0);
  std::int32_t* out = step.scratch.data();
  const std::int64_t count = x1_ - x0_;
  if (!step.replicated) {
    std::copy_n(samples + (first - r.x0), count, out);
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t grid_x = (first + i) * reference_.dx;
      out[i] = samples[std::clamp(grid_x / step.component.dx, r.x0, r.x1 - 1) - r.x0];
    }
  }
  if (!step.palette.empty()) {
    const auto last = static_cast<std::int32_t>(step.palette.size()) - 1;
    for (std::int64_t i = 0; i < count; ++i) {
      out[i] = step.palette[static_cast<std::size_t>(std::clamp(out[i], 0, last))];
    }
  }
  if (step.scaled) scale(step, out);
  return out;
}

void RowWriter::write(std::span<const Plane> planes, std::int64_t y, const PixelView& strip,
                      std::int64_t strip_row) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    rows_[i] = row_of(steps_[i], planes[steps_[i].channel.component], y);
  }
  const auto type = static_cast<std::size_t>(form_.type);
  const auto width = static_cast<std::size_t>(x1_ - x0_);
  std::uint8_t* to = strip.at(0, strip_row);
  if (strip.packed_rows()) return kPackRow[type](rows_, range_, width, to);
  for (std::size_t i = 0; i < rows_.size(); ++i, to += strip.channel_stride) {
    kPackChannel[type](rows_[i], range_, width, to, strip.pixel_stride);
  }
}

}  // namespace glimt::jpeg2000
