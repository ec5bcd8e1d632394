// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "gpu/runtime.h"

#include "gpu/version.h"

#if GLIMT_CUDA

#include <cuda_runtime_api.h>

namespace glimt::gpu {
namespace {

struct Explanation {
  cudaError_t code;
  Code kind;
  std::string_view text;
};
constexpr Explanation kExplanations[] = {
    {cudaErrorMemoryAllocation, Code::out_of_memory,
     "GPU memory could not be had; use smaller batches, or free what other programs hold"},
    {cudaErrorInsufficientDriver, Code::device,
     "no NVIDIA driver is installed, or it is older than this build of glimt needs; install a "
     "current driver"},
    {cudaErrorNoDevice, Code::device,
     "there is no NVIDIA GPU here, or CUDA_VISIBLE_DEVICES hides it"},
    {cudaErrorSystemDriverMismatch, Code::device,
     "the parts of the NVIDIA driver are of different versions; restart the machine"},
    {cudaErrorDevicesUnavailable, Code::device,
     "the GPU is held by another program, or its compute mode forbids a further one"},
    {cudaErrorNoKernelImageForDevice, Code::device,
     "this build of glimt has no code for this GPU's compute capability"},
    {cudaErrorInitializationError, Code::device,
     "CUDA does not work in a process that was forked from one that used it; start worker "
     "processes by spawn"},
    {cudaErrorInvalidDevice, Code::bad_argument, "there is no GPU of this number"},
    {cudaErrorIllegalAddress, Code::internal,
     "a kernel accessed memory out of bounds; the process cannot use the GPU any more"},
    {cudaErrorCudartUnloading, Code::device, "the process is ending"},
};

Status result_of(cudaError_t code, std::string_view action) {
  if (code == cudaSuccess) return {};
  (void)cudaGetLastError();  // an error that is reported must not show up again in the next call
  for (const Explanation& e : kExplanations) {
    if (e.code == code) {
      return {e.kind, std::string(e.text) + " (" + cudaGetErrorName(code) + " while " +
                          std::string(action) + ")"};
    }
  }
  return {Code::device, std::string(cudaGetErrorString(code)) + " (" + cudaGetErrorName(code) +
                            " while " + std::string(action) + ")"};
}

}  // namespace

Status status_of(int code, std::string_view action) {
  return result_of(static_cast<cudaError_t>(code), action);
}

Status launch_status(std::string_view action) { return result_of(cudaGetLastError(), action); }

int runtime_version() { return CUDART_VERSION; }

Result<int> device_count() {
  int count = 0;
  GLIMT_TRY(result_of(cudaGetDeviceCount(&count), "counting GPUs"));
  if (count == 0) return result_of(cudaErrorNoDevice, "counting GPUs");
  return count;
}

Result<DeviceInfo> describe(int device) {
  GLIMT_TRY(const int count, device_count());
  if (device < 0 || device >= count) {
    return Status(Code::bad_argument, "there is no GPU " + std::to_string(device) + "; there are " +
                                          std::to_string(count) + ", numbered from 0");
  }
  cudaDeviceProp found{};
  GLIMT_TRY(result_of(cudaGetDeviceProperties(&found, device), "asking for a GPU's properties"));
  return DeviceInfo{found.name, found.major, found.minor, found.multiProcessorCount,
                    found.totalGlobalMem};
}

Result<int> current_device() {
  GLIMT_TRY(const int count, device_count());
  (void)count;
  int device = 0;
  GLIMT_TRY(result_of(cudaGetDevice(&device), "asking for the current GPU"));
  return device;
}

Result<int> device_of(const void* memory) {
  cudaPointerAttributes found{};
  GLIMT_TRY(result_of(cudaPointerGetAttributes(&found, memory), "asking where memory lies"));
  if (found.type != cudaMemoryTypeDevice && found.type != cudaMemoryTypeManaged) {
    return Status(Code::bad_argument, "the address is none of GPU memory");
  }
  return found.device;
}

DeviceScope::DeviceScope(int device) {
  status_ = result_of(cudaGetDevice(&before_), "asking for the current GPU");
  if (status_.ok() && device == before_) {
    before_ = -1;
  } else if (status_.ok()) {
    status_ = result_of(cudaSetDevice(device), "choosing GPU " + std::to_string(device));
  }
}

DeviceScope::~DeviceScope() {
  if (before_ >= 0) (void)cudaSetDevice(before_);
}

Result<void*> allocate(MemoryKind kind, std::size_t bytes) {
  void* memory = nullptr;
  const bool on_device = kind == MemoryKind::device;
  const cudaError_t code =
      on_device ? cudaMalloc(&memory, bytes) : cudaHostAlloc(&memory, bytes, cudaHostAllocPortable);
  GLIMT_TRY(result_of(code, "allocating " + std::to_string(bytes) + " bytes of " +
                                (on_device ? "device" : "pinned host") + " memory"));
  return memory;
}

void release(MemoryKind kind, void* memory) noexcept {
  (void)(kind == MemoryKind::device ? cudaFree(memory) : cudaFreeHost(memory));
}

Result<StreamHandle> create_stream() {
  cudaStream_t stream = nullptr;
  GLIMT_TRY(
      result_of(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream"));
  return stream;
}

void destroy(StreamHandle stream) noexcept { (void)cudaStreamDestroy(stream); }

Status synchronize(StreamHandle stream) {
  return result_of(cudaStreamSynchronize(stream), "waiting for a stream");
}

Result<EventHandle> create_event() {
  cudaEvent_t event = nullptr;
  GLIMT_TRY(
      result_of(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "creating an event"));
  return event;
}

void destroy(EventHandle event) noexcept { (void)cudaEventDestroy(event); }

Status record(EventHandle event, StreamHandle stream) {
  return result_of(cudaEventRecord(event, stream), "recording an event");
}

Status wait(StreamHandle stream, EventHandle event) {
  return result_of(cudaStreamWaitEvent(stream, event, 0), "making a stream wait");
}

Status synchronize(EventHandle event) {
  return result_of(cudaEventSynchronize(event), "waiting for an event");
}

Status follow(StreamHandle later, StreamHandle earlier) {
  if (later == earlier) return {};
  GLIMT_TRY(const EventHandle event, create_event());
  Status status = record(event, earlier);
  if (status.ok()) status = wait(later, event);
  destroy(event);  // what waits for it already goes on doing so
  return status;
}

Result<bool> finished(EventHandle event) {
  const cudaError_t code = cudaEventQuery(event);
  if (code == cudaErrorNotReady) {
    (void)cudaGetLastError();
    return false;
  }
  GLIMT_TRY(result_of(code, "asking for an event"));
  return true;
}

Status synchronize_device(int device) {
  const DeviceScope scope(device);
  GLIMT_TRY(scope.status());
  return result_of(cudaDeviceSynchronize(), "waiting for the GPU");
}

Status copy_rows(const RowCopy& copy, StreamHandle stream) {
  return result_of(cudaMemcpy2DAsync(copy.to, copy.to_stride, copy.from, copy.from_stride,
                                     copy.row_bytes, copy.rows, cudaMemcpyDefault, stream),
                   "copying an image");
}

Status copy_to_device(void* to, const void* from, std::size_t bytes, StreamHandle stream) {
  return result_of(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream),
                   "copying to the GPU");
}

Status copy_to_host(void* to, const void* from, std::size_t bytes, StreamHandle stream) {
  return result_of(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream),
                   "copying from the GPU");
}

Status fill(void* memory, std::uint8_t value, std::size_t bytes, StreamHandle stream) {
  return result_of(cudaMemsetAsync(memory, value, bytes, stream), "filling GPU memory");
}

}  // namespace glimt::gpu

#else

namespace glimt::gpu {
namespace {

Status absent() {
  return {Code::device, "this build of glimt has no GPU support; build with GLIMT_CUDA=ON"};
}

}  // namespace

Status status_of(int, std::string_view) { return absent(); }
Status launch_status(std::string_view) { return absent(); }
int runtime_version() { return 0; }
Result<int> device_count() { return absent(); }
Result<DeviceInfo> describe(int) { return absent(); }
Result<int> current_device() { return absent(); }
Result<int> device_of(const void*) { return absent(); }
DeviceScope::DeviceScope(int) : status_(absent()) {}
DeviceScope::~DeviceScope() = default;
Result<void*> allocate(MemoryKind, std::size_t) { return absent(); }
void release(MemoryKind, void*) noexcept {}
Result<StreamHandle> create_stream() { return absent(); }
void destroy(StreamHandle) noexcept {}
Status synchronize(StreamHandle) { return absent(); }
Result<EventHandle> create_event() { return absent(); }
void destroy(EventHandle) noexcept {}
Status record(EventHandle, StreamHandle) { return absent(); }
Status wait(StreamHandle, EventHandle) { return absent(); }
Status synchronize(EventHandle) { return absent(); }
Status follow(StreamHandle, StreamHandle) { return absent(); }
Result<bool> finished(EventHandle) { return absent(); }
Status synchronize_device(int) { return absent(); }
Status copy_rows(const RowCopy&, StreamHandle) { return absent(); }
Status copy_to_device(void*, const void*, std::size_t, StreamHandle) { return absent(); }
Status copy_to_host(void*, const void*, std::size_t, StreamHandle) { return absent(); }
Status fill(void*, std::uint8_t, std::size_t, StreamHandle) { return absent(); }

}  // namespace glimt::gpu

#endif
