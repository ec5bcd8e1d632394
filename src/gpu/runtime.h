// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The CUDA runtime as Status and plain handles: the one place that calls it for memory, streams and
// events. In a build without CUDA every function fails with Code::device and says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

struct CUstream_st;
struct CUevent_st;

namespace glimt::gpu {

/// A cudaStream_t; null is the legacy default stream.
using StreamHandle = CUstream_st*;
/// A cudaEvent_t.
using EventHandle = CUevent_st*;

/// How many GPUs there are: at least one. Code::device says why there is none: a build without
/// CUDA, no driver, a driver that is too old, no GPU or none that is visible.
Result<int> device_count();

struct DeviceInfo {
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
};
/// Code::bad_argument when there is no such device, Code::device as device_count().
Result<DeviceInfo> describe(int device);

/// Makes `device` the calling thread's device for as long as this object lives.
class DeviceScope {
 public:
  explicit DeviceScope(int device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  int before_ = -1;
  Status status_;
};

/// The Status of a cudaError_t. `action` completes "... while <action>".
Status status_of(int code, std::string_view action);
/// What a kernel launch on this thread has left behind.
Status launch_status(std::string_view action);

enum class MemoryKind : std::uint8_t {
  device,
  pinned,  ///< host memory that copies reach directly
};

// Direct calls, slow and some of them synchronising: for the pool (memory.h) alone.
Result<void*> allocate(MemoryKind kind, std::size_t bytes);
void release(MemoryKind kind, void* memory) noexcept;

Result<StreamHandle> create_stream();
void destroy(StreamHandle stream) noexcept;
/// Returns when everything put on the stream so far is done, or has failed.
Status synchronize(StreamHandle stream);

Result<EventHandle> create_event();
void destroy(EventHandle event) noexcept;
Status record(EventHandle event, StreamHandle stream);
/// Work put on the stream from now on waits for the event; the calling thread does not.
Status wait(StreamHandle stream, EventHandle event);
Status synchronize(EventHandle event);

/// Asynchronous where the host memory is pinned.
Status copy_to_device(void* to, const void* from, std::size_t bytes, StreamHandle stream);
Status copy_to_host(void* to, const void* from, std::size_t bytes, StreamHandle stream);
Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamHandle stream);

}  // namespace glimt::gpu
