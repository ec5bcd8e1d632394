// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chunks that are images in formats of their own: JPEG, JPEG 2000, WebP. The engine decodes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/job.h"
#include "formats/tiff/page.h"
#include "pixel/form.h"

namespace glimt::tiff {

class InnerImages {
 public:
  /// Whether a compression is one of these, as Format::name; "" otherwise.
  static std::string_view format_of(std::uint32_t compression);

  /// Code::truncated: JPEGTables lie outside of the file; unsupported: no codecs.
  static Result<InnerImages> make(const Page& page, const InnerCodecs* codecs);

  /// The form that goes to the canvas.
  [[nodiscard]] PixelForm form(const PixelForm& wanted) const;

  /// Decodes an inner image into the part of the canvas that it covers.
  Status decode(Bytes data, const Rect& chunk, const Canvas& canvas, Worker& worker, bool partial,
                std::string& note) const;
  /// The same, of a plane of its own, into memory for the wanted part of the chunk.
  Status decode_plane(Bytes data, const Rect& chunk, const Rect& part, const PixelView& memory,
                      Worker& worker, bool partial, std::string& note) const;

 private:
  Result<StreamInfo> look(Bytes data, const Rect& chunk) const;
  Status run(const StreamInfo& info, Bytes data, Canvas& canvas, Worker& worker, bool partial,
             std::string& note) const;
  void correct(StreamInfo& info) const;

  std::string_view format_;
  std::uint32_t compression_ = 0;
  const Page* page_ = nullptr;
  const InnerCodecs* codecs_ = nullptr;
  Bytes tables_;
};

}  // namespace glimt::tiff
