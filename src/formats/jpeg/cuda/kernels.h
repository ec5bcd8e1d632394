// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The stages, in order. Each puts its kernels on the stream; launch errors are collected by
// gpu::launch_status().
#pragma once

#include "formats/jpeg/cuda/descriptors.h"
#include "gpu/runtime.h"

namespace glimt::jpeg::cuda {

/// Lets the kernels use the shared memory that they need, on the current device.
Status prepare_kernels();

/// Fills the look-up tables, removes stuffed bytes and turns words around for reading bits.
void destuff(const Slice& slice, gpu::StreamHandle stream);
/// Guesses the state at each run's start, where the slice's parameters ask for it.
void probe(const Slice& slice, gpu::StreamHandle stream);
/// Finds the state at each subsequence's start, group by group.
void synchronise(const Slice& slice, gpu::StreamHandle stream);
/// Mends what did not settle across groups, and sums up blocks and DC differences.
void settle(const Slice& slice, gpu::StreamHandle stream);
/// Decodes into coefficients; blocks that the data does not have are cleared.
void write_coefficients(const Slice& slice, gpu::StreamHandle stream);
/// The same of progressive frames, before write_coefficients(), which reports: all scans but
/// refinements of AC coefficients, and masks for those, which were cleared before.
void write_bands(const Slice& slice, gpu::StreamHandle stream);
/// What the host has read of those.
void merge_refinements(const Slice& slice, gpu::StreamHandle stream);
/// Coefficients to pixels: of all images, and its part for those of kGeneral.
void reconstruct(const Slice& slice, gpu::StreamHandle stream);
void reconstruct_general(const Slice& slice, gpu::StreamHandle stream);

}  // namespace glimt::jpeg::cuda
