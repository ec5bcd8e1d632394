// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Strips and tiles: pixels in, coded bytes out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "codec/job.h"
#include "formats/tiff/compression/compressor.h"
#include "formats/tiff/inner_encoder.h"
#include "formats/tiff/page_layout.h"
#include "formats/tiff/samples/pack.h"

namespace glimt::tiff {

/// Serves one worker; kept between pages.
class ChunkEncoder {
 public:
  /// A page begins. `inner` is needed where layout.inner names a format. Both outlive the page.
  Status start(const PageLayout& layout, const InnerImageEncoder* inner);

  /// Appends the coded bytes of a chunk to `out`. `pixels`: what the image has of the chunk, in
  /// samples of layout.form (all channels, any strides); tiles at the edges are filled up with
  /// their last pixels. Code::out_of_memory; others as the compression has them.
  Status encode(const PixelView& pixels, std::uint32_t plane, Worker& worker,
                std::vector<std::uint8_t>& out);
  /// The same without compression, into row_bytes() * coded_rows() bytes.
  Status pack(const PixelView& pixels, std::uint32_t plane, Worker& worker,
              std::span<std::uint8_t> out);

 private:
  Status pack_rows(const PixelView& rows, std::uint32_t coded_rows, std::uint8_t* out);
  [[nodiscard]] std::uint32_t coded_rows(const PixelView& pixels) const {
    return layout_->coded_rows({0, 0, pixels.width, pixels.height});
  }

  const PageLayout* layout_ = nullptr;
  const InnerImageEncoder* inner_ = nullptr;
  std::optional<RowPacker> packer_;
  bool copies_ = false;  ///< packed rows are the samples as they are
  Compressor compressor_;
  std::vector<std::uint8_t> packed_, row_;
};

}  // namespace glimt::tiff
