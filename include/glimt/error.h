// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// One error model: a Code says who can act, a Status carries the sentence for people, a Result<T>
// is a value or a Status. Nothing in the library throws except Result::value() and Status::check().
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "glimt/export.h"

namespace glimt {
inline namespace v0 {

enum class Code : unsigned char {
  ok,
  corrupt,        ///< the data breaks its standard
  truncated,      ///< the data ends too early
  unsupported,    ///< legal, but no backend here can do it
  limit,          ///< larger than the limits in force; raise them or pick a region
  bad_argument,   ///< the caller's request contradicts itself
  out_of_memory,  ///< host or device memory could not be had
  device,         ///< the GPU or its driver
  internal,       ///< a fault of glimt's; please report
};

/// "ok", "corrupt", ...: the enumerator's name.
GLIMT_API std::string_view name_of(Code code);

/// What Result::value() and Status::check() throw.
class GLIMT_API Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message);
  [[nodiscard]] Code code() const noexcept { return code_; }

 private:
  Code code_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] bool ok() const noexcept { return code_ == Code::ok; }
  [[nodiscard]] Code code() const noexcept { return code_; }
  /// A sentence: what is wrong, where, and what to do about it. Empty when ok.
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  /// "truncated: the scan ends after 12 of 40 MCU rows"
  [[nodiscard]] std::string text() const {
    return ok() ? "ok" : std::string(name_of(code_)) + ": " + message_;
  }
  void check() const {
    if (!ok()) throw Error(code_, text());
  }

 private:
  Code code_ = Code::ok;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT: a value is a result
  Result(Status status) : status_(std::move(status)) {  // NOLINT: a failure is a result
    if (status_.ok()) status_ = Status(Code::internal, "a Result was made of an ok Status");
  }
  Result(Code code, std::string message) : status_(code, std::move(message)) {}

  [[nodiscard]] bool ok() const noexcept { return value_.has_value(); }
  [[nodiscard]] const Status& status() const noexcept { return status_; }
  /// The value; throws Error when there is none.
  T& value() & {
    status_.check();
    return *value_;
  }
  const T& value() const& {
    status_.check();
    return *value_;
  }
  T&& value() && {
    status_.check();
    return std::move(*value_);
  }
  /// The value, of a Result known to be ok.
  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace v0
}  // namespace glimt
