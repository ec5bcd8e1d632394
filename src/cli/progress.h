// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace glimt::cli {

/// A progress bar on stderr while that is a terminal; nothing otherwise.
class Progress {
 public:
  Progress(std::string_view title, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One more is done. From any thread.
  void advance();

 private:
  struct Bar;
  std::unique_ptr<Bar> bar_;
};

}  // namespace glimt::cli
