// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The batch encoder as a backend of the engine. (Host code; its suffix keeps it out of builds
// without CUDA.)
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/cuda/batch_encoder.h"
#include "formats/jpeg/encode_request.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/metadata.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/device.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::string_view kName = "glimt_jpeg_cuda_encoder";
constexpr std::string_view kAlias = "nvjpeg_cuda_encoder";

/// Can the encoder read the pixels as they lie?
bool is_fed_by(const PixelForm& given, const PixelForm& fed) {
  return given.type == SampleType::u8 && given.bit_depth == 8 &&
         (given.max_value == 0 || given.max_value == 255) && given.color == fed.color;
}

EncodeSettings settings_of(const EncodeJob& job, const EncodeRequest& request) {
  const JpegEncodeParams& params = job.params->jpeg;
  EncodeSettings settings;
  settings.quality = request.quality;
  settings.subsampling = job.subsampling;
  settings.color = request.coded == ColorModel::gray ? CodedColor::gray : CodedColor::ycc;
  settings.optimized_huffman = params.optimized_huffman;
  settings.progressive = params.progressive;
  settings.restart_interval = params.restart_interval;
  return settings;
}

class CudaEncoder final : public ImageEncoder {
 public:
  static Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
    return std::unique_ptr<ImageEncoder>(std::make_unique<CudaEncoder>());
  }

  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    const Status status = encode_batch(jobs, worker);
    if (status.ok()) return;
    for (EncodeJob& job : jobs) job.status = status;
  }

 private:
  Status prepare(const GpuLane& lane) {
    scratch_.clear();
    if (encoder_ != nullptr && device_ == lane.device) return {};
    encoder_.reset();
    GLIMT_TRY(DeviceStaging staging, DeviceStaging::make(lane.device));
    staging_ = std::make_unique<DeviceStaging>(std::move(staging));
    BatchEncoder::Settings settings;
    settings.device = lane.device;
    GLIMT_TRY(encoder_, BatchEncoder::make(settings));
    device_ = lane.device;
    return {};
  }

  Status encode_batch(std::span<EncodeJob> jobs, Worker& worker) {
    const GpuLane& lane = *worker.gpu;
    const gpu::DeviceScope scope(lane.device);
    GLIMT_TRY(scope.status());
    GLIMT_TRY(prepare(lane));
    sources_.clear();
    numbers_.clear();
    conversions_.clear();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      jobs[i].status = add(jobs[i]);
      if (jobs[i].status.ok()) numbers_.push_back(i);
    }
    if (!conversions_.empty()) {
      GLIMT_TRY(convert_on_device(conversions_, *staging_, lane.stream));
    }
    GLIMT_TRY(encoder_->submit(sources_, lane.stream, worker));
    GLIMT_TRY(encoder_->collect());
    for (std::size_t k = 0; k < numbers_.size(); ++k) {
      jobs[numbers_[k]].status = sources_[k].status;
    }
    return {};
  }

  /// Adds an image to the batch, converted first where the encoder does not read it as it lies.
  Status add(EncodeJob& job) {
    GLIMT_TRY(const EncodeRequest request, request_of(job));
    if (job.params->jpeg.arithmetic) {
      return {Code::unsupported, "arithmetic coding is not done on the GPU"};
    }
    if (request.coded != ColorModel::gray && request.coded != ColorModel::ycc) {
      return {Code::unsupported, "the GPU encodes gray and YCbCr files"};
    }
    DeviceSource source;
    source.image = job.source->image();
    source.settings = settings_of(job, request);
    if (source.settings.color == CodedColor::rgb) note_density(job.embedded, job.note);
    source.sink = job.sink;
    source.embedded = job.embedded;
    if (!is_fed_by(source.image.form, request.form)) {
      GLIMT_TRY(const Converter possible, Converter::make(source.image.form, request.form));
      (void)possible;
      const std::int64_t width = source.image.width, height = source.image.height;
      GLIMT_TRY(gpu::Block block, gpu::take_block(gpu::MemoryKind::device, device_,
                                                  packed_bytes(width, height, request.form)));
      const PixelView view = packed_view(block.data(), width, height, request.form);
      conversions_.push_back({source.image, view});
      scratch_.push_back(std::move(block));
      source.image = view;
    }
    sources_.push_back(std::move(source));
    return {};
  }

  int device_ = 0;
  std::unique_ptr<BatchEncoder> encoder_;
  std::unique_ptr<DeviceStaging> staging_;
  std::vector<gpu::Block> scratch_;
  std::vector<DeviceSource> sources_;
  std::vector<std::size_t> numbers_;  // of sources_, in the jobs
  std::vector<DeviceConversion> conversions_;
};

}  // namespace
}  // namespace glimt::jpeg::cuda

namespace glimt {

const EncodeBackend kJpegCudaEncoder = {
    .name = jpeg::cuda::kName,
    .alias = jpeg::cuda::kAlias,
    .format = &kJpegFormat,
    .kind = BackendKind::hybrid_cpu_gpu,
    .also = kind_bit(BackendKind::gpu_only),
    .grain = Grain::batch,
    .caps = {.types = type_bit(SampleType::u8),
             .channels = 0b11110,
             .qualities = static_cast<std::uint16_t>(quality_bit(QualityType::standard) |
                                                     quality_bit(QualityType::quality)),
             .embeds = jpeg::kEmbeds},
    .option_keys = {},
    .open = jpeg::cuda::CudaEncoder::open,
};

}  // namespace glimt
