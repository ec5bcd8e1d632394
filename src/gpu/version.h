// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace glimt::gpu {

/// Of the CUDA runtime that this build has, 13000 for 13.0; 0: built without CUDA.
int runtime_version();

}  // namespace glimt::gpu
