// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What an output format can hold, and so how to decode for it.
#pragma once

#include <string>
#include <string_view>

#include "glimt/glimt.h"

namespace glimt::cli {

struct Target {
  std::string extension;  ///< of the files written, and how the Encoder is told the format
  std::string_view codec;
  bool color = true, gray = true, alpha = false, gray_alpha = false;
  unsigned bits = 8;  ///< a sample, at most: 1, 8 or 16
};

/// "jpeg", "jpg", ".jpg", "j2c", ... Code::bad_argument for what nothing here can write.
[[nodiscard]] Result<Target> target_of(std::string_view name);

/// The names that target_of() suggests, for messages and help.
[[nodiscard]] std::string_view target_names();

[[nodiscard]] bool has_alpha(const ImageInfo& info);

struct DecodePlan {
  DecodeParams params;
  std::string lost;  ///< what the target cannot hold: "alpha dropped", "16 to 8 bits", or ""
};

/// Keeps depth, gray and alpha where the target holds them.
[[nodiscard]] DecodePlan plan_decode(const Target& target, const ImageInfo& info);

}  // namespace glimt::cli
