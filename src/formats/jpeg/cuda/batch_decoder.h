// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole batches of JPEG streams to pixels in device memory. The host parses headers and copies the
// entropy-coded data to staging memory; all else happens on the GPU, one set of launches for a
// slice of the batch. Slices overlap: while one is decoded, the next is staged and copied.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "codec/worker.h"
#include "formats/jpeg/cuda/layout.h"
#include "gpu/runtime.h"

namespace glimt::jpeg::cuda {

struct DeviceImage {
  Bytes stream;
  Output output;  ///< on the decoder's device
  /// Code::unsupported, corrupt or truncated: not decoded here, but the CPU may (damage is judged
  /// there). The pixels of a failed image are undefined, or what could be decoded.
  Status status;
  std::uint64_t units_decoded = 0;  ///< MCUs of all scans whose Huffman codes were read
};

/// Serves one thread at a time. Memory and streams are kept between batches.
class BatchDecoder {
 public:
  struct Settings {
    int device = 0;
    bool fancy_upsampling = true;
    int slices = 0;                          ///< 0: chosen by the batch
    const Parameters* parameters = nullptr;  ///< null: chosen by the slice
  };
  static Result<std::unique_ptr<BatchDecoder>> make(const Settings& settings);
  ~BatchDecoder();

  /// Puts the batch on the device: behind what is on `stream` so far, and before what comes on it.
  /// Images and outputs stay untouched by the caller until collect() returns.
  /// Fails when nothing can be decoded; then every image has that status.
  Status submit(std::span<DeviceImage> images, gpu::StreamHandle stream, Worker& worker);
  /// Waits for the batch and completes the images' status.
  Status collect();

 private:
  struct State;
  explicit BatchDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace glimt::jpeg::cuda
