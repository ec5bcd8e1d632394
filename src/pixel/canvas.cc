// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/canvas.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "pixel/sample.h"

namespace glimt {
namespace {

template <std::size_t Bytes>
void fill_channel(const PixelView& view, std::uint64_t bits) {
  for (std::int64_t y = 0; y < view.height; ++y) {
    for (std::int64_t x = 0; x < view.width; ++x) std::memcpy(view.at(x, y), &bits, Bytes);
  }
}

// By the logarithm of the sample's bytes; the low ones come first in memory.
constexpr void (*kFills[])(const PixelView&, std::uint64_t) = {fill_channel<1>, fill_channel<2>,
                                                               fill_channel<4>, fill_channel<8>};

}  // namespace

PixelView seen_from_stored_space(const CanvasTarget& target) {
  PixelView view = target.image;
  const auto last_x = (target.image.width - 1) * target.image.pixel_stride;
  const auto last_y = (target.image.height - 1) * target.image.row_stride;
  const std::ptrdiff_t dx = target.image.pixel_stride, dy = target.image.row_stride;
  struct Turn {
    bool transposed, from_right, from_bottom;
  };
  // Rows in the order of Orientation, 1..8.
  constexpr Turn turns[] = {{false, false, false}, {false, true, false}, {false, true, true},
                            {false, false, true},  {true, false, false}, {true, true, false},
                            {true, true, true},    {true, false, true}};
  const Turn turn = turns[static_cast<int>(target.orientation) - 1];
  if (turn.from_right) view.data += last_x;
  if (turn.from_bottom) view.data += last_y;
  const std::ptrdiff_t step_x = turn.from_right ? -dx : dx, step_y = turn.from_bottom ? -dy : dy;
  view.pixel_stride = turn.transposed ? step_y : step_x;
  view.row_stride = turn.transposed ? step_x : step_y;
  view.width = target.window.width();
  view.height = target.window.height();
  return view;
}

Canvas::Canvas(const CanvasTarget& target)
    : target_(target),
      wanted_(intersect(target.window, {0, 0, target.stored_width, target.stored_height})),
      stored_(seen_from_stored_space(target)),
      origin_(target.window) {
  if (wanted_.empty()) wanted_ = {};
}

Canvas::Canvas(const CanvasTarget& target, Capture& capture) : Canvas(target) {
  capture_ = &capture;
}

Status Canvas::start_capture() {
  GLIMT_TRY(converter_, Converter::make(native_, native_));
  const std::size_t bytes = packed_bytes(wanted_.width(), wanted_.height(), native_);
  GLIMT_TRY(std::uint8_t* const memory, capture_->take(bytes));
  stored_ = packed_view(memory, wanted_.width(), wanted_.height(), native_);
  capture_->view = stored_;
  origin_ = wanted_;
  direct_ = true;
  return {};
}

Status Canvas::start(const PixelForm& native) {
  native_ = native;
  GLIMT_TRY(converter_, Converter::make(native, target_.image.form));
  if (capture_ != nullptr) return start_capture();
  // A planar strip is as good as the caller's planes; an interleaved one needs gapless pixels.
  const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(native.type));
  const bool pixels_fit = native.planar ? stored_.pixel_stride == sample : stored_.packed_rows();
  direct_ = converter_.copies() && pixels_fit && native.planar == target_.image.form.planar;
  return {};
}

PixelView Canvas::stored_view(const Rect& rect) const {
  return crop(stored_, rect.x0 - origin_.x0, rect.y0 - origin_.y0, rect.width(), rect.height());
}

Canvas Canvas::inset(const Rect& place, const Rect& within) const {
  const Rect shown = intersect(wanted_, within);
  CanvasTarget target;
  target.image = stored_view(shown);
  target.window = {shown.x0 - place.x0, shown.y0 - place.y0, shown.x1 - place.x0,
                   shown.y1 - place.y0};
  target.stored_width = place.width();
  target.stored_height = place.height();
  return Canvas(target);
}

Result<Strip> Canvas::begin(const Rect& rect, Arena& arena) const {
  Strip strip;
  strip.rect = rect;
  if (direct_ && wanted_.contains(rect)) {
    strip.view = stored_view(rect);
    return strip;
  }
  strip.mark = arena.mark();
  strip.arena = &arena;
  const std::size_t bytes = packed_bytes(rect.width(), rect.height(), native_);
  const auto memory = arena.take<std::uint8_t>(bytes);
  if (memory.empty()) {
    return Status(Code::out_of_memory, "no memory for a strip of " + std::to_string(rect.width()) +
                                           " x " + std::to_string(rect.height()) + " pixels");
  }
  strip.view = packed_view(memory.data(), rect.width(), rect.height(), native_);
  return strip;
}

void Canvas::end(const Strip& strip) const {
  if (strip.arena == nullptr) return;
  put(strip.view, strip.rect);
  strip.arena->release(strip.mark);
}

void Canvas::put(const PixelView& view, const Rect& rect) const {
  const Rect inside = intersect(rect, wanted_);
  if (inside.empty()) return;
  converter_.run(
      crop(view, inside.x0 - rect.x0, inside.y0 - rect.y0, inside.width(), inside.height()),
      stored_view(inside));
}

void Canvas::fill(const Rect& rect) const {
  if (rect.empty()) return;
  const PixelForm& form = target_.image.form;
  for (std::uint32_t c = 0; c < form.channels; ++c) {
    PixelView channel = stored_view(rect);
    channel.data += c * channel.channel_stride;
    const std::uint64_t bits = fill_bits(form.type, target_.fill[std::min(c, 4U)]);
    kFills[std::countr_zero(sample_bytes(form.type))](channel, bits);
  }
}

std::array<Rect, 4> Canvas::outside() const {
  const Rect& all = target_.window;
  if (wanted_.empty()) return {all};
  return {{{all.x0, all.y0, all.x1, wanted_.y0},
           {all.x0, wanted_.y1, all.x1, all.y1},
           {all.x0, wanted_.y0, wanted_.x0, wanted_.y1},
           {wanted_.x1, wanted_.y0, all.x1, wanted_.y1}}};
}

void Canvas::fill_outside() const {
  for (const Rect& rect : outside()) fill(rect);
}

Status PixelSource::start(const PixelForm& coded) {
  coded_ = coded;
  GLIMT_TRY(converter_, Converter::make(image_.form, coded));
  return {};
}

Result<PixelView> PixelSource::read(const Rect& rect, Arena& arena) const {
  const PixelView own = crop(image_, rect.x0, rect.y0, rect.width(), rect.height());
  const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(coded_.type));
  const bool arranged = coded_.planar ? own.pixel_stride == sample : own.packed_rows();
  if (converter_.copies() && arranged && coded_.planar == image_.form.planar) return own;
  const auto memory = arena.take<std::uint8_t>(packed_bytes(rect.width(), rect.height(), coded_));
  if (memory.empty()) {
    return Status(Code::out_of_memory, "no memory for " + std::to_string(rect.width()) + " x " +
                                           std::to_string(rect.height()) + " pixels");
  }
  const PixelView scratch = packed_view(memory.data(), rect.width(), rect.height(), coded_);
  converter_.run(own, scratch);
  return scratch;
}

}  // namespace glimt
