// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/chunk_encoder.h"

#include <algorithm>
#include <cstring>

namespace glimt::tiff {
namespace {

/// A plane as an image of its own.
PixelView plane_of(const PixelView& pixels, std::uint32_t plane) {
  PixelView view = pixels;
  view.data += static_cast<std::ptrdiff_t>(plane) * pixels.channel_stride;
  view.channel_stride = static_cast<std::ptrdiff_t>(sample_bytes(pixels.form.type));
  view.form.channels = 1;
  view.form.color = ColorModel::gray;
  view.form.alpha = view.form.planar = false;
  return view;
}

/// The pixels of a chunk with nothing between those of a row.
Result<PixelView> gather(const PixelView& pixels, const PageLayout& layout, std::uint32_t plane,
                         Arena& arena) {
  const PixelView view = layout.separate ? plane_of(pixels, plane) : pixels;
  PixelForm form = view.form;
  form.planar = false;
  PixelSource source(view);
  GLIMT_TRY(source.start(form));
  return source.read({0, 0, view.width, view.height}, arena);
}

/// Repeats the last of `pixels` pixels up to `width`.
void repeat_last(std::uint8_t* row, std::size_t pixel_bytes, std::size_t pixels,
                 std::size_t width) {
  for (std::size_t x = pixels; x < width; ++x)
    std::memcpy(row + x * pixel_bytes, row + (x - 1) * pixel_bytes, pixel_bytes);
}

}  // namespace

Status ChunkEncoder::start(const PageLayout& layout, const InnerImageEncoder* inner) {
  layout_ = &layout;
  inner_ = inner;
  if (!layout.inner.empty()) {
    if (inner != nullptr) return {};
    return {Code::unsupported, "images in formats of their own cannot be encoded here"};
  }
  RowForm form;
  form.bits = layout.bits;
  form.kind = layout.kind;
  form.samples = layout.chunk_samples();
  form.predictor = layout.predictor;
  GLIMT_TRY(packer_, RowPacker::make(form));
  copies_ =
      layout.predictor == Predictor::none && layout.bits == 8 * sample_bytes(layout.form.type);
  return {};
}

Status ChunkEncoder::pack_rows(const PixelView& rows, std::uint32_t coded_rows, std::uint8_t* out) {
  const std::size_t row_bytes = layout_->row_bytes();
  const auto width = static_cast<std::size_t>(rows.width);
  const std::size_t pixel_bytes = sample_bytes(rows.form.type) * rows.form.channels;
  const bool partial = width < layout_->chunk_width;
  if (partial) row_.resize(pixel_bytes * layout_->chunk_width);
  for (std::int64_t y = 0; y < rows.height; ++y, out += row_bytes) {
    const std::uint8_t* row = rows.at(0, y);
    if (partial) {
      std::memcpy(row_.data(), row, width * pixel_bytes);
      repeat_last(row_.data(), pixel_bytes, width, layout_->chunk_width);
      row = row_.data();
    }
    if (copies_) {
      std::memcpy(out, row, row_bytes);
    } else {
      packer_->run(row, layout_->chunk_width, out);
    }
  }
  for (auto y = static_cast<std::uint32_t>(rows.height); y < coded_rows; ++y, out += row_bytes)
    std::memcpy(out, out - row_bytes, row_bytes);
  return {};
}

Status ChunkEncoder::pack(const PixelView& pixels, std::uint32_t plane, Worker& worker,
                          std::span<std::uint8_t> out) {
  if (out.size() != layout_->row_bytes() * coded_rows(pixels)) {
    return {Code::internal, "no room of the size of a packed chunk"};
  }
  const Arena::Mark mark = worker.arena.mark();
  GLIMT_TRY(const PixelView rows, gather(pixels, *layout_, plane, worker.arena));
  GLIMT_TRY(pack_rows(rows, coded_rows(pixels), out.data()));
  worker.arena.release(mark);
  return {};
}

Status ChunkEncoder::encode(const PixelView& pixels, std::uint32_t plane, Worker& worker,
                            std::vector<std::uint8_t>& out) {
  const Arena::Mark mark = worker.arena.mark();
  GLIMT_TRY(const PixelView rows, gather(pixels, *layout_, plane, worker.arena));
  if (inner_ != nullptr) {
    GLIMT_TRY(inner_->encode(rows, worker, out));
    worker.arena.release(mark);
    return {};
  }
  ChunkShape shape;
  shape.width = layout_->chunk_width;
  shape.height = coded_rows(pixels);
  shape.samples = layout_->chunk_samples();
  shape.bits = layout_->bits;
  shape.kind = layout_->kind;
  const std::size_t row_bytes = layout_->row_bytes(), bytes = row_bytes * shape.height;
  const bool whole = rows.width == shape.width && rows.height == shape.height;
  Bytes packed(rows.data, bytes);
  if (!copies_ || !whole || rows.row_stride != static_cast<std::ptrdiff_t>(row_bytes)) {
    if (packed_.size() < bytes) packed_.resize(bytes);
    GLIMT_TRY(pack_rows(rows, shape.height, packed_.data()));
    packed = Bytes(packed_).first(bytes);
  }
  GLIMT_TRY(compressor_.compress(layout_->compression, shape, packed, layout_->level, out));
  worker.arena.release(mark);
  return {};
}

}  // namespace glimt::tiff
