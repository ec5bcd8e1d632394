// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <webp/encode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "formats/webp/backends.h"
#include "formats/webp/extended_file.h"
#include "formats/webp/format.h"

namespace glimt {
namespace webp {
namespace {

constexpr float kDefaultQuality = 75.0F;
constexpr int kSizePasses = 10;  // libwebp's most, for the search of a size
constexpr std::int64_t kStripRows = 16;

Status refuse(const std::string& reason) { return {Code::unsupported, reason}; }

/// The samples: RGB or RGBA; of lossless files as libwebp's own ARGB words, B G R A in memory.
Result<PixelForm> coded_form(const EncodeJob& job, bool lossless) {
  const PixelForm& given = job.source->form();
  const ColorSpec asked = job.params->color_spec;
  if (asked != ColorSpec::unchanged && asked != ColorSpec::srgb && asked != ColorSpec::gray) {
    return refuse("WebP holds RGB: color_spec UNCHANGED, SRGB or, written as RGB, GRAY");
  }
  PixelForm form;
  form.color = ColorModel::rgb;
  form.alpha = lossless || given.alpha;
  form.channels = form.alpha ? 4 : 3;
  form.bgr = lossless;
  return form;
}

/// Everything that the parameters say, or why it cannot be.
Status configure(const EncodeJob& job, WebPConfig& config) {
  const EncodeParams& params = *job.params;
  if (WebPConfigInit(&config) == 0) return {Code::internal, "another libwebp was linked"};
  if (params.webp.method < 0 || params.webp.method > 6) return refuse("WebP method is 0 to 6");
  if (params.webp.near_lossless < 0 || params.webp.near_lossless > 100) {
    return refuse("WebP near_lossless is 0 to 100");
  }
  config.method = params.webp.method;
  config.exact = params.webp.exact ? 1 : 0;
  config.quality = kDefaultQuality;
  switch (params.quality_type) {
    case QualityType::standard:
      break;
    case QualityType::lossless:
      config.lossless = 1;
      config.near_lossless = params.webp.near_lossless;
      // libwebp leaves near_lossless undone when it is to be exact.
      if (config.near_lossless < 100) config.exact = 0;
      break;
    case QualityType::quality: {
      const float quality = params.quality_value.value_or(kDefaultQuality);
      if (!(quality >= 1.0F && quality <= 100.0F)) return refuse("WebP quality is 1 to 100");
      config.quality = quality;
      break;
    }
    case QualityType::size_ratio: {
      const double ratio = params.quality_value.value_or(0.0F);
      if (!(ratio > 0.0 && ratio <= 1.0)) return refuse("a size ratio is above 0 and at most 1");
      const double raw = static_cast<double>(job.source->width()) *
                         static_cast<double>(job.source->height()) * job.source->form().channels;
      config.target_size =
          static_cast<int>(std::clamp(ratio * raw, 1.0, double{std::numeric_limits<int>::max()}));
      config.pass = kSizePasses;
      break;
    }
    default:
      return refuse("WebP takes quality DEFAULT, LOSSLESS, QUALITY or SIZE_RATIO");
  }
  return {};
}

/// What the writer callback needs.
struct Output {
  Sink* sink;
  Status status;
};

int write(const std::uint8_t* data, std::size_t size, const WebPPicture* picture) {
  auto* output = static_cast<Output*>(picture->custom_ptr);
  output->status = output->sink->append({data, size});
  return output->status.ok() ? 1 : 0;
}

/// A WebPPicture that is freed.
class Picture {
 public:
  Picture() { ready_ = WebPPictureInit(&picture_) != 0; }
  ~Picture() {
    if (ready_) WebPPictureFree(&picture_);
  }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }
  WebPPicture& operator*() { return picture_; }

 private:
  WebPPicture picture_{};
  bool ready_ = false;
};

Status no_memory() { return {Code::out_of_memory, "no memory for the pixels of a WebP image"}; }

/// The whole image, packed: libwebp takes nothing less.
Result<std::span<std::uint8_t>> gather(const PixelSource& source, const PixelForm& form,
                                       Arena& arena) {
  const std::int64_t width = source.width(), height = source.height();
  const auto memory = arena.take<std::uint8_t>(packed_bytes(width, height, form));
  if (memory.empty()) return no_memory();
  const std::size_t row_bytes = static_cast<std::size_t>(width) * form.channels;
  for (std::int64_t y = 0; y < height; y += kStripRows) {
    const std::int64_t end = std::min(y + kStripRows, height);
    const Arena::Mark mark = arena.mark();
    GLIMT_TRY(const PixelView rows, source.read({0, y, width, end}, arena));
    for (std::int64_t r = y; r < end; ++r) {
      std::memcpy(memory.data() + static_cast<std::size_t>(r) * row_bytes, rows.at(0, r - y),
                  row_bytes);
    }
    arena.release(mark);
  }
  return memory;
}

/// The image in gray, for color_spec GRAY: WebP has none, so it is written as RGB in turn.
Result<PixelSource> gray_of(PixelSource& source, Arena& arena) {
  PixelForm gray = source.form();
  gray.color = ColorModel::gray;
  gray.channels = gray.alpha ? 2 : 1;
  gray.bgr = false;
  gray.planar = false;
  GLIMT_TRY(source.start(gray));
  GLIMT_TRY(const auto memory, gather(source, gray, arena));
  return PixelSource(packed_view(memory.data(), source.width(), source.height(), gray));
}

/// Hands the pixels to libwebp: RGB is converted to planes of its own, ARGB stays in the arena.
Status fill(WebPPicture& picture, const PixelSource& source, const PixelForm& form, Arena& arena) {
  if (picture.use_argb != 0) {
    GLIMT_TRY(const auto memory, gather(source, form, arena));
    picture.argb = reinterpret_cast<std::uint32_t*>(memory.data());
    picture.argb_stride = picture.width;
    return {};
  }
  PixelView view;
  if (source.form() == form) {
    GLIMT_TRY(view, source.read({0, 0, source.width(), source.height()}, arena));
  }
  if (view.row_stride <= 0 || view.row_stride > std::numeric_limits<int>::max()) {
    GLIMT_TRY(const auto memory, gather(source, form, arena));
    view = packed_view(memory.data(), source.width(), source.height(), form);
  }
  const int stride = static_cast<int>(view.row_stride);
  const int done = form.alpha ? WebPPictureImportRGBA(&picture, view.data, stride)
                              : WebPPictureImportRGB(&picture, view.data, stride);
  return done != 0 ? Status() : no_memory();
}

Status status_of(WebPEncodingError error) {
  switch (error) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
      return no_memory();
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
      return refuse("a partition of the WebP file would exceed its limit: lower the quality");
    case VP8_ENC_ERROR_FILE_TOO_BIG:
      return refuse("the WebP file would exceed 4 GiB");
    default:
      return {Code::internal, "libwebp's encoder failed: error " + std::to_string(error)};
  }
}

Status encode_one(EncodeJob& job, Arena& arena) {
  WebPConfig config;
  GLIMT_TRY(configure(job, config));
  const std::int64_t width = job.source->width(), height = job.source->height();
  if (width > WEBP_MAX_DIMENSION || height > WEBP_MAX_DIMENSION) {
    return refuse("WebP images have at most " + std::to_string(WEBP_MAX_DIMENSION) +
                  " pixels a side, this one has " + std::to_string(width) + " x " +
                  std::to_string(height));
  }
  GLIMT_TRY(const PixelForm form, coded_form(job, config.lossless != 0));
  PixelSource source = *job.source;
  if (job.params->color_spec == ColorSpec::gray && source.form().color != ColorModel::gray) {
    GLIMT_TRY(source, gray_of(source, arena));
  }
  GLIMT_TRY(source.start(form));
  Picture holder;
  if (!holder.ready()) return {Code::internal, "another libwebp was linked"};
  WebPPicture& picture = *holder;
  Output output{job.sink, {}};
  picture.use_argb = config.lossless;
  picture.width = static_cast<int>(width);
  picture.height = static_cast<int>(height);
  picture.writer = write;
  picture.custom_ptr = &output;
  GLIMT_TRY(fill(picture, source, form, arena));
  if (WebPEncode(&config, &picture) == 0)
    return output.status.ok() ? status_of(picture.error_code) : output.status;
  return extend(*job.sink, job.embedded, {width, height});
}

class LibwebpEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker.arena);
  }
};

Result<std::unique_ptr<ImageEncoder>> open_encoder(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<LibwebpEncoder>());
}

}  // namespace
}  // namespace webp

constexpr EncodeBackend kLibwebpEncoder = {
    .name = "libwebp_encoder",
    .alias = "opencv_webp_encoder",
    .format = &kWebpFormat,
    .caps = {.types = type_bit(SampleType::u8),
             .channels = 0b11110,
             .qualities = static_cast<std::uint16_t>(
                 quality_bit(QualityType::standard) | quality_bit(QualityType::lossless) |
                 quality_bit(QualityType::quality) | quality_bit(QualityType::size_ratio)),
             .embeds = kEmbedsPhoto},
    .option_keys = {},
    .open = webp::open_encoder};

}  // namespace glimt
