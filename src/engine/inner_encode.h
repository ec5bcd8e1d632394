// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/job.h"
#include "engine/kits.h"

namespace glimt {

using EncodeKits = Kits<ImageEncoder, EncodeBackend>;

/// Encodes images inside of other files by the CPU backends of the catalogue, with codecs of kits
/// of their own, in the arena of the worker that asks. `kits` and `options` outlive it.
InnerEncoders inner_encoders(EncodeKits& kits, const Options& options);

}  // namespace glimt
