// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/encode_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <string>

namespace glimt::jpeg2000 {
namespace {

Status refuse(std::string text) { return {Code::bad_argument, std::move(text)}; }

std::string times(std::int64_t a, std::int64_t b) {
  return std::to_string(a) + " x " + std::to_string(b);
}

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The colour that is coded, with the channels behind the colour kept as they are.
Result<PixelForm> coded_form(const PixelForm& source, ColorSpec spec) {
  PixelForm coded = source;
  coded.planar = true;
  coded.bgr = false;
  coded.inverted = false;
  coded.max_value = 0;
  if (source.color == ColorModel::other) return coded;
  switch (spec) {
    case ColorSpec::srgb:
      coded.color = ColorModel::rgb;
      break;
    case ColorSpec::gray:
      coded.color = ColorModel::gray;
      break;
    case ColorSpec::sycc:
      coded.color = ColorModel::ycc;
      break;
    case ColorSpec::cmyk:
      coded.color = ColorModel::cmyk;
      break;
    default:
      return Status(
          Code::unsupported,
          "JPEG 2000 is written in SRGB, GRAY, SYCC or CMYK; pick one of them as color_spec");
  }
  const std::uint32_t behind = source.channels - color_channels(source);
  coded.channels = static_cast<std::uint16_t>(color_channels(coded) + behind);
  return coded;
}

/// What was asked for; without chroma there is nothing to subsample.
Status check_subsampling(const std::optional<ChromaSubsampling>& asked, ColorModel color) {
  if (!asked || color == ColorModel::gray || color == ColorModel::other) return {};
  if (*asked == ChromaSubsampling::css_gray) {
    return refuse("CSS_GRAY for a colour image; use CSS_444, or color_spec GRAY for a gray file");
  }
  if (*asked != ChromaSubsampling::css_444) {
    return refuse("JPEG 2000 is written without chroma subsampling; use CSS_444");
  }
  return {};
}

Status plan_blocks(const Jpeg2kEncodeParams& params, EncodePlan& plan) {
  const int height = params.code_block_height, width = params.code_block_width;
  const auto legal = [](int side) {
    return side >= 4 && side <= 1024 && std::has_single_bit(static_cast<unsigned>(side));
  };
  if (!legal(height) || !legal(width) || height * width > 4096) {
    return refuse(
        "code_block_size " + times(height, width) +
        ": each side is a power of two from 4 to 1024, the area at most 4096 (T.800 A.6.1)");
  }
  plan.block_height = static_cast<std::uint32_t>(height);
  plan.block_width = static_cast<std::uint32_t>(width);
  return {};
}

Status plan_tiles(const EncodeParams& params, EncodePlan& plan) {
  plan.tile_width = plan.width;
  plan.tile_height = plan.height;
  if (params.tile_width == 0 || params.tile_height == 0) return {};
  if (params.tile_width > plan.width || params.tile_height > plan.height) {
    return refuse("tiles of " + times(params.tile_width, params.tile_height) +
                  " are larger than the image of " + times(plan.width, plan.height));
  }
  plan.tile_width = params.tile_width;
  plan.tile_height = params.tile_height;
  if (std::uint64_t{plan.tiles_x()} * plan.tiles_y() > 65535) {
    return refuse("tiles of " + times(params.tile_width, params.tile_height) +
                  " divide the image into more than 65535; take larger ones");
  }
  return {};
}

Status plan_transforms(const EncodeParams& params, EncodePlan& plan) {
  const Jpeg2kEncodeParams& jpeg2k = params.jpeg2k;
  if (jpeg2k.num_resolutions < 1 || jpeg2k.num_resolutions > 33) {
    return refuse("num_resolutions " + std::to_string(jpeg2k.num_resolutions) + " is not in 1..33");
  }
  const std::uint32_t least = std::min(plan.tile_width, plan.tile_height);
  plan.levels = static_cast<std::uint8_t>(
      std::min<int>(jpeg2k.num_resolutions - 1, static_cast<int>(std::bit_width(least)) - 1));
  if (jpeg2k.mct_mode != 0 && jpeg2k.mct_mode != 1) {
    return refuse("mct_mode " + std::to_string(jpeg2k.mct_mode) + " is neither 0 nor 1");
  }
  if (jpeg2k.mct_mode == 1 && plan.coded.color != ColorModel::rgb) {
    return refuse("mct_mode 1 transforms RGB; use 0 for other colours");
  }
  plan.component_transform = jpeg2k.mct_mode == 1;
  const int order = static_cast<int>(jpeg2k.prog_order);
  if (order < 0 || order > 4)
    return refuse("prog_order " + std::to_string(order) + " is not in 0..4");
  plan.progression = jpeg2k.prog_order;
  return {};
}

}  // namespace

Result<EncodePlan> plan_encode(const EncodeJob& job) {
  const EncodeParams& params = *job.params;
  EncodePlan plan;
  if (job.source->width() > UINT32_MAX || job.source->height() > UINT32_MAX) {
    return Status(Code::limit, "JPEG 2000 has at most 2^32 - 1 pixels a side");
  }
  plan.width = static_cast<std::uint32_t>(job.source->width());
  plan.height = static_cast<std::uint32_t>(job.source->height());
  GLIMT_TRY(plan.coded, coded_form(job.source->form(), job.color_spec));
  GLIMT_TRY(check_subsampling(params.chroma_subsampling, plan.coded.color));
  GLIMT_TRY(plan_blocks(params.jpeg2k, plan));
  GLIMT_TRY(plan_tiles(params, plan));
  GLIMT_TRY(plan_transforms(params, plan));

  const bool jph = params.jpeg2k.bitstream_type == Jpeg2kBitstreamType::jph;
  const bool raw = params.jpeg2k.bitstream_type == Jpeg2kBitstreamType::j2k ||
                   is_any(params.variant, {"j2k", "j2c", "jpc", "jhc"});
  plan.ht = params.jpeg2k.ht || jph || is_any(params.variant, {"jph", "jhc"});
  plan.container = raw ? Container::codestream : plan.ht ? Container::jph : Container::jp2;
  return plan;
}

double psnr_of_quality(double quality) { return 30.0 + 20.0 * (quality / 100) * (quality / 100); }

double step_of_psnr(double psnr, unsigned bit_depth) {
  return (std::ldexp(1.0, static_cast<int>(bit_depth)) - 1) * std::sqrt(6.0) *
         std::pow(10.0, -psnr / 20);
}

Result<double> quality_value(const EncodeParams& params, double fallback, double low, double high,
                             std::string_view name) {
  const double value = params.quality_value ? static_cast<double>(*params.quality_value) : fallback;
  if (value >= low && value <= high) return value;
  const auto text = [](double number) {
    std::string digits = std::to_string(number);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    return digits;
  };
  return refuse(std::string(name) + " " + text(value) + " is not in " + text(low) + ".." +
                text(high));
}

}  // namespace glimt::jpeg2000
