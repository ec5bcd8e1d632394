// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the stages that read Huffman codes share.
#pragma once

#include <cstdint>

#include "formats/jpeg/cuda/descriptors.h"
#include "formats/jpeg/cuda/lookup.h"

namespace glimt::jpeg::cuda {

constexpr unsigned kFullWarp = 0xFFFFFFFFU;

/// The last of `count` items whose member is at most `key`; the members ascend.
template <auto Member, class Item>
__device__ int find_last(const Item* items, int count, int key) {
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) >> 1;
    if (items[middle].*Member <= key) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/// The sum over a warp, for all lanes.
__device__ __forceinline__ int warp_sum(int value) {
#if __CUDA_ARCH__ >= 800
  return __reduce_add_sync(kFullWarp, value);
#else
  for (int distance = 16; distance > 0; distance >>= 1) {
    value += __shfl_xor_sync(kFullWarp, value, distance);
  }
  return value;
#endif
}

/// Reads destuffed words, which hold their first bit on top. Three words are held: the one that is
/// being read and the two behind it.
struct BitReader {
  const std::uint32_t* words;
  std::uint32_t high, low, next;
  int word, offset;

  __device__ __forceinline__ void start(const std::uint32_t* base, int bit) {
    words = base;
    word = bit >> 5;
    offset = bit & 31;
    high = __ldg(words + word);
    low = __ldg(words + word + 1);
    next = __ldg(words + word + 2);
  }
  __device__ __forceinline__ std::uint32_t peek() const {
    return __funnelshift_l(low, high, offset);
  }
  __device__ __forceinline__ void skip(int bits) {
    offset += bits;
    if (offset < 32) return;
    offset -= 32;
    high = low;
    low = next;
    next = __ldg(words + word + 3);
    ++word;
  }
  __device__ __forceinline__ int position() const { return word * 32 + offset; }
};

/// T.81 F.2.2.1: the value of the `size` bits behind a code.
__device__ __forceinline__ int extended(std::uint32_t bits, int code_length, int size) {
  const std::uint32_t behind = bits << code_length;
  const int value = static_cast<int>(__funnelshift_lc(behind, 0, size));
  return value - (~(static_cast<int>(behind) >> 31) & ((1 << size) - 1));
}

/// What a thread block keeps of its scan: by block of an MCU the offsets of its tables and its
/// component, packed (DC table: bits 0-13, AC table: 14-27, component: 28-31).
struct ScanTables {
  std::uint32_t selector[16];
  std::uint32_t escape_base[kTablesInSet], escape_count[kTablesInSet];
};
constexpr unsigned kTableOffset = 0x3FFF, kAcShift = 14, kComponentShift = 28;

/// By the first threads of a thread block; then synchronise.
__device__ __forceinline__ void load_scan_tables(const Slice& slice, const ScanLayout& scan,
                                                 ScanTables& tables) {
  const unsigned thread = threadIdx.x;
  if (thread < 16) {
    const auto packed = static_cast<std::uint32_t>(scan.selectors >> (thread * 4)) & 15U;
    const std::uint32_t dc = packed & 1U, ac = 2 + (packed >> 1 & 1U);
    tables.selector[thread] =
        dc << kLookupBits | ac << (kLookupBits + kAcShift) | (packed >> 2) << kComponentShift;
  }
  if (thread < kTablesInSet) {
    const int at = scan.table_set * kTablesInSet + static_cast<int>(thread);
    tables.escape_base[thread] = slice.escape_base[at];
    tables.escape_count[thread] = slice.escape_count[at];
  }
}

/// By all threads of a thread block; then synchronise.
__device__ __forceinline__ void load_lookup(const Slice& slice, int table_set, LookupUse use,
                                            std::uint32_t* shared) {
  const std::size_t variant = std::size_t(table_set) * 2 + static_cast<unsigned>(use);
  const auto* from = reinterpret_cast<const uint4*>(slice.lookup + variant * kSetSize);
  auto* to = reinterpret_cast<uint4*>(shared);
  for (unsigned i = threadIdx.x; i < kSetSize / 4; i += blockDim.x) to[i] = from[i];
}

/// The entry of a code that is longer than the look-up table's index.
__device__ __forceinline__ std::uint32_t find_escape(const Slice& slice, const ScanTables& tables,
                                                     int table_set, std::uint32_t table_offset,
                                                     std::uint32_t bits) {
  const std::uint32_t table = table_offset >> kLookupBits;
  const std::uint32_t index =
      min((bits >> 16) - tables.escape_base[table], tables.escape_count[table]);
  return __ldg(slice.escapes + (std::size_t(table_set) * kTablesInSet + table) * kEscapes + index);
}

__device__ __forceinline__ std::uint32_t entry_bits(std::uint32_t entry) {
  return entry & kEntryBits;
}
__device__ __forceinline__ int entry_advance(std::uint32_t entry) {
  return static_cast<int>(entry >> kEntryAdvanceShift & kEntryAdvance);
}
/// Of the first code alone: its length without extra bits, and the number of those.
__device__ __forceinline__ int code_length(std::uint32_t entry) {
  return static_cast<int>(entry >> kEntryCodeShift);
}
__device__ __forceinline__ int code_size(std::uint32_t entry) {
  return static_cast<int>(entry >> kEntryFirstShift & kEntryBits) - code_length(entry);
}

/// The segment of a scan that holds a subsequence.
__device__ __forceinline__ int segment_of(const Slice& slice, const ScanLayout& scan,
                                          int subsequence) {
  if (scan.segments == 1) return scan.segment0;
  return scan.segment0 + find_last<&SegmentLayout::first_subsequence>(
                             slice.segments + scan.segment0, scan.segments, subsequence);
}

/// One behind the last subsequence of a segment.
__device__ __forceinline__ int end_of_segment(const Slice& slice, const ScanLayout& scan,
                                              int segment) {
  const bool last = segment + 1 == scan.segment0 + scan.segments;
  return last ? scan.first_subsequence + scan.subsequences
              : slice.segments[segment + 1].first_subsequence;
}

}  // namespace glimt::jpeg::cuda
