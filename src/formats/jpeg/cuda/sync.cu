// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Parallel Huffman decoding by self-synchronisation (Klein & Wiseman 2003; Weissenberger & Schmidt,
// HiPC 2021), within a group: each thread guesses that a block of the MCU's first kind begins
// preroll_bytes before its run, and decodes; by the run's start it is mostly in step. Then runs
// whose assumed state differs from their predecessor's end are collected into dense warps and
// decoded again, only until a recorded state is met, until none is left.
//
// Tried and lost: one AC code per look-up instead of all that fit (25 % slower); a subsequence a
// thread (many rounds of mending); prefetching a lane's lines (no gain); 11 bits of look-up (fewer
// thread blocks fit).
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/walk.cuh"

namespace glimt::jpeg::cuda {
namespace {

/// Decodes the thread's run, segment by segment, from `entry` on unless that is kNoState. Returns
/// the state behind it.
template <bool kBands>
__device__ std::uint32_t guess_run(const Slice& slice, const Group& group,
                                   const std::uint32_t* lookup, const ScanTables& tables,
                                   std::uint32_t entry) {
  const int subsequence_bytes = slice.parameters.subsequence_bytes;
  const ScanLayout& scan = *group.scan;
  const int thread = threadIdx.x;
  const int end = group.run_end(thread);
  std::uint32_t state = 0;
  bool first = true;
  for (int at = group.run_start(thread); at < end;) {
    const int index = segment_of(slice, scan, at);
    const SegmentLayout& segment = slice.segments[index];
    const int bytes = slice.segment_bytes[index];
    WalkStart from;
    from.words = reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed);
    from.segment_bits = bytes * 8;
    from.index = at - segment.first_subsequence;
    from.end = min(end, end_of_segment(slice, scan, index)) - segment.first_subsequence;
    const int preroll = from.index * subsequence_bytes - slice.parameters.preroll_bytes;
    from.bit = first ? max(0, preroll * 8) : 0;
    from.block_in_mcu = 0;
    from.preroll = from.index > 0;
    if (first && from.preroll && entry != kNoState) {
      from.bit = from.index * subsequence_bytes * 8 + static_cast<int>(entry >> 4);
      from.block_in_mcu = static_cast<int>(entry & 15);
      from.preroll = false;
      slice.states[at] = entry;
    }
    from.until_known = false;
    const bool live = from.index * subsequence_bytes < bytes;
    Counts* counts = slice.counts + segment.first_subsequence;
    if (!live) {
      for (int i = from.index; i < from.end; ++i) counts[i] = {};
    }
    if (from.index == 0) slice.states[at] = 0;
    const WalkEnd reached = walk<kBands>(slice, lookup, tables, scan, live, from,
                                         slice.states + segment.first_subsequence, counts);
    state = reached.state;
    at = segment.first_subsequence + from.end;
    first = false;
  }
  return state;
}

/// What probes say of the state at the start of the thread's run. `scratch`: an element a thread.
__device__ std::uint32_t probed_entry(const Slice& slice, const ScanLayout& scan,
                                      std::uint32_t* scratch) {
  __shared__ std::uint64_t chains[kThreads];
  __shared__ int predecessor;  // hypothesis of the run before the group
  const int thread = threadIdx.x, group = static_cast<int>(blockIdx.x);
  if (thread == 0) predecessor = 0;
  for (int base = scan.first_group; base < group; base += kThreads) {
    const int other = base + thread;
    if (other < group) chains[thread] = slice.chains[std::size_t(other + 1) * kThreads - 1];
    __syncthreads();
    if (thread == 0) {
      const int count = min(kThreads, group - base);
      for (int i = 0; i < count; ++i) predecessor = mapped(chains[i], predecessor);
    }
    __syncthreads();
  }
  __syncthreads();
  const std::size_t run = std::size_t(group) * kThreads + thread;
  const int own = mapped(slice.chains[run], predecessor);
  scratch[thread] = static_cast<std::uint32_t>(own);
  __syncthreads();
  const int before = thread == 0 ? predecessor : static_cast<int>(scratch[thread - 1]);
  __syncthreads();
  if (run == std::size_t(scan.first_group) * kThreads) return kNoState;
  return slice.left[std::size_t(before) * slice.groups * kThreads + run - 1];
}

/// Whether the thread's run began in another state than the run before it ended in.
__device__ bool out_of_step(const Slice& slice, const Group& group, const std::uint32_t* ends) {
  const int head = group.run_start(threadIdx.x);
  if (threadIdx.x == 0 || head >= group.end) return false;
  const int index = segment_of(slice, *group.scan, head);
  const int at = head - slice.segments[index].first_subsequence;
  return at > 0 && at * slice.parameters.subsequence_bytes < slice.segment_bytes[index] &&
         ends[threadIdx.x - 1] != slice.states[head];
}

/// Decodes run `run` again from the state that its predecessor ended in.
template <bool kBands>
__device__ void mend_run(const Slice& slice, const Group& group, const std::uint32_t* lookup,
                         const ScanTables& tables, int run, std::uint32_t state,
                         std::uint32_t* ends) {
  const ScanLayout& scan = *group.scan;
  const int head = group.run_start(run), end = group.run_end(run);
  const int index = segment_of(slice, scan, head);
  const SegmentLayout& segment = slice.segments[index];
  WalkStart from;
  from.words = reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed);
  from.segment_bits = slice.segment_bytes[index] * 8;
  from.index = head - segment.first_subsequence;
  from.end = min(end, end_of_segment(slice, scan, index)) - segment.first_subsequence;
  from.bit = from.index * slice.parameters.subsequence_bytes * 8 + static_cast<int>(state >> 4);
  from.block_in_mcu = static_cast<int>(state & 15);
  from.preroll = false;
  from.until_known = true;
  slice.states[head] = state;
  const WalkEnd reached = walk<kBands>(slice, lookup, tables, scan, true, from,
                                       slice.states + segment.first_subsequence,
                                       slice.counts + segment.first_subsequence);
  if (reached.reached && segment.first_subsequence + from.end == end) ends[run] = reached.state;
}

/// `kBands`: the groups of progressive scans, else those of sequential ones.
template <bool kBands>
__global__ void __launch_bounds__(kThreads, 5) synchronise_groups(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  __shared__ int scan_index, bad_count;
  __shared__ std::uint32_t ends[kThreads];
  __shared__ short bad_runs[kThreads];
  const int thread = threadIdx.x, lane = thread & 31;
  if (thread == 0) {
    scan_index =
        find_last<&ScanLayout::first_group>(slice.scans, slice.scan_count, int(blockIdx.x));
  }
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if ((scan.band >= 0) != kBands) return;
  const Group group = group_of(slice, scan, static_cast<int>(blockIdx.x));
  load_lookup(slice, scan.table_set, LookupUse::synchronise, lookup);
  load_scan_tables(slice, scan, tables);
  __syncthreads();
  std::uint32_t entry = kNoState;
  if (scan.probed != 0) entry = probed_entry(slice, scan, ends);
  ends[thread] = guess_run<kBands>(slice, group, lookup, tables, entry);

  // Each round settles at least one run more.
  for (;;) {
    if (thread == 0) bad_count = 0;
    __syncthreads();
    const bool bad = out_of_step(slice, group, ends);
    const unsigned bad_lanes = __ballot_sync(kFullWarp, bad);
    int place = 0;
    if (lane == 0 && bad_lanes != 0) place = atomicAdd(&bad_count, __popc(bad_lanes));
    place = __shfl_sync(kFullWarp, place, 0) + __popc(bad_lanes & ((1U << lane) - 1));
    if (bad) bad_runs[place] = static_cast<short>(thread);
    __syncthreads();
    const int count = bad_count;
    if (count == 0) break;
    const bool mine = thread < count;
    const int run = mine ? bad_runs[thread] : 1;
    const std::uint32_t state = ends[run - 1];
    __syncthreads();
    if (mine) mend_run<kBands>(slice, group, lookup, tables, run, state, ends);
    __syncthreads();
  }
  const int last_run =
      (min(group.end, group.first + kThreads * group.run) - 1 - group.first) / group.run;
  if (thread == last_run) slice.group_ends[blockIdx.x] = ends[thread];
}

}  // namespace

void synchronise(const Slice& slice, gpu::StreamHandle stream) {
  synchronise_groups<false><<<slice.groups, kThreads, kSetSize * 4, stream>>>(slice);
  if (slice.band_count == 0) return;
  synchronise_groups<true><<<slice.groups, kThreads, kSetSize * 4, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
