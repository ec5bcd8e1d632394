// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/batch_decoder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "formats/jpeg/cuda/crew.h"
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/refinement_round.h"
#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kContexts = 3;
// Coefficients of a slice: 12 MP of 4:2:0 take 37 MB.
constexpr std::uint64_t kMaxSliceBlocks = (std::uint64_t{1} << 30) / (kBlockWords * 4);
// One more thread for so many bytes: waking one costs as much as copying half of this.
constexpr std::size_t kBytesForThread = 192 << 10;
constexpr std::size_t kMaxHelpers = 7;
constexpr std::size_t kSmallStream = 64 << 10;
// Of a few streams with markers between their headers and their end, several threads look for those
// of each.
constexpr std::size_t kFewImages = 6, kMarkerPart = 256 << 10;
// Staged data is sent in a few parts, so that sending begins before all is staged.
constexpr std::size_t kPartBytes = std::size_t{1} << 20, kMaxParts = 3;
// What refinements say is sent scan by scan while others are decoded, where a scan says so much.
constexpr std::size_t kScanRecordBytes = std::size_t{1} << 20;

/// What one slice in flight needs.
struct Context {
  gpu::Stream stream;
  gpu::Event uploaded, done, masks_copied;
  gpu::Block staging, upload, destuffed, work, coefficients;
  gpu::Block masks, records;  // pinned: for refinements on the host
  SliceLayout layout;
  RefinementSlice refinement;
  bool refines = false;  // the slice waits for its refinements
  Status refined;        // of the launches behind them

  static Result<Context> make() {
    Context context;
    GLIMT_TRY(context.stream, gpu::Stream::make());
    GLIMT_TRY(context.uploaded, gpu::Event::make());
    GLIMT_TRY(context.done, gpu::Event::make());
    GLIMT_TRY(context.masks_copied, gpu::Event::make());
    return Result<Context>(std::move(context));
  }
};

struct Reason {
  std::uint32_t bit;
  std::string_view text;
};
constexpr Reason kReasons[] = {
    {kBadCode, "the data has bits that are no Huffman code"},
    {kOverrun, "a run of zeros leaves its block"},
    {kBlockCount, "a scan has fewer or more blocks than the frame"},
    {kMarkerInside, "there is a marker within a scan"},
    {kUnsettled, "the scan does not synchronise"},
    {kBadRefinement, "a refinement scan is damaged"},
};

Status status_of(std::uint32_t trouble) {
  std::string text;
  for (const Reason& reason : kReasons) {
    if ((trouble & reason.bit) != 0) text += (text.empty() ? "" : "; ") + std::string(reason.text);
  }
  return trouble == 0 ? Status() : Status(Code::corrupt, std::move(text));
}

}  // namespace

struct BatchDecoder::State {
  Settings settings;
  std::array<Context, kContexts> contexts;
  gpu::Event begin_event;
  gpu::Block report;  // pinned: Trouble bits by place in `slice_images`
  std::span<DeviceImage> images;
  std::vector<CodedImage> coded;
  std::vector<Markers> markers;
  std::vector<SliceImage> slice_images;
  std::vector<std::size_t> numbers;  // of slice_images, in `images`
  RefinementRound round;
  std::atomic<bool> records_lost{false};
  // Where submit() is: images parsed, images of `slice_images` put on the device, slices.
  std::size_t parsed = 0, put = 0, slices = 0;
  std::size_t bytes_in_slice = 0;
  bool in_flight = false;

  void look_for_markers(std::size_t first, std::size_t end, Crew& crew);
  void parse(std::size_t first, std::size_t end, Crew& crew);
  [[nodiscard]] std::size_t end_of_slice(std::size_t first, std::size_t bytes) const;
  Status make_room(Context& context);
  Status upload(Context& context, Crew& crew);
  Status put_slice(Context& context, std::size_t first, std::size_t count, Crew& crew);
  Status begin(gpu::StreamHandle stream);
  Status put_slices(Crew& crew);
  void spread_refinements();
  Status start_refinement(Context& context);
  void send_records(Context& context, std::size_t first, std::size_t words);
  void refine(Context& context);
  Status refine_all(Worker& worker);
  Status end(gpu::StreamHandle stream);
  [[nodiscard]] bool all_put() const {
    return parsed == images.size() && put == slice_images.size();
  }
  void fail_all(const Status& status);
};

BatchDecoder::BatchDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}

BatchDecoder::~BatchDecoder() {
  const gpu::DeviceScope scope(state_->settings.device);
  // Blocks must not go back to the pool while kernels use them.
  for (Context& context : state_->contexts) {
    if (context.stream.get() != nullptr) (void)gpu::synchronize(context.stream.get()).ok();
  }
}

Result<std::unique_ptr<BatchDecoder>> BatchDecoder::make(const Settings& settings) {
  const gpu::DeviceScope scope(settings.device);
  GLIMT_TRY(scope.status());
  auto state = std::make_unique<State>();
  state->settings = settings;
  GLIMT_TRY(state->begin_event, gpu::Event::make());
  for (Context& context : state->contexts) {
    GLIMT_TRY(context, Context::make());
  }
  GLIMT_TRY(prepare_kernels());
  return std::unique_ptr<BatchDecoder>(new BatchDecoder(std::move(state)));
}

void BatchDecoder::State::look_for_markers(std::size_t first, std::size_t end, Crew& crew) {
  for (std::size_t i = first; i < end; ++i) markers[i] = Markers(images[i].stream);
  if (end - first > kFewImages) return;
  struct Part {
    Markers* markers;
    std::size_t number;
  };
  std::vector<Part> parts;
  for (std::size_t i = first; i < end; ++i) {
    const Bytes stream = images[i].stream;
    if (stream.size() < 2 * kMarkerPart || !has_inner_markers(stream)) continue;
    const std::size_t count = markers[i].divide(stream, kMarkerPart);
    for (std::size_t part = 0; part < count; ++part) parts.push_back({&markers[i], part});
  }
  crew.share(parts.size(), [&](std::size_t i) { parts[i].markers->look(parts[i].number); });
}

void BatchDecoder::State::parse(std::size_t first, std::size_t end, Crew& crew) {
  look_for_markers(first, end, crew);
  // Small ones a few at a time: their headers take a microsecond. In large ones restart markers may
  // have to be found.
  std::size_t bytes = 0;
  for (std::size_t i = first; i < end; ++i) bytes += images[i].stream.size();
  const std::size_t together = bytes / (end - first) < kSmallStream ? 4 : 1;
  crew.share((end - first + together - 1) / together, [&](std::size_t k) {
    const std::size_t until = std::min(end, first + (k + 1) * together);
    for (std::size_t i = first + k * together; i < until; ++i) {
      DeviceImage& image = images[i];
      image.status = read_coded(markers[i], coded[i]);
      if (image.status.ok()) image.status = check_output(coded[i], image.output);
      image.units_decoded = 0;
    }
  });
  for (std::size_t i = first; i < end; ++i) {
    if (!images[i].status.ok()) continue;
    slice_images.push_back({&coded[i], images[i].stream, images[i].output});
    numbers.push_back(i);
  }
}

std::size_t BatchDecoder::State::end_of_slice(std::size_t first, std::size_t bytes) const {
  std::size_t end = first, taken = 0;
  for (; end < images.size(); ++end) {
    const std::size_t next = images[end].stream.size();
    if (end > first && taken + next / 2 > bytes) break;
    taken += next;
  }
  return end;
}

Status BatchDecoder::State::make_room(Context& context) {
  using gpu::MemoryKind;
  const SliceLayout& layout = context.layout;
  const std::size_t coefficient_bytes = layout.blocks * kBlockWords * sizeof(std::uint32_t);
  const std::size_t mask_bytes = layout.slice.mask_count * sizeof(std::uint64_t);
  const std::size_t record_bytes = layout.slice.record_words * sizeof(std::uint64_t);
  const bool fits = context.upload.size() >= layout.upload_bytes &&
                    context.destuffed.size() >= layout.destuffed_bytes &&
                    context.work.size() >= layout.work_bytes &&
                    context.masks.size() >= mask_bytes && context.records.size() >= record_bytes &&
                    context.coefficients.size() >= coefficient_bytes;
  if (fits) return {};
  GLIMT_TRY(gpu::synchronize(context.stream.get()));  // the slice before uses what goes
  const int device = settings.device;
  GLIMT_TRY(context.upload.grow(MemoryKind::device, device, layout.upload_bytes));
  GLIMT_TRY(context.destuffed.grow(MemoryKind::device, device, layout.destuffed_bytes));
  GLIMT_TRY(context.work.grow(MemoryKind::device, device, layout.work_bytes));
  if (record_bytes > 0) {
    GLIMT_TRY(context.masks.grow(MemoryKind::pinned, device, mask_bytes));
    GLIMT_TRY(context.records.grow(MemoryKind::pinned, device, record_bytes));
  }
  return context.coefficients.grow(MemoryKind::device, device, coefficient_bytes);
}

Status BatchDecoder::State::upload(Context& context, Crew& crew) {
  const SliceLayout& layout = context.layout;
  const std::vector<StagedPiece>& pieces = layout.pieces;
  std::uint8_t* staging = context.staging.data();
  const std::size_t part_bytes = std::max(kPartBytes, layout.upload_bytes / kMaxParts);
  std::size_t ready = 0, sent = 0;  // pieces in a row that are staged; bytes sent
  std::vector<std::atomic<bool>> staged(pieces.size());
  Status status;
  const auto send_until = [&](std::size_t end) {
    if (!status.ok() || end <= sent) return;
    status = gpu::copy_to_device(context.upload.data() + sent, staging + sent, end - sent,
                                 context.stream.get());
    sent = end;
  };
  crew.share(
      pieces.size(),
      [&](std::size_t i) {
        std::memcpy(staging + pieces[i].to, pieces[i].from, pieces[i].bytes);
        staged[i].store(true, std::memory_order_release);
      },
      [&] {
        while (ready < pieces.size() && staged[ready].load(std::memory_order_acquire)) ++ready;
        if (ready < pieces.size() && pieces[ready].to >= sent + part_bytes) {
          send_until(pieces[ready].to);
        }
      });
  send_until(layout.upload_bytes);
  GLIMT_TRY(status);
  return gpu::record(context.uploaded.get(), context.stream.get());
}

Status BatchDecoder::State::put_slice(Context& context, std::size_t first, std::size_t count,
                                      Crew& crew) {
  const auto part = std::span(slice_images).subspan(first, count);
  const gpu::StreamHandle stream = context.stream.get();
  // The staging memory is read until the slice before has been copied.
  GLIMT_TRY(gpu::synchronize(context.uploaded.get()));
  GLIMT_TRY(context.staging.grow(gpu::MemoryKind::pinned, settings.device,
                                 SliceLayout::upload_bound(part)));
  std::size_t bytes = 0;
  for (const SliceImage& image : part) bytes += image.coded->coded_bytes;
  SliceLayout& layout = context.layout;
  layout.lay_out(part, settings.fancy_upsampling,
                 settings.parameters != nullptr ? *settings.parameters : tune(bytes),
                 context.staging.data());
  for (std::size_t i = 0; i < count; ++i) {
    images[numbers[first + i]].units_decoded = layout.units[i];
  }
  GLIMT_TRY(make_room(context));
  layout.place(context.upload.data(), context.destuffed.data(), context.work.data(),
               context.coefficients.data());
  layout.slice.report = reinterpret_cast<std::uint32_t*>(report.data()) + first;
  GLIMT_TRY(upload(context, crew));
  const Slice& slice = layout.slice;
  destuff(slice, stream);
  probe(slice, stream);
  synchronise(slice, stream);
  settle(slice, stream);
  if (slice.band_count > 0) {
    GLIMT_TRY(gpu::fill(slice.masks, 0, slice.mask_count * sizeof(std::uint64_t), stream));
    write_bands(slice, stream);
  }
  write_coefficients(slice, stream);
  if (slice.record_words > 0) return start_refinement(context);
  reconstruct(slice, stream);
  return gpu::launch_status("starting the kernels of the JPEG decoder");
}

/// What the host needs for the refinements of the slice; its pixels come after them.
Status BatchDecoder::State::start_refinement(Context& context) {
  const gpu::StreamHandle stream = context.stream.get();
  const Slice& slice = context.layout.slice;
  GLIMT_TRY(gpu::launch_status("starting the kernels of the JPEG decoder"));
  GLIMT_TRY(gpu::copy_to_host(context.masks.data(), slice.masks,
                              slice.mask_count * sizeof(std::uint64_t), stream));
  GLIMT_TRY(gpu::record(context.masks_copied.get(), stream));
  RefinementSlice& refinement = context.refinement;
  refinement.scans = context.layout.progressive.host;
  refinement.masks = reinterpret_cast<const std::uint64_t*>(context.masks.data());
  refinement.records = reinterpret_cast<std::uint64_t*>(context.records.data());
  refinement.wait = [this, &context] {
    const gpu::DeviceScope scope(settings.device);
    return gpu::synchronize(context.masks_copied.get());
  };
  refinement.skips = [&slice](int image) {
    return std::atomic_ref(slice.report[image]).load(std::memory_order_relaxed) != 0;
  };
  refinement.fail = [&slice](int image) {
    std::atomic_ref(slice.report[image]).fetch_or(kBadRefinement);
  };
  const bool one_by_one =
      slice.record_words * sizeof(std::uint64_t) >= kScanRecordBytes * refinement.scans.size();
  refinement.scan_done = [this, &context, one_by_one](std::size_t scan) {
    if (!one_by_one) return;
    const HostRefinement& done = context.refinement.scans[scan];
    send_records(context, done.record0, 3 * std::size_t{done.blocks});
  };
  refinement.done = [this, &context, one_by_one] {
    if (!one_by_one) send_records(context, 0, context.layout.slice.record_words);
    refine(context);
  };
  context.refines = true;
  return {};
}

/// On any thread.
void BatchDecoder::State::send_records(Context& context, std::size_t first, std::size_t words) {
  const gpu::DeviceScope scope(settings.device);
  const bool sent =
      gpu::copy_to_device(context.layout.slice.records + first, context.refinement.records + first,
                          words * sizeof(std::uint64_t), context.stream.get())
          .ok();
  if (!sent) records_lost.store(true, std::memory_order_relaxed);
}

/// Applies what the host has decoded. On any thread.
void BatchDecoder::State::refine(Context& context) {
  const gpu::DeviceScope scope(settings.device);
  const gpu::StreamHandle stream = context.stream.get();
  const Slice& slice = context.layout.slice;
  merge_refinements(slice, stream);
  reconstruct(slice, stream);
  context.refined = gpu::launch_status("starting the kernels of the JPEG decoder");
}

Status BatchDecoder::State::refine_all(Worker& worker) {
  // The slices that wait, in their order.
  const std::size_t count = std::min(slices, kContexts);
  for (std::size_t i = slices - count; i < slices; ++i) {
    Context& context = contexts[i % kContexts];
    if (context.refines) round.add(context.refinement);
  }
  round.run(worker);
  Status status;
  for (Context& context : contexts) {
    if (!std::exchange(context.refines, false)) continue;
    if (!context.refined.ok()) status = context.refined;
  }
  if (records_lost.exchange(false)) {
    status = {Code::device, "what refinement scans say could not be sent to the GPU"};
  }
  return status;
}

Status BatchDecoder::State::begin(gpu::StreamHandle stream) {
  std::size_t bytes = 0;
  for (const DeviceImage& image : images) bytes += image.stream.size();
  const int wanted = settings.slices > 0 ? settings.slices : count_slices(bytes, images.size());
  bytes_in_slice = bytes / static_cast<std::size_t>(wanted) + 1;
  parsed = put = slices = 0;
  slice_images.clear();
  numbers.clear();
  if (coded.size() < images.size()) coded.resize(images.size());
  if (markers.size() < images.size()) markers.resize(images.size());
  GLIMT_TRY(
      report.grow(gpu::MemoryKind::pinned, settings.device, images.size() * sizeof(std::uint32_t)));
  return gpu::record(begin_event.get(), stream);
}

/// Until all is on the device, or no context is left for slices that wait for their refinements.
Status BatchDecoder::State::put_slices(Crew& crew) {
  for (;;) {
    while (put < slice_images.size()) {
      Context& context = contexts[slices % kContexts];
      if (context.refines) return {};
      if (slices++ < kContexts) GLIMT_TRY(gpu::wait(context.stream.get(), begin_event.get()));
      std::size_t until = put;
      for (std::uint64_t blocks = 0; until < slice_images.size(); ++until) {
        blocks += slice_images[until].coded->blocks;
        if (until > put && blocks > kMaxSliceBlocks) break;
      }
      GLIMT_TRY(put_slice(context, put, until - put, crew));
      put = until;
    }
    if (parsed == images.size()) return {};
    // Headers are parsed slice by slice too, while the GPU works at the slice before.
    const std::size_t end = end_of_slice(parsed, bytes_in_slice);
    parse(parsed, end, crew);
    parsed = end;
    spread_refinements();
  }
}

/// With refinements, the time is the host's: all of them shall be at hand at once.
void BatchDecoder::State::spread_refinements() {
  if (slices > 0 || settings.slices > 0) return;
  const bool any = std::any_of(slice_images.begin(), slice_images.end(),
                               [](const auto& image) { return !image.coded->refinements.empty(); });
  if (!any) return;
  std::size_t bytes = 0;
  for (std::size_t i = parsed; i < images.size(); ++i) bytes += images[i].stream.size();
  bytes_in_slice = std::max(bytes_in_slice, bytes / (kContexts - 1) + 1);
}

Status BatchDecoder::State::end(gpu::StreamHandle stream) {
  for (Context& context : std::span(contexts).first(std::min(slices, kContexts))) {
    GLIMT_TRY(gpu::record(context.done.get(), context.stream.get()));
    GLIMT_TRY(gpu::wait(stream, context.done.get()));
  }
  return {};
}

void BatchDecoder::State::fail_all(const Status& status) {
  for (DeviceImage& image : images) {
    if (image.status.ok()) image.status = status;
  }
}

Status BatchDecoder::submit(std::span<DeviceImage> images, gpu::StreamHandle stream,
                            Worker& worker) {
  State& state = *state_;
  if (state.in_flight) return {Code::bad_argument, "collect() the batch before first"};
  const gpu::DeviceScope scope(state.settings.device);
  state.images = images;
  std::size_t bytes = 0;
  for (const DeviceImage& image : images) bytes += image.stream.size();
  const std::size_t helpers = std::min(bytes / kBytesForThread, kMaxHelpers);
  Status status = state.begin(stream);
  while (status.ok() && !state.all_put()) {
    Crew::run(worker, helpers, [&](Crew& crew) {
      const gpu::DeviceScope own_scope(state.settings.device);
      status = own_scope.status();
      if (status.ok()) status = state.put_slices(crew);
    });
    if (status.ok()) status = state.refine_all(worker);
  }
  if (status.ok()) status = state.end(stream);
  if (!status.ok()) {
    // Slices that are under way end before the caller may touch their outputs.
    for (Context& context : state.contexts) {
      (void)gpu::synchronize(context.stream.get()).ok();
      context.refines = false;
    }
    state.fail_all(status);
    return status;
  }
  state.in_flight = !state.slice_images.empty();
  return {};
}

Status BatchDecoder::collect() {
  State& state = *state_;
  if (!std::exchange(state.in_flight, false)) return {};
  const gpu::DeviceScope scope(state.settings.device);
  GLIMT_TRY(scope.status());
  for (Context& context : state.contexts) {
    Status status = gpu::synchronize(context.done.get());
    if (status.ok()) continue;
    state.fail_all(status);
    return status;
  }
  const auto* troubles = reinterpret_cast<const std::uint32_t*>(state.report.data());
  for (std::size_t i = 0; i < state.numbers.size(); ++i) {
    state.images[state.numbers[i]].status = status_of(troubles[i]);
  }
  return {};
}

}  // namespace glimt::jpeg::cuda
