// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What verbs that write TIFF files can be told of them.
#pragma once

#include <cstdint>
#include <optional>

#include <CLI/CLI.hpp>

#include "glimt/params.h"

namespace glimt::cli {

struct TiffOptions {
  std::optional<TiffCompression> compression;
  std::optional<std::uint32_t> tile;  ///< pixels of a side

  [[nodiscard]] bool any() const { return compression || tile; }
  [[nodiscard]] bool lossy() const;
  /// Throws UsageError for a tile that cannot be, and for a quality of what is lossless.
  void check(bool quality_given) const;
  void add_to(CLI::App& verb, const char* compression_help, const char* tile_help);
  void apply_to(EncodeParams& params) const;
};

}  // namespace glimt::cli
