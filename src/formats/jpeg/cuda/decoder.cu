// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The batch decoder and the chip's engine as backends. (Host code; its suffix keeps it out of
// builds without CUDA.)
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/cuda/batch_decoder.h"
#include "formats/jpeg/cuda/engine_decoder.h"
#include "formats/jpeg/format.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/device.h"

namespace glimt::jpeg::cuda {
namespace {

/// What tells the two apart.
struct CudaKernels {
  using Batch = BatchDecoder;
  static constexpr std::string_view kName = "glimt_jpeg_cuda_decoder";
  static constexpr std::string_view kAlias = "nvjpeg_cuda_decoder";
};
struct ChipEngine {
  using Batch = EngineDecoder;
  static constexpr std::string_view kName = "nvjpeg_engine_decoder";
  static constexpr std::string_view kAlias = "nvjpeg_hw_decoder";
};
constexpr std::string_view kOptionKeys[] = {"fancy_upsampling"};

/// Samples as this decoder delivers them.
bool is_plain(const PixelForm& form) {
  return form.type == SampleType::u8 && form.bit_depth == 8 &&
         (form.max_value == 0 || form.max_value == 255) && !form.alpha &&
         form.channels == color_channels(form);
}

/// How an image gets from its components to the form that is wanted.
struct Route {
  Channels channels = Channels::rgb;
  PixelForm form;       ///< of what is decoded
  bool direct = false;  ///< into the caller's memory
};

Route route_to(const PixelForm& wanted, const PixelForm& coded) {
  Route route;
  route.form.type = SampleType::u8;
  if (wanted.color == ColorModel::gray || wanted.color == ColorModel::rgb) {
    const bool gray = wanted.color == ColorModel::gray;
    route.channels = gray ? Channels::gray : Channels::rgb;
    route.form.color = wanted.color;
    route.form.channels = gray ? 1 : 3;
    route.direct = is_plain(wanted);
  } else {
    route.channels = Channels::stored;
    route.form = coded;
    route.direct = is_plain(wanted) && wanted.color == coded.color &&
                   wanted.inverted == coded.inverted && wanted.channels == coded.channels;
  }
  return route;
}

Output output_into(const PixelView& view, const Rect& window, Channels channels) {
  Output output;
  output.pixels = view.data;
  output.row_bytes = view.row_stride;
  output.pixel_bytes = view.pixel_stride;
  output.channel_bytes = view.channel_stride;
  if (view.form.bgr) {
    output.pixels += 2 * view.channel_stride;
    output.channel_bytes = -view.channel_stride;
  }
  output.window = window;
  output.channels = channels;
  return output;
}

template <class Kind>
class DeviceDecoder final : public ImageDecoder {
 public:
  explicit DeviceDecoder(bool fancy_upsampling) : fancy_upsampling_(fancy_upsampling) {}
  ~DeviceDecoder() override { (void)let_go().ok(); }

  static Result<std::unique_ptr<ImageDecoder>> open(const Options& options) {
    const bool by_alias = options.flag(Kind::kAlias, "fancy_upsampling", true);
    return std::unique_ptr<ImageDecoder>(
        std::make_unique<DeviceDecoder>(options.flag(Kind::kName, "fancy_upsampling", by_alias)));
  }

  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    const Status status = decode_batch(jobs, worker);
    if (status.ok()) return;
    for (DecodeJob& job : jobs) job.status = status;
  }

 private:
  Status prepare(const GpuLane& lane) {
    if (decoder_ != nullptr && device_ == lane.device) return let_go();
    GLIMT_TRY(let_go());
    typename Kind::Batch::Settings settings;
    settings.device = lane.device;
    settings.fancy_upsampling = fancy_upsampling_;
    decoder_.reset();
    staging_.reset();
    GLIMT_TRY(DeviceStaging staging, DeviceStaging::make(lane.device));
    staging_ = std::make_unique<DeviceStaging>(std::move(staging));
    GLIMT_TRY(put_, gpu::Event::make());
    GLIMT_TRY(decoder_, Kind::Batch::make(settings));
    device_ = lane.device;
    return {};
  }

  /// Waits until nothing reads what the call before decoded on its way to the caller.
  Status let_go() {
    if (scratch_.empty()) return {};
    const gpu::DeviceScope scope(device_);
    GLIMT_TRY(gpu::synchronize(put_.get()));
    scratch_.clear();
    return {};
  }

  Status decode_batch(std::span<DecodeJob> jobs, Worker& worker) {
    const GpuLane& lane = *worker.gpu;
    const gpu::DeviceScope scope(lane.device);
    GLIMT_TRY(scope.status());
    GLIMT_TRY(prepare(lane));
    images_.clear();
    numbers_.clear();
    puts_.clear();
    put_images_.clear();
    fills_.clear();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      jobs[i].status = add(jobs[i]);
      if (jobs[i].status.ok() && !jobs[i].canvas->wanted().empty()) numbers_.push_back(i);
    }
    if (!fills_.empty()) GLIMT_TRY(put_on_device(fills_, *staging_, lane.stream));
    GLIMT_TRY(decoder_->submit(images_, lane.stream, worker));
    if (worker.meanwhile) worker.meanwhile();
    GLIMT_TRY(decoder_->collect());
    for (std::size_t k = 0; k < numbers_.size(); ++k) {
      DecodeJob& job = jobs[numbers_[k]];
      job.status = images_[k].status;
      job.units_decoded = images_[k].units_decoded;
    }
    return finish(lane);
  }

  /// Brings decoded scratch images into the callers' memory.
  Status finish(const GpuLane& lane) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < puts_.size(); ++k) {
      if (images_[put_images_[k]].status.ok()) puts_[kept++] = puts_[k];
    }
    puts_.resize(kept);
    if (puts_.empty()) return {};
    Status status = put_on_device(puts_, *staging_, lane.stream);
    if (status.ok()) status = gpu::record(put_.get(), lane.stream);
    return status;
  }

  /// Adds an image to the batch, and what is to be done before and after it.
  Status add(const DecodeJob& job) {
    const Canvas& canvas = *job.canvas;
    const CanvasTarget& target = canvas.target();
    const Rect& wanted = canvas.wanted();
    if (wanted != target.window) fills_.push_back({target, target.image, {}});
    if (wanted.empty()) return {};
    const Route route = route_to(target.image.form, job.info->form);
    DeviceImage image;
    image.stream = job.source->data;
    if (route.direct) {
      image.output = output_into(canvas.stored_view(wanted), wanted, route.channels);
    } else {
      const std::size_t bytes = packed_bytes(wanted.width(), wanted.height(), route.form);
      GLIMT_TRY(gpu::Block block, gpu::take_block(gpu::MemoryKind::device, device_, bytes));
      const PixelView view = packed_view(block.data(), wanted.width(), wanted.height(), route.form);
      GLIMT_TRY(const Converter possible, Converter::make(route.form, target.image.form));
      (void)possible;
      scratch_.push_back(std::move(block));
      image.output = output_into(view, wanted, route.channels);
      puts_.push_back({target, view, wanted});
      put_images_.push_back(images_.size());
    }
    images_.push_back(std::move(image));
    return {};
  }

  bool fancy_upsampling_;
  int device_ = 0;
  std::unique_ptr<typename Kind::Batch> decoder_;
  std::unique_ptr<DeviceStaging> staging_;
  gpu::Event put_;
  std::vector<gpu::Block> scratch_;
  std::vector<DeviceImage> images_;
  std::vector<std::size_t> numbers_;     // of images_, in the jobs
  std::vector<std::size_t> put_images_;  // of puts_, in images_
  std::vector<DevicePut> fills_, puts_;
};

Status engine_available(int device, const Options&) {
  EngineDecoder::Settings settings;
  settings.device = device;
  return EngineDecoder::make(settings).status();
}

}  // namespace
}  // namespace glimt::jpeg::cuda

namespace glimt {

const DecodeBackend kJpegCudaDecoder = {
    .name = jpeg::cuda::CudaKernels::kName,
    .alias = jpeg::cuda::CudaKernels::kAlias,
    .format = &kJpegFormat,
    .kind = BackendKind::hybrid_cpu_gpu,
    .also = kind_bit(BackendKind::gpu_only),
    .grain = Grain::batch,
    .caps = {.max_bit_depth = 8,
             .max_channels = 4,
             .codings = 1U << jpeg::kBaseline | 1U << jpeg::kExtended | 1U << jpeg::kProgressive},
    .option_keys = jpeg::cuda::kOptionKeys,
    .open = jpeg::cuda::DeviceDecoder<jpeg::cuda::CudaKernels>::open,
};

const DecodeBackend kJpegEngineDecoder = {
    .name = jpeg::cuda::ChipEngine::kName,
    .alias = jpeg::cuda::ChipEngine::kAlias,
    .format = &kJpegFormat,
    .kind = BackendKind::hw_gpu_only,
    .grain = Grain::batch,
    .caps = {.max_bit_depth = 8,
             .max_channels = 3,
             .codings = 1U << jpeg::kBaseline | 1U << jpeg::kExtended},
    .option_keys = jpeg::cuda::kOptionKeys,
    .open = jpeg::cuda::DeviceDecoder<jpeg::cuda::ChipEngine>::open,
    .available = jpeg::cuda::engine_available,
};

}  // namespace glimt
