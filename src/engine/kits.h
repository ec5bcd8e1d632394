// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "codec/backend.h"
#include "engine/pool.h"

namespace glimt {

/// What one thread needs while it works for a Decoder or Encoder: scratch, and one opened codec a
/// backend. Kits are kept warm between calls; a thread that takes one has it for itself.
template <class Codec, class BackendRow>
class Kits {
 public:
  struct Kit {
    Arena arena;
    std::vector<std::pair<const BackendRow*, std::unique_ptr<Codec>>> opened;

    [[nodiscard]] bool has(const BackendRow& backend) const {
      return std::any_of(opened.begin(), opened.end(),
                         [&](const auto& pair) { return pair.first == &backend; });
    }
    Result<Codec*> codec(const BackendRow& backend, const Options& options) {
      for (const auto& [row, codec] : opened) {
        if (row == &backend) return codec.get();
      }
      auto made = backend.open(options);
      if (!made.ok()) return made.status();
      opened.emplace_back(&backend, *std::move(made));
      return opened.back().second.get();
    }
  };

  /// The worker that serves a job with this kit; what it splits off runs with further kits.
  Worker worker_of(Kit& kit, const Limits& limits, int threads) {
    Worker worker{kit.arena, limits, {}};
    worker.split_over = [this, &limits, threads](std::size_t count, const Worker::Piece& piece) {
      run_on_pool(count, threads, [&](std::size_t i) {
        Lease lease(*this);
        lease->arena.restart();
        Worker part{lease->arena, limits, {}};
        piece(i, part);
      });
    };
    return worker;
  }

  /// A kit for as long as this object lives.
  class Lease {
   public:
    /// `wanted`: a kit where this codec is open already, if there is one.
    explicit Lease(Kits& kits, const BackendRow* wanted = nullptr)
        : kits_(kits), kit_(kits.take(wanted)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { kits_.give(std::move(kit_)); }
    Kit* operator->() { return kit_.get(); }
    Kit& operator*() { return *kit_; }

   private:
    Kits& kits_;
    std::unique_ptr<Kit> kit_;
  };

 private:
  std::unique_ptr<Kit> take(const BackendRow* wanted) {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Kit>();
    auto found = free_.end() - 1;  // the warmest
    if (wanted != nullptr && !(*found)->has(*wanted)) {
      const auto other =
          std::find_if(free_.begin(), found, [&](const auto& kit) { return kit->has(*wanted); });
      if (other != found) found = other;
    }
    auto kit = std::move(*found);
    free_.erase(found);
    return kit;
  }
  void give(std::unique_ptr<Kit> kit) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(kit));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Kit>> free_;
};

}  // namespace glimt
