// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Encoding by OpenJPH: HT code-blocks (T.814), line by line.
#include <openjph/ojph_arch.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_params.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>

#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/format.h"
#include "formats/jpeg2000/jp2_writer.h"
#include "formats/jpeg2000/openjph_library.h"

namespace glimt {
namespace jpeg2000 {
namespace {

constexpr std::int64_t kStripBytes = 64 << 10;

/// The quantiser step in units of the samples; 0: reversible.
Result<double> step_of(const EncodeParams& params, const PixelForm& coded) {
  constexpr double default_quality = 75, default_step = 1;
  switch (params.quality_type) {
    case QualityType::standard:
    case QualityType::lossless:
      return 0.0;
    case QualityType::quality: {
      GLIMT_TRY(const double value, quality_value(params, default_quality, 1, 100, "quality"));
      return step_of_psnr(psnr_of_quality(value), coded.bit_depth);
    }
    case QualityType::quantization_step: {
      const double scale = std::ldexp(1.0, coded.bit_depth);
      return quality_value(params, default_step, scale / (1 << 20), scale / 2, "quantization step");
    }
    case QualityType::psnr:
    case QualityType::size_ratio:
      return Status(Code::bad_argument,
                    "HT code-blocks are written without rate control; with ht=True use QUALITY or "
                    "QUANTIZATION_STEP");
  }
  return Status(Code::bad_argument, "an unknown quality type");
}

/// OpenJPH 0.9's irreversible transform errs where a tile has exactly two rows left that begin on
/// an even one (it writes a row too many) or a single odd one (it forgets to double it). Levels end
/// before the first of these.
std::uint8_t sound_levels(const EncodePlan& plan) {
  std::uint8_t levels = plan.levels;
  for (std::uint64_t y0 = 0; y0 < plan.height; y0 += plan.tile_height) {
    const std::uint64_t y1 = std::min<std::uint64_t>(y0 + plan.tile_height, plan.height);
    for (std::uint8_t level = 0; level < levels; ++level) {
      const std::uint64_t up = (std::uint64_t{1} << level) - 1;
      const std::uint64_t first = (y0 + up) >> level, end = (y1 + up) >> level;
      const std::uint64_t rows = end - first;
      if ((rows == 2 && first % 2 == 0) || (rows == 1 && first % 2 == 1)) levels = level;
    }
  }
  return levels;
}

class SinkFile final : public ojph::outfile_base {
 public:
  explicit SinkFile(Sink& sink) : sink_(sink), origin_(sink.size()) {}
  std::size_t write(const void* data, std::size_t bytes) override {
    status_ = sink_.append({static_cast<const std::uint8_t*>(data), bytes});
    return status_.ok() ? bytes : 0;
  }
  ojph::si64 tell() override { return static_cast<ojph::si64>(sink_.size() - origin_); }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Sink& sink_;
  std::size_t origin_;
  Status status_;
};

void describe(ojph::codestream& codestream, const EncodePlan& plan, double step) {
  ojph::param_siz siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(plan.width, plan.height));
  siz.set_tile_size(ojph::size(plan.tile_width, plan.tile_height));
  siz.set_num_components(plan.coded.channels);
  for (ojph::ui32 c = 0; c < plan.coded.channels; ++c) {
    siz.set_component(c, ojph::point(1, 1), plan.coded.bit_depth, is_signed(plan.coded.type));
  }
  ojph::param_cod cod = codestream.access_cod();
  cod.set_num_decomposition(plan.levels);
  cod.set_block_dims(plan.block_width, plan.block_height);
  cod.set_progression_order(progression_name(plan.progression));
  cod.set_color_transform(plan.component_transform);
  cod.set_reversible(step == 0);
  if (step != 0) {
    // OpenJPH counts steps in units of the nominal range.
    const double delta = std::ldexp(step, -static_cast<int>(plan.coded.bit_depth));
    codestream.access_qcd().set_irrev_quant(static_cast<float>(delta));
  }
  codestream.set_planar(false);
}

template <class T>
void widen(const std::uint8_t* from_bytes, std::int64_t count, ojph::si32* to) {
  const auto* from = reinterpret_cast<const T*>(from_bytes);
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
}
using Widen = void (*)(const std::uint8_t*, std::int64_t, ojph::si32*);
// Rows in the order of SampleType.
constexpr Widen kWiden[] = {widen<std::uint8_t>, widen<std::int8_t>, widen<std::uint16_t>,
                            widen<std::int16_t>};

class OpenjphEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker);
  }

 private:
  static Status encode_one(EncodeJob& job, Worker& worker);
  static Status push_lines(EncodeJob& job, const EncodePlan& plan, ojph::codestream& codestream,
                           Worker& worker);
};

Status OpenjphEncoder::encode_one(EncodeJob& job, Worker& worker) {
  GLIMT_TRY(EncodePlan plan, plan_encode(job));
  if (!plan.ht) {
    return {Code::unsupported, "OpenJPH writes HT code-blocks only (ht=True)"};
  }
  GLIMT_TRY(const double step, step_of(*job.params, plan.coded));
  if (step != 0) plan.levels = sound_levels(plan);
  // The gain of the lowest band halves its step at every level; exponents end at 30.
  if (step != 0 && step < std::ldexp(1.0, plan.coded.bit_depth + plan.levels - 29)) {
    return {Code::bad_argument, "a quantiser step too fine for " + std::to_string(plan.levels + 1) +
                                    " resolutions; take fewer or a larger step"};
  }
  GLIMT_TRY(job.source->start(plan.coded));
  Jp2Writer file(plan, job);
  GLIMT_TRY(file.begin());
  SinkFile out(*job.sink);
  take_openjph_message();
  try {
    ojph::codestream codestream;
    describe(codestream, plan, step);
    codestream.write_headers(&out);
    GLIMT_TRY(push_lines(job, plan, codestream, worker));
    codestream.flush();
    codestream.close();
  } catch (...) {
    return out.status().ok() ? openjph_failure("encoding", Code::internal) : out.status();
  }
  GLIMT_TRY(out.status());
  file.end();
  return {};
}

Status OpenjphEncoder::push_lines(EncodeJob& job, const EncodePlan& plan,
                                  ojph::codestream& codestream, Worker& worker) {
  const auto row_bytes = static_cast<std::int64_t>(packed_bytes(plan.width, 1, plan.coded));
  const std::int64_t strip_rows = std::clamp<std::int64_t>(kStripBytes / row_bytes, 1, 256);
  const Widen fill = kWiden[static_cast<std::size_t>(plan.coded.type)];
  ojph::ui32 component = 0;
  ojph::line_buf* line = codestream.exchange(nullptr, component);
  for (std::int64_t y = 0; y < plan.height; y += strip_rows) {
    const Rect rect{0, y, plan.width, std::min<std::int64_t>(y + strip_rows, plan.height)};
    const Arena::Mark mark = worker.arena.mark();
    GLIMT_TRY(const PixelView strip, job.source->read(rect, worker.arena));
    for (std::int64_t row = 0; row < rect.height(); ++row) {
      for (std::uint16_t c = 0; c < plan.coded.channels; ++c) {
        fill(strip.at(0, row) + static_cast<std::ptrdiff_t>(component) * strip.channel_stride,
             plan.width, line->i32);
        line = codestream.exchange(line, component);
      }
    }
    worker.arena.release(mark);
  }
  return {};
}

Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
  listen_to_openjph();
  return std::unique_ptr<ImageEncoder>(std::make_unique<OpenjphEncoder>());
}

}  // namespace
}  // namespace jpeg2000

constexpr EncodeBackend kOpenjphEncoder{
    .name = "openjph_encoder",
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
