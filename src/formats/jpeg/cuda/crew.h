// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "codec/worker.h"

namespace glimt::jpeg::cuda {

/// Threads that stay at hand while a batch is put on the device. Copies of a few megabytes take as
/// long as waking a thread: so the threads are woken once a batch, and between tasks they wait
/// without sleeping (for a millisecond at most).
class Crew {
 public:
  /// Runs lead(crew) on this thread or another one, with up to `helpers` further threads.
  static void run(Worker& worker, std::size_t helpers, const std::function<void(Crew&)>& lead);

  /// Runs task(i) for i in [0, count) on the crew, claimed in ascending order; returns when all are
  /// done. For the lead only, which calls `between` again and again in the meantime, and once in
  /// the end.
  void share(
      std::size_t count, const std::function<void(std::size_t)>& task,
      const std::function<void()>& between = [] {});

 private:
  /// Tasks form a list that grows at its end and lives as long as the crew.
  struct Task {
    Task(std::size_t size, const std::function<void(std::size_t)>* body) : count(size), run(body) {}
    std::size_t count;
    const std::function<void(std::size_t)>* run;
    std::atomic<std::size_t> next{0}, done{0};
    std::atomic<Task*> following{nullptr};

    /// Does the next of them, if there is one.
    bool work();
  };

  Crew() : tasks_() { tasks_.emplace_back(0, nullptr); }
  void help();

  std::deque<Task> tasks_;
  std::atomic<bool> over_{false};
};

}  // namespace glimt::jpeg::cuda
