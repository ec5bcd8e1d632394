// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole batches of images in device memory to JPEG files in host memory. All entropy coding
// happens on the GPU, one set of launches for a slice of the batch; the host writes headers and
// copies the finished bytes to their sinks. Slices overlap: while one is encoded, those before are
// copied. Files equal those of libjpeg-turbo at the same settings (islow DCT), byte for byte.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "codec/job.h"
#include "formats/jpeg/cuda/encode_settings.h"
#include "gpu/runtime.h"
#include "pixel/form.h"

namespace glimt::jpeg::cuda {

struct DeviceSource {
  /// On the encoder's device: uint8; gray, rgb or ycc, with or without alpha (which is left out),
  /// any strides.
  PixelView image;
  EncodeSettings settings;
  Sink* sink = nullptr;  ///< the file is appended to it
  Embedded embedded;
  /// Code::unsupported: not encoded here, but the CPU may. Code::bad_argument, out_of_memory. What
  /// a failed image has left in its sink is undefined.
  Status status;
};

/// Serves one thread at a time. Memory and streams are kept between batches.
class BatchEncoder {
 public:
  struct Settings {
    int device = 0;
    int slices = 0;  ///< 0: chosen by the batch
    /// The GPU writes the files where they stay if their images have so many pixels on average and
    /// their sinks are without memory; each costs a copy of its own.
    std::uint64_t pixels_for_direct_files = 1 << 19;
  };
  static Result<std::unique_ptr<BatchEncoder>> make(const Settings& settings);
  ~BatchEncoder();

  /// Puts the batch's first slices on the device, behind what is on `stream` so far. Images,
  /// sinks, metadata and the worker stay as they are until collect() returns. Fails when nothing
  /// can be encoded; then every image has that status.
  Status submit(std::span<DeviceSource> sources, gpu::StreamHandle stream, Worker& worker);
  /// Encodes the rest, and completes the files and their status. After it the images may be
  /// overwritten.
  Status collect();

 private:
  struct State;
  explicit BatchEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace glimt::jpeg::cuda
