// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What bounds a Decoder or Encoder besides its configuration: environment and options.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/options.h"
#include "glimt/params.h"

namespace glimt {

/// The value of the first of these variables that is set and not empty.
struct Variable {
  std::string_view name, value;
};
std::optional<Variable> environment(std::span<const char* const> names);

/// The configuration's limits; where it leaves the defaults those of the environment
/// (GLIMT_MAX_IMAGE_SIZE in bytes and GLIMT_MAX_JPEG_SCANS, or nvImageCodec's NVIMGCODEC_ names for
/// them); and above both the options, ":max_pixels=1000000". What is no number is warned of and
/// ignored.
Limits limits_of(const CodecConfig& config, const Options& options);
/// The keys of options that limits_of reads.
std::span<const std::string_view> limit_keys();

/// Warns of a number of CUDA streams (option num_cuda_streams, GLIMT_ or
/// NVIMGCODEC_DEFAULT_NUM_CUDA_STREAMS) that is not in 1..threads.
void check_cuda_streams(const Options& options, int threads);

/// "0,2-5" as numbers in the order written; none when it is no list of CPUs.
std::optional<std::vector<int>> cpu_list(std::string_view text);

}  // namespace glimt
