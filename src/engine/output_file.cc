// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace glimt {
namespace {

Status failure(const std::string& path, const char* what) {
  return {Code::bad_argument,
          "cannot " + std::string(what) + " '" + path + "': " + std::strerror(errno)};
}

}  // namespace

Status OutputFile::open(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  path_ = path;
  temporary_ =
      path + ".part-" + std::to_string(::getpid()) + "-t" + std::to_string(counter.fetch_add(1));
  fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return fd_ < 0 ? failure(path, "create") : Status();
}

Status OutputFile::write_at(std::uint64_t offset, Bytes data) const {
  while (!data.empty()) {
    const ssize_t put = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure(path_, "write");
    offset += static_cast<std::uint64_t>(put);
    data = data.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status OutputFile::finish() {
  if (::close(std::exchange(fd_, -1)) == 0 && std::rename(temporary_.c_str(), path_.c_str()) == 0) {
    return {};
  }
  const Status status = failure(path_, "write");
  ::unlink(temporary_.c_str());
  return status;
}

void OutputFile::discard() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  ::unlink(temporary_.c_str());
}

}  // namespace glimt
