// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/chunks.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"

namespace glimt::tiff {
namespace {

// Rows on their way to the canvas, where they do not go to the caller's memory at once.
constexpr std::int64_t kBandBytes = 64 << 10;

constexpr std::uint32_t kUncompressed = 1;

Status no_memory() { return {Code::out_of_memory, "no memory for a strip or tile"}; }

bool is_aligned(const std::uint8_t* data, std::size_t bytes) {
  return reinterpret_cast<std::uintptr_t>(data) % bytes == 0;
}

/// The part of an interleaved or planar view that is one plane, as a gray image.
PixelView plane_of(const PixelView& view, std::uint32_t plane) {
  PixelView gray = view;
  gray.data += plane * view.channel_stride;
  gray.form.channels = 1;
  gray.form.color = ColorModel::gray;
  gray.form.alpha = gray.form.planar = false;
  gray.channel_stride = static_cast<std::ptrdiff_t>(sample_bytes(view.form.type));
  return gray;
}

void clear(const PixelView& view) {
  const std::size_t pixel = sample_bytes(view.form.type) * view.form.channels;
  for (std::int64_t y = 0; y < view.height; ++y) {
    for (std::int64_t x = 0; x < view.width; ++x) std::memset(view.at(x, y), 0, pixel);
  }
}

}  // namespace

Status ChunkDecoder::start(const ImagePlan& plan) {
  plan_ = &plan;
  rows_.reset();
  if (plan.inner != nullptr) return {};
  GLIMT_TRY(rows_, Rows::make(*plan.page, plan.canvas->wanted_form(),
                              static_cast<std::size_t>(plan.canvas->wanted().width())));
  return {};
}

Rect ChunkDecoder::rect_of(const Cell& cell) const {
  const Page& page = *plan_->page;
  const std::int64_t x = std::int64_t{cell.across} * page.chunk_width;
  const std::int64_t y = std::int64_t{cell.down} * page.chunk_height;
  return intersect({x, y, x + page.chunk_width, y + page.chunk_height},
                   {0, 0, page.width, page.height});
}

ChunkShape ChunkDecoder::shape_of(const Cell& cell) const {
  const Page& page = *plan_->page;
  ChunkShape shape;
  shape.width = page.chunk_width;
  shape.height = page.tiled ? page.chunk_height : page.rows_of(cell.down);
  shape.samples = page.chunk_samples();
  shape.bits = page.bits;
  shape.kind = page.sample_format == 4 ? SampleKind::unsigned_integer
                                       : static_cast<SampleKind>(page.sample_format);
  shape.big_endian = page.big_endian;
  shape.fill_order_lsb = page.fill_order_lsb;
  const auto options = [&](Tag tag) {
    const auto value = read_number(page.ifd, tag, 0);
    return value.ok() ? static_cast<std::uint32_t>(*value) : 0;
  };
  shape.t4_options = options(kT4Options);
  shape.t6_options = options(kT6Options);
  if (const auto field = page.ifd.find(kLercParameters); field && field->whole()) {
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(field->count, 2); ++i) {
      shape.lerc_parameters[i] = static_cast<std::uint32_t>(field->unsigned_at(i).value_or(0));
    }
  }
  return shape;
}

/// Under `partial` a defect becomes a note; otherwise it is the failure, with its place.
Status ChunkDecoder::tolerate(Status defect, const Cell& cell, std::uint32_t plane,
                              Outcome& outcome) const {
  const bool damaged = defect.code() == Code::corrupt || defect.code() == Code::truncated;
  Status placed(defect.code(), plan_->page->name_of_chunk(cell.across, cell.down, plane) + ": " +
                                   defect.message());
  if (!plan_->partial || !damaged) return placed;
  if (outcome.note.empty()) outcome.note = placed.text();
  return {};
}

bool ChunkDecoder::decode(const Cell& cell, Outcome& outcome, Worker& worker) {
  const Arena::Mark mark = worker.arena.mark();
  if (plan_->inner != nullptr) {
    outcome.status = decode_inner_planes(cell, outcome, worker);
  } else {
    outcome.status = decode_planes(cell, outcome, worker);
  }
  worker.arena.release(mark);
  return outcome.status.ok();
}

Result<const std::uint8_t*> ChunkDecoder::expand(const Cell& cell, std::uint32_t plane, Bytes coded,
                                                 std::span<std::uint8_t> memory, Outcome& outcome) {
  const Page& page = *plan_->page;
  const std::size_t wanted = memory.size();
  ++outcome.chunks;
  std::size_t written = 0;
  Status defect;
  if (page.compression == kUncompressed) {
    if (coded.size() >= wanted) return coded.data();
    std::memcpy(memory.data(), coded.data(), coded.size());
    written = coded.size();
  } else {
    auto expanded = decompressor_.expand(static_cast<Compression>(page.compression), shape_of(cell),
                                         coded, memory);
    written = expanded.ok() ? *expanded : decompressor_.written();
    defect = expanded.status();
    if (expanded.ok() && written == wanted) return memory.data();
    if (expanded.ok()) defect = {};
  }
  if (defect.ok()) {
    defect = {Code::truncated,
              "it holds " + std::to_string(written) + " of " + std::to_string(wanted) + " bytes"};
  }
  GLIMT_TRY(tolerate(std::move(defect), cell, plane, outcome));
  std::memset(memory.data() + written, 0, wanted - written);
  return memory.data();
}

/// Uncompressed pixels in the form of the canvas go there from where they lie in the file.
bool ChunkDecoder::put_stored(Bytes coded, const Rect& rect, std::uint32_t rows) const {
  const Page& page = *plan_->page;
  const Canvas& canvas = *plan_->canvas;
  const std::size_t sample = sample_bytes(plan_->form.type);
  if (page.compression != kUncompressed || !rows_->is_copy() || page.separate || coded.empty()) {
    return false;
  }
  if (coded.size() / rows_->row_bytes() < rows) return false;
  const bool aligned = is_aligned(coded.data(), sample) && rows_->row_bytes() % sample == 0;
  if (!canvas.converter().copies() && !aligned) return false;
  PixelView view;
  // A view has no way to say that it is only read from.
  view.data = const_cast<std::uint8_t*>(coded.data());
  view.form = plan_->form;
  view.channel_stride = static_cast<std::ptrdiff_t>(sample);
  view.pixel_stride = view.channel_stride * view.form.channels;
  view.row_stride = static_cast<std::ptrdiff_t>(rows_->row_bytes());
  view.width = rect.width();
  view.height = rows;
  canvas.put(view, {rect.x0, rect.y0, rect.x1, rect.y0 + rows});
  return true;
}

/// Whole rows that follow each other in the caller's memory are expanded there.
Status ChunkDecoder::expand_in_place(const Cell& cell, Bytes coded, std::uint32_t rows, bool& done,
                                     Worker& worker, Outcome& outcome) {
  const Rect rect = rect_of(cell);
  const Canvas& canvas = *plan_->canvas;
  const Rect part{rect.x0, rect.y0, rect.x1, rect.y0 + rows};
  done = false;
  if (!rows_->is_copy() || plan_->page->separate || rect.width() != plan_->page->chunk_width ||
      !canvas.direct() || !canvas.wanted().contains(part)) {
    return {};
  }
  GLIMT_TRY(const Strip strip, canvas.begin(part, worker.arena));
  if (strip.view.row_stride != static_cast<std::ptrdiff_t>(rows_->row_bytes())) return {};
  done = true;
  const auto expanded =
      expand(cell, 0, coded, {strip.view.data, rows * rows_->row_bytes()}, outcome);
  return expanded.status();
}

Status ChunkDecoder::decode_planes(const Cell& cell, Outcome& outcome, Worker& worker) {
  const Page& page = *plan_->page;
  const Canvas& canvas = *plan_->canvas;
  const Rect rect = rect_of(cell), part = intersect(rect, canvas.wanted());
  const auto rows = static_cast<std::uint32_t>(part.y1 - rect.y0);
  const std::uint32_t planes = plan_->form.planar ? plan_->form.channels : 1;
  const auto bytes = rows_->bytes_of(rows);
  if (!bytes || *bytes > worker.limits.max_image_bytes) {
    return {Code::limit, page.name_of_chunk(cell.across, cell.down, 0) +
                             " is larger than the limit max_image_bytes; raise it"};
  }
  const auto sources = worker.arena.take<const std::uint8_t*>(planes);
  if (sources.empty()) return no_memory();
  for (std::uint32_t plane = 0; plane < planes; ++plane) {
    auto found = find_chunk(plan_->file, page, page.chunk_index(cell.across, cell.down, plane));
    Status defect = found.status();
    if (!defect.ok()) GLIMT_TRY(tolerate(std::move(defect), cell, plane, outcome));
    const Bytes coded = found.ok() ? *found : Bytes();
    if (put_stored(coded, rect, rows)) {
      ++outcome.chunks;
      return {};
    }
    if (page.compression != kUncompressed && !coded.empty()) {
      bool done = false;
      GLIMT_TRY(expand_in_place(cell, coded, rows, done, worker, outcome));
      if (done) return {};
    }
    // What lies in the file as it is needs no memory, but where it is cut off.
    const bool lies_there = page.compression == kUncompressed && coded.size() >= *bytes;
    const bool expands = !lies_there && !coded.empty();
    const auto memory =
        expands ? worker.arena.take<std::uint8_t>(*bytes) : std::span<std::uint8_t>();
    if (expands && memory.empty()) return no_memory();
    if (!expands) {
      sources[plane] = lies_there ? coded.data() : nullptr;
      ++outcome.chunks;
    } else {
      GLIMT_TRY(sources[plane], expand(cell, plane, coded, memory, outcome));
    }
  }
  return write_rows(rect, part, sources, worker);
}

Status ChunkDecoder::write_rows(const Rect& rect, const Rect& part,
                                std::span<const std::uint8_t* const> sources, Worker& worker) {
  const Canvas& canvas = *plan_->canvas;
  const auto first = static_cast<std::size_t>(part.x0 - rect.x0);
  const auto count = static_cast<std::size_t>(part.width());
  const auto row_bytes = static_cast<std::int64_t>(packed_bytes(part.width(), 1, plan_->form));
  const std::int64_t band =
      canvas.direct() ? part.height()
                      : std::clamp<std::int64_t>(kBandBytes / row_bytes, 1, part.height());
  for (std::int64_t y = part.y0; y < part.y1; y += band) {
    const Rect target{part.x0, y, part.x1, std::min(y + band, part.y1)};
    GLIMT_TRY(const Strip strip, canvas.begin(target, worker.arena));
    for (std::size_t plane = 0; plane < sources.size(); ++plane) {
      std::uint8_t* out =
          strip.view.data + static_cast<std::ptrdiff_t>(plane) * strip.view.channel_stride;
      for (std::int64_t row = target.y0; row < target.y1; ++row, out += strip.view.row_stride) {
        if (sources[plane] == nullptr) {
          rows_->write_zeros(count, out);
          continue;
        }
        rows_->write(sources[plane], static_cast<std::uint32_t>(row - rect.y0), first, count, out);
      }
    }
    canvas.end(strip);
  }
  return {};
}

Status ChunkDecoder::decode_inner_planes(const Cell& cell, Outcome& outcome, Worker& worker) {
  const Page& page = *plan_->page;
  const Canvas& canvas = *plan_->canvas;
  const Rect rect = rect_of(cell), part = intersect(rect, canvas.wanted());
  std::optional<Strip> strip;
  for (std::uint32_t plane = 0; plane < page.planes(); ++plane) {
    const std::uint64_t index = page.chunk_index(cell.across, cell.down, plane);
    auto found = plan_->old_jpeg != nullptr
                     ? plan_->old_jpeg->stream(plan_->file, page, cell.down, index, worker.arena)
                     : find_chunk(plan_->file, page, index);
    Status status = found.status();
    ++outcome.chunks;
    const bool zeros = !found.ok() || found->empty();
    if (!strip && (zeros || page.separate)) {
      GLIMT_TRY(strip, canvas.begin(part, worker.arena));
    }
    const bool there = status.ok() && !zeros;
    if (there && page.separate) {
      status = plan_->inner->decode_plane(*found, rect, part, plane_of(strip->view, plane), worker,
                                          plan_->partial, outcome.note);
    } else if (there) {
      status = plan_->inner->decode(*found, rect, canvas, worker, plan_->partial, outcome.note);
    }
    const bool failed = !status.ok();
    if (failed) GLIMT_TRY(tolerate(std::move(status), cell, plane, outcome));
    if (zeros || failed) {
      if (!strip) {
        GLIMT_TRY(strip, canvas.begin(part, worker.arena));
      }
      clear(page.separate ? plane_of(strip->view, plane) : strip->view);
    }
  }
  if (strip) canvas.end(*strip);
  return {};
}

}  // namespace glimt::tiff
