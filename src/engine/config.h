// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a CodecConfig means: which backends may serve, with how many threads.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/backend.h"
#include "codec/options.h"

namespace glimt {

/// Allowed kinds of a configuration. Code::device when only GPU kinds are allowed, there is no GPU
/// and neither `:cpu_fallback=1` nor GLIMT_CPU_FALLBACK=1 lets the CPU serve instead.
Result<std::vector<BackendKind>> allowed_kinds(const CodecConfig& config, const Options& options);

/// Threads that a configuration may use, at least 1.
int thread_count(const CodecConfig& config);

/// A row of the catalogue as the options see it.
struct OptionModule {
  std::string_view name, alias;
  std::span<const std::string_view> keys;
};
/// Tokens that address no known module or no key that it knows, as written.
std::vector<std::string> find_unknown_options(const Options& options,
                                              std::span<const OptionModule> modules);

template <class BackendRow>
std::vector<const BackendRow*> allowed_backends(std::span<const BackendRow* const> all,
                                                std::span<const BackendKind> kinds) {
  std::vector<const BackendRow*> allowed;
  std::copy_if(all.begin(), all.end(), std::back_inserter(allowed), [&](const BackendRow* row) {
    return std::find(kinds.begin(), kinds.end(), row->kind) != kinds.end();
  });
  return allowed;
}

template <class BackendRow>
std::vector<OptionModule> option_modules(std::span<const BackendRow* const> all) {
  std::vector<OptionModule> modules;
  for (const BackendRow* row : all) modules.push_back({row->name, row->alias, row->option_keys});
  return modules;
}

}  // namespace glimt
