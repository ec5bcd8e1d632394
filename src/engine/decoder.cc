// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/decoder.h"

#include <algorithm>
#include <numeric>

#include "engine/catalogue.h"
#include "engine/decoder_state.h"
#include "engine/limits.h"
#include "engine/pool.h"

namespace glimt {
inline namespace v0 {

Result<Decoder> Decoder::make(const CodecConfig& config) {
  Decoder decoder;
  decoder.state_ = std::make_shared<State>(config);
  State& state = *decoder.state_;
  state.options = Options::parse(config.options);
  GLIMT_TRY(state.site, site_of(config));
  GLIMT_TRY(const auto kinds, allowed_kinds(config, state.options, state.site));
  GLIMT_TRY(state.backends, allowed_backends(decode_backends(), kinds, state.options, state.site));
  state.unknown = find_unknown_options(state.options, option_modules(decode_backends()));
  state.threads = thread_count(config);
  state.config.limits = limits_of(config, state.options);
  check_cuda_streams(state.options, state.threads);
  return decoder;
}

Result<Image> Decoder::decode(const CodeStream& stream, const DecodeParams& params,
                              std::uintptr_t cuda_stream) const {
  const Item item{stream, nullptr, {}};
  if (state_->site.device != Place::kHost) {
    auto results = decode({&item, 1}, params, cuda_stream);
    if (!results[0].status.ok()) return results[0].status;
    return std::move(results[0].image);
  }
  DecodeResult result;
  State::Task task;
  task.item = &item;
  task.params = &params;
  task.result = &result;
  state_->run_one(task, {});
  if (!result.status.ok()) return result.status;
  return std::move(result.image);
}

std::vector<DecodeResult> Decoder::decode(std::span<const Item> items, const DecodeParams& params,
                                          std::uintptr_t cuda_stream,
                                          const Meanwhile& meanwhile) const {
  State& state = *state_;
  std::vector<DecodeResult> results(items.size());
  std::vector<State::Task> tasks(items.size());
  bool meets_gpu = state.site.device != Place::kHost && !items.empty();
  for (std::size_t i = 0; i < items.size(); ++i) {
    tasks[i].item = &items[i];
    tasks[i].params = items[i].params != nullptr ? items[i].params : &params;
    tasks[i].result = &results[i];
    meets_gpu = meets_gpu || !items[i].reuse.place().on_host();
  }
  const bool shared = state.shares.counts() && items.size() > 1;
  if (shared) state.divide(tasks);
  if (meets_gpu) {
    const auto show = [&] {
      for (const State::Task& task : tasks) task.result->image = task.image;
      meanwhile(results);
    };
    state.run_with_gpu(tasks, gpu::stream_of(cuda_stream),
                       meanwhile ? std::function<void()>(show) : nullptr);
  } else if (items.size() <= 1 || state.threads == 1) {
    for (State::Task& task : tasks) state.run_one(task, {});
  } else {
    // Largest first, so that no thread is left with the longest image at the end.
    std::vector<std::pair<std::uint64_t, std::size_t>> order(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const StreamInfo* info = nullptr;
      const bool known = !items[i].stream.empty() && items[i].stream.parsed(info).ok();
      order[i] = {known ? std::uint64_t{info->image.width} * info->image.height : 0, i};
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    run_on_pool(items.size(), state.threads,
                [&](std::size_t k) { state.run_one(tasks[order[k].second], {}); });
  }
  if (shared) {
    std::vector<Turn> turns;
    turns.reserve(tasks.size());
    for (const State::Task& task : tasks) turns.push_back(task.turn);
    state.shares.learn(turns);
  }
  return results;
}

Result<std::vector<Metadata>> Decoder::metadata(const CodeStream& stream, MetadataKind kind) const {
  const StreamInfo* info = nullptr;
  GLIMT_TRY(stream.parsed(info));
  if (info->format->metadata == nullptr) return std::vector<Metadata>();
  const StreamView& view = stream.view();
  return info->format->metadata(Source{stream.bytes(), stream.memory(), {}},
                                {view.image_idx, view.bitstream_offset, view.limit_images}, kind,
                                state_->config.limits);
}

Result<std::optional<TagValues>> Decoder::tag(const CodeStream& stream, std::uint16_t id) const {
  const StreamInfo* info = nullptr;
  GLIMT_TRY(stream.parsed(info));
  if (info->format->tag == nullptr) return std::optional<TagValues>();
  const StreamView& view = stream.view();
  return info->format->tag(Source{stream.bytes(), stream.memory(), {}},
                           {view.image_idx, view.bitstream_offset, view.limit_images}, id,
                           state_->config.limits);
}

const CodecConfig& Decoder::config() const { return state_->config; }
int Decoder::device() const { return state_->site.device; }
const std::vector<std::string>& Decoder::unknown_options() const { return state_->unknown; }

}  // namespace v0
}  // namespace glimt
