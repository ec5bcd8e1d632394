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

/// The last of `count` numbers that is at most `key`; number(i) ascends.
template <class Number>
__device__ __forceinline__ int find_last_of(int count, int key, const Number& number) {
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) >> 1;
    if (number(middle) <= key) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
/// The same of the items' members.
template <auto Member, class Item>
__device__ int find_last(const Item* items, int count, int key) {
  return find_last_of(count, key, [&](int i) { return items[i].*Member; });
}

/// The sum over a warp, for all lanes.
template <class Number>
__device__ __forceinline__ Number warp_sum(Number value) {
#if __CUDA_ARCH__ >= 800
  return __reduce_add_sync(kFullWarp, value);
#else
  for (int distance = 16; distance > 0; distance >>= 1) {
    value += __shfl_xor_sync(kFullWarp, value, distance);
  }
  return value;
#endif
}

/// The sum over the lanes up to this one.
__device__ __forceinline__ int warp_prefix(int value) {
  const int lane = threadIdx.x & 31;
  for (int distance = 1; distance < 32; distance <<= 1) {
    const int other = __shfl_up_sync(kFullWarp, value, distance);
    if (lane >= distance) value += other;
  }
  return value;
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
/// component, packed (DC table: bits 0-13, AC table: 14-27, component: 30 and 31). Where they share
/// their tables (ScanLayout::phases), the block's place stands for it, unless `by_component`.
struct ScanTables {
  std::uint32_t selector[16];
  std::uint32_t escape_base[kTablesInSet], escape_count[kTablesInSet];
  int phases;
};
constexpr unsigned kTableOffset = 0x3FFF, kAcShift = 14, kComponentShift = 30;

/// By the first threads of a thread block; then synchronise.
__device__ __forceinline__ void load_scan_tables(const Slice& slice, const ScanLayout& scan,
                                                 ScanTables& tables, bool by_component = false) {
  const unsigned thread = threadIdx.x;
  if (thread < 16) {
    const auto packed = static_cast<std::uint32_t>(scan.selectors >> (thread * 4)) & 15U;
    const std::uint32_t dc = packed & 1U, ac = 2 + (packed >> 1 & 1U);
    tables.selector[thread] = dc << kLookupBits | ac << (kLookupBits + kAcShift) |
                              (scan.phases != 0 && !by_component ? thread & 3U : packed >> 2)
                                  << kComponentShift;
  }
  if (thread == 0) tables.phases = scan.phases;
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

/// Where the sum of the selector's component lies in its word of Counts::dc.
__device__ __forceinline__ std::uint32_t half_shift(std::uint32_t selector) {
  return selector >> (kComponentShift - 4) & 16U;
}
/// Adds to that sum; `low` and `high` are the two words.
__device__ __forceinline__ void add_difference(std::uint32_t selector, int difference,
                                               std::uint32_t& low, std::uint32_t& high) {
  const std::uint32_t shifted = static_cast<std::uint32_t>(difference) << half_shift(selector);
  if (static_cast<std::int32_t>(selector) < 0) {
    high += shifted;
  } else {
    low += shifted;
  }
}
__device__ __forceinline__ int upper_sum(std::uint32_t sums) {
  return static_cast<std::int16_t>((sums + 0x8000U) >> 16);
}
__device__ __forceinline__ int lower_sum(std::uint32_t sums) {
  return static_cast<std::int16_t>(sums & 0xFFFFU);
}

/// Sums counted from a block start that is `by` blocks further on, where `phases` is not 0.
__device__ __forceinline__ Counts turn(const Counts& a, int by, int phases) {
  const int from[kMaxComponents] = {lower_sum(a.dc[0]), upper_sum(a.dc[0]), lower_sum(a.dc[1]),
                                    upper_sum(a.dc[1])};
  std::uint32_t to[kMaxComponents] = {};
#pragma unroll
  for (int i = 0; i < kMaxComponents; ++i) {
    const int place = (i + by) % phases;
#pragma unroll
    for (int k = 0; k < kMaxComponents; ++k) {
      if (i < phases && place == k) to[k] = static_cast<std::uint32_t>(from[i]);
    }
  }
  return {a.blocks, {to[0] + (to[1] << 16), to[2] + (to[3] << 16)}};
}
/// Of a stretch and the one behind it.
__device__ __forceinline__ Counts join(const Counts& a, Counts b, int phases) {
  if (phases != 0) b = turn(b, a.blocks % phases, phases);
  return {a.blocks + b.blocks, {a.dc[0] + b.dc[0], a.dc[1] + b.dc[1]}};
}
/// What is left of a stretch without its beginning.
__device__ __forceinline__ Counts drop_front(const Counts& a, const Counts& front, int phases) {
  const Counts rest{a.blocks - front.blocks, {a.dc[0] - front.dc[0], a.dc[1] - front.dc[1]}};
  return phases == 0 ? rest : turn(rest, phases - front.blocks % phases, phases);
}
/// What is left of a stretch without its end.
__device__ __forceinline__ Counts drop_back(const Counts& a, Counts back, int phases) {
  const int blocks = a.blocks - back.blocks;
  if (phases != 0) back = turn(back, blocks % phases, phases);
  return {blocks, {a.dc[0] - back.dc[0], a.dc[1] - back.dc[1]}};
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
