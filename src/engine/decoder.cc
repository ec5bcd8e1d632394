// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/decoder.h"

#include <algorithm>
#include <numeric>

#include "engine/catalogue.h"
#include "engine/config.h"
#include "engine/kits.h"
#include "engine/limits.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/share.h"

namespace glimt {
inline namespace v0 {
namespace {

CanvasTarget canvas_target(const Image& image, const DecodePlan& plan, const StreamInfo& info) {
  CanvasTarget target;
  target.image = view_of(image, plan.form);
  target.window = plan.window;
  target.stored_width = info.image.width;
  target.stored_height = info.image.height;
  target.orientation = plan.orientation;
  target.fill = plan.fill;
  return target;
}

/// Other backends cannot mend these.
bool final_code(Code code) { return code == Code::bad_argument || code == Code::limit; }

}  // namespace

struct Decoder::State {
  using DecodeKits = Kits<ImageDecoder, DecodeBackend>;

  CodecConfig config;
  Options options;
  std::vector<const DecodeBackend*> backends;
  std::vector<std::string> unknown;
  int threads = 1;
  DecodeKits kits;
  LoadShares shares;

  explicit State(const CodecConfig& c) : config(c), shares(c.backends) {}
  void decode_one(const Item& item, const DecodeParams& params, Turn& turn, DecodeResult& result);
  Status attempt(const DecodeBackend& backend, DecodeJob& job, DecodeKits::Kit& kit);
  void run_chain(DecodeJob& job, const CanvasTarget& target, Turn& turn, DecodeResult& result);
  bool try_backend(const DecodeBackend& backend, DecodeJob& job, const CanvasTarget& target,
                   DecodeKits::Kit& kit, Turn& turn, DecodeResult& result);
  void divide(std::span<const Item> items, std::span<Turn> turns);
};

Status Decoder::State::attempt(const DecodeBackend& backend, DecodeJob& job, DecodeKits::Kit& kit) {
  GLIMT_TRY(ImageDecoder * codec, kit.codec(backend, options));
  kit.arena.restart();
  Worker worker = kits.worker_of(kit, config.limits, threads);
  job.status = {};
  job.note.clear();
  job.units_decoded = 0;
  codec->decode({&job, 1}, worker);
  return job.status;
}

/// Whether the result is settled.
bool Decoder::State::try_backend(const DecodeBackend& backend, DecodeJob& job,
                                 const CanvasTarget& target, DecodeKits::Kit& kit, Turn& turn,
                                 DecodeResult& result) {
  if (const std::string reason = why_not(backend, *job.info); !reason.empty()) {
    Status refusal(Code::unsupported, reason);
    // What a backend found in the stream says more than that another one does not take it.
    if (!turn.ran) result.status = refusal;
    result.attempts.push_back({backend.name, std::move(refusal)});
    return false;
  }
  turn.ran = true;
  Canvas canvas(target);
  canvas.fill_outside();
  job.canvas = &canvas;
  Status status = canvas.wanted().empty() ? Status() : attempt(backend, job, kit);
  job.canvas = nullptr;
  result.attempts.push_back({backend.name, status});
  result.status = std::move(status);
  result.note = job.note;
  result.units_decoded = job.units_decoded;
  return result.status.ok() || final_code(result.status.code());
}

void Decoder::State::run_chain(DecodeJob& job, const CanvasTarget& target, Turn& turn,
                               DecodeResult& result) {
  DecodeKits::Lease kit(kits);
  result.status = {Code::unsupported, "no backend that is allowed decodes this format"};
  for (const bool last : {false, true}) {
    for (const DecodeBackend* backend : backends) {
      const bool deferred = (turn.last & kind_bit(backend->kind)) != 0;
      if (backend->format != job.info->format || deferred != last) continue;
      const Stopwatch watch(turn, backend->kind, shares.counts());
      if (try_backend(*backend, job, target, *kit, turn, result)) return;
    }
  }
}

/// Which kinds the images of a batch are offered to first, format by format.
void Decoder::State::divide(std::span<const Item> items, std::span<Turn> turns) {
  for (const Format* format : formats()) {
    std::vector<Turn*> of_format;
    std::vector<BackendKind> kinds;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const StreamInfo* info = nullptr;
      const bool known = !items[i].stream.empty() && items[i].stream.parsed(info).ok();
      if (known && info->format == format) of_format.push_back(&turns[i]);
    }
    for (const DecodeBackend* backend : backends) {
      if (backend->format == format) kinds.push_back(backend->kind);
    }
    shares.divide(format->name, kinds, of_format);
  }
}

void Decoder::State::decode_one(const Item& item, const DecodeParams& params, Turn& turn,
                                DecodeResult& result) {
  const StreamInfo* info = nullptr;
  result.status = item.stream.parsed(info);
  if (!result.status.ok()) return;
  const StreamView& view = item.stream.view();
  auto plan = plan_decode(*info, view, params, config.limits);
  result.status = plan.status();
  if (!plan.ok()) return;
  Image image = item.reuse;
  result.status = image.reshape(plan->spec);
  if (!result.status.ok()) return;

  const Source source{item.stream.bytes()};
  DecodeJob job;
  job.info = info;
  job.source = &source;
  job.page = {view.image_idx, view.bitstream_offset, view.limit_images};
  job.partial = params.errors == Errors::partial;
  run_chain(job, canvas_target(image, *plan, *info), turn, result);
  if (result.status.ok()) result.image = std::move(image);
}

Result<Decoder> Decoder::make(const CodecConfig& config) {
  Decoder decoder;
  decoder.state_ = std::make_shared<State>(config);
  State& state = *decoder.state_;
  state.options = Options::parse(config.options);
  GLIMT_TRY(const auto kinds, allowed_kinds(config, state.options));
  state.backends = allowed_backends(decode_backends(), kinds);
  state.unknown = find_unknown_options(state.options, option_modules(decode_backends()));
  state.threads = thread_count(config);
  state.config.limits = limits_of(config, state.options);
  check_cuda_streams(state.options, state.threads);
  return decoder;
}

Result<Image> Decoder::decode(const CodeStream& stream, const DecodeParams& params) const {
  DecodeResult result;
  Turn turn;
  state_->decode_one({stream, nullptr, {}}, params, turn, result);
  if (!result.status.ok()) return result.status;
  return std::move(result.image);
}

std::vector<DecodeResult> Decoder::decode(std::span<const Item> items,
                                          const DecodeParams& params) const {
  std::vector<DecodeResult> results(items.size());
  std::vector<Turn> turns(items.size());
  const auto one = [&](std::size_t i) {
    state_->decode_one(items[i], items[i].params ? *items[i].params : params, turns[i], results[i]);
  };
  if (items.size() <= 1 || (state_->threads == 1 && !state_->shares.counts())) {
    for (std::size_t i = 0; i < items.size(); ++i) one(i);
    return results;
  }
  if (state_->shares.counts()) state_->divide(items, turns);
  // Largest first, so that no thread is left with the longest image at the end.
  std::vector<std::pair<std::uint64_t, std::size_t>> order(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const StreamInfo* info = nullptr;
    const bool known = !items[i].stream.empty() && items[i].stream.parsed(info).ok();
    order[i] = {known ? std::uint64_t{info->image.width} * info->image.height : 0, i};
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  run_on_pool(items.size(), state_->threads, [&](std::size_t k) { one(order[k].second); });
  if (state_->shares.counts()) state_->shares.learn(turns);
  return results;
}

Result<std::vector<Metadata>> Decoder::metadata(const CodeStream& stream, MetadataKind kind) const {
  const StreamInfo* info = nullptr;
  GLIMT_TRY(stream.parsed(info));
  if (info->format->metadata == nullptr) return std::vector<Metadata>();
  const StreamView& view = stream.view();
  return info->format->metadata(Source{stream.bytes()},
                                {view.image_idx, view.bitstream_offset, view.limit_images}, kind,
                                state_->config.limits);
}

const CodecConfig& Decoder::config() const { return state_->config; }
const std::vector<std::string>& Decoder::unknown_options() const { return state_->unknown; }

}  // namespace v0
}  // namespace glimt
