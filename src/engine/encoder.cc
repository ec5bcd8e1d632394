// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/encoder.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "codec/embedded.h"
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

/// The colour that the file is to hold: the parameters' wish, or the image's own.
ColorSpec target_color(const EncodeParams& params, const PixelForm& form) {
  if (params.color_spec != ColorSpec::unchanged) return params.color_spec;
  constexpr ColorSpec specs[] = {ColorSpec::gray, ColorSpec::srgb, ColorSpec::sycc,
                                 ColorSpec::cmyk, ColorSpec::ycck, ColorSpec::unsupported};
  return specs[static_cast<std::size_t>(form.color)];
}

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
  using EncodeKits = Kits<ImageEncoder, EncodeBackend>;

  CodecConfig config;
  Options options;
  std::vector<const EncodeBackend*> backends;
  std::vector<std::string> unknown;
  int threads = 1;
  EncodeKits kits;
  LoadShares shares;

  explicit State(const CodecConfig& c) : config(c), shares(c.backends) {}
  void encode_one(const Item& item, const CodecName& codec, const EncodeParams& params, Turn& turn,
                  EncodeResult& result);
  void run_chain(const Item& item, const CodecName& codec, const PixelForm& form,
                 const EncodeParams& params, Turn& turn, EncodeResult& result);
  void divide(const CodecName& codec, std::span<Turn> turns);
  Status attempt(const EncodeBackend& backend, const Item& item, const PixelForm& form,
                 const EncodeParams& params, EncodeResult& result);
};

Status Encoder::State::attempt(const EncodeBackend& backend, const Item& item,
                               const PixelForm& form, const EncodeParams& params,
                               EncodeResult& result) {
  EncodeKits::Lease kit(kits);
  GLIMT_TRY(ImageEncoder * codec, kit->codec(backend, options));
  kit->arena.restart();
  Worker worker = kits.worker_of(*kit, config.limits, threads);
  PixelSource source(view_of(item.image, form));
  Sink sink(item.reuse);
  EncodeJob job;
  job.params = &params;
  job.source = &source;
  job.color_spec = target_color(params, form);
  job.subsampling = params.chroma_subsampling.value_or(
      form.channels <= 2 ? ChromaSubsampling::css_gray : ChromaSubsampling::css_444);
  job.sink = &sink;
  GLIMT_TRY(job.embedded, select_embedded(params.metadata, backend.caps.embeds, job.note));
  codec->encode({&job, 1}, worker);
  if (job.status.ok()) {
    result.bytes = std::move(sink).finish();
    result.note = std::move(job.note);
  }
  return job.status;
}

void Encoder::State::run_chain(const Item& item, const CodecName& codec, const PixelForm& form,
                               const EncodeParams& params, Turn& turn, EncodeResult& result) {
  result.status = {Code::unsupported,
                   "no backend that is allowed encodes " + std::string(codec.codec)};
  for (const bool last : {false, true}) {
    for (const EncodeBackend* backend : backends) {
      const bool deferred = (turn.last & kind_bit(backend->kind)) != 0;
      if (backend->format->name != codec.codec || deferred != last) continue;
      const Stopwatch watch(turn, backend->kind, shares.counts());
      if (const std::string reason = why_not(*backend, form, params); !reason.empty()) {
        Status refusal(Code::unsupported, reason);
        // The first one stands until a backend is tried: a later one says less.
        if (result.attempts.empty()) result.status = refusal;
        result.attempts.push_back({backend->name, std::move(refusal)});
        continue;
      }
      Status status = attempt(*backend, item, form, params, result);
      result.attempts.push_back({backend->name, status});
      result.status = std::move(status);
      if (result.status.ok() || result.status.code() == Code::limit) return;
    }
  }
}

/// Which kinds the images of a batch are offered to first.
void Encoder::State::divide(const CodecName& codec, std::span<Turn> turns) {
  std::vector<Turn*> all;
  for (Turn& turn : turns) all.push_back(&turn);
  std::vector<BackendKind> kinds;
  for (const EncodeBackend* backend : backends) {
    if (backend->format->name == codec.codec) kinds.push_back(backend->kind);
  }
  shares.divide(codec.codec, kinds, all);
}

void Encoder::State::encode_one(const Item& item, const CodecName& codec, const EncodeParams& given,
                                Turn& turn, EncodeResult& result) {
  if (item.image.empty()) {
    result.status = {Code::bad_argument, "there is no image to encode"};
    return;
  }
  const auto form = form_of(item.image.spec());
  result.status = form.status();
  if (!form.ok()) return;
  EncodeParams params = given;
  if (params.variant.empty()) params.variant = codec.variant;
  run_chain(item, codec, *form, params, turn, result);
}

Result<Encoder> Encoder::make(const CodecConfig& config) {
  Encoder encoder;
  encoder.state_ = std::make_shared<State>(config);
  State& state = *encoder.state_;
  state.options = Options::parse(config.options);
  GLIMT_TRY(const auto kinds, allowed_kinds(config, state.options));
  state.backends = allowed_backends(encode_backends(), kinds);
  state.unknown = find_unknown_options(state.options, option_modules(encode_backends()));
  state.threads = thread_count(config);
  state.config.limits = limits_of(config, state.options);
  check_cuda_streams(state.options, state.threads);
  return encoder;
}

std::vector<EncodeResult> Encoder::encode(std::span<const Item> items, std::string_view codec,
                                          const EncodeParams& params) const {
  std::vector<EncodeResult> results(items.size());
  const auto name = codec_of(codec);
  if (!name.ok()) {
    for (EncodeResult& result : results) result.status = name.status();
    return results;
  }
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return items[a].image.size_bytes() > items[b].image.size_bytes();
  });
  std::vector<Turn> turns(items.size());
  if (state_->shares.counts()) state_->divide(*name, turns);
  run_on_pool(items.size(), state_->threads, [&](std::size_t k) {
    state_->encode_one(items[order[k]], *name, params, turns[order[k]], results[order[k]]);
  });
  if (state_->shares.counts()) state_->shares.learn(turns);
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
const std::vector<std::string>& Encoder::unknown_options() const { return state_->unknown; }

}  // namespace v0
}  // namespace glimt
