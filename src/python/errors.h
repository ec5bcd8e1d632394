// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// From Status to Python: exceptions, and records on the logger "glimt".
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <string_view>

#include "base/log.h"
#include "glimt/error.h"

namespace glimt::python {

/// Takes {"FileMissing": class, ...} and the function that writes a record.
void connect_errors(nanobind::dict classes, nanobind::object record);

/// bad_argument is ValueError, out_of_memory MemoryError, everything else RuntimeError.
[[noreturn]] void raise(const Status& status);
[[noreturn]] void raise_value_error(const std::string& message);
[[noreturn]] void raise_runtime_error(const std::string& message);
/// glimt.MemoryKindError
[[noreturn]] void raise_memory_kind_error(const char* message);
/// glimt.FileMissing or glimt.FileError, by what the system says of `path`.
[[noreturn]] void raise_file_error(const std::string& path, const Status& status);

/// The same for a path that cannot be written.
[[noreturn]] void raise_unwritable(const std::string& path, const Status& status);

/// One record on the logger. The GIL must be held.
void log_record(LogLevel level, const std::string& message);
/// The engine may log from any thread, with its locks held, so its records wait here until a
/// binding that holds the GIL passes them on.
void collect_engine_log();
void flush_engine_log();

}  // namespace glimt::python
