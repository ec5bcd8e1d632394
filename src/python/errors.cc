// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/errors.h"

#include <nanobind/stl/string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

namespace nb = nanobind;

namespace glimt::python {
namespace {

// Kept for as long as the interpreter lives: handles, as no destructor may run after it.
nb::handle error_classes, record_function;

struct PendingRecords {
  std::mutex mutex;
  std::vector<std::pair<LogLevel, std::string>> records;
  std::atomic<bool> any{false};
};
PendingRecords pending;

void keep_record(LogLevel level, std::string_view message) {
  const std::scoped_lock lock(pending.mutex);
  pending.records.emplace_back(level, message);
  pending.any.store(true, std::memory_order_release);
}

nb::object error_class(const char* name) {
  if (!error_classes.is_valid())
    raise_runtime_error("import glimt, not its extension module alone");
  return error_classes[name];
}

}  // namespace

void connect_errors(nb::dict classes, nb::object record) {
  error_classes = classes.release();
  record_function = record.release();
}

void raise(const Status& status) {
  PyObject* type = PyExc_RuntimeError;
  if (status.code() == Code::bad_argument) type = PyExc_ValueError;
  if (status.code() == Code::out_of_memory) type = PyExc_MemoryError;
  const bool plain = status.code() == Code::bad_argument;
  PyErr_SetString(type, plain ? status.message().c_str() : status.text().c_str());
  throw nb::python_error();
}

void raise_value_error(const std::string& message) {
  PyErr_SetString(PyExc_ValueError, message.c_str());
  throw nb::python_error();
}

void raise_runtime_error(const std::string& message) {
  PyErr_SetString(PyExc_RuntimeError, message.c_str());
  throw nb::python_error();
}

void raise_memory_kind_error(const char* message) {
  PyErr_SetString(error_class("MemoryKindError").ptr(), message);
  throw nb::python_error();
}

namespace {
[[noreturn]] void raise_os_error(int why, const std::string& path, const Status& status) {
  const bool missing = why == ENOENT || why == ENOTDIR;
  nb::object type = error_class(missing ? "FileMissing" : "FileError");
  nb::object name = nb::steal(PyUnicode_DecodeFSDefault(path.c_str()));
  PyErr_SetObject(type.ptr(), nb::make_tuple(why, status.message(), name).ptr());
  throw nb::python_error();
}
}  // namespace

void raise_file_error(const std::string& path, const Status& status) {
  struct stat facts{};
  int why = EINVAL;
  if (::stat(path.c_str(), &facts) != 0) {
    why = errno;
  } else if (S_ISDIR(facts.st_mode)) {
    why = EISDIR;
  } else if (::access(path.c_str(), R_OK) != 0) {
    why = errno;
  }
  raise_os_error(why, path, status);
}

void raise_unwritable(const std::string& path, const Status& status) {
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int why = ::access(folder.c_str(), W_OK) == 0 ? EIO : errno;
  raise_os_error(why, path, status);
}

void log_record(LogLevel level, const std::string& message) {
  if (!record_function.is_valid()) return;
  constexpr int numbers[] = {40, 30, 20, 10};  // logging.ERROR, WARNING, INFO, DEBUG
  nb::object text = nb::steal(PyUnicode_DecodeUTF8(
      message.data(), static_cast<Py_ssize_t>(message.size()), "backslashreplace"));
  record_function(numbers[static_cast<int>(level)], text);
}

void collect_engine_log() { set_log_sink(&keep_record); }

void flush_engine_log() {
  if (!pending.any.load(std::memory_order_acquire)) return;
  std::vector<std::pair<LogLevel, std::string>> records;
  {
    const std::scoped_lock lock(pending.mutex);
    records.swap(pending.records);
    pending.any.store(false, std::memory_order_release);
  }
  for (const auto& [level, message] : records) log_record(level, message);
}

}  // namespace glimt::python
