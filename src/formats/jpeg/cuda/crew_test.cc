// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "engine/pool.h"

namespace glimt::jpeg::cuda {
namespace {

/// Sums 1..n in tasks, on a crew.
int sum_on_crew(Worker& worker, std::size_t helpers) {
  std::atomic<int> sum{0};
  Crew::run(worker, helpers, [&](Crew& crew) {
    for (int round = 0; round < 50; ++round) {
      crew.share(20, [&](std::size_t i) { sum += static_cast<int>(i); });
    }
    crew.share(0, [&](std::size_t) { sum = -1; });
  });
  return sum;
}

TEST(Crew, TheLeadSeesThatAllIsDone) {
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  worker.split_over = [&](std::size_t count, const Worker::Piece& piece) {
    run_on_pool(count, 4, [&](std::size_t i) { piece(i, worker); });
  };
  Crew::run(worker, 3, [](Crew& crew) {
    std::atomic<int> done{0};
    int seen = -1;
    crew.share(100, [&](std::size_t) { ++done; }, [&] { seen = done; });
    EXPECT_EQ(seen, 100);
  });
}

TEST(Crew, DoesEverythingOnceWithAnyNumberOfThreads) {
  Arena arena;
  const Limits limits;
  Worker alone{arena, limits, {}};
  EXPECT_EQ(sum_on_crew(alone, 0), 50 * 190);
  EXPECT_EQ(sum_on_crew(alone, 5), 50 * 190);
  Worker pooled{arena, limits, {}};
  pooled.split_over = [&](std::size_t count, const Worker::Piece& piece) {
    run_on_pool(count, 4, [&](std::size_t i) { piece(i, pooled); });
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sum_on_crew(pooled, 6), 50 * 190);
}

}  // namespace
}  // namespace glimt::jpeg::cuda
