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
  std::uint32_t dc[kMaxComponents / 2] = {};
  int bit = 0, block_in_mcu = 0;
};

/// DC sums by component out of those by place in the MCU.
__device__ __forceinline__ Counts gather_places(const Counts& counts, const ScanLayout& scan) {
  const int sums[kMaxComponents] = {lower_sum(counts.dc[0]), upper_sum(counts.dc[0]),
                                    lower_sum(counts.dc[1]), upper_sum(counts.dc[1])};
  Counts gathered{counts.blocks, {}};
#pragma unroll
  for (int place = 0; place < kMaxComponents; ++place) {
    if (place >= scan.phases) break;
    const auto component = static_cast<unsigned>(scan.selectors >> (4 * place + 2)) & 3U;
    gathered.dc[component >> 1] += static_cast<std::uint32_t>(sums[place])
                                   << ((component & 1U) * 16);
  }
  return gathered;
}

/// By all threads of the thread block. `scratch` has an element for each.
__device__ __forceinline__ Share find_share(const Slice& slice, const ScanLayout& scan,
                                            Counts* scratch) {
  const int thread = threadIdx.x, phases = scan.phases;
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
    if (thread >= distance) sum = join(before, sum, phases);
    scratch[thread] = sum;
    __syncthreads();
  }
  sum = drop_back(sum, counts, phases);
  if (segment.first_subsequence > first) {
    sum = drop_front(sum, scratch[segment.first_subsequence - first - 1], phases);
  } else if (segment.first_subsequence < first) {
    sum = join(slice.chunk_starts[blockIdx.x], sum, phases);
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
  const std::uint32_t state = slice.states[own];
  share.bit = (own - segment.first_subsequence) * slice.parameters.subsequence_bytes * 8 +
              static_cast<int>(state >> 4);
  share.block_in_mcu = static_cast<int>(state & 15);
  if (phases != 0) {
    share.block_in_mcu = sum.blocks % phases;
    sum = gather_places(sum, scan);
  }
  share.dc[0] = sum.dc[0];
  share.dc[1] = sum.dc[1];
  if (!scan.all_needed && share.left > 0) {
    const int mcu = scan.first_mcu + static_cast<int>(share.block) / scan.blocks_in_mcu;
    const int last =
        scan.first_mcu + static_cast<int>(share.block + share.left - 1) / scan.blocks_in_mcu;
    if (!is_needed(scan, mcu, last)) share.left = 0;
  }
  return share;
}

}  // namespace glimt::jpeg::cuda
