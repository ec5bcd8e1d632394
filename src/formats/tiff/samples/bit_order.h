// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "glimt/types.h"

namespace glimt::tiff {

/// The bits of each byte in the reverse order (FillOrder 2). `out` may be `bytes`.
void reverse_bits(Bytes bytes, std::uint8_t* out);

}  // namespace glimt::tiff
