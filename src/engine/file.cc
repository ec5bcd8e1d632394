// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "base/page_pool.h"
#include "glimt/encoder.h"

namespace glimt {
namespace {

// Below this, copying into warm memory is cheaper than the page faults of a map.
constexpr std::size_t kMapFrom = std::size_t{1} << 20;
constexpr std::size_t kPipeChunk = std::size_t{1} << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { (void)close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

struct Mapping {
  void* data;
  std::size_t size;
  Mapping(void* d, std::size_t s) : data(d), size(s) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(data, size); }
};

/// What tells a file, and one state of it, from all others, whatever its path.
using FileState = std::tuple<dev_t, ino_t, off_t, time_t, long>;

FileState state_of(const struct stat& facts) {
  return {facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

/// The maps in use: streams that are opened on the same file share one, and its page tables.
class Maps {
 public:
  std::shared_ptr<Mapping> find(const FileState& state) {
    const std::scoped_lock lock(mutex_);
    const auto found = maps_.find(state);
    return found == maps_.end() ? nullptr : found->second.lock();
  }
  void add(const FileState& state, const std::shared_ptr<Mapping>& map) {
    const std::scoped_lock lock(mutex_);
    if (maps_.size() >= prune_at_) {
      std::erase_if(maps_, [](const auto& entry) { return entry.second.expired(); });
      prune_at_ = 2 * maps_.size() + 16;
    }
    maps_[state] = map;
  }

 private:
  std::mutex mutex_;
  std::map<FileState, std::weak_ptr<Mapping>> maps_;
  std::size_t prune_at_ = 16;
};

Maps& maps() {
  static Maps* const all = new Maps;  // Streams may outlive the end of main().
  return *all;
}

Status failure(const std::string& path, const char* what) {
  return {Code::bad_argument,
          "cannot " + std::string(what) + " '" + path + "': " + std::strerror(errno)};
}

/// Reads until `size` bytes or the end; -1 on error.
ssize_t read_all(int fd, std::uint8_t* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, to + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

Result<FileBytes> read_regular(const std::string& path, int fd, std::size_t size) {
  auto block = std::make_shared<PageBlock>(allocate_pages(size));
  if (!*block) return Status(Code::out_of_memory, "no memory to read '" + path + "'");
  const ssize_t got = read_all(fd, block->data(), size);
  if (got < 0) return failure(path, "read");
  const Bytes data(block->data(), static_cast<std::size_t>(got));
  return FileBytes{data, std::move(block)};
}

Result<FileBytes> read_pipe(const std::string& path, int fd) {
  PageBlock block;
  std::size_t size = 0;
  for (;;) {
    if (block.size() - size < kPipeChunk) {
      PageBlock larger = allocate_pages((size + kPipeChunk) * 2);
      if (!larger) return Status(Code::out_of_memory, "no memory to read '" + path + "'");
      if (size != 0) std::memcpy(larger.data(), block.data(), size);
      block = std::move(larger);
    }
    const ssize_t got = read_all(fd, block.data() + size, kPipeChunk);
    if (got < 0) return failure(path, "read");
    size += static_cast<std::size_t>(got);
    if (static_cast<std::size_t>(got) < kPipeChunk) break;
  }
  const Bytes data(block.data(), size);
  return FileBytes{data, std::make_shared<PageBlock>(std::move(block))};
}

}  // namespace

Result<FileBytes> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts{};
  if (!file.valid() || fstat(file.get(), &facts) != 0) return failure(path, "open");
  if (S_ISDIR(facts.st_mode)) {
    errno = EISDIR;
    return failure(path, "open");
  }
  if (!S_ISREG(facts.st_mode)) return read_pipe(path, file.get());
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return Status(Code::bad_argument, "'" + path + "' is empty");
  if (size < kMapFrom) return read_regular(path, file.get(), size);
  const FileState state = state_of(facts);
  std::shared_ptr<Mapping> map = maps().find(state);
  if (map == nullptr) {
    void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return read_regular(path, file.get(), size);
    map = std::make_shared<Mapping>(data, size);
    maps().add(state, map);
  }
  return FileBytes{Bytes(static_cast<const std::uint8_t*>(map->data), size), map};
}

inline namespace v0 {

Status write_file(const std::string& path, Bytes data) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      path + ".part-" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.valid()) return failure(path, "create");
  const std::uint8_t* from = data.data();
  std::size_t left = data.size();
  while (left != 0) {
    const ssize_t put = ::write(file.get(), from, left);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const Status status = failure(path, "write");
      unlink(temporary.c_str());
      return status;
    }
    from += put;
    left -= static_cast<std::size_t>(put);
  }
  if (!file.close() || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const Status status = failure(path, "write");
    unlink(temporary.c_str());
    return status;
  }
  return {};
}

}  // namespace v0
}  // namespace glimt
