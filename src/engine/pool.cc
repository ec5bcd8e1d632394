// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "engine/limits.h"

namespace glimt {
namespace {

/// CPUs of GLIMT_AFFINITY_MASK or NVIMGCODEC_AFFINITY_MASK, "0,2-5"; none: those of the process.
const std::optional<cpu_set_t>& affinity() {
  static const std::optional<cpu_set_t> set = []() -> std::optional<cpu_set_t> {
    constexpr const char* names[] = {"GLIMT_AFFINITY_MASK", "NVIMGCODEC_AFFINITY_MASK"};
    const auto given = environment(names);
    if (!given) return std::nullopt;
    cpu_set_t wanted, allowed;
    CPU_ZERO(&wanted);
    CPU_ZERO(&allowed);
    for (const int cpu : cpu_list(given->value).value_or(std::vector<int>())) {
      if (cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &wanted);
    }
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_AND(&wanted, &wanted, &allowed);
    if (CPU_COUNT(&wanted) > 0) return wanted;
    log(LogLevel::warning, std::string(given->name) + "='" + std::string(given->value) +
                               "' names no CPU that this process may use: it is ignored");
    return std::nullopt;
  }();
  return set;
}

/// The tasks of one call. Lives on the caller's stack; helpers hold it by `helpers`.
struct Group {
  alignas(64) std::atomic<std::size_t> next{0};
  std::size_t count = 0;
  const std::function<void(std::size_t)>* task = nullptr;
  int helpers_wanted = 0;
  int helpers = 0;  // guarded by the pool's mutex
  std::condition_variable left;

  void work() {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) (*task)(i);
  }
  [[nodiscard]] bool wants_help() const {
    return helpers < helpers_wanted && next.load(std::memory_order_relaxed) < count;
  }
};

class Pool {
 public:
  void run(Group& group) {
    {
      std::unique_lock lock(mutex_);
      grow_to(group.helpers_wanted);
      groups_.push_back(&group);
    }
    // One call that wakes all is sooner done than many that wake one each. Tried and lost: waking
    // one, of whom each wakes two more, and keeping threads awake from the call's beginning.
    if (group.helpers_wanted > 2 && 2 * group.helpers_wanted >= threads_) {
      work_.notify_all();
    } else {
      for (int i = 0; i < group.helpers_wanted; ++i) work_.notify_one();
    }
    group.work();
    std::unique_lock lock(mutex_);
    groups_.remove(&group);
    group.left.wait(lock, [&] { return group.helpers == 0; });
  }

 private:
  void grow_to(int threads) {
    for (; threads_ < threads; ++threads_) std::thread([this] { serve(); }).detach();
  }

  void serve() {
    if (affinity()) sched_setaffinity(0, sizeof(cpu_set_t), &*affinity());
    std::unique_lock lock(mutex_);
    for (;;) {
      Group* group = nullptr;
      work_.wait(lock, [&] {
        const auto found = std::find_if(groups_.begin(), groups_.end(),
                                        [](const Group* g) { return g->wants_help(); });
        group = found == groups_.end() ? nullptr : *found;
        return group != nullptr;
      });
      ++group->helpers;
      lock.unlock();
      group->work();
      lock.lock();
      // Under the lock: the group dies as soon as its caller sees no helper.
      if (--group->helpers == 0) group->left.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::list<Group*> groups_;
  int threads_ = 0;
};

std::atomic<Pool*> shared_pool{nullptr};

/// Never destroyed: its threads may outlive static destructors. A forked child has none of the
/// threads, so it starts with a pool of its own.
Pool& pool() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { shared_pool.store(nullptr); });
  (void)registered;
  Pool* current = shared_pool.load(std::memory_order_acquire);
  if (current == nullptr) {
    auto* fresh = new Pool;
    if (shared_pool.compare_exchange_strong(current, fresh)) return *fresh;
    delete fresh;
  }
  return *current;
}

}  // namespace

int available_cores() {
  if (affinity()) return CPU_COUNT(&*affinity());
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void run_on_pool(std::size_t count, int max_threads, const std::function<void(std::size_t)>& task) {
  if (count <= 1 || max_threads <= 1) {
    for (std::size_t i = 0; i < count; ++i) task(i);
    return;
  }
  Group group;
  group.count = count;
  group.task = &task;
  group.helpers_wanted =
      static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(max_threads))) - 1;
  pool().run(group);
}

}  // namespace glimt
