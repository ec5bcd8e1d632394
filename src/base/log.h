// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// One place through which the library speaks; silent unless a sink is set.
#pragma once

#include <string_view>

namespace glimt {

enum class LogLevel : unsigned char { error, warning, info, debug };

using LogSink = void (*)(LogLevel, std::string_view message);

/// Replaces the sink; nullptr silences. Safe at any time; the sink may be called from any thread.
void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view message);

}  // namespace glimt
