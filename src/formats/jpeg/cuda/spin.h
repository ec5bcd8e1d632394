// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

namespace glimt::jpeg::cuda {

constexpr unsigned kSpinsBetweenYields = 512;

/// Waits a moment; now and then lets another thread of this core run.
inline void relax(unsigned spins) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
  if (spins % kSpinsBetweenYields == 0) std::this_thread::yield();
}

}  // namespace glimt::jpeg::cuda
