// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chroma upsampling and colour conversion of VP8 in one pass over a row, bit for bit as libwebp
// does them (src/dsp/yuv.h, upsampling.c), in half of its time.
#pragma once

#include "pixel/fused_row.h"

namespace glimt::webp {

/// The kernel to RGB pixels for ChromaFilter::bilinear ("fancy") or replicate; null where the
/// processor has no vectors.
FusedRow fused_row(ChromaFilter filter);

}  // namespace glimt::webp
