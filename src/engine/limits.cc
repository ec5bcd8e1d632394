// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <type_traits>

#include "base/log.h"

namespace glimt {
namespace {

constexpr int kMaxCpu = 4095;

struct Row {
  std::string_view option;
  const char* variables[2];  ///< glimt's and the peer's, or null
  std::uint64_t (*get)(const Limits&);
  void (*set)(Limits&, std::uint64_t);
};

template <auto Field>
constexpr Row row(std::string_view option, const char* ours = nullptr,
                  const char* peers = nullptr) {
  return {option,
          {ours, peers},
          [](const Limits& limits) { return std::uint64_t{limits.*Field}; },
          [](Limits& limits, std::uint64_t value) {
            using Type = std::remove_reference_t<decltype(limits.*Field)>;
            constexpr auto most = std::uint64_t{std::numeric_limits<Type>::max()};
            limits.*Field = static_cast<Type>(std::min(value, most));
          }};
}

constexpr Row kRows[] = {
    row<&Limits::max_image_bytes>("max_image_bytes", "GLIMT_MAX_IMAGE_SIZE",
                                  "NVIMGCODEC_MAX_IMAGE_SIZE"),
    row<&Limits::max_scans>("max_scans", "GLIMT_MAX_JPEG_SCANS", "NVIMGCODEC_MAX_JPEG_SCANS"),
    row<&Limits::max_dimension>("max_dimension"),
    row<&Limits::max_pixels>("max_pixels"),
    row<&Limits::max_metadata_bytes>("max_metadata_bytes"),
    row<&Limits::max_pages>("max_pages"),
    row<&Limits::max_ifd_depth>("max_ifd_depth"),
};

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void set_limit(const Row& row, std::string_view name, std::string_view text, Limits& limits) {
  const auto value = number_in(text);
  if (value) return row.set(limits, *value);
  log(LogLevel::warning, std::string(name) + "='" + std::string(text) +
                             "' is no number: the limit stays at " +
                             std::to_string(row.get(limits)));
}

}  // namespace

std::optional<Variable> environment(std::span<const char* const> names) {
  for (const char* name : names) {
    const char* value = name == nullptr ? nullptr : std::getenv(name);
    if (value != nullptr && *value != '\0') return Variable{name, value};
  }
  return std::nullopt;
}

Limits limits_of(const CodecConfig& config, const Options& options) {
  Limits limits = config.limits;
  const Limits defaults;
  for (const Row& row : kRows) {
    const auto variable = environment(row.variables);
    if (variable && row.get(limits) == row.get(defaults)) {
      set_limit(row, variable->name, variable->value, limits);
    }
    const auto option = options.get("glimt", row.option);
    if (option) set_limit(row, row.option, *option, limits);
  }
  return limits;
}

std::span<const std::string_view> limit_keys() {
  static const auto keys = [] {
    std::array<std::string_view, std::size(kRows)> all;
    std::transform(std::begin(kRows), std::end(kRows), all.begin(),
                   [](const Row& row) { return row.option; });
    return all;
  }();
  return keys;
}

void check_cuda_streams(const Options& options, int threads) {
  constexpr const char* names[] = {"GLIMT_DEFAULT_NUM_CUDA_STREAMS",
                                   "NVIMGCODEC_DEFAULT_NUM_CUDA_STREAMS"};
  std::optional<Variable> given = environment(names);
  if (const auto option = options.get("", "num_cuda_streams")) {
    given = {"num_cuda_streams", *option};
  }
  if (!given) return;
  const auto count = number_in(given->value);
  if (count && *count >= 1 && *count <= static_cast<std::uint64_t>(threads)) return;
  log(LogLevel::warning, std::string(given->name) + "='" + std::string(given->value) +
                             "' is not in 1.." + std::to_string(threads) +
                             ", the number of threads, which is taken instead");
}

std::optional<std::vector<int>> cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t dash = item.find('-');
    const auto first = number_in(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in(item.substr(dash + 1));
    if (!first || !last || *first > *last || *last > kMaxCpu) return std::nullopt;
    for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  if (cpus.empty()) return std::nullopt;
  return cpus;
}

}  // namespace glimt
