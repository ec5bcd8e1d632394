// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace glimt::jpeg {

/// Lost pixels: in strict decoding the failure, in partial decoding a note of the first one.
class DamageLog {
 public:
  explicit DamageLog(bool strict) : strict_(strict) {}

  /// Where decoding is: for the texts.
  struct Place {
    std::uint32_t scan = 0;  ///< 1 and more; 0: the only one
    std::int64_t row = 0, rows = 0;
  };
  void set_scan(std::uint32_t scan, std::int64_t rows) { place_ = {scan, 0, rows}; }
  void set_row(std::int64_t row) { place_.row = row; }

  /// The failure when decoding is strict, else success.
  Status add(Code code, std::string_view what) {
    if (!strict_ && !first_.ok()) return {};
    std::string text(what);
    if (place_.rows > 0) {
      text +=
          " in MCU row " + std::to_string(place_.row + 1) + " of " + std::to_string(place_.rows);
    }
    if (place_.scan > 0) text += " of scan " + std::to_string(place_.scan);
    return add_elsewhere({code, std::move(text)});
  }
  /// The same for damage that says itself where it is.
  Status add_elsewhere(Status failure) {
    if (strict_) return failure;
    if (first_.ok()) first_ = std::move(failure);
    return {};
  }
  [[nodiscard]] std::string note() const { return first_.ok() ? std::string() : first_.text(); }

 private:
  bool strict_;
  Place place_;
  Status first_;
};

}  // namespace glimt::jpeg
