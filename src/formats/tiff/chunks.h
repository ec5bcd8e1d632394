// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes strips and tiles into a canvas. A chunk's cell is its place in the grid, which all planes
// share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "codec/job.h"
#include "formats/tiff/compression/compression.h"
#include "formats/tiff/inner.h"
#include "formats/tiff/old_jpeg.h"
#include "formats/tiff/page.h"
#include "formats/tiff/rows.h"

namespace glimt::tiff {

/// What all pieces of an image share.
struct ImagePlan {
  const Page* page = nullptr;
  Bytes file;
  const Canvas* canvas = nullptr;
  bool partial = false;
  const InnerImages* inner = nullptr;  ///< chunks are images in formats of their own
  const OldJpeg* old_jpeg = nullptr;   ///< which have to be put together first
  PixelForm form;                      ///< that the canvas was started with
};

struct Cell {
  std::uint32_t across = 0, down = 0;
};

/// What became of some cells.
struct Outcome {
  Status status;
  std::string note;  ///< of the first defect that `partial` tolerated
  std::uint64_t chunks = 0;
};

/// Serves one worker; kept between images.
class ChunkDecoder {
 public:
  /// An image, or a part of it, begins.
  Status start(const ImagePlan& plan);
  /// Decodes what the canvas wants of a cell. False: outcome.status says why not.
  bool decode(const Cell& cell, Outcome& outcome, Worker& worker);

 private:
  Status decode_planes(const Cell& cell, Outcome& outcome, Worker& worker);
  Status decode_inner_planes(const Cell& cell, Outcome& outcome, Worker& worker);
  Status write_rows(const Rect& rect, const Rect& part,
                    std::span<const std::uint8_t* const> sources, Worker& worker);
  bool put_stored(Bytes coded, const Rect& rect, std::uint32_t rows) const;
  Status expand_in_place(const Cell& cell, Bytes coded, std::uint32_t rows, bool& done,
                         Worker& worker, Outcome& outcome);
  /// The first rows of a chunk, expanded, as many as `memory` has room for; they are in `memory`
  /// unless they can be used where they lie in the file.
  Result<const std::uint8_t*> expand(const Cell& cell, std::uint32_t plane, Bytes coded,
                                     std::span<std::uint8_t> memory, Outcome& outcome);
  Status tolerate(Status defect, const Cell& cell, std::uint32_t plane, Outcome& outcome) const;
  [[nodiscard]] Rect rect_of(const Cell& cell) const;
  [[nodiscard]] ChunkShape shape_of(const Cell& cell) const;

  const ImagePlan* plan_ = nullptr;
  std::optional<Rows> rows_;
  Decompressor decompressor_;
};

}  // namespace glimt::tiff
