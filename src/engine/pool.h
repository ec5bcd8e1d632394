// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The only place that makes threads: one pool a process, shared by all decoders and encoders.
#pragma once

#include <cstddef>
#include <functional>

namespace glimt {

/// Cores this process may use.
int available_cores();

/// Runs task(i) for i in [0, count), claimed in ascending order, on the calling thread and at most
/// max_threads - 1 threads of the pool; returns when all are done. May be called from many threads
/// and from inside a task: pieces join the same pool and the caller always works itself, so it
/// cannot deadlock. Tasks do not throw.
void run_on_pool(std::size_t count, int max_threads, const std::function<void(std::size_t)>& task);

}  // namespace glimt
