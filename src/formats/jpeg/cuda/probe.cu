// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Better guesses for synchronisation where there are few threads: bits fall into step quickly, but
// which block of the MCU is at hand may stay open for long, and is then mended run by run, one
// after the other. So each run is decoded once for each block of the MCU that may come first; then
// it is looked up, over all runs at once, in which of these a run ends where the next one begins.
// What comes out is a guess still: synchronise() and settle() check it as any other.
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/walk.cuh"

namespace glimt::jpeg::cuda {
namespace {

/// Where a hypothesis is.
struct Probe {
  BitReader reader;
  int block;

  __device__ __forceinline__ void start(const std::uint32_t* words, int bit, int block_in_mcu) {
    reader.start(words, bit);
    block = block_in_mcu;
  }
  /// To the first block start at or behind `target`; the state there.
  __device__ __forceinline__ std::uint32_t advance(const Slice& slice, const std::uint32_t* lookup,
                                                   const ScanTables& tables, const ScanLayout& scan,
                                                   int target) {
    std::uint32_t selector = tables.selector[block];
    int place = 0, position = reader.position();
    while (position < target) {
      const std::uint32_t window = reader.peek();
      const std::uint32_t table = (place != 0 ? selector >> kAcShift : selector) & kTableOffset;
      std::uint32_t entry = lookup[table + (window >> (32 - kLookupBits))];
      if (entry == 0) entry = find_escape(slice, tables, scan.table_set, table, window);
      if (place + entry_advance(entry) > 64) entry >>= kEntryFirstShift;
      reader.skip(static_cast<int>(entry_bits(entry)));
      place += entry_advance(entry);
      if ((entry & kEntryEnd) == 0 && place < 64) continue;
      place = 0;
      block = block + 1 == scan.blocks_in_mcu ? 0 : block + 1;
      selector = tables.selector[block];
      position = reader.position();
    }
    return pack_state(position - target, block);
  }
};

__device__ __forceinline__ const std::uint32_t* words_of(const Slice& slice,
                                                         const SegmentLayout& segment) {
  return reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed);
}

/// A thread block for each group and hypothesis, a run a thread.
__global__ void __launch_bounds__(kThreads) probe_runs(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  __shared__ int scan_index;
  const int number = static_cast<int>(blockIdx.x) / slice.hypotheses;
  const int hypothesis = static_cast<int>(blockIdx.x) - number * slice.hypotheses;
  if (threadIdx.x == 0) {
    scan_index = find_last<&ScanLayout::first_group>(slice.scans, slice.scan_count, number);
  }
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if (!is_probed(slice, scan) || hypothesis >= scan.blocks_in_mcu) return;
  load_lookup(slice, scan.table_set, LookupUse::synchronise, lookup);
  load_scan_tables(slice, scan, tables);
  __syncthreads();
  const Group group = group_of(slice, scan, number);
  const int head = group.run_start(threadIdx.x), end = group.run_end(threadIdx.x);
  if (head >= group.end) return;

  const int subsequence_bits = slice.parameters.subsequence_bytes * 8;
  std::uint32_t entered = kNoState, left = kNoState;
  const int own = segment_of(slice, scan, head);
  const SegmentLayout& segment = slice.segments[own];
  const int start = (head - segment.first_subsequence) * subsequence_bits;
  const int next = end < group.end ? segment_of(slice, scan, end) : own;
  const int target = (end - slice.segments[next].first_subsequence) * subsequence_bits;
  Probe probe;
  if (start < slice.segment_bytes[own] * 8) {
    const int from = max(0, start - slice.parameters.preroll_bytes * 8);
    if (from > 0 || hypothesis == 0) {  // a segment begins with an MCU
      probe.start(words_of(slice, segment), from, hypothesis);
      entered = probe.advance(slice, lookup, tables, scan, start);
      if (next == own && target <= slice.segment_bytes[own] * 8) {
        left = probe.advance(slice, lookup, tables, scan, target);
      }
    }
  }
  if (next != own && target > 0 && target <= slice.segment_bytes[next] * 8) {
    probe.start(words_of(slice, slice.segments[next]), 0, 0);
    left = probe.advance(slice, lookup, tables, scan, target);
  }
  const std::size_t run = std::size_t(number) * kThreads + threadIdx.x;
  const std::size_t at = std::size_t(hypothesis) * slice.groups * kThreads + run;
  slice.entered[at] = entered;
  slice.left[at] = left;
}

/// Maps from hypotheses to hypotheses: 4 bits each. First `a`, then `b`.
__device__ __forceinline__ std::uint64_t compose(std::uint64_t a, std::uint64_t b, int count) {
  std::uint64_t both = 0;
  for (int i = 0; i < count; ++i) both |= std::uint64_t(mapped(b, mapped(a, i))) << (4 * i);
  return both;
}

/// For each run the map from the hypotheses of the group's last predecessor to its own. A thread
/// block a group.
__global__ void __launch_bounds__(kThreads) chain_runs(Slice slice) {
  __shared__ std::uint64_t maps[kThreads];
  __shared__ int scan_index;
  const int thread = threadIdx.x, number = static_cast<int>(blockIdx.x);
  if (thread == 0) {
    scan_index = find_last<&ScanLayout::first_group>(slice.scans, slice.scan_count, number);
  }
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if (!is_probed(slice, scan)) return;
  const int count = scan.blocks_in_mcu;
  const Group group = group_of(slice, scan, number);
  const std::size_t run = std::size_t(number) * kThreads + thread;
  const std::size_t stride = std::size_t(slice.groups) * kThreads;
  const bool first = number == scan.first_group && thread == 0;
  std::uint64_t map = 0;  // where nothing fits, the first is as good as any
  if (!first && group.run_start(thread) < group.end) {
    for (int from = 0; from < count; ++from) {
      const std::uint32_t state = slice.left[from * stride + run - 1];
      int to = count - 1;
      while (to > 0 && slice.entered[to * stride + run] != state) --to;
      if (state != kNoState) map |= std::uint64_t(to) << (4 * from);
    }
  }
  maps[thread] = map;
  __syncthreads();
  for (int distance = 1; distance < kThreads; distance <<= 1) {
    std::uint64_t before = 0;
    if (thread >= distance) before = maps[thread - distance];
    __syncthreads();
    if (thread >= distance) map = compose(before, map, count);
    maps[thread] = map;
    __syncthreads();
  }
  slice.chains[run] = map;
}

}  // namespace

void probe(const Slice& slice, gpu::StreamHandle stream) {
  if (slice.hypotheses == 0) return;
  probe_runs<<<slice.groups * slice.hypotheses, kThreads, kSetSize * 4, stream>>>(slice);
  chain_runs<<<slice.groups, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
