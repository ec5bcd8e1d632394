// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a Decoder holds, and the way of one image through its backends.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/kits.h"
#include "engine/lane.h"
#include "engine/plan.h"
#include "engine/share.h"
#include "glimt/decoder.h"

namespace glimt {
inline namespace v0 {

struct Decoder::State {
  using DecodeKits = Kits<ImageDecoder, DecodeBackend>;

  /// One image of a call.
  struct Task {
    const Item* item = nullptr;
    const DecodeParams* params = nullptr;
    DecodeResult* result = nullptr;
    Turn turn;
    const StreamInfo* info = nullptr;
    DecodePlan plan;
    Image image;
    std::uint64_t asked = 0;  ///< bit i: backends[i] has been asked
    bool settled = false;     ///< nobody else need be asked
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  CodecConfig config;
  Options options;
  std::vector<Serving<DecodeBackend>> backends;
  std::vector<std::string> unknown;
  int threads = 1;
  Site site;
  DecodeKits kits;
  /// For backends of Grain::batch, whose codecs hold GPU memory: no more than calls at a time.
  DecodeKits batch_kits;
  LoadShares shares;
  Lanes lanes;

  explicit State(const CodecConfig& c) : config(c), shares(c.backends) {}

  /// What the request means for the stream; a task that fails here is settled.
  void plan(Task& task) const;
  /// The memory for a planned task, unless it has some: the last step before a backend is asked.
  static void place(Task& task, const Place& place);
  /// The backend to ask next, or kNone.
  [[nodiscard]] std::size_t next_backend(const Task& task) const;
  /// Notes that the backend refuses the stream by its headers, if so.
  bool refused(const DecodeBackend& backend, Task& task) const;
  /// Notes how a backend ended.
  void note(const DecodeBackend& backend, DecodeJob& job, Task& task) const;
  static DecodeJob job_of(const Task& task, const Source& source);
  static CanvasTarget target_of(const Task& task, const Image& image);
  Status attempt(const DecodeBackend& backend, DecodeJob& job, DecodeKits::Kit& kit);

  /// Asks backends of Grain::image one after the other, as long as they come next. `lane`: where
  /// the image lies on a device.
  void run_chain(Task& task, Lane* lane);
  void run_one(Task& task, const Place& where);
  /// Images of which some lie on a GPU or may be decoded there. `meanwhile`: Worker::meanwhile.
  void run_with_gpu(std::span<Task> tasks, gpu::StreamHandle stream,
                    std::function<void()> meanwhile);
  void divide(std::span<Task> tasks);

 private:
  Status decode_on_host(const DecodeBackend& backend, Task& task, DecodeJob& job,
                        DecodeKits::Kit& kit);
  Status decode_and_land(const DecodeBackend& backend, Task& task, DecodeJob& job,
                         DecodeKits::Kit& kit, Lane& lane);
  Status decode_batch(const DecodeBackend& backend, std::span<DecodeJob> jobs, Lane& lane,
                      std::function<void()> meanwhile);
  void run_batch(std::size_t backend, std::span<Task* const> tasks, Lane& lane,
                 std::function<void()> meanwhile);
  void run_rounds(std::span<Task> tasks, Lane& lane, std::function<void()> meanwhile);
  static void place_together(std::span<Task> tasks, const Place& where);
  static Status wait_for_reused(std::span<Task> tasks, gpu::StreamHandle stream, Lane& lane);
  Status run_in_lane(std::span<Task> tasks, gpu::StreamHandle stream, Lane& lane,
                     std::function<void()> meanwhile);
};

}  // namespace v0
}  // namespace glimt
