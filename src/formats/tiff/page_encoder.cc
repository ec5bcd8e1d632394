// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/page_encoder.h"

#include <algorithm>
#include <utility>

namespace glimt::tiff {
namespace {

// Pieces a thread, so that none waits long for the last.
constexpr std::uint64_t kPiecesPerThread = 4;
/// Packed bytes that are coded before any of them is handed over: so many that the wait for the
/// last of them is short beside the work.
constexpr std::uint64_t kGroupBytes = std::uint64_t{32} << 20;

/// Calls code(index, place) for a piece's share of chunks [first, end).
template <class Code>
Status for_share(const PageLayout& layout, std::uint64_t first, std::uint64_t end,
                 std::size_t piece, std::size_t pieces, Code code) {
  const std::uint64_t count = end - first;
  for (std::uint64_t i = first + count * piece / pieces; i < first + count * (piece + 1) / pieces;
       ++i) {
    GLIMT_TRY(code(i, layout.place_of(i)));
  }
  return {};
}

void run_pieces(Worker& worker, std::size_t pieces, const Worker::Piece& run) {
  if (pieces > 1) {
    worker.split(pieces, run);
  } else {
    run(0, worker);
  }
}

}  // namespace

std::size_t PageEncoder::begin_pieces(std::uint64_t chunks, int threads) {
  const std::uint64_t most =
      threads > 1 ? kPiecesPerThread * static_cast<std::uint64_t>(threads) : 1;
  const auto pieces = static_cast<std::size_t>(std::min(most, chunks));
  while (pieces_.size() < pieces) pieces_.push_back(std::make_unique<Piece>());
  return pieces;
}

Status PageEncoder::encode(const PagePlan& plan, std::uint64_t first, std::uint64_t end,
                           const TakeChunk& take, Worker& worker) {
  const PageLayout& layout = plan.layout;
  const std::uint64_t bytes = std::uint64_t{layout.row_bytes()} * layout.chunk_height;
  const std::uint64_t group = std::max(kGroupBytes / std::max<std::uint64_t>(bytes, 1),
                                       static_cast<std::uint64_t>(std::max(plan.threads, 1)));
  for (std::uint64_t begin = first; begin < end; begin += group) {
    const std::uint64_t stop = begin + std::min(group, end - begin);
    const std::size_t pieces = begin_pieces(stop - begin, plan.threads);
    run_pieces(worker, pieces, [&](std::size_t number, Worker& own) {
      Piece& piece = *pieces_[number];
      piece.coded.clear();
      piece.ends.clear();
      piece.status = piece.encoder.start(layout, plan.inner);
      if (!piece.status.ok()) return;
      const auto code = [&](std::uint64_t, const ChunkPlace& place) -> Status {
        const Arena::Mark mark = own.arena.mark();
        GLIMT_TRY(const PixelView pixels, plan.fetch(place.rect, own));
        GLIMT_TRY(piece.encoder.encode(pixels, place.plane, own, piece.coded));
        own.arena.release(mark);
        piece.ends.push_back(piece.coded.size());
        return {};
      };
      piece.status = for_share(layout, begin, stop, number, pieces, code);
    });
    std::uint64_t index = begin;
    for (std::size_t number = 0; number < pieces; ++number) {
      Piece& piece = *pieces_[number];
      GLIMT_TRY(std::move(piece.status));
      std::size_t at = 0;
      for (const std::size_t chunk_end : piece.ends) {
        GLIMT_TRY(take(index++, Bytes(piece.coded).subspan(at, chunk_end - at)));
        at = chunk_end;
      }
    }
  }
  return {};
}

Status PageEncoder::pack(const PagePlan& plan, std::uint8_t* out, Worker& worker) {
  const PageLayout& layout = plan.layout;
  const std::size_t pieces = begin_pieces(layout.chunks(), plan.threads);
  const std::uint64_t of_plane = std::uint64_t{layout.chunks_across} * layout.chunks_down;
  run_pieces(worker, pieces, [&](std::size_t number, Worker& own) {
    Piece& piece = *pieces_[number];
    piece.status = piece.encoder.start(layout, nullptr);
    if (!piece.status.ok()) return;
    const auto code = [&](std::uint64_t index, const ChunkPlace& place) -> Status {
      const Arena::Mark mark = own.arena.mark();
      GLIMT_TRY(const PixelView pixels, plan.fetch(place.rect, own));
      // Strips before this one are whole; tiles are filled up.
      const std::uint64_t rows_before =
          layout.tiled ? index * layout.chunk_height
                       : index / of_plane * layout.height + index % of_plane * layout.chunk_height;
      const std::size_t size = layout.row_bytes() * layout.coded_rows(place.rect);
      GLIMT_TRY(piece.encoder.pack(pixels, place.plane, own,
                                   {out + rows_before * layout.row_bytes(), size}));
      own.arena.release(mark);
      return {};
    };
    piece.status = for_share(layout, 0, layout.chunks(), number, pieces, code);
  });
  for (std::size_t number = 0; number < pieces; ++number) {
    GLIMT_TRY(std::move(pieces_[number]->status));
  }
  return {};
}

}  // namespace glimt::tiff
