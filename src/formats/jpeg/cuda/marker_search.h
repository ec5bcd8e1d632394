// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace glimt::jpeg::cuda {

/// Where the first marker (T.81 B.1.1.2: 0xFF and a byte that is not 0) at or behind `from` begins;
/// data.size() where there is none.
std::size_t find_marker(Bytes data, std::size_t from);

/// The markers of a stream: looked for when they are asked for, or beforehand by several threads.
class Markers {
 public:
  Markers() = default;
  explicit Markers(Bytes data) : data_(data) {}

  [[nodiscard]] Bytes data() const { return data_; }
  /// As find_marker().
  [[nodiscard]] std::size_t first_from(std::size_t from) const;

  /// Begins anew with a stream that is looked through in parts of `part_bytes`. Returns how many:
  /// look(0) to look(count - 1) come next, on any threads, before first_from().
  std::size_t divide(Bytes data, std::size_t part_bytes);
  void look(std::size_t part);

 private:
  Bytes data_;
  std::size_t part_bytes_ = 0;  // 0: not divided
  std::vector<std::vector<std::size_t>> found_;
};

}  // namespace glimt::jpeg::cuda
