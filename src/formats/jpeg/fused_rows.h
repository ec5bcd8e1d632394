// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chroma upsampling and colour conversion in one pass over a row, bit for bit as libjpeg does them
// in two (jdsample.c, jdmerge.c, jdcolor.c): a fifth of the time of a 4:2:0 image becomes a tenth.
#pragma once

#include "pixel/fused_row.h"

namespace glimt::jpeg {

/// The kernel to RGB pixels; null where the processor has no vectors.
FusedRow fused_row(ChromaFilter filter);

}  // namespace glimt::jpeg
