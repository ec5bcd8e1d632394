// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// libjpeg's memory manager over the worker's arena. libjpeg asks malloc anew for every image, and
// the coefficients of a progressive 12 MP photograph are 36 MB of fresh pages; here they are warm.
#pragma once

#include <cstdint>
#include <cstdio>  // jpeglib.h wants FILE and size_t from its includer

#include <jpeglib.h>

#include "base/arena.h"

namespace glimt::jpeg {

/// Takes the place of jpeg_common_struct::mem between attach() and detach(). All it gives out, the
/// permanent pool included, lasts for one image: a table never outlives the stream that defined it,
/// as it would in a libjpeg object that is used again.
class ImageMemory : public jpeg_memory_mgr {
 public:
  ImageMemory();
  ImageMemory(const ImageMemory&) = delete;
  ImageMemory& operator=(const ImageMemory&) = delete;

  /// Starts an image: rows and coefficients come from `arena` until settle(), of at most
  /// `max_bytes` together. What the library keeps in `cinfo` must be reset by the caller.
  void attach(j_common_ptr cinfo, Arena& arena, std::uint64_t max_bytes);
  /// The set-up is done and the arena is the caller's again; what is asked for later is small.
  void settle() { large_ = &small_; }
  /// Gives `cinfo` its own memory manager back.
  void detach(j_common_ptr cinfo);

  /// Whether the last failure was for max_bytes and not for want of memory.
  [[nodiscard]] bool over_limit() const { return over_limit_; }

 private:
  friend struct ImageMemoryMethods;
  void* take(j_common_ptr cinfo, Arena& arena, std::size_t bytes);

  jpeg_memory_mgr* original_ = nullptr;
  Arena small_;
  Arena* large_ = nullptr;
  std::uint64_t max_bytes_ = 0, used_bytes_ = 0;
  bool over_limit_ = false;
  struct BlockArray;
  BlockArray* unrealized_ = nullptr;
};

}  // namespace glimt::jpeg
