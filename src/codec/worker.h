// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

#include "base/arena.h"
#include "glimt/params.h"
#include "gpu/runtime.h"

namespace glimt {

/// Where GPU work of one call goes. Work put on the stream comes behind what the caller's stream
/// held, and the caller's stream waits for it.
struct GpuLane {
  int device = 0;
  gpu::StreamHandle stream = nullptr;
};

/// What a codec may use while it serves a job.
struct Worker {
  Arena& arena;  ///< scratch, restarted by the engine before each job
  const Limits& limits;
  /// Runs piece(i, worker) for i in [0, count) on this thread and idle ones, each with a worker of
  /// its own; returns when all are done. Without idle threads everything runs inline.
  using Piece = std::function<void(std::size_t index, Worker& worker)>;
  std::function<void(std::size_t count, const Piece& piece)> split_over;
  const GpuLane* gpu = nullptr;  ///< for backends of Grain::batch
  /// What these call once, on the thread that called them, when all work has been given to the GPU
  /// and before they wait for it; may be empty.
  std::function<void()> meanwhile = {};

  void split(std::size_t count, const Piece& piece) {
    if (split_over) {
      split_over(count, piece);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) piece(i, *this);
  }
};

}  // namespace glimt
