// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/config.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "engine/limits.h"
#include "engine/pool.h"
#include "gpu/runtime.h"

namespace glimt {
namespace {

// Keys that the peer's backends know and glimt has no use for: accepted, so that programs run.
constexpr std::string_view kPeerKeys[] = {"num_cuda_streams",
                                          "hybrid_huffman_threshold",
                                          "device_memory_padding",
                                          "host_memory_padding",
                                          "preallocate_buffers",
                                          "preallocate_width_hint",
                                          "preallocate_height_hint",
                                          "preallocate_batch_size",
                                          "extra_flags",
                                          "num_parallel_tiles",
                                          "fancy_upsampling",
                                          "fast_idct",
                                          "cpu_fallback"};
constexpr std::string_view kPeerModules[] = {"nvjpeg",
                                             "nvjpeg_cuda_decoder",
                                             "nvjpeg_hw_decoder",
                                             "nvjpeg_lossless_decoder",
                                             "nvjpeg2k",
                                             "nvjpeg2k_decoder",
                                             "nvjpeg2k_cuda_decoder",
                                             "nvtiff_cuda_decoder",
                                             "opencv_jpeg_decoder",
                                             "opencv_jpeg2k_decoder",
                                             "opencv_png_decoder",
                                             "opencv_webp_decoder",
                                             "opencv_bmp_decoder",
                                             "opencv_pnm_decoder",
                                             "opencv_tiff_decoder",
                                             "libtiff_decoder"};

template <class Range>
bool contains(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

}  // namespace

Result<Site> site_of(const CodecConfig& config) {
  Site site;
  const bool cpu_only =
      !config.backends.empty() &&
      std::all_of(config.backends.begin(), config.backends.end(),
                  [](const Backend& b) { return b.kind == BackendKind::cpu_only; });
  if (config.device_id == CodecConfig::kCpuOnly || cpu_only) {
    site.absence = {Code::device, "the configuration leaves out the GPU"};
    return site;
  }
  const auto count = gpu::device_count();
  if (!count.ok()) {
    site.absence = count.status();
    return site;
  }
  if (config.device_id == CodecConfig::kCurrentDevice) {
    GLIMT_TRY(site.device, gpu::current_device());
  } else {
    const auto found = gpu::describe(config.device_id);
    if (!found.ok()) return Status(Code::device, found.status().message());
    site.device = config.device_id;
  }
  site.lands = true;
  return site;
}

Result<std::vector<BackendKind>> allowed_kinds(const CodecConfig& config, const Options& options,
                                               const Site& site) {
  constexpr BackendKind all[] = {BackendKind::cpu_only, BackendKind::gpu_only,
                                 BackendKind::hybrid_cpu_gpu, BackendKind::hw_gpu_only};
  std::vector<BackendKind> kinds;
  kinds.reserve(config.backends.size());
  for (const Backend& backend : config.backends) kinds.push_back(backend.kind);
  if (kinds.empty()) kinds.assign(std::begin(all), std::end(all));
  if (std::find(kinds.begin(), kinds.end(), BackendKind::cpu_only) != kinds.end()) return kinds;
  if (site.device != Place::kHost) return kinds;

  const char* environment = std::getenv("GLIMT_CPU_FALLBACK");
  const bool fallback = options.flag("", "cpu_fallback", false) ||
                        (environment != nullptr && std::string_view(environment) == "1");
  if (!fallback) {
    return Status(Code::device,
                  "only GPU backends are allowed and there is no GPU that this build can use (" +
                      site.absence.message() +
                      "); add CPU_ONLY to the backends, or let the CPU serve instead with the "
                      "option ':cpu_fallback=1' or GLIMT_CPU_FALLBACK=1");
  }
  log(LogLevel::warning, "no GPU that this build can use: the CPU serves instead");
  kinds.push_back(BackendKind::cpu_only);
  return kinds;
}

Status availability(Status (*available)(int, const Options&), int device, const Options& options) {
  if (available == nullptr) return {};
  static std::mutex mutex;
  static std::map<std::pair<decltype(available), int>, Status> known;
  const std::lock_guard lock(mutex);
  const auto found = known.find({available, device});
  if (found != known.end()) return found->second;
  return known.emplace(std::pair(available, device), available(device, options)).first->second;
}

int thread_count(const CodecConfig& config) {
  return config.max_num_cpu_threads > 0 ? config.max_num_cpu_threads : available_cores();
}

std::vector<std::string> find_unknown_options(const Options& options,
                                              std::span<const OptionModule> modules) {
  std::vector<std::string> unknown;
  for (const Options::Token& token : options.tokens()) {
    bool known = (token.module.empty() || contains(kPeerModules, token.module)) &&
                 contains(kPeerKeys, token.key);
    known = known || ((token.module.empty() || token.module == "glimt") &&
                      contains(limit_keys(), token.key));
    for (const OptionModule& module : modules) {
      const bool addressed =
          token.module.empty() || token.module == module.name || token.module == module.alias;
      known = known || (addressed && contains(module.keys, token.key));
    }
    if (!known) unknown.push_back(token.module + ":" + token.key + "=" + token.value);
  }
  return unknown;
}

}  // namespace glimt
