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
// Staged data is sent in a few parts, so that sending begins before all is staged.
constexpr std::size_t kPartBytes = std::size_t{1} << 20, kMaxParts = 3;

/// What one slice in flight needs.
struct Context {
  gpu::Stream stream;
  gpu::Event uploaded, done;
  gpu::Block staging, upload, destuffed, work, coefficients;
  SliceLayout layout;

  static Result<Context> make() {
    Context context;
    GLIMT_TRY(context.stream, gpu::Stream::make());
    GLIMT_TRY(context.uploaded, gpu::Event::make());
    GLIMT_TRY(context.done, gpu::Event::make());
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
  gpu::Event begin;
  gpu::Block report;  // pinned: Trouble bits by place in `slice_images`
  std::span<DeviceImage> images;
  std::vector<CodedImage> coded;
  std::vector<SliceImage> slice_images;
  std::vector<std::size_t> numbers;  // of slice_images, in `images`
  bool in_flight = false;

  void parse(std::size_t first, std::size_t end, Crew& crew);
  [[nodiscard]] std::size_t end_of_slice(std::size_t first, std::size_t bytes) const;
  Status make_room(Context& context);
  Status upload(Context& context, Crew& crew);
  Status put_slice(Context& context, std::size_t first, std::size_t count, Crew& crew);
  Status put_slices(gpu::StreamHandle stream, Crew& crew);
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
  GLIMT_TRY(state->begin, gpu::Event::make());
  for (Context& context : state->contexts) {
    GLIMT_TRY(context, Context::make());
  }
  GLIMT_TRY(prepare_kernels());
  return std::unique_ptr<BatchDecoder>(new BatchDecoder(std::move(state)));
}

void BatchDecoder::State::parse(std::size_t first, std::size_t end, Crew& crew) {
  // Small ones a few at a time: their headers take a microsecond. In large ones restart markers may
  // have to be found.
  std::size_t bytes = 0;
  for (std::size_t i = first; i < end; ++i) bytes += images[i].stream.size();
  const std::size_t together = bytes / (end - first) < kSmallStream ? 4 : 1;
  crew.share((end - first + together - 1) / together, [&](std::size_t k) {
    const std::size_t until = std::min(end, first + (k + 1) * together);
    for (std::size_t i = first + k * together; i < until; ++i) {
      DeviceImage& image = images[i];
      image.status = read_coded(image.stream, coded[i]);
      if (image.status.ok()) image.status = check_output(coded[i], image.output);
      image.units_decoded = 0;
      if (!image.status.ok()) continue;
      for (const CodedScan& scan : coded[i].scans) {
        image.units_decoded += static_cast<std::uint64_t>(scan.mcus());
      }
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
  const bool fits = context.upload.size() >= layout.upload_bytes &&
                    context.destuffed.size() >= layout.destuffed_bytes &&
                    context.work.size() >= layout.work_bytes &&
                    context.coefficients.size() >= coefficient_bytes;
  if (fits) return {};
  GLIMT_TRY(gpu::synchronize(context.stream.get()));  // the slice before uses what goes
  const int device = settings.device;
  GLIMT_TRY(context.upload.grow(MemoryKind::device, device, layout.upload_bytes));
  GLIMT_TRY(context.destuffed.grow(MemoryKind::device, device, layout.destuffed_bytes));
  GLIMT_TRY(context.work.grow(MemoryKind::device, device, layout.work_bytes));
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
  GLIMT_TRY(make_room(context));
  layout.place(context.upload.data(), context.destuffed.data(), context.work.data(),
               context.coefficients.data());
  layout.slice.report = reinterpret_cast<std::uint32_t*>(report.data()) + first;
  GLIMT_TRY(upload(context, crew));
  const Slice& slice = layout.slice;
  make_tables(slice, stream);
  destuff(slice, stream);
  synchronise(slice, stream);
  settle(slice, stream);
  write_coefficients(slice, stream);
  reconstruct(slice, stream);
  return gpu::launch_status("starting the kernels of the JPEG decoder");
}

Status BatchDecoder::State::put_slices(gpu::StreamHandle stream, Crew& crew) {
  std::size_t bytes = 0;
  for (const DeviceImage& image : images) bytes += image.stream.size();
  const int slices = settings.slices > 0 ? settings.slices : count_slices(bytes, images.size());
  const std::size_t bytes_in_slice = bytes / static_cast<std::size_t>(slices) + 1;
  slice_images.clear();
  numbers.clear();
  if (coded.size() < images.size()) coded.resize(images.size());
  GLIMT_TRY(
      report.grow(gpu::MemoryKind::pinned, settings.device, images.size() * sizeof(std::uint32_t)));
  GLIMT_TRY(gpu::record(begin.get(), stream));
  std::size_t number = 0;
  for (std::size_t first = 0; first < images.size();) {
    // Headers are parsed slice by slice too, while the GPU works at the slice before.
    const std::size_t end = end_of_slice(first, bytes_in_slice);
    std::size_t from = slice_images.size();
    parse(first, end, crew);
    while (from < slice_images.size()) {
      Context& context = contexts[number % kContexts];
      if (number++ < kContexts) GLIMT_TRY(gpu::wait(context.stream.get(), begin.get()));
      std::size_t until = from;
      for (std::uint64_t blocks = 0; until < slice_images.size(); ++until) {
        blocks += slice_images[until].coded->blocks;
        if (until > from && blocks > kMaxSliceBlocks) break;
      }
      GLIMT_TRY(put_slice(context, from, until - from, crew));
      from = until;
    }
    first = end;
  }
  for (Context& context : std::span(contexts).first(std::min(number, kContexts))) {
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
  Status status;
  Crew::run(worker, std::min(bytes / kBytesForThread, kMaxHelpers), [&](Crew& crew) {
    const gpu::DeviceScope own_scope(state.settings.device);
    status = own_scope.status();
    if (status.ok()) status = state.put_slices(stream, crew);
  });
  if (!status.ok()) {
    // Slices that are under way end before the caller may touch their outputs.
    for (Context& context : state.contexts) (void)gpu::synchronize(context.stream.get()).ok();
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
