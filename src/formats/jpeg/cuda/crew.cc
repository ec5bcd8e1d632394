// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/crew.h"

#include <chrono>

#include "formats/jpeg/cuda/spin.h"

namespace glimt::jpeg::cuda {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPatience{1};

}  // namespace

bool Crew::Task::work() {
  const std::size_t i = next.fetch_add(1);
  if (i >= count) return false;
  (*run)(i);
  done.fetch_add(1, std::memory_order_release);
  return true;
}

void Crew::help() {
  Task* task = &tasks_.front();
  Clock::time_point idle_since = Clock::now();
  for (unsigned spins = 1;; ++spins) {
    Task* following = task->following.load(std::memory_order_acquire);
    if (following != nullptr) {
      task = following;
      while (task->work()) {
      }
      idle_since = Clock::now();
      continue;
    }
    if (over_.load(std::memory_order_acquire)) return;
    relax(spins);
    if (spins % kSpinsBetweenYields == 0 && Clock::now() - idle_since > kPatience) return;
  }
}

void Crew::share(std::size_t count, const std::function<void(std::size_t)>& task,
                 const std::function<void()>& between) {
  Task& last = tasks_.back();
  Task& own = tasks_.emplace_back(count, &task);
  last.following.store(&own, std::memory_order_release);
  while (own.work()) between();
  for (unsigned spins = 1; own.done.load(std::memory_order_acquire) < count; ++spins) {
    between();
    relax(spins);
  }
  between();
}

void Crew::run(Worker& worker, std::size_t helpers, const std::function<void(Crew&)>& lead) {
  Crew crew;
  if (helpers == 0) {
    lead(crew);
    return;
  }
  // Pieces are claimed in ascending order: somebody leads before anybody helps.
  worker.split(helpers + 1, [&](std::size_t i, Worker&) {
    if (i > 0) {
      crew.help();
      return;
    }
    lead(crew);
    crew.over_.store(true, std::memory_order_release);
  });
}

}  // namespace glimt::jpeg::cuda
