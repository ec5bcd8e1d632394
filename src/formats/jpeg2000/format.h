// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/format.h"

namespace glimt {

extern const Format kJpeg2000Format;

namespace jpeg2000 {

/// StreamInfo::coding: the block coder (COD, CAP).
enum Coding : std::uint8_t {
  kPart1 = 0,  ///< MQ code-blocks (T.800)
  kHt = 1,     ///< HT code-blocks (T.814)
  kMixed = 2,  ///< both in one codestream
};
constexpr std::uint64_t coding_bit(Coding coding) { return std::uint64_t{1} << coding; }

}  // namespace jpeg2000
}  // namespace glimt
