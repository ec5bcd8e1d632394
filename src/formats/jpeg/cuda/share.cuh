// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the stages that write coefficients share.
#pragma once

#include "formats/jpeg/cuda/bits.cuh"

namespace glimt::jpeg::cuda {

// Place of each zigzag index when columns are stored one after the other.
static __constant__ std::uint8_t kColumnwise[64] = {
    0,  8,  1,  2,  9,  16, 24, 17, 10, 3,  4,  11, 18, 25, 32, 40, 33, 26, 19, 12, 5,  6,
    13, 20, 27, 34, 41, 48, 56, 49, 42, 35, 28, 21, 14, 7,  15, 22, 29, 36, 43, 50, 57, 58,
    51, 44, 37, 30, 23, 31, 38, 45, 52, 59, 60, 53, 46, 39, 47, 54, 61, 62, 55, 63};

/// What a thread decodes.
struct Share {
  int segment = 0;
  int left = 0;             // blocks
  std::uint32_t block = 0;  // of the scan
  int dc[kMaxComponents] = {};
  int bit = 0, block_in_mcu = 0;
};

__device__ __forceinline__ Counts minus(const Counts& a, const Counts& b) {
  return {a.blocks - b.blocks, {a.dc[0] - b.dc[0], a.dc[1] - b.dc[1], a.dc[2] - b.dc[2]}};
}
__device__ __forceinline__ Counts plus(const Counts& a, const Counts& b) {
  return {a.blocks + b.blocks, {a.dc[0] + b.dc[0], a.dc[1] + b.dc[1], a.dc[2] + b.dc[2]}};
}

/// By all threads of the thread block. `scratch` has an element for each.
__device__ __forceinline__ Share find_share(const Slice& slice, const ScanLayout& scan,
                                            Counts* scratch) {
  const int thread = threadIdx.x;
  const int first =
      scan.first_subsequence + (static_cast<int>(blockIdx.x) - scan.first_chunk) * kThreads;
  const int own = first + thread, end = scan.first_subsequence + scan.subsequences;
  const bool active = own < end;
  Share share;
  share.segment = segment_of(slice, scan, active ? own : end - 1);
  const SegmentLayout& segment = slice.segments[share.segment];
  Counts counts;
  if (active) counts = slice.counts[own];
  Counts sum = counts;
  scratch[thread] = sum;
  __syncthreads();
  for (int distance = 1; distance < kThreads; distance <<= 1) {
    Counts before;
    if (thread >= distance) before = scratch[thread - distance];
    __syncthreads();
    if (thread >= distance) sum = plus(sum, before);
    scratch[thread] = sum;
    __syncthreads();
  }
  sum = minus(sum, counts);
  if (segment.first_subsequence > first) {
    sum = minus(sum, scratch[segment.first_subsequence - first - 1]);
  } else if (segment.first_subsequence < first) {
    sum = plus(sum, slice.chunk_starts[blockIdx.x]);
  }
  __syncthreads();
  if (!active) return share;
  if (own + 1 == end_of_segment(slice, scan, share.segment)) {
    const int found = sum.blocks + counts.blocks;
    slice.segment_blocks[share.segment] = found;
    if (found < segment.blocks) {
      atomicOr(slice.trouble + scan.image, kBlockCount);
    }
  }
  share.left = min(counts.blocks, segment.blocks - sum.blocks);
  share.block = static_cast<std::uint32_t>(segment.block0 + sum.blocks);
  for (int i = 0; i < kMaxComponents; ++i) share.dc[i] = sum.dc[i];
  const std::uint32_t state = slice.states[own];
  share.bit = (own - segment.first_subsequence) * slice.parameters.subsequence_bytes * 8 +
              static_cast<int>(state >> 4);
  share.block_in_mcu = static_cast<int>(state & 15);
  return share;
}

}  // namespace glimt::jpeg::cuda
