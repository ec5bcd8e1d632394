// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The same mending across groups, until nothing changes: so the states are exact for any data. Then
// blocks and DC differences are summed up: per chunk, and over the chunks of each scan, anew at
// each segment.
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/walk.cuh"

namespace glimt::jpeg::cuda {
namespace {

// What a stream may cost beyond what photographs need; then the CPU decodes it. Where the picture
// is one colour, nothing tells the blocks of an MCU apart: a long walk for each group.
constexpr int kMaxRounds = 32, kMaxLongRounds = 6;
constexpr int kLongWalkBytes = 8 << 10;

/// The head of a group and the state that the group before it ended in.
struct Head {
  bool bad = false;
  int segment = 0;
  WalkStart from;
};

__device__ Head look_at_head(const Slice& slice, const ScanLayout& scan, int group) {
  Head head;
  head.segment = scan.segment0;
  if (group >= scan.groups) return head;
  const int subsequence_bytes = slice.parameters.subsequence_bytes;
  const int per_group = kThreads * slice.parameters.run;
  const int first = scan.first_subsequence + group * per_group;
  const int end = min(first + per_group, scan.first_subsequence + scan.subsequences);
  head.segment = segment_of(slice, scan, first);
  const SegmentLayout& segment = slice.segments[head.segment];
  WalkStart& from = head.from;
  from.index = first - segment.first_subsequence;
  from.end = min(end, end_of_segment(slice, scan, head.segment)) - segment.first_subsequence;
  const auto* ends = static_cast<volatile std::uint32_t*>(slice.group_ends);
  const auto* states = static_cast<volatile std::uint32_t*>(slice.states);
  const std::uint32_t state = ends[scan.first_group + group - 1];
  from.words = reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed);
  from.segment_bits = slice.segment_bytes[head.segment] * 8;
  from.bit = from.index * subsequence_bytes * 8 + static_cast<int>(state >> 4);
  from.block_in_mcu = static_cast<int>(state & 15);
  from.preroll = false;
  from.until_known = true;
  head.bad = from.index > 0 && from.index * subsequence_bytes < slice.segment_bytes[head.segment] &&
             states[first] != state;
  if (head.bad) slice.states[first] = state;
  return head;
}

/// One thread block a scan, a group a thread. `kBands`: of progressive scans, else of sequential
/// ones.
template <bool kBands>
__global__ void __launch_bounds__(kThreads) mend_scans(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  const ScanLayout& scan = slice.scans[blockIdx.x];
  if (scan.groups <= 1 || (scan.band >= 0) != kBands) return;
  load_lookup(slice, scan.table_set, LookupUse::synchronise, lookup);
  load_scan_tables(slice, scan, tables);
  __syncthreads();
  const int per_group = kThreads * slice.parameters.run;
  for (int round = 0, long_rounds = 0;; ++round) {
    bool any = false, long_walk = false;
    for (int base = 1; base < scan.groups; base += kThreads) {
      const int group = base + static_cast<int>(threadIdx.x);
      const Head head = look_at_head(slice, scan, group);
      if (!head.bad) continue;
      any = true;
      const int first = slice.segments[head.segment].first_subsequence;
      const WalkEnd end = walk<kBands>(slice, lookup, tables, scan, true, head.from,
                                       slice.states + first, slice.counts + first);
      long_walk |=
          (end.stopped - head.from.index) * slice.parameters.subsequence_bytes > kLongWalkBytes;
      const int group_end = min(scan.first_subsequence + (group + 1) * per_group,
                                scan.first_subsequence + scan.subsequences);
      if (end.reached && first + head.from.end == group_end) {
        static_cast<volatile std::uint32_t*>(slice.group_ends)[scan.first_group + group] =
            end.state;
      }
    }
    __threadfence_block();
    if (__syncthreads_or(any) == 0) break;
    long_rounds += __syncthreads_or(long_walk) != 0;
    if (round == kMaxRounds || long_rounds > kMaxLongRounds) {
      if (threadIdx.x == 0) atomicOr(slice.trouble + scan.image, kUnsettled);
      break;
    }
  }
}

// Runs of ended blocks can be many more than there are in any image: sums stop here.
constexpr int kManyBlocks = 1 << 28;

__device__ __forceinline__ Counts limited(Counts counts) {
  counts.blocks = min(counts.blocks, kManyBlocks);
  return counts;
}

__global__ void __launch_bounds__(kThreads) sum_chunks(Slice slice) {
  __shared__ int scan_index, warp_blocks[kThreads / 32];
  __shared__ std::uint32_t sums[3];
  const int thread = threadIdx.x;
  if (thread == 0) {
    scan_index =
        find_last<&ScanLayout::first_chunk>(slice.scans, slice.scan_count, int(blockIdx.x));
  }
  if (thread < 3) sums[thread] = 0;
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  const int first =
      scan.first_subsequence + (static_cast<int>(blockIdx.x) - scan.first_chunk) * kThreads;
  const int last = min(scan.first_subsequence + scan.subsequences, first + kThreads) - 1;
  const int start = slice.segments[segment_of(slice, scan, last)].first_subsequence;
  const int own = first + thread;
  Counts counts;
  if (own <= last && own >= start) counts = slice.counts[own];
  if (scan.phases != 0) {
    // Counted from the chunk's first block, or the segment's.
    int before = warp_prefix(counts.blocks);
    if ((thread & 31) == 31) warp_blocks[thread >> 5] = before;
    __syncthreads();
    before -= counts.blocks;
    for (int i = 0; i < thread >> 5; ++i) before += warp_blocks[i];
    counts = turn(counts, before % scan.phases, scan.phases);
  }
  const std::uint32_t values[3] = {warp_sum(static_cast<std::uint32_t>(counts.blocks)),
                                   warp_sum(counts.dc[0]), warp_sum(counts.dc[1])};
  if ((thread & 31) == 0) {
    for (int i = 0; i < 3; ++i) atomicAdd(sums + i, values[i]);
  }
  __syncthreads();
  if (thread == 0) {
    slice.chunk_sums[blockIdx.x] = {
        limited({static_cast<std::int32_t>(sums[0]), {sums[1], sums[2]}}), start >= first, {}};
  }
}

/// One thread block a scan: sums before each chunk since the segment's start.
__global__ void __launch_bounds__(kThreads) scan_chunks(Slice slice) {
  __shared__ ChunkSum shared[kThreads];
  const ScanLayout& scan = slice.scans[blockIdx.x];
  const int thread = threadIdx.x;
  Counts carry;
  for (int base = 0; base < scan.chunks; base += kThreads) {
    const int chunk = base + thread;
    ChunkSum sum;
    if (chunk < scan.chunks) sum = slice.chunk_sums[scan.first_chunk + chunk];
    __syncthreads();
    shared[thread] = sum;
    __syncthreads();
    for (int distance = 1; distance < kThreads; distance <<= 1) {
      ChunkSum before;
      if (thread >= distance) before = shared[thread - distance];
      __syncthreads();
      if (thread >= distance && sum.starts_segment == 0) {
        sum.counts = limited(join(before.counts, sum.counts, scan.phases));
        sum.starts_segment = before.starts_segment;
      }
      shared[thread] = sum;
      __syncthreads();
    }
    if (chunk < scan.chunks) {
      Counts start = carry;
      if (thread > 0) {
        const ChunkSum& before = shared[thread - 1];
        start = before.starts_segment != 0 ? before.counts
                                           : limited(join(carry, before.counts, scan.phases));
      }
      slice.chunk_starts[scan.first_chunk + chunk] = start;
    }
    const ChunkSum& last = shared[kThreads - 1];
    carry = last.starts_segment != 0 ? last.counts : limited(join(carry, last.counts, scan.phases));
  }
}

}  // namespace

void settle(const Slice& slice, gpu::StreamHandle stream) {
  mend_scans<false><<<slice.scan_count, kThreads, kSetSize * 4, stream>>>(slice);
  if (slice.band_count > 0) {
    mend_scans<true><<<slice.scan_count, kThreads, kSetSize * 4, stream>>>(slice);
  }
  sum_chunks<<<slice.chunks, kThreads, 0, stream>>>(slice);
  scan_chunks<<<slice.scan_count, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
