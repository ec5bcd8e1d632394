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
/// The stream of a handle that came as a number.
inline StreamHandle stream_of(std::uintptr_t handle) {
  return reinterpret_cast<StreamHandle>(handle);
}
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

/// The calling thread's device. Code::device as device_count().
Result<int> current_device();
/// The device whose memory this is: device or managed memory. Code::bad_argument for memory that
/// is the host's.
Result<int> device_of(const void* memory);

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
/// Work put on `later` from now on waits for what is on `earlier` so far.
Status follow(StreamHandle later, StreamHandle earlier);
/// Whether everything before the event is done.
Result<bool> finished(EventHandle event);
/// Waits for everything on a device: a last resort when memory is short.
Status synchronize_device(int device);

/// Asynchronous where the host memory is pinned.
Status copy_to_device(void* to, const void* from, std::size_t bytes, StreamHandle stream);
Status copy_to_host(void* to, const void* from, std::size_t bytes, StreamHandle stream);
/// Rows between two places of any kind, also of two devices. Strides are positive.
struct RowCopy {
  void* to = nullptr;
  std::size_t to_stride = 0;
  const void* from = nullptr;
  std::size_t from_stride = 0;
  std::size_t row_bytes = 0, rows = 0;
};
Status copy_rows(const RowCopy& copy, StreamHandle stream);
Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamHandle stream);

}  // namespace glimt::gpu
