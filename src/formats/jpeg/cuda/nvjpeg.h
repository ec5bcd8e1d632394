// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The few functions of NVIDIA's nvJPEG that reach the hardware decoder, declared here because the
// library is looked for at run time. Values are those of its C interface, versions 12.1 to 13.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "gpu/library.h"
#include "gpu/runtime.h"

namespace glimt::jpeg::cuda::nvjpeg {

enum Outcome : int {
  kSuccess = 0,
  kNotInitialized = 1,
  kInvalidParameter = 2,
  kBadJpeg = 3,
  kJpegNotSupported = 4,
  kAllocatorFailure = 5,
  kExecutionFailed = 6,
  kArchMismatch = 7,
  kInternalError = 8,
  kImplementationNotSupported = 9,
  kIncompleteBitstream = 10,
};

constexpr int kBackendHardware = 3;
constexpr unsigned kUpsamplingWithInterpolation = 1U << 5;

enum class OutputFormat : int {
  y = 2,     ///< luma
  rgbi = 5,  ///< interleaved
};

struct Handle_;
struct State_;
struct JpegStream_;
using Handle = Handle_*;
using State = State_*;
using JpegStream = JpegStream_*;

struct Image {
  unsigned char* channel[4];
  std::size_t pitch[4];
};

struct Api {
  int (*create_ex)(int backend, void* device_allocator, void* pinned_allocator, unsigned flags,
                   Handle* handle);
  int (*destroy)(Handle);
  int (*get_hardware_decoder_info)(Handle, unsigned* engines, unsigned* cores_per_engine);
  int (*jpeg_state_create)(Handle, State*);
  int (*jpeg_state_destroy)(State);
  int (*jpeg_stream_create)(Handle, JpegStream*);
  int (*jpeg_stream_destroy)(JpegStream);
  int (*jpeg_stream_parse_header)(Handle, const unsigned char* data, std::size_t length,
                                  JpegStream);
  int (*decode_batched_supported)(Handle, JpegStream, int* unsupported);
  int (*decode_batched_initialize)(Handle, State, int batch_size, int max_cpu_threads,
                                   OutputFormat);
  int (*decode_batched)(Handle, State, const unsigned char* const* data, const std::size_t* lengths,
                        Image* destinations, gpu::StreamHandle);
};

/// Looks for the library; `file` is tried alone if it is not empty. Code::device.
Status load(const std::string& file, Api& api);
/// The Status of an Outcome. `action` completes "... while <action>".
Status status_of(int outcome, std::string_view action);

}  // namespace glimt::jpeg::cuda::nvjpeg
