// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt {

/// A file that is written at any positions, by many threads, under a temporary name beside its own.
class OutputFile {
 public:
  OutputFile() = default;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() { discard(); }

  /// Code::bad_argument, naming the path. Once.
  Status open(const std::string& path);
  Status write_at(std::uint64_t offset, Bytes data) const;
  /// Gives the file its name. Nothing may be written at the same time.
  Status finish();
  /// Removes what has not been finished.
  void discard();

 private:
  std::string path_, temporary_;
  int fd_ = -1;
};

}  // namespace glimt
