// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <atomic>

namespace glimt {
namespace {
std::atomic<LogSink> current_sink{nullptr};
}

void set_log_sink(LogSink sink) { current_sink.store(sink, std::memory_order_release); }

void log(LogLevel level, std::string_view message) {
  if (const LogSink sink = current_sink.load(std::memory_order_acquire)) sink(level, message);
}

}  // namespace glimt
