// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The decoder: one page, chunk by chunk.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "formats/tiff/backends.h"
#include "formats/tiff/chunks.h"
#include "formats/tiff/inner.h"
#include "formats/tiff/old_jpeg.h"
#include "formats/tiff/page.h"
#include "formats/tiff/rows.h"

namespace glimt {
namespace tiff {
namespace {

// Pixels below which sharing the work costs more than it saves.
constexpr std::int64_t kLeastShared = 128 * 128;
// Pieces a thread, so that none waits long for the last.
constexpr std::size_t kPiecesPerThread = 4;

/// The cells of a page that meet a rectangle.
struct CellRange {
  std::uint32_t first_across = 0, first_down = 0;
  std::uint64_t across = 0, down = 0;

  CellRange(const Page& page, const Rect& wanted)
      : first_across(static_cast<std::uint32_t>(wanted.x0 / page.chunk_width)),
        first_down(static_cast<std::uint32_t>(wanted.y0 / page.chunk_height)),
        across(static_cast<std::uint64_t>((wanted.x1 - 1) / page.chunk_width) - first_across + 1),
        down(static_cast<std::uint64_t>((wanted.y1 - 1) / page.chunk_height) - first_down + 1) {}

  [[nodiscard]] std::uint64_t count() const { return across * down; }
  [[nodiscard]] Cell cell(std::uint64_t index) const {
    return {first_across + static_cast<std::uint32_t>(index % across),
            first_down + static_cast<std::uint32_t>(index / across)};
  }
};

class GlimtTiffDecoder final : public ImageDecoder {
 public:
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker);
  Status decode_chunks(const ImagePlan& plan, DecodeJob& job, Worker& worker);

  std::vector<std::unique_ptr<ChunkDecoder>> chunk_decoders_;  // one for each piece of an image
};

Status check_compression(const Page& page) {
  const auto compression = static_cast<Compression>(page.compression);
  if (page.compression <= UINT16_MAX && is_byte_compression(compression)) return {};
  return {Code::unsupported, "Compression " + std::to_string(page.compression) + " (" +
                                 std::string(name_of(compression)) + ") is not supported"};
}

Status GlimtTiffDecoder::decode_one(DecodeJob& job, Worker& worker) {
  const Bytes file = job.source->data;
  GLIMT_TRY(const TiffHeader header, read_tiff_header(file));
  GLIMT_TRY(Page page, read_page(file, header, job.info->pixel_data_offset));
  const CanvasTarget& target = job.canvas->target();
  if (page.width != target.stored_width || page.height != target.stored_height) {
    return {Code::internal, "the page is not the one that was parsed"};
  }
  ImagePlan plan;
  plan.page = &page;
  plan.file = file;
  plan.canvas = job.canvas;
  plan.partial = job.partial;
  if (InnerImages::format_of(page.compression).empty()) {
    GLIMT_TRY(check_compression(page));
    GLIMT_TRY(const Rows rows, Rows::make(page, job.canvas->wanted_form(), 0));
    plan.form = rows.form();
    GLIMT_TRY(job.canvas->start(plan.form));
    return decode_chunks(plan, job, worker);
  }
  OldJpeg old_jpeg;
  if (page.compression == static_cast<std::uint32_t>(Compression::old_jpeg)) {
    GLIMT_TRY(old_jpeg, OldJpeg::make(page, file));
    plan.old_jpeg = &old_jpeg;
  }
  GLIMT_TRY(const InnerImages inner, InnerImages::make(page, job.inner));
  plan.inner = &inner;
  plan.form = inner.form(job.canvas->wanted_form());
  GLIMT_TRY(job.canvas->start(plan.form));
  return decode_chunks(plan, job, worker);
}

Status GlimtTiffDecoder::decode_chunks(const ImagePlan& plan, DecodeJob& job, Worker& worker) {
  const Rect& wanted = job.canvas->wanted();
  if (wanted.empty()) return {};
  const CellRange cells(*plan.page, wanted);
  const bool shares = job.threads > 1 && wanted.width() * wanted.height() >= kLeastShared;
  const std::size_t most =
      shares ? kPiecesPerThread * static_cast<std::size_t>(job.threads) : std::size_t{1};
  const auto pieces = static_cast<std::size_t>(std::min<std::uint64_t>(most, cells.count()));
  while (chunk_decoders_.size() < pieces) {
    chunk_decoders_.push_back(std::make_unique<ChunkDecoder>());
  }
  std::vector<Outcome> outcomes(pieces);
  const auto run = [&](std::size_t piece, Worker& own) {
    ChunkDecoder& decoder = *chunk_decoders_[piece];
    Outcome& outcome = outcomes[piece];
    outcome.status = decoder.start(plan);
    const std::uint64_t first = cells.count() * piece / pieces;
    const std::uint64_t end = cells.count() * (piece + 1) / pieces;
    for (std::uint64_t i = first; i < end && outcome.status.ok(); ++i) {
      decoder.decode(cells.cell(i), outcome, own);
    }
  };
  if (pieces > 1) {
    worker.split(pieces, run);
  } else {
    run(0, worker);
  }
  // Of several defects the first in the image is told, however the pieces were run.
  for (Outcome& outcome : outcomes) {
    job.units_decoded += outcome.chunks;
    if (job.note.empty()) job.note = std::move(outcome.note);
  }
  for (Outcome& outcome : outcomes) GLIMT_TRY(std::move(outcome.status));
  return {};
}

Result<std::unique_ptr<ImageDecoder>> open(const Options&) {
  return std::unique_ptr<ImageDecoder>(std::make_unique<GlimtTiffDecoder>());
}

}  // namespace
}  // namespace tiff

constexpr DecodeBackend kTiffDecoder{
    .name = "glimt_tiff_decoder",
    .alias = "libtiff_decoder",
    .format = &kTiffFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 64, .max_channels = 65535},
    .option_keys = {},
    .open = tiff::open,
};

}  // namespace glimt
