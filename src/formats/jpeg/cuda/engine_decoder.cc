// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/engine_decoder.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "formats/jpeg/cuda/nvjpeg.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/frame.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/device.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kAlign = 256;
// nvJPEG's reading of headers: objects for it, and images that are worth another thread.
constexpr std::size_t kParsers = 8;
constexpr std::size_t kImagesForThread = 8;

/// An image that the engine decodes, into the output or into memory on the way to it.
struct Accepted {
  std::size_t number = 0;  // in the batch
  std::int64_t width = 0, height = 0;
  int channels = 3;
  bool direct = false;
  std::size_t offset = 0;  // in the memory between
};

/// All accepted images of one output format: nvJPEG takes one for a batch.
struct Group {
  nvjpeg::OutputFormat format = nvjpeg::OutputFormat::rgbi;
  nvjpeg::State state = nullptr;
  std::size_t prepared = 0;  // images of a batch that the state is ready for
  std::vector<Accepted> images;
  std::vector<const unsigned char*> data;
  std::vector<std::size_t> lengths;
  std::vector<nvjpeg::Image> destinations;
};

Status left_to_others(std::string text) { return {Code::unsupported, std::move(text)}; }

/// What the headers say; nvJPEG judges the rest.
Status check_stream(Bytes stream, Header& header) {
  GLIMT_TRY(read_header(stream, header));
  if (header.coding != kBaseline && header.coding != kExtended) {
    return left_to_others("the engine decodes sequential Huffman-coded JPEG only");
  }
  if (header.precision != 8) return left_to_others("the engine decodes 8 bits a sample only");
  if (header.height_by_dnl) return left_to_others("the engine reads the height from the frame");
  const ColorModel color = color_of(header);
  const bool clear = color == ColorModel::gray ||
                     (color == ColorModel::ycc && !(header.adobe && header.adobe_transform == 0));
  if (!clear) return left_to_others("the engine decodes gray and YCbCr only");
  constexpr std::uint8_t end[] = {0xFF, kEoi};
  const Bytes scan = stream.subspan(std::min(header.scan_offset, stream.size()));
  if (std::find_end(scan.begin(), scan.end(), std::begin(end), std::end(end)) == scan.end()) {
    return {Code::truncated, "there is no EOI; the engine would not notice what is missing"};
  }
  return {};
}

Rect window_of(const Output& output, const Accepted& image) {
  return output.window.empty() ? Rect{0, 0, image.width, image.height} : output.window;
}

/// The output is what nvJPEG writes: interleaved rows, top to bottom.
bool is_direct(const Output& output, const Accepted& image) {
  return window_of(output, image) == Rect{0, 0, image.width, image.height} &&
         output.channel_bytes == 1 && output.pixel_bytes == image.channels &&
         output.row_bytes >= image.width * image.channels;
}

PixelForm form_of(int channels) {
  PixelForm form;
  form.channels = static_cast<std::uint16_t>(channels);
  form.color = channels == 1 ? ColorModel::gray : ColorModel::rgb;
  return form;
}

}  // namespace

struct EngineDecoder::State {
  Settings settings;
  nvjpeg::Api api;
  nvjpeg::Handle handle = nullptr;
  std::array<nvjpeg::JpegStream, kParsers> parsers{};
  unsigned engines = 0;
  std::array<Group, 2> groups;
  std::unique_ptr<DeviceStaging> staging;
  gpu::Event done;
  gpu::Block between;
  std::span<DeviceImage> images;
  bool in_flight = false;

  State() { groups[1].format = nvjpeg::OutputFormat::y; }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Status open();
  Status accept(DeviceImage& image, nvjpeg::JpegStream parser, Accepted& accepted) const;
  void accept_all(Worker& worker);
  Status make_room();
  Status decode(Group& group, std::size_t first, std::size_t count, gpu::StreamHandle stream);
  Status decode_all(Group& group, gpu::StreamHandle stream);
  Status move_to_outputs(gpu::StreamHandle stream);
  Status put_batch(gpu::StreamHandle stream, Worker& worker);
};

EngineDecoder::State::~State() {
  const gpu::DeviceScope scope(settings.device);
  if (in_flight) (void)gpu::synchronize(done.get()).ok();
  for (Group& group : groups) {
    if (group.state != nullptr) (void)api.jpeg_state_destroy(group.state);
  }
  for (const nvjpeg::JpegStream parser : parsers) {
    if (parser != nullptr) (void)api.jpeg_stream_destroy(parser);
  }
  if (handle != nullptr) (void)api.destroy(handle);
}

Status EngineDecoder::State::open() {
  GLIMT_TRY(gpu::describe(settings.device).status());
  GLIMT_TRY(nvjpeg::load(settings.library, api));
  const unsigned flags = settings.fancy_upsampling ? nvjpeg::kUpsamplingWithInterpolation : 0;
  GLIMT_TRY(
      nvjpeg::status_of(api.create_ex(nvjpeg::kBackendHardware, nullptr, nullptr, flags, &handle),
                        "opening the JPEG engine"));
  unsigned cores = 0;
  GLIMT_TRY(nvjpeg::status_of(api.get_hardware_decoder_info(handle, &engines, &cores),
                              "asking for JPEG engines"));
  if (engines == 0) return {Code::device, "this GPU has no JPEG engine"};
  for (nvjpeg::JpegStream& parser : parsers) {
    GLIMT_TRY(nvjpeg::status_of(api.jpeg_stream_create(handle, &parser), "making a parser"));
  }
  for (Group& group : groups) {
    GLIMT_TRY(nvjpeg::status_of(api.jpeg_state_create(handle, &group.state), "making a state"));
  }
  GLIMT_TRY(DeviceStaging made, DeviceStaging::make(settings.device));
  staging = std::make_unique<DeviceStaging>(std::move(made));
  GLIMT_TRY(done, gpu::Event::make());
  return {};
}

EngineDecoder::EngineDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
EngineDecoder::~EngineDecoder() = default;

Result<std::unique_ptr<EngineDecoder>> EngineDecoder::make(const Settings& settings) {
  const gpu::DeviceScope scope(settings.device);
  GLIMT_TRY(scope.status());
  auto state = std::make_unique<State>();
  state->settings = settings;
  GLIMT_TRY(state->open());
  return std::unique_ptr<EngineDecoder>(new EngineDecoder(std::move(state)));
}

int EngineDecoder::engines() const { return static_cast<int>(state_->engines); }

Status EngineDecoder::State::accept(DeviceImage& image, nvjpeg::JpegStream parser,
                                    Accepted& accepted) const {
  Header header;
  GLIMT_TRY(check_stream(image.stream, header));
  const bool gray = header.component_count == 1;
  const Output& output = image.output;
  if (output.channels == Channels::stored && !gray) {
    return left_to_others("the engine delivers RGB and gray only");
  }
  accepted.width = header.width;
  accepted.height = header.height;
  accepted.channels = output.channels == Channels::rgb ? 3 : 1;
  const Rect whole{0, 0, accepted.width, accepted.height};
  if (!whole.contains(window_of(output, accepted))) {
    return {Code::bad_argument, "the window leaves the image"};
  }
  accepted.direct = is_direct(output, accepted);
  GLIMT_TRY(nvjpeg::status_of(
      api.jpeg_stream_parse_header(handle, image.stream.data(), image.stream.size(), parser),
      "reading headers"));
  int unsupported = 0;
  GLIMT_TRY(nvjpeg::status_of(api.decode_batched_supported(handle, parser, &unsupported),
                              "asking what the engine decodes"));
  if (unsupported != 0) return left_to_others("the engine does not decode this kind of JPEG");
  Frame frame;
  GLIMT_TRY(lay_out(header, frame));
  image.units_decoded = static_cast<std::uint64_t>(frame.mcus_across * frame.mcus_down);
  return {};
}

void EngineDecoder::State::accept_all(Worker& worker) {
  std::vector<Accepted> accepted(images.size());
  const std::size_t parts = std::clamp<std::size_t>(images.size() / kImagesForThread, 1, kParsers);
  worker.split(parts, [&](std::size_t part, Worker&) {
    const gpu::DeviceScope scope(settings.device);
    for (std::size_t i = part; i < images.size(); i += parts) {
      accepted[i].number = i;
      images[i].units_decoded = 0;
      images[i].status = accept(images[i], parsers[part], accepted[i]);
    }
  });
  for (Group& group : groups) group.images.clear();
  for (const Accepted& image : accepted) {
    if (!images[image.number].status.ok()) continue;
    groups[image.channels == 3 ? 0 : 1].images.push_back(image);
  }
}

/// Memory for images that do not lie in their output as nvJPEG writes them.
Status EngineDecoder::State::make_room() {
  std::size_t bytes = 0;
  for (Group& group : groups) {
    for (Accepted& image : group.images) {
      if (image.direct) continue;
      image.offset = bytes;
      const auto size = static_cast<std::size_t>(image.width * image.height * image.channels);
      bytes += (size + kAlign - 1) / kAlign * kAlign;
    }
  }
  return bytes == 0 ? Status() : between.grow(gpu::MemoryKind::device, settings.device, bytes);
}

Status EngineDecoder::State::decode(Group& group, std::size_t first, std::size_t count,
                                    gpu::StreamHandle stream) {
  if (std::exchange(group.prepared, 0) != count) {
    GLIMT_TRY(nvjpeg::status_of(api.decode_batched_initialize(
                                    handle, group.state, static_cast<int>(count), 1, group.format),
                                "preparing a batch"));
  }
  GLIMT_TRY(nvjpeg::status_of(
      api.decode_batched(handle, group.state, group.data.data() + first,
                         group.lengths.data() + first, group.destinations.data() + first, stream),
      "decoding a batch"));
  group.prepared = count;
  return {};
}

Status EngineDecoder::State::decode_all(Group& group, gpu::StreamHandle stream) {
  group.data.clear();
  group.lengths.clear();
  group.destinations.clear();
  for (const Accepted& accepted : group.images) {
    const DeviceImage& image = images[accepted.number];
    nvjpeg::Image destination{};
    destination.channel[0] =
        accepted.direct ? image.output.pixels : between.data() + accepted.offset;
    destination.pitch[0] = static_cast<std::size_t>(
        accepted.direct ? image.output.row_bytes : accepted.width * accepted.channels);
    group.data.push_back(image.stream.data());
    group.lengths.push_back(image.stream.size());
    group.destinations.push_back(destination);
  }
  if (group.images.empty()) return {};
  const Status whole = decode(group, 0, group.images.size(), stream);
  if (whole.ok() || whole.code() == Code::device) return whole;
  // One stream that nvJPEG objects to fails its batch: each for itself then.
  for (std::size_t i = 0; i < group.images.size(); ++i) {
    // The state's memory may still be in use by the image before.
    GLIMT_TRY(gpu::synchronize(stream));
    images[group.images[i].number].status = decode(group, i, 1, stream);
  }
  return {};
}

Status EngineDecoder::State::move_to_outputs(gpu::StreamHandle stream) {
  std::vector<DeviceConversion> moves;
  for (const Group& group : groups) {
    for (const Accepted& accepted : group.images) {
      const DeviceImage& image = images[accepted.number];
      if (accepted.direct || !image.status.ok()) continue;
      const Output& output = image.output;
      const Rect window = window_of(output, accepted);
      const PixelForm form = form_of(accepted.channels);
      const PixelView decoded =
          packed_view(between.data() + accepted.offset, accepted.width, accepted.height, form);
      moves.push_back({crop(decoded, window.x0, window.y0, window.width(), window.height()),
                       {output.pixels, output.row_bytes, output.pixel_bytes, output.channel_bytes,
                        window.width(), window.height(), form}});
    }
  }
  return convert_on_device(moves, *staging, stream);
}

Status EngineDecoder::State::put_batch(gpu::StreamHandle stream, Worker& worker) {
  accept_all(worker);
  GLIMT_TRY(make_room());
  for (Group& group : groups) GLIMT_TRY(decode_all(group, stream));
  GLIMT_TRY(move_to_outputs(stream));
  return gpu::record(done.get(), stream);
}

Status EngineDecoder::submit(std::span<DeviceImage> images, gpu::StreamHandle stream,
                             Worker& worker) {
  State& state = *state_;
  if (state.in_flight) return {Code::bad_argument, "collect() the batch before first"};
  const gpu::DeviceScope scope(state.settings.device);
  GLIMT_TRY(scope.status());
  state.images = images;
  const Status status = state.put_batch(stream, worker);
  if (!status.ok()) {
    (void)gpu::synchronize(stream).ok();  // outputs are the caller's again
    for (DeviceImage& image : images) {
      if (image.status.ok()) image.status = status;
    }
    return status;
  }
  state.in_flight = true;
  return {};
}

Status EngineDecoder::collect() {
  State& state = *state_;
  if (!std::exchange(state.in_flight, false)) return {};
  const gpu::DeviceScope scope(state.settings.device);
  GLIMT_TRY(scope.status());
  const Status status = gpu::synchronize(state.done.get());
  if (status.ok()) return {};
  for (DeviceImage& image : state.images) {
    if (image.status.ok()) image.status = status;
  }
  return status;
}

}  // namespace glimt::jpeg::cuda
