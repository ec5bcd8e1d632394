// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace glimt::cli {

/// Ctrl-C lets the files in work be finished and no further one be begun; a second one ends the
/// program at once.
void finish_on_interrupt();
[[nodiscard]] bool interrupted();

/// Calls work(i) for each i below count, in order of i, from several threads (0: one a core), so
/// that reading, decoding, encoding and writing of different files overlap. Returns how many were
/// begun: all, unless interrupted. `work` must not throw.
std::size_t for_each_file(std::size_t count, unsigned threads,
                          const std::function<void(std::size_t)>& work);

/// The threads that 0 stands for.
[[nodiscard]] unsigned thread_count(unsigned wanted);

}  // namespace glimt::cli
