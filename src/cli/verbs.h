// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the program: one file each, named like the verb.
#pragma once

#include <functional>
#include <stdexcept>

#include <CLI/CLI.hpp>

namespace glimt::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kSomeFailed = 1;  ///< some file, or the only one, could not be handled
inline constexpr int kUsage = 2;       ///< the request itself is at fault

/// What the chosen verb does once the whole command line is read; returns the exit status.
using Action = std::function<int()>;

/// A request that contradicts itself; the message says what to write instead.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void add_info(CLI::App& program, Action& action);
void add_decode(CLI::App& program, Action& action);
void add_convert(CLI::App& program, Action& action);
void add_sheet(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);
void add_pyramid(CLI::App& program, Action& action);
void add_tiles(CLI::App& program, Action& action);
void add_demo(CLI::App& program, Action& action);

}  // namespace glimt::cli
