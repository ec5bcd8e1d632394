// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Luma and chroma of a lossy image between libwebp and the kernel that makes pixels of them.
#pragma once

#include <webp/decode.h>

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "base/result.h"
#include "pixel/fused_row.h"

namespace glimt::webp {

class Planes {
 public:
  /// For width x height pixels, 4:2:0; 1.5 bytes a pixel from the arena. Code::out_of_memory.
  static Result<Planes> make(std::int64_t width, std::int64_t height, Arena& arena);

  void set_output(WebPDecBuffer& output) const;

  /// Copies the outermost chroma samples to beside the rows, where the kernel looks. After
  /// decoding.
  void repeat_edges();

  /// What row y of the pixels is made of. Above the first and below the last chroma row lies its
  /// copy, as libwebp has it.
  [[nodiscard]] FusedInput row(std::int64_t y, bool bgr) const;

 private:
  std::int64_t width_ = 0, height_ = 0, chroma_width_ = 0, chroma_height_ = 0;
  std::int64_t luma_stride_ = 0, chroma_stride_ = 0;
  std::uint8_t* luma_ = nullptr;
  std::uint8_t* chroma_[2] = {};
};

}  // namespace glimt::webp
