// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the verbs share around the Decoder: its options, and one decode with the facts about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "glimt/glimt.h"

namespace glimt::cli {

/// --threads and --option.
struct CodecOptions {
  unsigned threads = 0;  ///< 0: one a core
  std::vector<std::string> tokens;

  void add_to(CLI::App& verb);
  /// `first`: tokens that the user's own may override. `max_threads` 1 keeps each image on its
  /// thread, for callers that spread files over threads themselves.
  [[nodiscard]] CodecConfig config(std::string_view first = {}) const;
  [[nodiscard]] CodecConfig one_thread_config(std::string_view first = {}) const;
};

/// --fancy and --no-fancy, as an option token: smooth chroma is what a picture for the eye wants.
[[nodiscard]] constexpr std::string_view upsampling(bool fancy) {
  return fancy ? ":fancy_upsampling=1" : ":fancy_upsampling=0";
}
void add_upsampling(CLI::App& verb, bool& fancy);

/// Tells on stderr of option tokens that nothing understands.
void warn_of_unknown(std::string_view verb, const std::vector<std::string>& tokens);

/// One decoded image, and what is worth telling about it.
struct Decoded {
  Image image;
  double ms = 0;
  std::string backend;
  std::string note;  ///< a tolerated defect, or ""
};
[[nodiscard]] Result<Decoded> decode_image(const Decoder& decoder, const CodeStream& stream,
                                           const DecodeParams& params, Image reuse = {});

/// Milliseconds since it was made.
class Stopwatch {
 public:
  Stopwatch();
  [[nodiscard]] double ms() const;

 private:
  std::int64_t start_ns_;
};

/// Calls work until it has taken 0.1 s or `max_rounds` rounds, at least once; the median in ms.
/// Stops at the first failure.
template <class Work>
Result<double> median_ms(Work work, int max_rounds);

[[nodiscard]] double median_of(std::vector<double> values);

template <class Work>
Result<double> median_ms(Work work, int max_rounds) {
  constexpr double kEnoughMs = 100;
  std::vector<double> rounds;
  for (double total = 0; rounds.empty() || (total < kEnoughMs &&
                                            rounds.size() < static_cast<std::size_t>(max_rounds));
       total += rounds.back()) {
    const Stopwatch watch;
    if (Status status = work(); !status.ok()) return status;
    rounds.push_back(watch.ms());
  }
  return median_of(std::move(rounds));
}

}  // namespace glimt::cli
