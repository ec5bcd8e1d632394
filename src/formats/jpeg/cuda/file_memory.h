// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Pinned memory for finished files: the GPU writes them where they stay.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "glimt/encoder.h"

namespace glimt::jpeg::cuda {

/// Files keep so much pinned memory at most: what is pinned is lost to other programs.
constexpr std::size_t kMostFileMemory = std::size_t{256} << 20;

/// Of files that there are now.
std::size_t file_memory_in_use();

/// At least `bytes`, given back when the last handle dies. Code::out_of_memory, limit (more than
/// kMostFileMemory would be in use), device.
Result<EncodedBytes> take_file_memory(std::size_t bytes);

}  // namespace glimt::jpeg::cuda
