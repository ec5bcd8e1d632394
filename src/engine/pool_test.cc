// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace glimt {
namespace {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GLIMT_TEST_UNDER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(GLIMT_TEST_UNDER_TSAN)
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

TEST(Pool, RunsEveryTaskOnce) {
  std::vector<std::atomic<int>> runs(10'000);
  run_on_pool(runs.size(), 8, [&](std::size_t i) { ++runs[i]; });
  for (const auto& count : runs) ASSERT_EQ(count, 1);
}

TEST(Pool, UsesNoMoreThreadsThanAllowed) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  run_on_pool(64, 3, [&](std::size_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_LE(seen.size(), 3U);
  EXPECT_GE(seen.size(), 2U);
}

TEST(Pool, TasksMaySplitFurther) {
  std::atomic<int> pieces{0};
  run_on_pool(20, 4, [&](std::size_t) { run_on_pool(20, 4, [&](std::size_t) { ++pieces; }); });
  EXPECT_EQ(pieces, 400);
}

TEST(Pool, ServesManyCallersAtOnce) {
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 8; ++c) {
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) run_on_pool(17, 4, [&](std::size_t) { ++total; });
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total, 8 * 50 * 17);
}

TEST(Pool, WorksInAForkedChild) {
  if (kThreadSanitizer) {
    GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads after a fork of many";
  }
  run_on_pool(8, 4, [](std::size_t) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> done{0};
    run_on_pool(100, 4, [&](std::size_t) { ++done; });
    _exit(done == 100 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace glimt
