// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/encoder.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "codec/embedded.h"
#include "engine/catalogue.h"
#include "engine/config.h"
#include "engine/inner_encode.h"
#include "engine/kits.h"
#include "engine/lane.h"
#include "engine/limits.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/share.h"

namespace glimt {
inline namespace v0 {
namespace {

std::string extension_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::size_t dot = path.find_last_of('.');
  const bool has = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return has ? path.substr(dot) : std::string();
}

}  // namespace

Result<CodecName> codec_of(std::string_view name_or_extension) {
  std::string wanted(name_or_extension);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const Format* format : formats()) {
    if (format->name == wanted) return CodecName{format->name, ""};
    for (const std::string_view extension : format->extensions) {
      if (extension == wanted) return CodecName{format->name, extension.substr(1)};
    }
  }
  std::string known;
  for (const Format* format : formats()) {
    known += (known.empty() ? "" : ", ") + std::string(format->name);
  }
  return Status(Code::bad_argument,
                "unknown codec '" + std::string(name_or_extension) + "'; known are " + known);
}

struct Encoder::State {
  /// One image of a call.
  struct Task {
    const Item* item = nullptr;
    EncodeResult* result = nullptr;
    Turn turn;
    PixelForm form;
    Image image;              ///< the item's, perhaps brought to where a backend wants it
    std::uint64_t asked = 0;  ///< bit i: backends[i] has been asked
    bool settled = false;
  };
  static constexpr std::size_t kNone = ~std::size_t{0};
  /// What a job refers to.
  struct Materials {
    PixelSource source;
    Sink sink;
    EncodeJob job;
  };

  CodecConfig config;
  Options options;
  std::vector<Serving<EncodeBackend>> backends;
  std::vector<std::string> unknown;
  int threads = 1;
  Site site;
  EncodeKits kits;
  /// For backends of Grain::batch, whose codecs hold GPU memory: no more than calls at a time.
  EncodeKits batch_kits;
  LoadShares shares;
  Lanes lanes;

  explicit State(const CodecConfig& c) : config(c), shares(c.backends) {}

  std::vector<Task> tasks_of(std::span<const Item> items, std::span<EncodeResult> results,
                             const CodecName& codec) const;
  [[nodiscard]] std::size_t next_backend(const Task& task, const CodecName& codec) const;
  /// The next backend that may serve, or kNone; those that refuse are noted.
  std::size_t choose(Task& task, const CodecName& codec, const EncodeParams& params) const;
  Result<std::unique_ptr<Materials>> materials_of(const EncodeBackend& backend, const Task& task,
                                                  const EncodeParams& params) const;
  static void note(const EncodeBackend& backend, Materials& materials, Task& task);
  static void note(const EncodeBackend& backend, const Status& status, Task& task);

  void run_chain(Task& task, const CodecName& codec, const EncodeParams& params);
  void run_batch(std::size_t number, std::span<Task* const> tasks, const EncodeParams& params,
                 Lane& lane);
  void run_rounds(std::span<Task> tasks, const CodecName& codec, const EncodeParams& params,
                  Lane* lane);
  void divide(const CodecName& codec, std::span<Task> tasks);
  [[nodiscard]] bool has_batch_backend(const CodecName& codec) const;
};

std::vector<Encoder::State::Task> Encoder::State::tasks_of(std::span<const Item> items,
                                                           std::span<EncodeResult> results,
                                                           const CodecName& codec) const {
  std::vector<Task> tasks(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    tasks[i].item = &items[i];
    tasks[i].result = &results[i];
    tasks[i].settled = true;
    if (items[i].image.empty()) {
      results[i].status = {Code::bad_argument, "there is no image to encode"};
      continue;
    }
    const auto form = form_of(items[i].image.spec());
    results[i].status = form.status();
    if (!form.ok()) continue;
    tasks[i].form = *form;
    tasks[i].image = items[i].image;
    tasks[i].settled = false;
    results[i].status = {Code::unsupported,
                         "no backend that is allowed encodes " + std::string(codec.codec)};
  }
  return tasks;
}

std::size_t Encoder::State::next_backend(const Task& task, const CodecName& codec) const {
  for (const bool last : {false, true}) {
    for (std::size_t i = 0; i < backends.size(); ++i) {
      const bool deferred = (task.turn.last & kind_bit(backends[i].kind)) != 0;
      const bool asked = (task.asked >> i & 1U) != 0;
      if (!asked && deferred == last && backends[i]->format->name == codec.codec) return i;
    }
  }
  return kNone;
}

std::size_t Encoder::State::choose(Task& task, const CodecName& codec,
                                   const EncodeParams& params) const {
  for (;;) {
    const std::size_t i = next_backend(task, codec);
    if (i == kNone) return kNone;
    const EncodeBackend& backend = *backends[i].row;
    const std::string reason = why_not(backend, task.form, params);
    if (reason.empty()) return i;
    task.asked |= std::uint64_t{1} << i;
    Status refusal(Code::unsupported, reason);
    // The first one stands until a backend is tried: a later one says less.
    if (task.result->attempts.empty()) task.result->status = refusal;
    task.result->attempts.push_back({backend.name, std::move(refusal)});
  }
}

Result<std::unique_ptr<Encoder::State::Materials>> Encoder::State::materials_of(
    const EncodeBackend& backend, const Task& task, const EncodeParams& params) const {
  auto made = std::make_unique<Materials>(
      Materials{PixelSource(view_of(task.image, task.form)), Sink(task.item->reuse), {}});
  EncodeJob& job = made->job;
  job.params = &params;
  job.source = &made->source;
  job.color_spec = target_color(params, task.form);
  job.subsampling = subsampling_of(params, task.form);
  job.sink = &made->sink;
  GLIMT_TRY(job.embedded, select_embedded(params, backend.caps.embeds, job.note));
  return made;
}

void Encoder::State::note(const EncodeBackend& backend, const Status& status, Task& task) {
  task.turn.ran = true;
  task.result->attempts.push_back({backend.name, status});
  task.result->status = status;
  task.settled = status.ok() || status.code() == Code::limit;
}

void Encoder::State::note(const EncodeBackend& backend, Materials& materials, Task& task) {
  EncodeJob& job = materials.job;
  if (job.status.ok()) {
    task.result->bytes = std::move(materials.sink).finish();
    task.result->note = std::move(job.note);
  }
  note(backend, job.status, task);
}

/// Backends of Grain::image one after the other, as long as they come next.
void Encoder::State::run_chain(Task& task, const CodecName& codec, const EncodeParams& params) {
  const InnerEncoders inner = inner_encoders(kits, options);
  while (!task.settled) {
    const std::size_t i = choose(task, codec, params);
    if (i == kNone) break;
    const EncodeBackend& backend = *backends[i].row;
    if (backend.grain == Grain::batch) return;
    task.asked |= std::uint64_t{1} << i;
    const Stopwatch watch(task.turn, backends[i].kind, shares.counts());
    if (!task.image.place().on_host()) {
      auto fetched = task.image.copy_to({});
      if (!fetched.ok()) {
        note(backend, fetched.status(), task);
        break;
      }
      task.image = *std::move(fetched);
    }
    EncodeKits::Lease kit(kits);
    auto codec_of_kit = kit->codec(backend, options);
    auto materials = materials_of(backend, task, params);
    if (!codec_of_kit.ok() || !materials.ok()) {
      note(backend, codec_of_kit.ok() ? materials.status() : codec_of_kit.status(), task);
      continue;
    }
    kit->arena.restart();
    Worker worker = kits.worker_of(*kit, config.limits, threads);
    (*materials)->job.inner = &inner;
    (*materials)->job.threads = threads;
    (*codec_of_kit)->encode({&(*materials)->job, 1}, worker);
    note(backend, **materials, task);
  }
  task.settled = true;
}

/// One batch on the GPU: images of the host are sent there first.
void Encoder::State::run_batch(std::size_t number, std::span<Task* const> tasks,
                               const EncodeParams& params, Lane& lane) {
  const EncodeBackend& backend = *backends[number].row;
  const Place place{lane.gpu().device, reinterpret_cast<std::uintptr_t>(lane.gpu().stream)};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<Materials>> all;
  std::vector<Task*> of_all;
  for (Task* task : tasks) {
    Task on_device = *task;
    auto moved = task->image.copy_to(place, false);
    const Status sent = moved.status();
    if (sent.ok()) on_device.image = *std::move(moved);
    auto materials = sent.ok() ? materials_of(backend, on_device, params)
                               : Result<std::unique_ptr<Materials>>(sent);
    if (!materials.ok()) {
      note(backend, materials.status(), *task);
      continue;
    }
    lane.hold(on_device.image);
    all.push_back(*std::move(materials));
    of_all.push_back(task);
  }
  std::vector<EncodeJob> jobs;
  jobs.reserve(all.size());
  for (const auto& materials : all) jobs.push_back(std::move(materials->job));
  EncodeKits::Lease kit(batch_kits, &backend);
  auto codec = kit->codec(backend, options);
  if (codec.ok() && !jobs.empty()) {
    kit->arena.restart();
    Worker worker = kits.worker_of(*kit, config.limits, threads);
    worker.gpu = &lane.gpu();
    (*codec)->encode(jobs, worker);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!codec.ok()) jobs[i].status = codec.status();
    all[i]->job = std::move(jobs[i]);
    note(backend, *all[i], *of_all[i]);
    of_all[i]->turn.kind = backends[number].kind;
    of_all[i]->turn.seconds = taken.count() / static_cast<double>(all.size());
  }
}

void Encoder::State::run_rounds(std::span<Task> tasks, const CodecName& codec,
                                const EncodeParams& params, Lane* lane) {
  for (;;) {
    std::map<std::size_t, std::vector<Task*>> batches;
    std::vector<Task*> singles;
    for (Task& task : tasks) {
      if (task.settled) continue;
      const std::size_t next = choose(task, codec, params);
      if (next == kNone) {
        task.settled = true;
      } else if (backends[next]->grain == Grain::image) {
        singles.push_back(&task);
      } else {
        task.asked |= std::uint64_t{1} << next;
        batches[next].push_back(&task);
      }
    }
    if (batches.empty() && singles.empty()) return;
    std::stable_sort(singles.begin(), singles.end(), [](const Task* a, const Task* b) {
      return a->image.size_bytes() > b->image.size_bytes();
    });
    const std::vector<std::pair<std::size_t, std::vector<Task*>>> groups(batches.begin(),
                                                                         batches.end());
    run_on_pool(groups.size() + singles.size(), threads, [&](std::size_t i) {
      if (i < groups.size()) {
        run_batch(groups[i].first, groups[i].second, params, *lane);
      } else {
        run_chain(*singles[i - groups.size()], codec, params);
      }
    });
  }
}

/// Which kinds the images of a batch are offered to first.
void Encoder::State::divide(const CodecName& codec, std::span<Task> tasks) {
  std::vector<Turn*> all;
  for (Task& task : tasks) all.push_back(&task.turn);
  std::vector<BackendKind> kinds;
  for (const auto& backend : backends) {
    if (backend->format->name == codec.codec) kinds.push_back(backend.kind);
  }
  shares.divide(codec.codec, kinds, all);
}

bool Encoder::State::has_batch_backend(const CodecName& codec) const {
  return std::any_of(backends.begin(), backends.end(), [&](const auto& backend) {
    return backend->grain == Grain::batch && backend->format->name == codec.codec;
  });
}

Result<Encoder> Encoder::make(const CodecConfig& config) {
  Encoder encoder;
  encoder.state_ = std::make_shared<State>(config);
  State& state = *encoder.state_;
  state.options = Options::parse(config.options);
  GLIMT_TRY(state.site, site_of(config));
  GLIMT_TRY(const auto kinds, allowed_kinds(config, state.options, state.site));
  GLIMT_TRY(state.backends, allowed_backends(encode_backends(), kinds, state.options, state.site));
  state.unknown = find_unknown_options(state.options, option_modules(encode_backends()));
  state.threads = thread_count(config);
  state.config.limits = limits_of(config, state.options);
  check_cuda_streams(state.options, state.threads);
  return encoder;
}

std::vector<EncodeResult> Encoder::encode(std::span<const Item> items, std::string_view codec,
                                          const EncodeParams& given) const {
  State& state = *state_;
  std::vector<EncodeResult> results(items.size());
  const auto fail = [&](const Status& status) {
    for (EncodeResult& result : results) result.status = status;
    return results;
  };
  const auto name = codec_of(codec);
  if (!name.ok()) return fail(name.status());
  EncodeParams params = given;
  if (params.variant.empty()) params.variant = name->variant;
  std::vector<State::Task> tasks = state.tasks_of(items, results, *name);
  if (state.shares.counts()) state.divide(*name, tasks);
  std::optional<Lanes::Lease> lane;
  if (state.has_batch_backend(*name) && !items.empty()) {
    auto taken = state.lanes.take(state.site.device);
    if (!taken.ok()) return fail(taken.status());
    lane.emplace(*std::move(taken));
    if (const Status status = (*lane)->begin(); !status.ok()) return fail(status);
    // Pixels are there when the streams that they are ordered on are so far.
    std::set<std::uintptr_t> streams;
    for (const Item& item : items) {
      const Place& place = item.image.place();
      if (place.on_host() || place.device != state.site.device) continue;
      if (!streams.insert(place.cuda_stream).second) continue;
      const Status status = (*lane)->wait_for(gpu::stream_of(place.cuda_stream));
      if (!status.ok()) return fail(status);
    }
  }
  state.run_rounds(tasks, *name, params, lane ? &**lane : nullptr);
  if (state.shares.counts()) {
    std::vector<Turn> turns;
    turns.reserve(tasks.size());
    for (const State::Task& task : tasks) turns.push_back(task.turn);
    state.shares.learn(turns);
  }
  return results;
}

Result<EncodedBytes> Encoder::encode(const Image& image, std::string_view codec,
                                     const EncodeParams& params) const {
  const Item item{image, {}};
  auto results = encode(std::span(&item, 1), codec, params);
  if (!results[0].status.ok()) return results[0].status;
  return std::move(results[0].bytes);
}

Status Encoder::write(const std::string& path, const Image& image, std::string_view codec,
                      const EncodeParams& params) const {
  const std::string extension = extension_of(path);
  if (codec.empty()) codec = extension.empty() ? std::string_view("jpeg") : extension;
  GLIMT_TRY(const EncodedBytes bytes, encode(image, codec, params));
  return write_file(path, bytes.bytes());
}

const CodecConfig& Encoder::config() const { return state_->config; }
int Encoder::device() const { return state_->site.device; }
const std::vector<std::string>& Encoder::unknown_options() const { return state_->unknown; }

}  // namespace v0
}  // namespace glimt
