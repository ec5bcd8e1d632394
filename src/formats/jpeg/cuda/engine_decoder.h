// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The JPEG engine of the chip (A100, H100 and later), reached through NVIDIA's nvJPEG where that is
// installed. It decodes while the multiprocessors do other work.
//
// Against libjpeg-turbo, measured on an H200 with nvJPEG 13.0 and 13.3: 4:4:4 and gray are equal,
// and with plain upsampling so are 4:2:2 and 4:2:0. With fancy upsampling those differ by at most
// 1, in 3 samples of 10,000 at worst.
//
// The engine tells nothing of damage: what it does not find in the data it leaves as it was.
// Streams without EOI are refused therefore, but bits that are wrong within a scan stay unseen
// here, where BatchDecoder reports them, and pixels of an earlier image may show behind them.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "codec/worker.h"
#include "formats/jpeg/cuda/batch_decoder.h"
#include "gpu/runtime.h"

namespace glimt::jpeg::cuda {

/// Serves one thread at a time. Memory is kept between batches.
class EngineDecoder {
 public:
  struct Settings {
    int device = 0;
    bool fancy_upsampling = true;
    std::string library;  ///< nvJPEG's file; empty: looked for (gpu/library.h), GLIMT_NVJPEG first
  };
  /// Code::device says why there is no engine: no GPU, no nvJPEG, a chip without one.
  static Result<std::unique_ptr<EngineDecoder>> make(const Settings& settings);
  ~EngineDecoder();

  [[nodiscard]] int engines() const;

  /// As BatchDecoder::submit(). nvJPEG copies the streams, so most of the time is spent here.
  /// Images that the engine does not decode get Code::unsupported: progressive, lossless and
  /// arithmetic ones, over 8 bits, 4 components, RGB components, odd samplings; and
  /// Channels::stored of colour images.
  Status submit(std::span<DeviceImage> images, gpu::StreamHandle stream, Worker& worker);
  /// Waits for the batch.
  Status collect();

 private:
  struct State;
  explicit EngineDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace glimt::jpeg::cuda
