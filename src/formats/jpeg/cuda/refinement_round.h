// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The host's part of slices with progressive images: decodes their AC refinement scans on the
// threads of a worker. A task is a scan, or some of its restart intervals. Scans of one component
// follow each other by a few thousand blocks, so that several threads work at one image.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "codec/worker.h"
#include "formats/jpeg/cuda/layout.h"

namespace glimt::jpeg::cuda {

/// A slice whose refinements are to be decoded. The functions may be called on any thread.
struct RefinementSlice {
  std::span<const HostRefinement> scans;
  const std::uint64_t* masks = nullptr;  ///< as Slice::masks, once wait() has returned
  std::uint64_t* records = nullptr;      ///< as Slice::records
  /// Returns when the masks are there.
  std::function<Status()> wait;
  /// Whether an image's scans need not be decoded: it is known to be damaged.
  std::function<bool(int slice_image)> skips;
  /// A scan of the image is damaged.
  std::function<void(int slice_image)> fail;
  /// The records of a scan are there. Called once for each, where the window depends on any.
  std::function<void(std::size_t scan)> scan_done;
  /// All records of the slice are there. Called once.
  std::function<void()> done;
};

class RefinementRound {
 public:
  /// Keeps a reference until run() has returned.
  void add(const RefinementSlice& slice);
  /// Decodes what was added; then the round is empty.
  void run(Worker& worker);

 private:
  static constexpr std::size_t kScratches = 64;

  struct SliceState {
    explicit SliceState(const RefinementSlice& from) : slice(&from) {}
    const RefinementSlice* slice;
    std::atomic<std::size_t> left{0};  // scans
    std::atomic<bool> ready{false};
  };
  /// A scan and how far it is.
  struct ScanState {
    SliceState* slice = nullptr;
    std::size_t number = 0;  // in the slice
    const HostRefinement* scan = nullptr;
    ScanState* predecessor = nullptr;
    std::size_t bytes_to_come = 0;  // its own, and of the scans that wait for it
    std::atomic<std::size_t> tasks_left{0};
    std::deque<std::atomic<std::uint32_t>> finished;  // blocks of each group
  };
  struct Task {
    ScanState* scan;
    std::size_t segment, segments;
  };
  /// Memory for data without stuffed bytes, kept between rounds.
  struct Scratch {
    std::atomic<bool> taken{false};
    std::vector<std::uint8_t> bytes;
  };

  void add_tasks(ScanState& scan);
  void run_task(const Task& task);
  void run_segments(const Task& task, std::vector<std::uint8_t>& scratch);

  std::deque<SliceState> slices_;
  std::deque<ScanState> scans_;
  std::vector<Task> tasks_;
  std::array<Scratch, kScratches> scratches_;
};

}  // namespace glimt::jpeg::cuda
