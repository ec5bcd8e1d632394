// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/turbo_memory.h"

#include <cstring>

#include <jerror.h>

namespace glimt::jpeg {

/// What libjpeg calls a virtual array: all of it in memory, its rows zeroed when first touched.
struct ImageMemory::BlockArray {
  JBLOCKROW* rows;
  JDIMENSION row_count, row_blocks;
  JDIMENSION defined_rows;
  bool pre_zero;
  BlockArray* next;
};

namespace {

// Rows end on a multiple of two SIMD registers: the upsamplers write whole ones (jmemmgr.c).
constexpr std::size_t kRowAlign = 128;

[[noreturn]] void fail(j_common_ptr cinfo, int code) {
  cinfo->err->msg_code = code;
  cinfo->err->msg_parm.i[0] = 0;
  (*cinfo->err->error_exit)(cinfo);
  __builtin_unreachable();
}

}  // namespace

struct ImageMemoryMethods {
  using BlockArray = ImageMemory::BlockArray;

  static ImageMemory& of(j_common_ptr cinfo) { return *static_cast<ImageMemory*>(cinfo->mem); }

  static void* alloc_small(j_common_ptr cinfo, int, std::size_t bytes) {
    ImageMemory& memory = of(cinfo);
    return memory.take(cinfo, memory.small_, bytes);
  }
  static void* alloc_large(j_common_ptr cinfo, int, std::size_t bytes) {
    ImageMemory& memory = of(cinfo);
    return memory.take(cinfo, *memory.large_, bytes);
  }
  /// count rows of row_bytes each, in one piece.
  template <class Row>
  static Row* alloc_rows(j_common_ptr cinfo, std::size_t row_bytes, JDIMENSION count) {
    auto* rows = static_cast<Row*>(alloc_small(cinfo, 0, count * sizeof(Row)));
    auto* memory = static_cast<std::uint8_t*>(alloc_large(cinfo, 0, row_bytes * count));
    for (JDIMENSION i = 0; i < count; ++i) rows[i] = reinterpret_cast<Row>(memory + i * row_bytes);
    return rows;
  }
  static JSAMPARRAY alloc_sarray(j_common_ptr cinfo, int, JDIMENSION samples, JDIMENSION count) {
    const std::size_t row_bytes = (samples + kRowAlign - 1) / kRowAlign * kRowAlign;
    return alloc_rows<JSAMPROW>(cinfo, row_bytes, count);
  }
  static JBLOCKARRAY alloc_barray(j_common_ptr cinfo, int, JDIMENSION blocks, JDIMENSION count) {
    return alloc_rows<JBLOCKROW>(cinfo, blocks * sizeof(JBLOCK), count);
  }

  // Whole images of samples serve colour quantisation only, which is never asked for here.
  static jvirt_sarray_ptr request_virt_sarray(j_common_ptr cinfo, int, boolean, JDIMENSION,
                                              JDIMENSION, JDIMENSION) {
    fail(cinfo, JERR_NOT_COMPILED);
  }
  static JSAMPARRAY access_virt_sarray(j_common_ptr cinfo, jvirt_sarray_ptr, JDIMENSION, JDIMENSION,
                                       boolean) {
    fail(cinfo, JERR_NOT_COMPILED);
  }

  static jvirt_barray_ptr request_virt_barray(j_common_ptr cinfo, int pool, boolean pre_zero,
                                              JDIMENSION row_blocks, JDIMENSION row_count,
                                              JDIMENSION) {
    ImageMemory& memory = of(cinfo);
    auto* array = static_cast<BlockArray*>(alloc_small(cinfo, pool, sizeof(BlockArray)));
    *array = {nullptr, row_count, row_blocks, 0, pre_zero != 0, memory.unrealized_};
    memory.unrealized_ = array;
    return reinterpret_cast<jvirt_barray_ptr>(array);
  }
  static void realize_virt_arrays(j_common_ptr cinfo) {
    ImageMemory& memory = of(cinfo);
    for (; memory.unrealized_ != nullptr; memory.unrealized_ = memory.unrealized_->next) {
      BlockArray& array = *memory.unrealized_;
      array.rows = alloc_barray(cinfo, 0, array.row_blocks, array.row_count);
    }
  }
  static JBLOCKARRAY access_virt_barray(j_common_ptr cinfo, jvirt_barray_ptr handle,
                                        JDIMENSION start, JDIMENSION count, boolean writable) {
    BlockArray& array = *reinterpret_cast<BlockArray*>(handle);
    const JDIMENSION end = start + count;
    const bool leaves_gap = writable != 0 && start > array.defined_rows;
    if (end > array.row_count || array.rows == nullptr || leaves_gap) {
      fail(cinfo, JERR_BAD_VIRTUAL_ACCESS);
    }
    if (end > array.defined_rows) {
      if (array.pre_zero) {
        const JDIMENSION first = array.defined_rows > start ? array.defined_rows : start;
        std::memset(array.rows[first], 0,
                    std::size_t{end - first} * array.row_blocks * sizeof(JBLOCK));
      }
      if (writable != 0) array.defined_rows = end;
    }
    return array.rows + start;
  }

  static void free_pool(j_common_ptr cinfo, int) { of(cinfo).unrealized_ = nullptr; }
  static void self_destruct(j_common_ptr cinfo) {
    of(cinfo).detach(cinfo);
    (*cinfo->mem->self_destruct)(cinfo);
  }
};

ImageMemory::ImageMemory() : jpeg_memory_mgr{} {
  using M = ImageMemoryMethods;
  alloc_small = M::alloc_small;
  alloc_large = M::alloc_large;
  alloc_sarray = M::alloc_sarray;
  alloc_barray = M::alloc_barray;
  request_virt_sarray = M::request_virt_sarray;
  request_virt_barray = M::request_virt_barray;
  realize_virt_arrays = M::realize_virt_arrays;
  access_virt_sarray = M::access_virt_sarray;
  access_virt_barray = M::access_virt_barray;
  free_pool = M::free_pool;
  self_destruct = M::self_destruct;
  max_alloc_chunk = 1'000'000'000L;  // as jmemmgr.c has it
}

void ImageMemory::attach(j_common_ptr cinfo, Arena& arena, std::uint64_t max_bytes) {
  if (cinfo->mem != this) original_ = cinfo->mem;
  cinfo->mem = this;
  small_.restart();
  large_ = &arena;
  max_bytes_ = max_bytes;
  used_bytes_ = 0;
  over_limit_ = false;
  unrealized_ = nullptr;
}

void ImageMemory::detach(j_common_ptr cinfo) {
  if (cinfo->mem == this) cinfo->mem = original_;
}

void* ImageMemory::take(j_common_ptr cinfo, Arena& arena, std::size_t bytes) {
  over_limit_ = bytes > max_bytes_ - used_bytes_;
  if (over_limit_) fail(cinfo, JERR_OUT_OF_MEMORY);
  const auto piece = arena.take<std::uint8_t>(bytes == 0 ? 1 : bytes);
  if (piece.empty()) fail(cinfo, JERR_OUT_OF_MEMORY);
  used_bytes_ += bytes;
  return piece.data();
}

}  // namespace glimt::jpeg
