// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The strips or tiles of a page, coded by several threads and handed over in their order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "codec/worker.h"
#include "formats/tiff/chunk_encoder.h"
#include "formats/tiff/inner_encoder.h"
#include "formats/tiff/page_layout.h"

namespace glimt::tiff {

/// The pixels of a rectangle in samples of layout.form, all channels, any strides; scratch is the
/// worker's. Called from many threads.
using FetchPixels = std::function<Result<PixelView>(const Rect& rect, Worker& worker)>;
/// Called for one chunk after the other, on the thread that asked.
using TakeChunk = std::function<Status(std::uint64_t index, Bytes coded)>;

struct PagePlan {
  const PageLayout& layout;
  const InnerImageEncoder* inner;  ///< where layout.inner names a format
  FetchPixels fetch;
  int threads = 1;  ///< that Worker::split() may keep busy
};

/// Kept between pages; serves one of them at a time.
class PageEncoder {
 public:
  /// Codes chunks [first, end). A few tens of megabytes of pixels are under way at a time.
  Status encode(const PagePlan& plan, std::uint64_t first, std::uint64_t end, const TakeChunk& take,
                Worker& worker);
  /// All chunks without compression, one behind the other, into layout.packed_bytes() bytes.
  Status pack(const PagePlan& plan, std::uint8_t* out, Worker& worker);

 private:
  /// Chunks that one thread codes one after the other.
  struct Piece {
    ChunkEncoder encoder;
    std::vector<std::uint8_t> coded;
    std::vector<std::size_t> ends;  ///< of each chunk in `coded`
    Status status;
  };
  std::size_t begin_pieces(std::uint64_t chunks, int threads);

  std::vector<std::unique_ptr<Piece>> pieces_;
};

}  // namespace glimt::tiff
