// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/share.h"

#include <algorithm>
#include <cmath>

namespace glimt {

Stopwatch::Stopwatch(Turn& turn, BackendKind kind, bool runs)
    : turn_(runs ? &turn : nullptr), kind_(kind) {
  if (runs) start_ = std::chrono::steady_clock::now();
}

Stopwatch::~Stopwatch() {
  if (turn_ == nullptr) return;
  turn_->kind = kind_;
  turn_->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

LoadShares::LoadShares(std::span<const Backend> backends) {
  KindMask seen = 0;
  for (const Backend& backend : backends) {
    const bool first = (seen & kind_bit(backend.kind)) == 0;
    seen |= kind_bit(backend.kind);
    const auto share = static_cast<double>(backend.load_hint);
    // A hint of 1 or more, or NaN, leaves nothing to others.
    if (!first || backend.load_hint_policy == LoadHintPolicy::ignore || !(share < 1)) continue;
    hints_.push_back({backend.kind, std::max(share, 0.0), backend.load_hint_policy});
  }
}

const LoadShares::Hint* LoadShares::hint_of(BackendKind kind) const {
  const auto found = std::find_if(hints_.begin(), hints_.end(),
                                  [kind](const Hint& hint) { return hint.kind == kind; });
  return found == hints_.end() ? nullptr : &*found;
}

std::size_t LoadShares::take(std::string_view codec, BackendKind kind, std::size_t count) {
  const Hint* hint = hint_of(kind);
  if (hint == nullptr || count == 0) return count;
  Share& share = shares_[{codec, kind}];
  const auto part = [count](double of) {
    return static_cast<std::size_t>(std::ceil(of * static_cast<double>(count)));
  };
  if (!share.used) share = {hint->share, part(hint->share), true};
  if (hint->policy == LoadHintPolicy::fixed) return std::min(share.fixed, count);
  // Both sides get something, or nothing would be learnt.
  return count < 2 ? count : std::clamp<std::size_t>(part(share.share), 1, count - 1);
}

void LoadShares::divide(std::string_view codec, std::span<const BackendKind> kinds,
                        std::span<Turn*> turns) {
  for (Turn* turn : turns) turn->codec = codec;
  if (turns.size() < 2) return;
  const std::scoped_lock lock(mutex_);
  KindMask passed = 0;
  std::size_t at = 0;
  for (const BackendKind& kind : kinds) {
    if ((passed & kind_bit(kind)) != 0) continue;
    const bool ends = std::all_of(&kind, kinds.data() + kinds.size(), [&](BackendKind later) {
      return later == kind || (passed & kind_bit(later)) != 0;
    });
    const std::size_t left = turns.size() - at;
    const std::size_t taken = ends ? left : take(codec, kind, left);
    for (const std::size_t end = at + taken; at < end; ++at) turns[at]->last = passed;
    passed |= kind_bit(kind);
  }
}

void LoadShares::learn(std::span<const Turn> turns) {
  const std::scoped_lock lock(mutex_);
  for (auto& [key, share] : shares_) {
    const Hint* hint = hint_of(key.second);
    if (hint == nullptr || hint->policy != LoadHintPolicy::adaptive_minimize_idle_time) continue;
    double seconds[2] = {};
    double images[2] = {};
    for (const Turn& turn : turns) {
      if (turn.codec != key.first || turn.seconds <= 0) continue;
      const std::size_t side = turn.kind == key.second ? 0 : 1;
      seconds[side] += turn.seconds;
      images[side] += 1;
    }
    if (images[0] == 0 || images[1] == 0) continue;
    const double own = seconds[0] / images[0], others = seconds[1] / images[1];
    // Half of the way, as one batch may be an outlier.
    share.share = (share.share + others / (own + others)) / 2;
  }
}

}  // namespace glimt
