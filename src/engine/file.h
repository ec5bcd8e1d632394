// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt {

/// The bytes of a file and what keeps them: pooled memory for small files and pipes, a read-only
/// map for large ones, shared with others of the same file (inode, size and time of change) while
/// any of them lives.
struct FileBytes {
  Bytes data;
  std::shared_ptr<const void> owner;
};
/// Code::bad_argument, naming the path, when it cannot be opened, is a folder or is empty.
Result<FileBytes> read_file(const std::string& path);

}  // namespace glimt
