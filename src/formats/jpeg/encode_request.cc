// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/encode_request.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace glimt::jpeg {
namespace {

constexpr int kDefaultQuality = 75;
constexpr int kMaxBlocksInMcu = 10;       // T.81 B.2.3
constexpr std::int64_t kMaxSide = 65500;  // libjpeg's bound, which its readers share

struct Sampling {
  ChromaSubsampling name;
  std::string_view text;
  int horizontal, vertical;
};
constexpr Sampling kSamplings[] = {
    {ChromaSubsampling::css_444, "4:4:4", 1, 1}, {ChromaSubsampling::css_422, "4:2:2", 2, 1},
    {ChromaSubsampling::css_420, "4:2:0", 2, 2}, {ChromaSubsampling::css_440, "4:4:0", 1, 2},
    {ChromaSubsampling::css_411, "4:1:1", 4, 1}, {ChromaSubsampling::css_410, "4:1:0", 4, 2},
    {ChromaSubsampling::css_gray, "gray", 1, 1}, {ChromaSubsampling::css_410v, "4:1:0V", 2, 4},
};

Status unsupported(std::string text) { return {Code::unsupported, std::move(text)}; }
Status bad_argument(std::string text) { return {Code::bad_argument, std::move(text)}; }

PixelForm bytes_of(ColorModel color, std::uint16_t channels) {
  PixelForm form;
  form.color = color;
  form.channels = channels;
  form.inverted = channels == 4;
  return form;
}

Result<int> quality_of(const EncodeParams& params) {
  switch (params.quality_type) {
    case QualityType::standard:
      return kDefaultQuality;
    case QualityType::quality:
      break;
    case QualityType::lossless:
      return unsupported(
          "JPEG as DCT codes it is lossy: quality type LOSSLESS cannot be honoured; "
          "use QUALITY, or a lossless codec such as png");
    default:
      return unsupported("the quality type is not one of JPEG's: use DEFAULT or QUALITY (1..100)");
  }
  const float value = params.quality_value.value_or(static_cast<float>(kDefaultQuality));
  const float rounded = std::round(value);
  if (!(rounded >= 1.0F && rounded <= 100.0F)) {
    return bad_argument("JPEG quality " + std::to_string(value) + " is outside of 1..100");
  }
  return static_cast<int>(rounded);
}

/// Colours: the pixels as they are where the library takes them so, else the nearest it takes.
Status choose_colors(const EncodeJob& job, EncodeRequest& request) {
  const PixelForm& source = job.source->form();
  const bool gray =
      job.color_spec == ColorSpec::gray || job.subsampling == ChromaSubsampling::css_gray;
  if (gray) {
    request.form = bytes_of(ColorModel::gray, 1);
    request.coded = ColorModel::gray;
    return {};
  }
  switch (job.color_spec) {
    case ColorSpec::cmyk:
      request.form = bytes_of(ColorModel::cmyk, 4);
      request.coded = ColorModel::cmyk;
      return {};
    case ColorSpec::ycck:
      request.form = bytes_of(ColorModel::ycck, 4);
      request.coded = ColorModel::ycck;
      return {};
    case ColorSpec::srgb:
    case ColorSpec::sycc:
      break;
    default:
      return unsupported(
          "JPEG codes gray, RGB, YCbCr, CMYK and YCCK; name the image's colours by "
          "its sample format or by color_spec");
  }
  request.coded = ColorModel::ycc;
  if (source.color == ColorModel::ycc) {
    request.form = bytes_of(ColorModel::ycc, 3);
    return {};
  }
  const bool rgb = source.color == ColorModel::rgb;
  const bool with_alpha = rgb && source.alpha && source.channels == 4;
  request.form = bytes_of(ColorModel::rgb, with_alpha ? 4 : 3);
  request.form.inverted = false;
  request.form.alpha = with_alpha;
  request.form.bgr = rgb && source.bgr;
  return {};
}

Status choose_sampling(const EncodeJob& job, EncodeRequest& request) {
  if (request.coded == ColorModel::gray) return {};
  const auto* sampling = std::find_if(std::begin(kSamplings), std::end(kSamplings),
                                      [&](const Sampling& s) { return s.name == job.subsampling; });
  if (sampling == std::end(kSamplings)) return bad_argument("unknown chroma subsampling");
  const bool full = sampling->horizontal == 1 && sampling->vertical == 1;
  if (request.coded == ColorModel::cmyk && !full) {
    return unsupported("CMYK has no chroma to subsample: use CSS_444");
  }
  const int luma_blocks = sampling->horizontal * sampling->vertical;
  const int blocks = request.coded == ColorModel::ycck ? 2 * luma_blocks + 2 : luma_blocks + 2;
  if (blocks > kMaxBlocksInMcu) {
    return unsupported("chroma subsampling " + std::string(sampling->text) + " with " +
                       std::to_string(request.form.channels) + " components needs " +
                       std::to_string(blocks) + " blocks an MCU; JPEG allows 10");
  }
  request.horizontal = sampling->horizontal;
  request.vertical = sampling->vertical;
  return {};
}

}  // namespace

Result<EncodeRequest> request_of(const EncodeJob& job) {
  EncodeRequest request;
  GLIMT_TRY(request.quality, quality_of(*job.params));
  GLIMT_TRY(choose_colors(job, request));
  GLIMT_TRY(choose_sampling(job, request));
  if (job.params->jpeg.restart_interval > 65535) {
    return bad_argument("a restart interval has at most 65535 MCUs, asked for were " +
                        std::to_string(job.params->jpeg.restart_interval));
  }
  const std::int64_t width = job.source->width(), height = job.source->height();
  if (width < 1 || height < 1) return bad_argument("the image has no pixels");
  if (width > kMaxSide || height > kMaxSide) {
    return unsupported("JPEG codes at most " + std::to_string(kMaxSide) +
                       " pixels a side, the image has " + std::to_string(width) + " x " +
                       std::to_string(height));
  }
  return request;
}

}  // namespace glimt::jpeg
