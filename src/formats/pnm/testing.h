// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// PNM files of any kind, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/testing.h"

namespace glimt::pnm {

/// Random samples of 0..maxval and the files that say them.
struct Raster {
  std::uint32_t width, height, depth, maxval;
  std::vector<std::uint16_t> samples;

  static Raster random(std::uint32_t width, std::uint32_t height, std::uint32_t depth,
                       std::uint32_t maxval, unsigned seed = 1);

  /// Kind 1..6. Of bits a sample of 1 is white, as in what decoding gives.
  [[nodiscard]] std::vector<std::uint8_t> pnm(int kind) const;
  [[nodiscard]] std::vector<std::uint8_t> pam(const std::string& tuple_type) const;
  /// The samples in full scale `to`, rounded.
  [[nodiscard]] std::vector<std::uint16_t> scaled(std::uint32_t to) const;
};

/// The samples of a picture of 8 or 16 bits.
std::vector<std::uint16_t> samples_of(const testing::Picture& picture);

}  // namespace glimt::pnm
