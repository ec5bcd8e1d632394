// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Progressive frames (T.81 annex G). First scans and refinements of DC coefficients are the GPU's;
// refinements of AC coefficients are decoded by the host (refinement.h): nothing in their data
// restores a lost place, so each is one serial chain, at which a core is over ten times as fast as
// a warp.
#pragma once

#include "formats/jpeg/cuda/parse.h"

namespace glimt::jpeg::cuda {

/// Reads the scans of a progressive stream whose frame `image` has. Code::unsupported for scripts
/// that are unusual or not complete: libjpeg smooths such images.
Status read_progressive(const Markers& markers, CodedImage& image);

}  // namespace glimt::jpeg::cuda
