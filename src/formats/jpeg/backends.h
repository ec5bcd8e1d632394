// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The backends of JPEG, for the catalogue.
#pragma once

#include "codec/backend.h"

namespace glimt {

/// libjpeg-turbo through libjpeg's API. Options: fancy_upsampling (1), fast_idct (0).
extern const DecodeBackend kJpegTurboDecoder;
/// glimt's own: lossless frames and samples of 12 bits. Options: fancy_upsampling (1).
extern const DecodeBackend kJpegDecoder;
/// glimt's own on the GPU, in builds with CUDA: 8-bit Huffman-coded frames, whole batches at once.
/// Options: fancy_upsampling (1).
extern const DecodeBackend kJpegCudaDecoder;
/// The decoding engine of the chip, through nvJPEG where both are there. Damage goes unseen there.
/// Options: fancy_upsampling (1).
extern const DecodeBackend kJpegEngineDecoder;
/// The counterpart of kJpegCudaDecoder, for 8-bit gray and YCbCr files, byte for byte those of
/// kJpegTurboEncoder.
extern const EncodeBackend kJpegCudaEncoder;
extern const EncodeBackend kJpegTurboEncoder;
/// glimt's own: lossless files.
extern const EncodeBackend kJpegLosslessEncoder;

}  // namespace glimt
