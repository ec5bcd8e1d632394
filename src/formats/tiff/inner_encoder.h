// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chunks that are written as images in formats of their own: JPEG, JPEG 2000, WebP. The engine
// encodes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/job.h"
#include "formats/tiff/page_layout.h"

namespace glimt::tiff {

class InnerImageEncoder {
 public:
  /// What all chunks of a page share. `encoders` outlives it. Code::unsupported: there are none;
  /// others: what the format's own encoder has against the parameters.
  static Result<InnerImageEncoder> make(const PageLayout& layout, const EncodeParams& params,
                                        ChromaSubsampling subsampling,
                                        const InnerEncoders* encoders, Worker& worker);

  /// For the tag JPEGTables (347): what the chunks' streams leave out. Empty: nothing.
  [[nodiscard]] const std::vector<std::uint8_t>& jpeg_tables() const { return tables_; }

  /// Appends the image of a chunk, whose pixels have nothing between those of a row. Safe from many
  /// threads.
  Status encode(const PixelView& pixels, Worker& worker, std::vector<std::uint8_t>& out) const;

 private:
  InnerImageEncoder() = default;
  Status run(const PixelView& pixels, Worker& worker, Sink& sink) const;
  Status append_jpeg(Bytes stream, std::vector<std::uint8_t>& out) const;
  Status choose_tables(Worker& worker);

  const InnerEncoders* encoders_ = nullptr;
  std::string_view format_;
  EncodeParams params_;
  ColorSpec color_spec_ = ColorSpec::gray;
  ChromaSubsampling subsampling_ = ChromaSubsampling::css_444;
  PixelForm form_;                        ///< of a chunk's pixels, as the encoder is told
  std::uint32_t width_ = 0, height_ = 0;  ///< that tiles are filled up to; 0: strips
  std::vector<std::uint8_t> tables_;
};

}  // namespace glimt::tiff
