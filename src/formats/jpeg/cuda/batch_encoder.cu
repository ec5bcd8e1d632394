// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// All kernels run in one stream, copies to the host in others. Kernels of a stream for each slice
// would be slower: all slices' transforms would run before the first slice's bytes are finished.
#include "formats/jpeg/cuda/batch_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "formats/jpeg/cuda/crew.h"
#include "formats/jpeg/cuda/encode_kernels.h"
#include "formats/jpeg/cuda/encode_layout.h"
#include "formats/jpeg/cuda/file_memory.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/metadata.h"
#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kContexts = 6;
// Codes of a slice can be counted in 32 bits.
constexpr std::uint64_t kMaxSliceBlocks = std::uint64_t{1} << 26;
// Coefficients of a slice: 12 MP of 4:2:0 take 37 MB.
constexpr std::uint64_t kMaxStoredBlocks = (std::uint64_t{1} << 30) / (kStoredBlockWords * 4);
// First guess of the room for codes and for bytes: 0.75 byte a sample. When it is too small, the
// slice is encoded again with what it needs.
constexpr std::uint64_t kGuessedBlockBytes = 48;
constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kMaxHelpers = 7;
// Threads are worth waking for so many pixels each.
constexpr std::uint64_t kPixelsForThread = 1 << 21;

/// What one slice in flight needs.
struct Context {
  gpu::Stream copies;
  gpu::Event measured, encoded, copied;
  gpu::Block staging, upload, work, coefficients, words, output, report, host_output;
  EncodeLayout layout;
  std::size_t first = 0, count = 0;  // of the planned images
  bool direct = false;               // the files are being written where they stay

  static Result<Context> make() {
    Context context;
    GLIMT_TRY(context.copies, gpu::Stream::make());
    GLIMT_TRY(context.measured, gpu::Event::make());
    GLIMT_TRY(context.encoded, gpu::Event::make());
    GLIMT_TRY(context.copied, gpu::Event::make());
    return Result<Context>(std::move(context));
  }
};

/// Finished bytes of a slice that wait for being copied to a file.
struct Piece {
  std::uint8_t* to = nullptr;
  std::uint64_t at = 0;  // in the slice's bytes
  std::size_t bytes = 0;
};

struct Range {
  std::size_t first = 0, count = 0;
};

/// Pixels that slice `index` of `count` shall have. The last ones are smaller: what is copied to
/// the host after the last kernel is less then.
std::uint64_t slice_pixels(std::size_t index, std::size_t count, std::uint64_t pixels) {
  if (index + 1 >= count) return pixels;
  const double last = 0.5, last_but_one = 0.75;
  const double whole =
      static_cast<double>(pixels) / (static_cast<double>(count - 2) + last_but_one + last);
  return static_cast<std::uint64_t>(index + 2 == count ? last_but_one * whole : whole);
}

}  // namespace

struct BatchEncoder::State {
  Settings settings;
  std::array<Context, kContexts> contexts;
  gpu::Stream kernels;
  gpu::Event begin;
  std::span<DeviceSource> sources;
  Worker* worker = nullptr;
  std::vector<FilePlan> plans;       // of all sources
  std::vector<PlannedImage> images;  // those that can be encoded
  std::vector<std::size_t> numbers;  // of these, in `sources`
  std::vector<Range> slices;
  std::vector<std::vector<Piece>> pieces;  // by image of a slice
  std::size_t launched = 0;                // slices
  std::uint64_t pixels = 0;
  bool direct = false;  // files are to be written where they stay

  void plan();
  void cut();
  Status launch(Context& context);
  Status launch_next();
  Status grow_output(Context& context, const EncodeReport& report);
  Status fetch(Context& context);
  bool take_file_memory_for(const Context& context);
  Status fetch_files(Context& context);
  [[nodiscard]] std::size_t file_bound(const Context& context, std::size_t index) const;
  Status write_file(const Context& context, std::size_t index, std::size_t piece_bytes);
  void write_files(const Context& context, std::size_t piece_bytes, Crew* crew);
  Status finish(Context& context, Crew& crew);

  Status run_slices(Crew& crew);
  void fail_all(const Status& status);
  Context& context_of(std::size_t slice) { return contexts[slice % kContexts]; }
};

BatchEncoder::BatchEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}

BatchEncoder::~BatchEncoder() {
  const gpu::DeviceScope scope(state_->settings.device);
  // Blocks must not go back to the pool while kernels or copies use them.
  if (state_->kernels.get() != nullptr) (void)gpu::synchronize(state_->kernels.get()).ok();
  for (Context& context : state_->contexts) {
    if (context.copies.get() != nullptr) (void)gpu::synchronize(context.copies.get()).ok();
  }
}

Result<std::unique_ptr<BatchEncoder>> BatchEncoder::make(const Settings& settings) {
  const gpu::DeviceScope scope(settings.device);
  GLIMT_TRY(scope.status());
  auto state = std::make_unique<State>();
  state->settings = settings;
  GLIMT_TRY(state->kernels, gpu::Stream::make());
  GLIMT_TRY(state->begin, gpu::Event::make());
  for (Context& context : state->contexts) {
    GLIMT_TRY(context, Context::make());
  }
  GLIMT_TRY(prepare_transform());
  GLIMT_TRY(prepare_stored_coding());
  return std::unique_ptr<BatchEncoder>(new BatchEncoder(std::move(state)));
}

void BatchEncoder::State::plan() {
  images.clear();
  numbers.clear();
  pixels = 0;
  if (plans.size() < sources.size()) plans.resize(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    DeviceSource& source = sources[i];
    source.status = plan_file(source.image, source.settings, plans[i]);
    if (source.status.ok()) source.status = check_application_data(source.embedded);
    if (!source.status.ok()) continue;
    images.push_back({source.image, &plans[i]});
    numbers.push_back(i);
    pixels += static_cast<std::uint64_t>(source.image.width * source.image.height);
  }
  const bool empty = std::all_of(numbers.begin(), numbers.end(),
                                 [&](std::size_t i) { return sources[i].sink->capacity() == 0; });
  direct = empty && pixels >= settings.pixels_for_direct_files * images.size();
}

void BatchEncoder::State::cut() {
  slices.clear();
  if (images.empty()) return;
  const auto count = static_cast<std::size_t>(
      settings.slices > 0 ? settings.slices : count_encode_slices(pixels, images.size()));
  std::uint64_t taken = 0, blocks = 0, stored = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const FilePlan& plan = *images[i].plan;
    const auto next = static_cast<std::uint64_t>(plan.width) * static_cast<unsigned>(plan.height);
    const auto next_blocks = static_cast<std::uint64_t>(plan.mcus_across()) *
                             static_cast<unsigned>(plan.mcus_down() * plan.blocks_in_mcu());
    const std::uint64_t next_stored = plan.own_tables ? next_blocks : 0;
    if (slices.empty() || taken + next / 2 > slice_pixels(slices.size() - 1, count, pixels) ||
        blocks + next_blocks > kMaxSliceBlocks || stored + next_stored > kMaxStoredBlocks) {
      slices.push_back({i, 0});
      taken = blocks = stored = 0;
    }
    ++slices.back().count;
    taken += next;
    blocks += next_blocks;
    stored += next_stored;
  }
}

/// Puts the slice of a context, which is not in use, on the device.
Status BatchEncoder::State::launch(Context& context) {
  using gpu::MemoryKind;
  const int device = settings.device;
  const gpu::StreamHandle stream = kernels.get();
  const auto part = std::span(images).subspan(context.first, context.count);
  EncodeLayout& layout = context.layout;
  GLIMT_TRY(context.staging.grow(MemoryKind::pinned, device, EncodeLayout::upload_bound(part)));
  layout.lay_out(part, context.staging.data());
  const std::size_t guess = layout.blocks * kGuessedBlockBytes + kPieceBytes;
  GLIMT_TRY(context.upload.grow(MemoryKind::device, device, layout.upload_bytes));
  GLIMT_TRY(context.work.grow(MemoryKind::device, device, layout.work_bytes));
  GLIMT_TRY(context.coefficients.grow(MemoryKind::device, device,
                                      layout.stored_blocks * kStoredBlockWords * 4));
  GLIMT_TRY(context.words.grow(MemoryKind::device, device, guess));
  GLIMT_TRY(context.output.grow(MemoryKind::device, device, guess));
  GLIMT_TRY(context.report.grow(MemoryKind::pinned, device, layout.report_bytes));
  layout.place(context.upload.data(), context.work.data(), context.coefficients.data(),
               context.report.data());
  EncodeSlice& slice = layout.slice;
  slice.words = reinterpret_cast<std::uint32_t*>(context.words.data());
  slice.word_capacity = context.words.size() / 4;
  slice.output = context.output.data();
  slice.output_capacity = context.output.size();

  GLIMT_TRY(gpu::copy_to_device(context.upload.data(), context.staging.data(), layout.upload_bytes,
                                stream));
  for (const TransformGroup& group : layout.groups) transform(slice, group, stream);
  if (slice.stored_scans > 0) {
    GLIMT_TRY(gpu::fill(context.work.data() + layout.cleared_at, 0, layout.cleared_bytes, stream));
    make_own_tables(slice, stream);
    code_stored(slice, stream);
  }
  measure_scans(slice, stream);
  GLIMT_TRY(gpu::record(context.measured.get(), stream));
  stuff_scans(slice, stream);
  GLIMT_TRY(gpu::record(context.encoded.get(), stream));
  return gpu::launch_status("starting the kernels of the JPEG encoder");
}

Status BatchEncoder::State::launch_next() {
  Context& context = context_of(launched);
  context.first = slices[launched].first;
  context.count = slices[launched].count;
  ++launched;
  return launch(context);
}

/// Makes room for what a slice has turned out to need, and encodes it again.
Status BatchEncoder::State::grow_output(Context& context, const EncodeReport& report) {
  // The kernels of the slice may still use what goes.
  GLIMT_TRY(gpu::synchronize(context.encoded.get()));
  // Without room for its words, the bytes of a slice are not known yet.
  const std::uint64_t bytes = std::max(report.bytes, report.words * 4 + report.words / 8);
  GLIMT_TRY(context.words.grow(gpu::MemoryKind::device, settings.device, report.words * 4));
  GLIMT_TRY(context.output.grow(gpu::MemoryKind::device, settings.device, bytes));
  GLIMT_TRY(launch(context));
  return gpu::synchronize(context.measured.get());
}

/// Waits for the sizes, and begins copying exactly the bytes.
Status BatchEncoder::State::fetch(Context& context) {
  GLIMT_TRY(gpu::synchronize(context.measured.get()));
  const EncodeSlice& slice = context.layout.slice;
  for (;;) {
    const EncodeReport& report = *slice.report;
    if (report.words <= slice.word_capacity && report.bytes <= slice.output_capacity) break;
    GLIMT_TRY(grow_output(context, EncodeReport(report)));
  }
  GLIMT_TRY(gpu::wait(context.copies.get(), context.encoded.get()));
  context.direct = direct && take_file_memory_for(context);
  if (context.direct) {
    GLIMT_TRY(fetch_files(context));
  } else {
    const std::uint64_t bytes = slice.report->bytes;
    GLIMT_TRY(context.host_output.grow(gpu::MemoryKind::pinned, settings.device, bytes));
    GLIMT_TRY(
        gpu::copy_to_host(context.host_output.data(), slice.output, bytes, context.copies.get()));
  }
  return gpu::record(context.copied.get(), context.copies.get());
}

/// Bytes of a file at most.
std::size_t BatchEncoder::State::file_bound(const Context& context, std::size_t index) const {
  const std::size_t planned = context.first + index;
  const FilePlan& plan = *images[planned].plan;
  const auto first = static_cast<std::size_t>(context.layout.first_scan[index]);
  std::size_t bytes = header_bound(plan, sources[numbers[planned]].embedded);
  for (std::size_t i = 0; i < plan.scans.size(); ++i) {
    bytes += context.layout.slice.scan_reports[first + i].bytes;
  }
  return bytes;
}

/// Pinned memory for the files of a slice, if all get some.
bool BatchEncoder::State::take_file_memory_for(const Context& context) {
  for (std::size_t i = 0; i < context.count; ++i) {
    auto memory = take_file_memory(file_bound(context, i));
    if (!memory.ok()) return false;
    *sources[numbers[context.first + i]].sink = Sink(*std::move(memory));
  }
  return true;
}

/// Begins copying each scan to its place in its file.
Status BatchEncoder::State::fetch_files(Context& context) {
  write_files(context, ~std::size_t{0}, nullptr);
  for (std::size_t i = 0; i < context.count; ++i) {
    for (const Piece& piece : pieces[i]) {
      GLIMT_TRY(gpu::copy_to_host(piece.to, context.layout.slice.output + piece.at, piece.bytes,
                                  context.copies.get()));
    }
  }
  return {};
}

/// Everything of a file but the entropy-coded data, which becomes `pieces`.
Status BatchEncoder::State::write_file(const Context& context, std::size_t index,
                                       std::size_t piece_bytes) {
  const EncodeSlice& slice = context.layout.slice;
  const std::size_t planned = context.first + index;
  const FilePlan& plan = *images[planned].plan;
  DeviceSource& source = sources[numbers[planned]];
  Sink& sink = *source.sink;
  const auto first = static_cast<std::size_t>(context.layout.first_scan[index]);
  // With all room at once, nothing moves until the pieces are copied.
  GLIMT_TRY(sink.reserve(file_bound(context, index)).status());
  GLIMT_TRY(append_file_header(plan, source.embedded, sink));

  const auto* scans = reinterpret_cast<const EncodeScan*>(
      context.staging.data() +
      (reinterpret_cast<const std::uint8_t*>(slice.scans) - context.upload.data()));
  std::vector<Piece>& out = pieces[index];
  for (std::size_t i = 0; i < plan.scans.size(); ++i) {
    const CodeSpec* codes =
        plan.own_tables ? slice.code_reports + scans[first + i].first_code : &standard_code(0);
    GLIMT_TRY(append_scan_header(plan, i, codes, sink));
    const ScanReport& scan = slice.scan_reports[first + i];
    const auto scan_bytes = static_cast<std::size_t>(scan.bytes);
    GLIMT_TRY(const auto room, sink.reserve(scan_bytes));
    for (std::size_t at = 0, bytes = 0; at < scan_bytes; at += bytes) {
      bytes = std::min(piece_bytes, scan_bytes - at);
      out.push_back({room.data() + at, scan.at + at, bytes});
    }
    sink.commit(scan_bytes);
  }
  return sink.append_be(static_cast<std::uint16_t>(0xFF00 | kEoi));
}

/// write_file() for all images of a slice.
void BatchEncoder::State::write_files(const Context& context, std::size_t piece_bytes, Crew* crew) {
  if (pieces.size() < context.count) pieces.resize(context.count);
  const auto write = [&](std::size_t i) {
    pieces[i].clear();
    Status& status = sources[numbers[context.first + i]].status;
    status = write_file(context, i, piece_bytes);
    if (!status.ok()) pieces[i].clear();
  };
  if (crew != nullptr) {
    crew->share(context.count, write);
    return;
  }
  for (std::size_t i = 0; i < context.count; ++i) write(i);
}

/// Waits for a slice's bytes, and completes its files.
Status BatchEncoder::State::finish(Context& context, Crew& crew) {
  if (context.direct) return gpu::synchronize(context.copied.get());
  write_files(context, kPieceBytes, &crew);
  std::vector<const Piece*> all;
  for (std::size_t i = 0; i < context.count; ++i) {
    for (const Piece& piece : pieces[i]) all.push_back(&piece);
  }
  GLIMT_TRY(gpu::synchronize(context.copied.get()));
  const std::uint8_t* bytes = context.host_output.data();
  crew.share(all.size(),
             [&](std::size_t i) { std::memcpy(all[i]->to, bytes + all[i]->at, all[i]->bytes); });
  return {};
}

Status BatchEncoder::State::run_slices(Crew& crew) {
  GLIMT_TRY(fetch(context_of(0)));
  for (std::size_t i = 0; i < slices.size(); ++i) {
    if (i + 1 < slices.size()) GLIMT_TRY(fetch(context_of(i + 1)));
    GLIMT_TRY(finish(context_of(i), crew));
    if (launched < slices.size()) GLIMT_TRY(launch_next());
  }
  return {};
}

void BatchEncoder::State::fail_all(const Status& status) {
  // Slices that are under way end before the caller may touch their images.
  (void)gpu::synchronize(kernels.get()).ok();
  for (Context& context : contexts) (void)gpu::synchronize(context.copies.get()).ok();
  for (DeviceSource& source : sources) {
    if (source.status.ok()) source.status = status;
  }
  slices.clear();
}

Status BatchEncoder::submit(std::span<DeviceSource> sources, gpu::StreamHandle stream,
                            Worker& worker) {
  State& state = *state_;
  if (!state.slices.empty()) return {Code::bad_argument, "collect() the batch before first"};
  const gpu::DeviceScope scope(state.settings.device);
  state.sources = sources;
  state.worker = &worker;
  state.launched = 0;
  state.plan();
  state.cut();
  const auto put = [&]() -> Status {
    GLIMT_TRY(scope.status());
    GLIMT_TRY(gpu::record(state.begin.get(), stream));
    GLIMT_TRY(gpu::wait(state.kernels.get(), state.begin.get()));
    while (state.launched < std::min(state.slices.size(), kContexts)) {
      GLIMT_TRY(state.launch_next());
    }
    return {};
  };
  Status status = put();
  if (!status.ok()) state.fail_all(status);
  return status;
}

Status BatchEncoder::collect() {
  State& state = *state_;
  if (state.slices.empty()) return {};
  const gpu::DeviceScope scope(state.settings.device);
  Status status = scope.status();
  // Helpers wait without sleeping, but not for long: they are woken when there is work soon.
  const Context& first = state.contexts[0];
  if (status.ok() && first.layout.slice.stored_scans > 0) {
    status = gpu::synchronize(first.measured.get());
  }
  if (status.ok()) {
    const auto helpers =
        state.direct ? 0 : static_cast<std::size_t>(state.pixels / kPixelsForThread);
    Crew::run(*state.worker, std::min(helpers, kMaxHelpers), [&](Crew& crew) {
      const gpu::DeviceScope own_scope(state.settings.device);
      status = own_scope.status();
      if (status.ok()) status = state.run_slices(crew);
    });
  }
  if (!status.ok()) state.fail_all(status);
  state.slices.clear();
  return status;
}

}  // namespace glimt::jpeg::cuda
