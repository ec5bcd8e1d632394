// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Better guesses for synchronisation where there are few threads: bits fall into step quickly, but
// which block of the MCU is at hand may stay open for long, and is then mended run by run, one
// after the other. So each run is decoded once for each block of the MCU that may come first: its
// hypotheses. Where one of them ends as none of the next run's begins, the next run is decoded from
// there too: its continuations. Then it is looked up, over all runs at once, which of these fits
// behind which. What comes out is a guess still: synchronise() and settle() check it as any other.
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
    // Of the bands of progressive frames only those of DC are probed.
    const int end = scan.band >= 0 ? 1 : 64;
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
      if ((entry & kEntryEnd) == 0 && place < end) continue;
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

/// A run within its segments: bits of the segment in which it begins, of that in which the next one
/// does, and where.
struct RunPlace {
  int segment, next;
  int start, target;
  bool begins, reaches_next;  ///< within the data
};

__device__ __forceinline__ RunPlace place_of(const Slice& slice, const ScanLayout& scan,
                                             const Group& group) {
  const int subsequence_bits = slice.parameters.subsequence_bytes * 8;
  const int head = group.run_start(threadIdx.x), end = group.run_end(threadIdx.x);
  RunPlace place;
  place.segment = segment_of(slice, scan, head);
  place.next = end < group.end ? segment_of(slice, scan, end) : place.segment;
  place.start = (head - slice.segments[place.segment].first_subsequence) * subsequence_bits;
  place.target = (end - slice.segments[place.next].first_subsequence) * subsequence_bits;
  place.begins = place.start < slice.segment_bytes[place.segment] * 8;
  place.reaches_next = place.target <= slice.segment_bytes[place.next] * 8;
  return place;
}

/// What the kernels below have in common: a thread block for each group and hypothesis, a run a
/// thread.
struct Task {
  const ScanLayout* scan;
  int group, hypothesis;
  std::size_t run, stride;  ///< of the slice; from a hypothesis to the next
  bool live;
};

__device__ __forceinline__ Task find_task(const Slice& slice, std::uint32_t* lookup,
                                          ScanTables& tables) {
  __shared__ int scan_index;
  Task task;
  task.group = static_cast<int>(blockIdx.x) / slice.hypotheses;
  task.hypothesis = static_cast<int>(blockIdx.x) - task.group * slice.hypotheses;
  task.run = std::size_t(task.group) * kThreads + threadIdx.x;
  task.stride = std::size_t(slice.groups) * kThreads;
  if (threadIdx.x == 0) {
    scan_index = find_last<&ScanLayout::first_group>(slice.scans, slice.scan_count, task.group);
  }
  __syncthreads();
  task.scan = slice.scans + scan_index;
  task.live = task.scan->probed != 0 && task.hypothesis < task.scan->blocks_in_mcu;
  if (!task.live) return task;
  load_lookup(slice, task.scan->table_set, LookupUse::synchronise, lookup);
  load_scan_tables(slice, *task.scan, tables);
  __syncthreads();
  const Group group = group_of(slice, *task.scan, task.group);
  task.live = group.run_start(threadIdx.x) < group.end;
  return task;
}

__global__ void __launch_bounds__(kThreads) probe_runs(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  const Task task = find_task(slice, lookup, tables);
  if (!task.live) return;
  const ScanLayout& scan = *task.scan;
  const RunPlace place = place_of(slice, scan, group_of(slice, scan, task.group));
  std::uint32_t entered = kNoState, left = kNoState;
  Probe probe;
  if (place.begins) {
    const int from = max(0, place.start - slice.parameters.preroll_bytes * 8);
    if (from > 0 || task.hypothesis == 0) {  // a segment begins with an MCU
      probe.start(words_of(slice, slice.segments[place.segment]), from, task.hypothesis);
      entered = probe.advance(slice, lookup, tables, scan, place.start);
      if (place.next == place.segment && place.reaches_next) {
        left = probe.advance(slice, lookup, tables, scan, place.target);
      }
    }
  }
  if (place.next != place.segment && place.target > 0 && place.reaches_next) {
    probe.start(words_of(slice, slice.segments[place.next]), 0, 0);
    left = probe.advance(slice, lookup, tables, scan, place.target);
  }
  const std::size_t at = task.hypothesis * task.stride + task.run;
  slice.entered[at] = entered;
  slice.left[at] = left;
}

/// The hypothesis of a run that begins in a state, or -1.
__device__ __forceinline__ int find_hypothesis(const Slice& slice, std::size_t run,
                                               std::size_t stride, int count, std::uint32_t state) {
  int found = count - 1;
  while (found >= 0 && slice.entered[found * stride + run] != state) --found;
  return found;
}

/// Continuations stand behind the hypotheses.
__global__ void __launch_bounds__(kThreads) continue_runs(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  const Task task = find_task(slice, lookup, tables);
  if (!task.live) return;
  const ScanLayout& scan = *task.scan;
  const int count = scan.blocks_in_mcu;
  std::uint32_t left = kNoState;
  const bool first = task.group == scan.first_group && threadIdx.x == 0;
  const std::uint32_t state =
      first ? kNoState : slice.left[task.hypothesis * task.stride + task.run - 1];
  if (state != kNoState && find_hypothesis(slice, task.run, task.stride, count, state) < 0) {
    const RunPlace place = place_of(slice, scan, group_of(slice, scan, task.group));
    if (place.begins && place.start > 0 && place.next == place.segment && place.reaches_next) {
      Probe probe;
      probe.start(words_of(slice, slice.segments[place.segment]),
                  place.start + static_cast<int>(state >> 4), static_cast<int>(state & 15));
      left = probe.advance(slice, lookup, tables, scan, place.target);
    }
  }
  slice.left[(count + task.hypothesis) * task.stride + task.run] = left;
}

/// Maps between hypotheses and continuations: 4 bits each. First `a`, then `b`.
__device__ __forceinline__ std::uint64_t compose(std::uint64_t a, std::uint64_t b, int count) {
  std::uint64_t both = 0;
  for (int i = 0; i < count; ++i) both |= std::uint64_t(mapped(b, mapped(a, i))) << (4 * i);
  return both;
}

/// For each run the map from those of the last run before the group to its own. A thread block a
/// group.
__global__ void __launch_bounds__(kThreads) chain_runs(Slice slice) {
  __shared__ std::uint64_t maps[kThreads];
  __shared__ int scan_index;
  const int thread = threadIdx.x, number = static_cast<int>(blockIdx.x);
  if (thread == 0) {
    scan_index = find_last<&ScanLayout::first_group>(slice.scans, slice.scan_count, number);
  }
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if (scan.probed == 0) return;
  const int count = scan.blocks_in_mcu;
  const Group group = group_of(slice, scan, number);
  const std::size_t run = std::size_t(number) * kThreads + thread;
  const std::size_t stride = std::size_t(slice.groups) * kThreads;
  const bool first = number == scan.first_group && thread == 0;
  std::uint64_t map = 0;  // where nothing fits, the first is as good as any
  if (!first && group.run_start(thread) < group.end) {
    for (int from = 0; from < 2 * count; ++from) {
      const std::uint32_t state = slice.left[from * stride + run - 1];
      if (state == kNoState) continue;
      int to = find_hypothesis(slice, run, stride, count, state);
      if (to < 0) to = from < count ? count + from : 0;
      map |= std::uint64_t(to) << (4 * from);
    }
  }
  maps[thread] = map;
  __syncthreads();
  for (int distance = 1; distance < kThreads; distance <<= 1) {
    std::uint64_t before = 0;
    if (thread >= distance) before = maps[thread - distance];
    __syncthreads();
    if (thread >= distance) map = compose(before, map, 2 * count);
    maps[thread] = map;
    __syncthreads();
  }
  slice.chains[run] = map;
}

}  // namespace

void probe(const Slice& slice, gpu::StreamHandle stream) {
  if (slice.hypotheses == 0) return;
  probe_runs<<<slice.groups * slice.hypotheses, kThreads, kSetSize * 4, stream>>>(slice);
  continue_runs<<<slice.groups * slice.hypotheses, kThreads, kSetSize * 4, stream>>>(slice);
  chain_runs<<<slice.groups, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
