// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/codecs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace glimt::cli {
namespace {

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void CodecOptions::add_to(CLI::App& verb) {
  verb.add_option("--threads", threads, "Threads to use; default: one a core")->type_name("N");
  verb.add_option("--option", tokens,
                  "MODULE:KEY=VALUE for a backend, or :KEY=VALUE for all; may be repeated")
      ->type_name("TOKEN")
      ->allow_extra_args(false);
}

void add_upsampling(CLI::App& verb, bool& fancy) {
  verb.add_flag("--fancy,!--no-fancy", fancy,
                "Upsample the chroma of JPEG smoothly (the default), or replicate it: faster");
}

CodecConfig CodecOptions::config(std::string_view first) const {
  CodecConfig config;
  // A file at a time, read and written on the host: there is nothing for a GPU to gain.
  config.device_id = CodecConfig::kCpuOnly;
  config.max_num_cpu_threads = static_cast<int>(threads);
  config.options = std::string(first);
  for (const std::string& token : tokens) config.options += " " + token;
  return config;
}

CodecConfig CodecOptions::one_thread_config(std::string_view first) const {
  CodecConfig config = this->config(first);
  config.max_num_cpu_threads = 1;
  return config;
}

void warn_of_unknown(std::string_view verb, const std::vector<std::string>& tokens) {
  if (tokens.empty()) return;
  fmt::print(stderr, "glimt {}: no backend knows {}; ignored ('glimt --version' lists backends)\n",
             verb, fmt::join(tokens, " "));
}

Result<Decoded> decode_image(const Decoder& decoder, const CodeStream& stream,
                             const DecodeParams& params, Image reuse) {
  const std::array<Decoder::Item, 1> items = {Decoder::Item{stream, nullptr, std::move(reuse)}};
  const Stopwatch watch;
  std::vector<DecodeResult> results = decoder.decode(items, params);
  DecodeResult& result = results.front();
  if (!result.status.ok()) return result.status;
  Decoded decoded{std::move(result.image), watch.ms(), {}, std::move(result.note)};
  if (!result.attempts.empty()) decoded.backend = result.attempts.back().backend;
  return decoded;
}

Stopwatch::Stopwatch() : start_ns_(now_ns()) {}

double Stopwatch::ms() const { return static_cast<double>(now_ns() - start_ns_) / 1e6; }

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace glimt::cli
