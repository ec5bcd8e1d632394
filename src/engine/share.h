// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Load hints: which kind of backend an image of a batch is offered to first.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/backend.h"
#include "glimt/params.h"

namespace glimt {

/// What one image of a batch was given, and what it took.
struct Turn {
  std::string_view codec;
  KindMask last = 0;  ///< kinds that are asked after all others
  BackendKind kind = BackendKind::cpu_only;
  double seconds = 0;  ///< of that kind; 0: not measured
  bool ran = false;    ///< some backend took the image
};

/// Notes in a turn, when it ends, which kind ran and how long.
class Stopwatch {
 public:
  Stopwatch(Turn& turn, BackendKind kind, bool runs);
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch();

 private:
  Turn* turn_;
  BackendKind kind_;
  std::chrono::steady_clock::time_point start_;
};

/// The shares of a Decoder or Encoder, by codec and kind. A hint h of a kind means that ceil(h n)
/// of n images of a codec are offered to it first, and the others to the kinds that follow it in
/// the order of preference; an image that these fail on comes back to it. The last kind of a codec
/// has nobody to leave images to, nor has a single image more than one place: there hints do not
/// count.
///
/// IGNORE: the kind takes all. FIXED: the number is found once, with the first batch.
/// ADAPTIVE_MINIMIZE_IDLE_TIME: the share moves towards the one with which both sides, judged by
/// the time that their images took, would have ended together. Of a kind listed twice the first
/// counts.
class LoadShares {
 public:
  LoadShares() = default;
  explicit LoadShares(std::span<const Backend> backends);

  /// Whether any hint can count at all.
  [[nodiscard]] bool counts() const { return !hints_.empty(); }
  /// Sets `last` of images of one codec; `kinds` are those that serve it, in their order.
  void divide(std::string_view codec, std::span<const BackendKind> kinds, std::span<Turn*> turns);
  /// Learns from a batch that is done.
  void learn(std::span<const Turn> turns);

 private:
  struct Share {
    double share = 1;
    std::size_t fixed = 0;
    bool used = false;
  };
  struct Hint {
    BackendKind kind;
    double share;
    LoadHintPolicy policy;
  };

  std::size_t take(std::string_view codec, BackendKind kind, std::size_t count);
  [[nodiscard]] const Hint* hint_of(BackendKind kind) const;

  std::vector<Hint> hints_;
  std::mutex mutex_;
  std::map<std::pair<std::string_view, BackendKind>, Share> shares_;
};

}  // namespace glimt
