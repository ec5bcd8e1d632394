// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Encoding by OpenJPEG: Part 1, tile by tile, so that a tile is all that is held in planes.
#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/format.h"
#include "formats/jpeg2000/jp2_writer.h"
#include "formats/jpeg2000/openjpeg_library.h"

namespace glimt {
namespace jpeg2000 {
namespace {

/// What the library is told of the wanted quality.
struct Rate {
  bool irreversible = false;
  double psnr = 0;   ///< > 0: one layer of this quality
  double ratio = 0;  ///< > 0: one layer of raw size / ratio
};

Result<Rate> rate_of(const EncodeParams& params) {
  constexpr double default_quality = 75, default_psnr = 50, default_ratio = 0.5;
  switch (params.quality_type) {
    case QualityType::standard:
    case QualityType::lossless:
      return Rate{};
    case QualityType::quality: {
      GLIMT_TRY(const double value, quality_value(params, default_quality, 1, 100, "quality"));
      return Rate{true, psnr_of_quality(value), 0};
    }
    case QualityType::psnr: {
      GLIMT_TRY(const double value, quality_value(params, default_psnr, 0, 200, "PSNR"));
      if (value == 0) return Status(Code::bad_argument, "a PSNR of 0 dB asks for no image");
      return Rate{true, value, 0};
    }
    case QualityType::size_ratio: {
      GLIMT_TRY(const double value, quality_value(params, default_ratio, 0, 1, "size ratio"));
      if (value == 0) return Status(Code::bad_argument, "a size ratio of 0 asks for no image");
      if (value == 1) return Rate{};
      return Rate{true, 0, 1 / value};
    }
    case QualityType::quantization_step:
      return Status(
          Code::bad_argument,
          "OpenJPEG chooses its quantiser steps itself; use PSNR, or QUANTIZATION_STEP with "
          "ht=True");
  }
  return Status(Code::bad_argument, "an unknown quality type");
}

opj_cparameters_t parameters_of(const EncodePlan& plan, const Rate& rate) {
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = rate.psnr > 0 ? 0 : 1;
  parameters.cp_fixed_quality = rate.psnr > 0 ? 1 : 0;
  parameters.tcp_distoratio[0] = static_cast<float>(rate.psnr);
  parameters.tcp_rates[0] = static_cast<float>(rate.ratio);
  parameters.irreversible = rate.irreversible ? 1 : 0;
  parameters.prog_order = static_cast<OPJ_PROG_ORDER>(plan.progression);
  parameters.numresolution = plan.levels + 1;
  parameters.cblockw_init = static_cast<int>(plan.block_width);
  parameters.cblockh_init = static_cast<int>(plan.block_height);
  parameters.tcp_mct = plan.component_transform ? 1 : 0;
  parameters.tile_size_on = OPJ_TRUE;
  parameters.cp_tdx = static_cast<int>(plan.tile_width);
  parameters.cp_tdy = static_cast<int>(plan.tile_height);
  return parameters;
}

OpjImage describe_image(const EncodePlan& plan, Arena& arena) {
  const auto components = arena.take<opj_image_cmptparm_t>(plan.coded.channels);
  if (components.empty()) return nullptr;
  std::memset(components.data(), 0, components.size_bytes());
  for (opj_image_cmptparm_t& c : components) {
    c.dx = c.dy = 1;
    c.w = plan.width;
    c.h = plan.height;
    c.prec = plan.coded.bit_depth;
    c.sgnd = is_signed(plan.coded.type) ? 1 : 0;
  }
  OpjImage image(
      opj_image_tile_create(plan.coded.channels, components.data(), OPJ_CLRSPC_UNSPECIFIED));
  if (image) {
    image->x1 = plan.width;
    image->y1 = plan.height;
  }
  return image;
}

/// The planes of a rectangle one behind the other, rows without gaps: the source's own memory where
/// it is so.
Result<std::span<std::uint8_t>> tile_planes(const PixelSource& source, const EncodePlan& plan,
                                            const Rect& rect, Arena& arena) {
  GLIMT_TRY(const PixelView view, source.read(rect, arena));
  const auto row_bytes = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(rect.width()) *
                                                     sample_bytes(plan.coded.type));
  const std::ptrdiff_t plane_bytes = row_bytes * rect.height();
  const std::size_t bytes = packed_bytes(rect.width(), rect.height(), plan.coded);
  if (view.row_stride == row_bytes &&
      (plan.coded.channels == 1 || view.channel_stride == plane_bytes)) {
    return std::span(view.data, bytes);
  }
  const auto planes = arena.take<std::uint8_t>(bytes);
  if (planes.empty()) return Status(Code::out_of_memory, "no memory for the planes of a tile");
  std::uint8_t* to = planes.data();
  for (std::size_t c = 0; c < plan.coded.channels; ++c) {
    for (std::int64_t y = 0; y < rect.height(); ++y, to += row_bytes) {
      std::memcpy(to, view.at(0, y) + static_cast<std::ptrdiff_t>(c) * view.channel_stride,
                  static_cast<std::size_t>(row_bytes));
    }
  }
  return planes;
}

class OpenjpegEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker);
  }

 private:
  Status encode_one(EncodeJob& job, Worker& worker);
  Status write_tiles(EncodeJob& job, const EncodePlan& plan, opj_codec_t* codec,
                     opj_stream_t* stream, Worker& worker);

  OpjMessages messages_;
};

Status OpenjpegEncoder::encode_one(EncodeJob& job, Worker& worker) {
  GLIMT_TRY(const EncodePlan plan, plan_encode(job));
  if (plan.ht) {
    return {Code::unsupported, "OpenJPEG writes no HT code-blocks (ht=True, .jph); OpenJPH does"};
  }
  if (plan.width > INT32_MAX || plan.height > INT32_MAX) {
    return {Code::limit, "OpenJPEG writes at most 2^31 - 1 pixels a side"};
  }
  GLIMT_TRY(const Rate rate, rate_of(*job.params));
  GLIMT_TRY(job.source->start(plan.coded));
  Jp2Writer file(plan, job);
  GLIMT_TRY(file.begin());

  OpjWriteState state{job.sink, file.codestream(), 0, {}};
  const OpjStream stream = open_for_writing(state);
  const OpjCodec codec(opj_create_compress(OPJ_CODEC_J2K));
  const OpjImage image = describe_image(plan, worker.arena);
  if (!stream || !codec || !image)
    return {Code::out_of_memory, "no memory for an OpenJPEG encoder"};
  messages_.attach(codec.get());
  opj_cparameters_t parameters = parameters_of(plan, rate);
  Status status;
  if (opj_setup_encoder(codec.get(), &parameters, image.get()) == 0 ||
      opj_start_compress(codec.get(), image.get(), stream.get()) == 0) {
    status = messages_.failure("the main header");
  } else {
    status = write_tiles(job, plan, codec.get(), stream.get(), worker);
  }
  if (status.ok() && opj_end_compress(codec.get(), stream.get()) == 0) {
    status = messages_.failure("the end of the codestream");
  }
  if (!state.status.ok()) return state.status;
  if (status.code() == Code::corrupt) return {Code::internal, status.message()};
  GLIMT_TRY(status);
  file.end();
  return {};
}

Status OpenjpegEncoder::write_tiles(EncodeJob& job, const EncodePlan& plan, opj_codec_t* codec,
                                    opj_stream_t* stream, Worker& worker) {
  for (std::uint32_t tile = 0; tile < plan.tiles_x() * plan.tiles_y(); ++tile) {
    const std::int64_t x = std::int64_t{tile % plan.tiles_x()} * plan.tile_width;
    const std::int64_t y = std::int64_t{tile / plan.tiles_x()} * plan.tile_height;
    const Rect rect{x, y, std::min<std::int64_t>(x + plan.tile_width, plan.width),
                    std::min<std::int64_t>(y + plan.tile_height, plan.height)};
    const Arena::Mark mark = worker.arena.mark();
    GLIMT_TRY(const auto planes, tile_planes(*job.source, plan, rect, worker.arena));
    if (planes.size() > UINT32_MAX) {
      return {Code::limit, "OpenJPEG takes at most 4 GiB a tile; write smaller tiles"};
    }
    if (opj_write_tile(codec, tile, planes.data(), static_cast<OPJ_UINT32>(planes.size()),
                       stream) == 0) {
      return messages_.failure("tile " + std::to_string(tile));
    }
    worker.arena.release(mark);
  }
  return {};
}

Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<OpenjpegEncoder>());
}

}  // namespace
}  // namespace jpeg2000

constexpr EncodeBackend kOpenjpegEncoder{
    .name = "openjpeg_encoder",
    .alias = "opencv_jpeg2k_encoder",
    .format = &kJpeg2000Format,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.types = type_bit(SampleType::u8) | type_bit(SampleType::i8) |
                      type_bit(SampleType::u16) | type_bit(SampleType::i16),
             .channels = 0xFFFFFFFE,
             .qualities = quality_bit(QualityType::standard) | quality_bit(QualityType::lossless) |
                          quality_bit(QualityType::quality) |
                          quality_bit(QualityType::quantization_step) |
                          quality_bit(QualityType::psnr) | quality_bit(QualityType::size_ratio),
             .embeds = jpeg2000::kEmbeds},
    .option_keys = {},
    .open = jpeg2000::open,
};

}  // namespace glimt
