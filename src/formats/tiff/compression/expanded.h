// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt::tiff {

/// What came out of a chunk: `bytes` of the output, from its start on, and why no more could come.
/// Neither an output that is full nor the proper end of the data is a defect.
struct Expanded {
  std::size_t bytes = 0;
  Status defect;
};

}  // namespace glimt::tiff
