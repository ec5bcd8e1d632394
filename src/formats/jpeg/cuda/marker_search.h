// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace glimt::jpeg::cuda {

/// Where the first marker (T.81 B.1.1.2: 0xFF and a byte that is not 0) at or behind `from` begins;
/// data.size() where there is none.
std::size_t find_marker(Bytes data, std::size_t from);

}  // namespace glimt::jpeg::cuda
