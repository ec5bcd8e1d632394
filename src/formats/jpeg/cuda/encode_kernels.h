// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The encoder's stages, in order. Each puts its kernels on the stream; launch errors are collected
// by gpu::launch_status().
#pragma once

#include "formats/jpeg/cuda/encode_descriptors.h"
#include "gpu/runtime.h"

namespace glimt::jpeg::cuda {

/// Lets the kernels use the shared memory that they need, on the current device.
Status prepare_transform();
Status prepare_stored_coding();

/// Pixels to coefficients; direct images on to codes.
void transform(const EncodeSlice& slice, const TransformGroup& group, gpu::StreamHandle stream);
/// Huffman tables made for the stored images.
void make_own_tables(const EncodeSlice& slice, gpu::StreamHandle stream);
/// Coefficients of stored images to codes.
void code_stored(const EncodeSlice& slice, gpu::StreamHandle stream);
/// Finds where each byte of each scan goes. When this is done, the report holds all sizes.
void measure_scans(const EncodeSlice& slice, gpu::StreamHandle stream);
/// Codes to bytes, with padding, stuffed zeros and restart markers.
void stuff_scans(const EncodeSlice& slice, gpu::StreamHandle stream);

}  // namespace glimt::jpeg::cuda
