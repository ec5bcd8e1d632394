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
#include "glimt/image.h"

namespace glimt {

/// Which GPU a Decoder or Encoder works with.
struct Site {
  int device = Place::kHost;  ///< Place::kHost: none
  bool lands = false;         ///< results go to the device unless the caller says where
  Status absence;             ///< why there is none, where one could have been used
};

/// The GPU that the configuration means: none for device_id kCpuOnly, where CPU_ONLY is all that is
/// allowed, and where there is none. Code::device when there are GPUs, but not this one.
Result<Site> site_of(const CodecConfig& config);

/// Allowed kinds of a configuration. Code::device when only GPU kinds are allowed, there is no GPU
/// and neither `:cpu_fallback=1` nor GLIMT_CPU_FALLBACK=1 lets the CPU serve instead.
Result<std::vector<BackendKind>> allowed_kinds(const CodecConfig& config, const Options& options,
                                               const Site& site);

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

/// What `available` says, asked once a device and process: finding a chip's engine takes time.
Status availability(Status (*available)(int, const Options&), int device, const Options& options);

/// A backend that serves, and the allowed kind as which it does.
template <class BackendRow>
struct Serving {
  const BackendRow* row = nullptr;
  BackendKind kind = BackendKind::cpu_only;
  const BackendRow* operator->() const { return row; }
};

/// The rows that answer for an allowed kind and can serve on the site. Code::device when only GPU
/// kinds are allowed and no row is left, saying why.
template <class BackendRow>
Result<std::vector<Serving<BackendRow>>> allowed_backends(std::span<const BackendRow* const> all,
                                                          std::span<const BackendKind> kinds,
                                                          const Options& options,
                                                          const Site& site) {
  std::vector<Serving<BackendRow>> allowed;
  Status refusal(Code::device, "no backend is of a kind that is allowed");
  for (const BackendRow* row : all) {
    const KindMask answers = row->also | kind_bit(row->kind);
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [answers](BackendKind k) {
      return (answers & kind_bit(k)) != 0;
    });
    if (kind == kinds.end()) continue;
    if (row->kind != BackendKind::cpu_only) {
      if (site.device == Place::kHost) continue;
      const Status status = availability(row->available, site.device, options);
      if (!status.ok()) {
        refusal = status;
        continue;
      }
    }
    allowed.push_back({row, *kind});
  }
  if (allowed.empty()) return refusal;
  return allowed;
}

template <class BackendRow>
std::vector<OptionModule> option_modules(std::span<const BackendRow* const> all) {
  std::vector<OptionModule> modules;
  for (const BackendRow* row : all) modules.push_back({row->name, row->alias, row->option_keys});
  return modules;
}

}  // namespace glimt
