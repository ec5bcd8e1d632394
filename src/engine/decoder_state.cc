// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/decoder_state.h"

#include <utility>

#include "engine/catalogue.h"

namespace glimt {
inline namespace v0 {
namespace {

/// Other backends cannot mend these.
bool final_code(Code code) { return code == Code::bad_argument || code == Code::limit; }

Result<StreamInfo> parse_inner(std::string_view name, const Source& source) {
  for (const Format* format : formats()) {
    if (format->name == name) return format->parse(source, {});
  }
  return Status(Code::unsupported, "glimt knows no format named " + std::string(name));
}

/// With the codecs of a kit of its own, in the arena of the worker that asks.
template <class DecodeKits>
void decode_inner(DecodeKits& kits, const Options& options, DecodeJob& job, Worker& worker) {
  typename DecodeKits::Lease kit(kits);
  job.status = {Code::unsupported, "no backend on the CPU decodes this format"};
  bool ran = false;
  for (const DecodeBackend* backend : decode_backends()) {
    if (backend->format != job.info->format || backend->kind != BackendKind::cpu_only) continue;
    if (const std::string reason = why_not(*backend, *job.info); !reason.empty()) {
      if (!ran) job.status = {Code::unsupported, reason};
      continue;
    }
    const auto codec = kit->codec(*backend, options);
    if (!codec.ok()) {
      job.status = codec.status();
      return;
    }
    const Arena::Mark mark = worker.arena.mark();
    (*codec)->decode({&job, 1}, worker);
    worker.arena.release(mark);
    ran = true;
    if (job.status.ok() || final_code(job.status.code())) return;
  }
}

}  // namespace

CanvasTarget Decoder::State::target_of(const Task& task, const Image& image) {
  CanvasTarget target;
  target.image = view_of(image, task.plan.form);
  target.window = task.plan.window;
  target.stored_width = task.info->image.width;
  target.stored_height = task.info->image.height;
  target.orientation = task.plan.orientation;
  target.fill = task.plan.fill;
  return target;
}

DecodeJob Decoder::State::job_of(const Task& task, const Source& source) {
  const StreamView& view = task.item->stream.view();
  DecodeJob job;
  job.info = task.info;
  job.source = &source;
  job.page = {view.image_idx, view.bitstream_offset, view.limit_images};
  job.partial = task.params->errors == Errors::partial;
  return job;
}

void Decoder::State::plan(Task& task) const {
  Status& status = task.result->status;
  task.settled = true;
  status = task.item->stream.parsed(task.info);
  if (!status.ok()) return;
  auto plan = plan_decode(*task.info, task.item->stream.view(), *task.params, config.limits);
  status = plan.status();
  if (!plan.ok()) return;
  task.plan = *std::move(plan);
  task.settled = false;
}

void Decoder::State::place(Task& task, const Place& place) {
  if (task.settled) return;
  Status& status = task.result->status;
  if (!task.item->reuse.empty()) {
    task.image = task.item->reuse;
    status = task.image.reshape(task.plan.spec);
    task.image.set_cuda_stream(place.cuda_stream);
  } else if (task.image.empty()) {
    auto made = Image::make(task.plan.spec, place);
    status = made.status();
    if (made.ok()) task.image = *std::move(made);
  }
  task.settled = !status.ok();
  if (status.ok()) {
    status = {Code::unsupported, "no backend that is allowed decodes this format"};
  }
}

std::size_t Decoder::State::next_backend(const Task& task) const {
  for (const bool last : {false, true}) {
    for (std::size_t i = 0; i < backends.size(); ++i) {
      const bool deferred = (task.turn.last & kind_bit(backends[i].kind)) != 0;
      const bool asked = (task.asked >> i & 1U) != 0;
      if (!asked && deferred == last && backends[i]->format == task.info->format) return i;
    }
  }
  return kNone;
}

bool Decoder::State::refused(const DecodeBackend& backend, Task& task) const {
  const std::string reason = why_not(backend, *task.info);
  if (reason.empty()) return false;
  Status refusal(Code::unsupported, reason);
  // What a backend found in the stream says more than that another one does not take it.
  if (!task.turn.ran) task.result->status = refusal;
  task.result->attempts.push_back({backend.name, std::move(refusal)});
  return true;
}

void Decoder::State::note(const DecodeBackend& backend, DecodeJob& job, Task& task) const {
  DecodeResult& result = *task.result;
  task.turn.ran = true;
  result.attempts.push_back({backend.name, job.status});
  result.status = std::move(job.status);
  result.note = std::move(job.note);
  result.units_decoded = job.units_decoded;
  task.settled = result.status.ok() || final_code(result.status.code());
  // Rows that differ in where the pixels end would only fail again.
  // And an engine of the chip sees no damage: it takes nothing that others would not.
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const bool blind = backends[i]->kind == BackendKind::hw_gpu_only && !result.status.ok();
    if (blind || backends[i]->open == backend.open) task.asked |= std::uint64_t{1} << i;
  }
}

Status Decoder::State::attempt(const DecodeBackend& backend, DecodeJob& job, DecodeKits::Kit& kit) {
  GLIMT_TRY(ImageDecoder * codec, kit.codec(backend, options));
  kit.arena.restart();
  Worker worker = kits.worker_of(kit, config.limits, threads);
  codec->decode({&job, 1}, worker);
  return job.status;
}

Status Decoder::State::decode_on_host(const DecodeBackend& backend, Task& task, DecodeJob& job,
                                      DecodeKits::Kit& kit) {
  Canvas canvas(target_of(task, task.image));
  canvas.fill_outside();
  if (canvas.wanted().empty()) return {};
  job.canvas = &canvas;
  return attempt(backend, job, kit);
}

Status Decoder::State::decode_and_land(const DecodeBackend& backend, Task& task, DecodeJob& job,
                                       DecodeKits::Kit& kit, Lane& lane) {
  const CanvasTarget target = target_of(task, task.image);
  Capture capture{[&lane](std::size_t bytes) { return lane.take_pinned(bytes); }, {}};
  Canvas canvas(target, capture);
  if (!canvas.wanted().empty()) {
    job.canvas = &canvas;
    GLIMT_TRY(attempt(backend, job, kit));
  }
  return lane.land(target, capture.view, canvas.wanted());
}

void Decoder::State::run_chain(Task& task, Lane* lane) {
  DecodeKits::Lease kit(kits);
  const Source source{task.item->stream.bytes(), task.item->stream.memory(), {}};
  const InnerCodecs inner{parse_inner, [this](DecodeJob& job, Worker& worker) {
                            decode_inner(kits, options, job, worker);
                          }};
  for (std::size_t i = next_backend(task); i != kNone && !task.settled; i = next_backend(task)) {
    const DecodeBackend& backend = *backends[i].row;
    if (backend.grain == Grain::batch) return;
    task.asked |= std::uint64_t{1} << i;
    const Stopwatch watch(task.turn, backends[i].kind, shares.counts());
    if (refused(backend, task)) continue;
    DecodeJob job = job_of(task, source);
    job.inner = &inner;
    job.threads = threads;
    job.status = task.image.place().on_host() ? decode_on_host(backend, task, job, *kit)
                                              : decode_and_land(backend, task, job, *kit, *lane);
    note(backend, job, task);
  }
  task.settled = true;
}

void Decoder::State::run_one(Task& task, const Place& where) {
  plan(task);
  place(task, where);
  if (!task.settled) run_chain(task, nullptr);
  if (task.result->status.ok()) task.result->image = std::move(task.image);
}

/// Which kinds the images of a batch are offered to first, format by format.
void Decoder::State::divide(std::span<Task> tasks) {
  for (const Format* format : formats()) {
    std::vector<Turn*> of_format;
    std::vector<BackendKind> kinds;
    for (Task& task : tasks) {
      const StreamInfo* info = nullptr;
      const bool known = !task.item->stream.empty() && task.item->stream.parsed(info).ok();
      if (known && info->format == format) of_format.push_back(&task.turn);
    }
    for (const auto& backend : backends) {
      if (backend->format == format) kinds.push_back(backend.kind);
    }
    shares.divide(format->name, kinds, of_format);
  }
}

}  // namespace v0
}  // namespace glimt
