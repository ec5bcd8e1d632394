// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "formats/pnm/backends.h"
#include "formats/pnm/raster.h"

namespace glimt {
namespace pnm {
namespace {

constexpr std::size_t kStripBytes = std::size_t{64} << 10;

/// What is written.
struct Plan {
  Kind kind = Kind::gray;
  PixelForm form;
};

Status refuse(const std::string& reason) { return {Code::unsupported, reason}; }

/// The samples: integers of the source's own depth, in the colour asked for.
Result<PixelForm> coded_form(const EncodeParams& params, const PixelForm& given) {
  PixelForm form = given;
  form.planar = form.bgr = form.inverted = false;
  form.max_value = 0;
  form.type = given.bit_depth <= 8 ? SampleType::u8 : SampleType::u16;
  ColorModel color = given.color;
  if (color == ColorModel::ycc) color = ColorModel::rgb;
  if (color == ColorModel::ycck) color = ColorModel::cmyk;
  if (params.color_spec == ColorSpec::gray) color = ColorModel::gray;
  if (params.color_spec == ColorSpec::srgb) color = ColorModel::rgb;
  constexpr ColorSpec kept[] = {ColorSpec::unchanged, ColorSpec::gray, ColorSpec::srgb};
  if (std::find(std::begin(kept), std::end(kept), params.color_spec) == std::end(kept)) {
    return refuse("PNM takes color_spec UNCHANGED, SRGB or GRAY");
  }
  if (color != given.color) {
    form.color = color;
    form.channels = static_cast<std::uint16_t>(color_channels(form) + (form.alpha ? 1 : 0));
  }
  return form;
}

/// Drops all but the colour, for kinds that hold nothing else.
Status narrow(ColorModel color, const EncodeParams& params, Plan& plan) {
  const ColorSpec opposite = color == ColorModel::gray ? ColorSpec::srgb : ColorSpec::gray;
  if (params.color_spec == opposite) {
    return refuse("." + params.variant + " does not hold the color_spec asked for");
  }
  plan.form.color = color;
  plan.form.alpha = false;
  plan.form.channels = color == ColorModel::gray ? 1 : 3;
  return {};
}

Result<Plan> plan_of(const EncodeParams& params, const PixelForm& given) {
  if (params.quality_type != QualityType::standard &&
      params.quality_type != QualityType::lossless) {
    return refuse("PNM is lossless: quality DEFAULT or LOSSLESS only");
  }
  Plan plan;
  GLIMT_TRY(plan.form, coded_form(params, given));
  if (params.variant.empty() || params.variant == "pnm" || params.variant == "pam") {
    const bool gray = plan.form.channels == 1,
               rgb = plan.form.color == ColorModel::rgb && plan.form.channels == 3;
    plan.kind = gray ? Kind::gray : rgb ? Kind::rgb : Kind::pam;
    if (params.variant == "pam") plan.kind = Kind::pam;
  } else if (params.variant == "pgm") {
    plan.kind = Kind::gray;
    GLIMT_TRY(narrow(ColorModel::gray, params, plan));
  } else if (params.variant == "ppm") {
    plan.kind = Kind::rgb;
    GLIMT_TRY(narrow(ColorModel::rgb, params, plan));
  } else if (params.variant == "pbm") {
    plan.kind = Kind::bits;
    if (plan.form.channels != 1 || plan.form.bit_depth != 1) {
      return refuse(
          "PBM holds one bit a pixel, and the image has more: threshold it first (one "
          "channel of precision 1), or write PGM or PPM");
    }
  } else {
    return refuse("unknown PNM variant '" + params.variant + "': pnm, ppm, pgm, pbm or pam");
  }
  return plan;
}

std::string_view tuple_type(const PixelForm& form) {
  const bool bits = form.bit_depth == 1;
  switch (form.color) {
    case ColorModel::gray:
      if (form.alpha) return bits ? "BLACKANDWHITE_ALPHA" : "GRAYSCALE_ALPHA";
      return bits ? "BLACKANDWHITE" : "GRAYSCALE";
    case ColorModel::rgb:
      return form.alpha ? "RGB_ALPHA" : "RGB";
    case ColorModel::cmyk:
      return form.alpha ? "CMYK_ALPHA" : "CMYK";
    default:
      return {};
  }
}

std::string header_text(const Plan& plan, std::int64_t width, std::int64_t height) {
  const int kind = static_cast<int>(plan.kind);
  const unsigned maxval = (1U << plan.form.bit_depth) - 1;
  if (plan.kind == Kind::bits) return fmt::format("P{}\n{} {}\n", kind, width, height);
  if (plan.kind != Kind::pam) {
    return fmt::format("P{}\n{} {}\n{}\n", kind, width, height, maxval);
  }
  const std::string_view type = tuple_type(plan.form);
  return fmt::format("P7\nWIDTH {}\nHEIGHT {}\nDEPTH {}\nMAXVAL {}\n{}{}{}ENDHDR\n", width, height,
                     plan.form.channels, maxval, type.empty() ? "" : "TUPLTYPE ", type,
                     type.empty() ? "" : "\n");
}

void write_row(const Plan& plan, const std::uint8_t* from, std::uint8_t* to, std::size_t samples) {
  const auto maxval = static_cast<std::uint16_t>((1U << plan.form.bit_depth) - 1);
  if (plan.kind == Kind::bits) {
    pack_bits(from, to, samples);
  } else if (maxval > 255) {
    to_big_endian(from, to, samples, maxval);
  } else if (maxval < 255) {
    copy_clamped(from, to, samples, static_cast<std::uint8_t>(maxval));
  } else {
    std::memcpy(to, from, samples);
  }
}

Status encode_one(EncodeJob& job, Arena& arena) {
  GLIMT_TRY(const Plan plan, plan_of(*job.params, job.source->form()));
  GLIMT_TRY(job.source->start(plan.form));
  const std::int64_t width = job.source->width(), height = job.source->height();
  const std::string head = header_text(plan, width, height);
  const std::size_t samples = static_cast<std::size_t>(width) * plan.form.channels;
  const std::size_t row_bytes =
      plan.kind == Kind::bits ? (samples + 7) / 8 : samples * sample_bytes(plan.form.type);
  const auto pixels = checked_size(row_bytes, height);
  const auto total = pixels ? checked_add(*pixels, head.size()) : std::nullopt;
  if (!total) return {Code::limit, "the PNM file would not fit memory"};
  GLIMT_TRY(const auto room, job.sink->reserve(*total));
  std::memcpy(room.data(), head.data(), head.size());
  std::uint8_t* to = room.data() + head.size();
  const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(kStripBytes / row_bytes));
  for (std::int64_t begin = 0; begin < height; begin += step) {
    const std::int64_t end = std::min(begin + step, height);
    const Arena::Mark mark = arena.mark();
    GLIMT_TRY(const PixelView rows, job.source->read({0, begin, width, end}, arena));
    for (std::int64_t y = begin; y < end; ++y, to += row_bytes) {
      write_row(plan, rows.at(0, y - begin), to, samples);
    }
    arena.release(mark);
  }
  job.sink->commit(*total);
  return {};
}

class PnmEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker.arena);
  }
};

Result<std::unique_ptr<ImageEncoder>> open_encoder(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<PnmEncoder>());
}

}  // namespace
}  // namespace pnm

constexpr EncodeBackend kPnmEncoder = {
    .name = "glimt_pnm_encoder",
    .alias = "opencv_pnm_encoder",
    .format = &kPnmFormat,
    .caps = {.types =
                 static_cast<std::uint16_t>(type_bit(SampleType::u8) | type_bit(SampleType::u16)),
             .channels = 0xfffffffe,
             .qualities = static_cast<std::uint16_t>(quality_bit(QualityType::standard) |
                                                     quality_bit(QualityType::lossless))},
    .option_keys = {},
    .open = pnm::open_encoder};

}  // namespace glimt
