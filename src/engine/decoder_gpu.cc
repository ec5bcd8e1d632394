// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that meet a GPU. Backends of Grain::batch get their images in one piece while the pool
// decodes the others; what a batch could not decode goes on to the next backend in a further round.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "engine/catalogue.h"
#include "engine/decoder_state.h"
#include "gpu/image_memory.h"

namespace glimt {
inline namespace v0 {
namespace {

constexpr std::size_t kPlannedTogether = 32;
constexpr std::size_t kAlignment = 256;
constexpr std::size_t kSmallImage = std::size_t{2} << 20, kTogether = std::size_t{16} << 20;

/// Pixels of a device image into memory of the host, in any arrangement.
Status fetch(const Image& from, const Image& to, const PixelForm& form) {
  GLIMT_TRY(const Image pixels, from.copy_to({}));
  GLIMT_TRY(const Converter converter, Converter::make(form, form));
  converter.run(view_of(pixels, form), view_of(to, form));
  return {};
}

}  // namespace

Status Decoder::State::decode_batch(const DecodeBackend& backend, std::span<DecodeJob> jobs,
                                    Lane& lane, std::function<void()> meanwhile) {
  DecodeKits::Lease kit(batch_kits, &backend);
  GLIMT_TRY(ImageDecoder * codec, kit->codec(backend, options));
  kit->arena.restart();
  Worker worker = kits.worker_of(*kit, config.limits, threads);
  worker.gpu = &lane.gpu();
  worker.meanwhile = std::move(meanwhile);
  codec->decode(jobs, worker);
  return {};
}

void Decoder::State::run_batch(std::size_t number, std::span<Task* const> tasks, Lane& lane,
                               std::function<void()> meanwhile) {
  const DecodeBackend& backend = *backends[number].row;
  const std::size_t count = tasks.size();
  const Place scratch_place{lane.gpu().device, reinterpret_cast<std::uintptr_t>(lane.gpu().stream)};
  std::vector<Source> sources(count);
  std::vector<DecodeJob> jobs(count);
  std::vector<Image> images(count);
  std::vector<Canvas> canvases;
  canvases.reserve(count);
  Status failure;
  for (std::size_t i = 0; i < count; ++i) {
    Task& task = *tasks[i];
    sources[i] = {task.item->stream.bytes()};
    jobs[i] = job_of(task, sources[i]);
    images[i] = task.image;
    if (images[i].place().on_host()) {
      auto scratch = Image::make(task.plan.spec, scratch_place);
      if (scratch.ok()) {
        images[i] = *std::move(scratch);
        lane.hold(images[i]);
      } else {
        failure = scratch.status();
      }
    }
    canvases.emplace_back(target_of(task, images[i]));
    jobs[i].canvas = &canvases.back();
  }
  const auto start = std::chrono::steady_clock::now();
  if (failure.ok()) failure = decode_batch(backend, jobs, lane, std::move(meanwhile));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  for (std::size_t i = 0; i < count; ++i) {
    Task& task = *tasks[i];
    if (!failure.ok()) jobs[i].status = failure;
    if (jobs[i].status.ok() && task.image.place().on_host()) {
      jobs[i].status = fetch(images[i], task.image, task.plan.form);
    }
    note(backend, jobs[i], task);
    task.turn.kind = backends[number].kind;
    task.turn.seconds = taken.count() / static_cast<double>(count);
  }
}

void Decoder::State::run_rounds(std::span<Task> tasks, Lane& lane,
                                std::function<void()> meanwhile) {
  for (;;) {
    std::map<std::size_t, std::vector<Task*>> batches;
    std::vector<Task*> singles;
    for (Task& task : tasks) {
      while (!task.settled) {
        const std::size_t next = next_backend(task);
        if (next == kNone) {
          task.settled = true;
        } else if (backends[next]->grain == Grain::image) {
          singles.push_back(&task);
          break;
        } else {
          task.asked |= std::uint64_t{1} << next;
          if (refused(*backends[next].row, task)) continue;
          batches[next].push_back(&task);
          break;
        }
      }
    }
    if (batches.empty() && singles.empty()) return;
    // Largest first, so that no thread is left with the longest image at the end.
    std::stable_sort(singles.begin(), singles.end(), [](const Task* a, const Task* b) {
      return a->image.size_bytes() > b->image.size_bytes();
    });
    const std::vector<std::pair<std::size_t, std::vector<Task*>>> groups(batches.begin(),
                                                                         batches.end());
    if (groups.size() + singles.size() > 1) meanwhile = nullptr;  // another thread's, perhaps
    run_on_pool(groups.size() + singles.size(), threads, [&](std::size_t i) {
      if (i < groups.size())
        run_batch(groups[i].first, groups[i].second, lane, std::exchange(meanwhile, nullptr));
      else
        run_chain(*singles[i - groups.size()], &lane);
    });
    // Beside a batch, which is timed as a whole, the time of images that ran side by side.
    const auto side_by_side = std::clamp<std::size_t>(singles.size(), 1, threads);
    for (Task* task : singles) task->turn.seconds /= static_cast<double>(side_by_side);
  }
}

/// Puts small images together into blocks: taking and giving back memory costs more than their
/// headers. An image that is kept alone keeps its block.
void Decoder::State::place_together(std::span<Task> tasks, const Place& where) {
  std::size_t total = 0;
  std::vector<std::pair<Task*, std::size_t>> small;
  const auto take = [&] {
    if (small.size() > 1) {
      auto memory = gpu::ImageMemory::take(where.device, total, gpu::stream_of(where.cuda_stream));
      std::size_t at = 0;
      for (const auto& [task, bytes] : small) {
        if (!memory.ok()) break;  // each image asks for itself, and fails by itself
        task->image = Image::own(task->plan.spec, *memory, (*memory)->data() + at, bytes, where);
        at += bytes;
      }
    }
    small.clear();
    total = 0;
  };
  for (Task& task : tasks) {
    if (task.settled || !task.item->reuse.empty()) continue;
    const std::size_t packed = task.plan.spec.packed_bytes().value();
    const std::size_t bytes = (packed + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes > kSmallImage) continue;
    if (total + bytes > kTogether) take();
    small.emplace_back(&task, bytes);
    total += bytes;
  }
  take();
}

/// Orders the lane behind what uses the memory to reuse. A task whose memory lies on another device
/// is settled.
Status Decoder::State::wait_for_reused(std::span<Task> tasks, gpu::StreamHandle stream,
                                       Lane& lane) {
  const int device = lane.gpu().device;
  std::set<gpu::StreamHandle> streams;
  for (Task& task : tasks) {
    const Place& place = task.item->reuse.place();
    if (task.settled || task.item->reuse.empty() || place.on_host()) continue;
    if (place.device != device) {
      task.result->status = {Code::bad_argument,
                             "the image to reuse lies on GPU " + std::to_string(place.device) +
                                 ", and the decoder works on GPU " + std::to_string(device) +
                                 "; pass an image of that GPU or none"};
      task.settled = true;
      continue;
    }
    // What reads or writes the old pixels comes first: on the caller's stream, or on the image's.
    for (const gpu::StreamHandle user : {stream, gpu::stream_of(place.cuda_stream)}) {
      if (streams.insert(user).second) GLIMT_TRY(lane.wait_for(user));
    }
  }
  return {};
}

Status Decoder::State::run_in_lane(std::span<Task> tasks, gpu::StreamHandle stream, Lane& lane,
                                   std::function<void()> meanwhile) {
  const int device = lane.gpu().device;
  GLIMT_TRY(lane.begin());
  gpu::renew_image_memory(device, stream);
  run_on_pool((tasks.size() + kPlannedTogether - 1) / kPlannedTogether, threads,
              [&](std::size_t part) {
                const std::size_t first = part * kPlannedTogether;
                const std::size_t count = std::min(kPlannedTogether, tasks.size() - first);
                for (Task& task : tasks.subspan(first, count)) plan(task);
              });
  GLIMT_TRY(wait_for_reused(tasks, stream, lane));
  const Place where =
      site.lands ? Place{device, reinterpret_cast<std::uintptr_t>(stream)} : Place{};
  if (site.lands) place_together(tasks, where);
  for (Task& task : tasks) {
    place(task, {where.device, reinterpret_cast<std::uintptr_t>(stream)});
  }
  run_rounds(tasks, lane, std::move(meanwhile));
  return lane.finish(stream);
}

void Decoder::State::run_with_gpu(std::span<Task> tasks, gpu::StreamHandle stream,
                                  std::function<void()> meanwhile) {
  int device = site.device;
  for (const Task& task : tasks) {
    if (device == Place::kHost) device = task.item->reuse.place().device;
  }
  auto lane = lanes.take(device);
  const Status status =
      lane.ok() ? run_in_lane(tasks, stream, **lane, std::move(meanwhile)) : lane.status();
  for (Task& task : tasks) {
    const bool on_host = !task.image.empty() && task.image.place().on_host();
    if (!status.ok() && task.result->status.ok() && !on_host) task.result->status = status;
    task.result->image = task.result->status.ok() ? std::move(task.image) : Image();
  }
}

}  // namespace v0
}  // namespace glimt
