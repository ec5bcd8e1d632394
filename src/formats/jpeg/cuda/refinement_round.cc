// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/refinement_round.h"

#include <algorithm>

#include "formats/jpeg/cuda/refinement.h"
#include "formats/jpeg/cuda/spin.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::uint32_t kGroup = 1024;  // blocks after which a scan tells its followers
constexpr std::size_t kTaskBytes = std::size_t{32} << 10;  // of restart intervals

/// How many blocks of a group a scan decodes.
std::uint32_t blocks_in_group(const HostRefinement& scan, std::uint32_t group) {
  return std::min((group + 1) * kGroup, scan.end) - std::max(group * kGroup, scan.first);
}

std::uint32_t interval_of(const HostRefinement& scan) {
  return scan.coded->restart_interval == 0 ? scan.blocks : scan.coded->restart_interval;
}

void wait_for(const std::atomic<std::uint32_t>& finished, std::uint32_t wanted) {
  for (unsigned spins = 1; finished.load(std::memory_order_acquire) < wanted; ++spins) {
    relax(spins);
  }
}

/// The records of a scan's blocks, and what they follow.
RefinementBlocks blocks_of(const HostRefinement& scan, const HostRefinement* predecessor,
                           const RefinementSlice& slice) {
  std::uint64_t* records = slice.records + scan.record0;
  const std::uint64_t* before =
      predecessor != nullptr ? slice.records + predecessor->record0 : slice.masks + scan.mask0;
  return {before, records, records + scan.blocks, records + 2 * std::size_t{scan.blocks}};
}

/// As if a scan said nothing of these blocks.
void pass_over(const RefinementBlocks& blocks, std::size_t count) {
  std::copy_n(blocks.before, count, blocks.after);
  std::fill_n(blocks.positive, count, std::uint64_t{0});
  std::fill_n(blocks.corrections, count, std::uint64_t{0});
}

}  // namespace

void RefinementRound::add(const RefinementSlice& slice) {
  SliceState& state = slices_.emplace_back(slice);
  const std::size_t first_scan = scans_.size(), first_task = tasks_.size();
  for (std::size_t i = 0; i < slice.scans.size(); ++i) {
    const HostRefinement& scan = slice.scans[i];
    ScanState& own = scans_.emplace_back();
    own.slice = &state;
    own.number = i;
    own.scan = &scan;
    if (scan.predecessor >= 0) {
      own.predecessor = &scans_[first_scan + static_cast<std::size_t>(scan.predecessor)];
    }
    for (ScanState* at = &own; at != nullptr; at = at->predecessor) {
      at->bytes_to_come += scan.coded->coded_bytes;
    }
    const std::uint32_t groups = (scan.blocks + kGroup - 1) / kGroup;
    for (std::uint32_t group = 0; group < groups; ++group) own.finished.emplace_back(0U);
    add_tasks(own);
  }
  // The longest ways to the end first. Tasks are claimed in this order, and a scan never comes
  // before the one that it waits for.
  std::stable_sort(
      tasks_.begin() + static_cast<std::ptrdiff_t>(first_task), tasks_.end(),
      [](const Task& a, const Task& b) { return a.scan->bytes_to_come > b.scan->bytes_to_come; });
}

void RefinementRound::add_tasks(ScanState& scan) {
  const CodedRefinement& coded = *scan.scan->coded;
  const std::uint32_t interval = interval_of(*scan.scan);
  const std::size_t segments = (scan.scan->end + std::uint64_t{interval} - 1) / interval;
  if (segments > 0) scan.slice->left.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t first = scan.scan->first / interval; first < segments;) {
    std::size_t end = first, bytes = 0;
    while (end < segments && bytes < kTaskBytes) {
      bytes += scan.scan->image->refinement_segments[coded.segment0 + end++].bytes;
    }
    tasks_.push_back({&scan, first, end - first});
    scan.tasks_left.fetch_add(1, std::memory_order_relaxed);
    first = end;
  }
}

void RefinementRound::run_segments(const Task& task, std::vector<std::uint8_t>& scratch) {
  ScanState& state = *task.scan;
  const RefinementSlice& slice = *state.slice->slice;
  const HostRefinement& scan = *state.scan;
  const CodedRefinement& coded = *scan.coded;
  const RefinementTable table(coded.counts, coded.symbols);
  const RefinementBlocks blocks =
      blocks_of(scan, state.predecessor != nullptr ? state.predecessor->scan : nullptr, slice);
  const std::uint32_t interval = interval_of(scan);
  for (std::size_t i = task.segment; i < task.segment + task.segments; ++i) {
    const CodedSegment& segment = scan.image->refinement_segments[coded.segment0 + i];
    const bool skipped = slice.skips(scan.slice_image);
    bool good = !skipped &&
                destuff_for_refinement(scan.stream.subspan(segment.offset, segment.bytes), scratch);
    const std::size_t bytes = good ? scratch.size() - RefinementChain::kPadding : 0;
    RefinementChain chain(table, coded.scan.spectral_start, coded.scan.spectral_end,
                          Bytes(scratch.data(), bytes));
    const std::uint64_t first = i * std::uint64_t{interval};
    const auto whole_end =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(first + interval, scan.blocks));
    const std::uint32_t end = std::min(whole_end, scan.end);
    for (auto at = static_cast<std::uint32_t>(first); at < end;) {
      const std::uint32_t group = at / kGroup, stop = std::min(end, (group + 1) * kGroup);
      if (const ScanState* before = state.predecessor; before != nullptr) {
        wait_for(before->finished[group], blocks_in_group(*before->scan, group));
      }
      good = good && chain.decode(blocks.from(at), stop - at);
      if (!good) pass_over(blocks.from(at), stop - at);
      state.finished[group].fetch_add(stop - at, std::memory_order_release);
      at = stop;
    }
    const bool complete = end < whole_end || chain.at_end();
    if (!skipped && (!good || !complete)) slice.fail(scan.slice_image);
  }
}

void RefinementRound::run_task(const Task& task) {
  SliceState& state = *task.scan->slice;
  const RefinementSlice& slice = *state.slice;
  if (!state.ready.load(std::memory_order_acquire)) {
    // Where this fails the stream is broken, and says so again; the masks are any.
    (void)slice.wait().ok();
    state.ready.store(true, std::memory_order_release);
  }
  // Were there more threads than scratches, waiting for one could be waiting for oneself.
  const auto free = std::find_if(scratches_.begin(), scratches_.end(), [](Scratch& scratch) {
    return !scratch.taken.exchange(true, std::memory_order_acquire);
  });
  if (free != scratches_.end()) {
    run_segments(task, free->bytes);
    free->taken.store(false, std::memory_order_release);
  } else {
    std::vector<std::uint8_t> own;
    run_segments(task, own);
  }
  if (task.scan->tasks_left.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  slice.scan_done(task.scan->number);
  if (state.left.fetch_sub(1, std::memory_order_acq_rel) == 1) slice.done();
}

void RefinementRound::run(Worker& worker) {
  for (const SliceState& state : slices_) {
    if (state.left.load(std::memory_order_relaxed) == 0) state.slice->done();
  }
  worker.split(tasks_.size(), [&](std::size_t i, Worker&) { run_task(tasks_[i]); });
  tasks_.clear();
  scans_.clear();
  slices_.clear();
}

}  // namespace glimt::jpeg::cuda
