// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <webp/decode.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "formats/webp/backends.h"
#include "formats/webp/format.h"
#include "formats/webp/fused_rows.h"
#include "formats/webp/planes.h"

namespace glimt {
namespace webp {
namespace {

constexpr std::string_view kFancyUpsampling = "fancy_upsampling";
constexpr std::string_view kName = "libwebp_decoder", kAlias = "opencv_webp_decoder";

Status status_of(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK:
      return {};
    case VP8_STATUS_OUT_OF_MEMORY:
      return {Code::out_of_memory, "libwebp could not get memory"};
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return {Code::truncated, "the WebP data end too early"};
    case VP8_STATUS_BITSTREAM_ERROR:
      return {Code::corrupt, "the WebP bitstream is broken"};
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return {Code::unsupported, "the WebP bitstream uses a feature that libwebp does not know"};
    default:
      return {Code::internal, "libwebp refused its parameters"};
  }
}

struct DeleteIncremental {
  void operator()(WebPIDecoder* decoder) const { WebPIDelete(decoder); }
};

/// One image on its way.
class Decoding {
 public:
  Decoding(const Layout& layout, DecodeJob& job, Worker& worker, bool fancy)
      : layout_(layout), job_(job), canvas_(*job.canvas), arena_(worker.arena), fancy_(fancy) {}

  Status run() {
    choose_form();
    GLIMT_TRY(canvas_.start(form_));
    if (canvas_.wanted().empty()) return {};
    if (const Status status = check_image(); !status.ok()) {
      const bool nothing_yet = job_.partial && status.code() == Code::truncated;
      return nothing_yet ? deliver_nothing(status) : status;
    }
    const bool covers = layout_.frame == whole();
    const bool cropped = covers && !job_.partial && canvas_.wanted() != whole();
    const Rect area = cropped ? crop_area() : whole();
    GLIMT_TRY(const Strip strip, canvas_.begin(area, arena_));
    const Status status = decode_into(strip, covers, cropped);
    canvas_.end(strip);
    return status;
  }

 private:
  /// The file ends before its pixels begin.
  Status deliver_nothing(const Status& status) {
    GLIMT_TRY(const Strip strip, canvas_.begin(canvas_.wanted(), arena_));
    clear_rows(strip.view, 0);
    canvas_.end(strip);
    job_.note = status.text();
    return {};
  }

  [[nodiscard]] Rect whole() const { return {0, 0, layout_.width, layout_.height}; }

  void choose_form() {
    const PixelForm& wanted = canvas_.wanted_form();
    // A lossless image without alpha may hold anything there: then its colours alone are taken.
    const bool asked = wanted.alpha || (wanted.color == ColorModel::other && wanted.channels == 4);
    form_.alpha = asked && (layout_.alpha || layout_.coding == Coding::lossy);
    form_.color = ColorModel::rgb;
    form_.channels = form_.alpha ? 4 : 3;
    form_.bgr = wanted.bgr;
    data_ = form_.alpha ? layout_.image_and_alpha : layout_.image;
  }

  /// The bitstream must be there, and of the size that the container says.
  Status check_image() {
    if (data_.empty()) return {Code::truncated, "the WebP file ends before its image"};
    WebPBitstreamFeatures features;
    if (const auto code = WebPGetFeatures(data_.data(), data_.size(), &features);
        code != VP8_STATUS_OK) {
      return status_of(code);
    }
    const Rect& frame = layout_.frame;
    if (features.width != frame.width() || features.height != frame.height() ||
        !whole().contains(frame)) {
      return {Code::corrupt, "the WebP image of " + std::to_string(features.width) + " x " +
                                 std::to_string(features.height) +
                                 " pixels does not fit the size in the container"};
    }
    return {};
  }

  /// libwebp begins crops at even coordinates, and upsamples as if nothing lay outside of them: a
  /// margin of one chroma sample makes the wanted pixels those of the whole image.
  [[nodiscard]] Rect crop_area() const {
    const Rect& wanted = canvas_.wanted();
    const std::int64_t margin = fancy_ && layout_.coding != Coding::lossless ? 2 : 0;
    const Rect area{(wanted.x0 & ~std::int64_t{1}) - margin,
                    (wanted.y0 & ~std::int64_t{1}) - margin, wanted.x1 + margin,
                    wanted.y1 + margin};
    return intersect(area, whole());
  }

  Status decode_into(const Strip& strip, bool covers, bool cropped) {
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) return {Code::internal, "another libwebp was linked"};
    config.options.no_fancy_upsampling = fancy_ ? 0 : 1;
    PixelView view = strip.view;
    if (cropped) {
      config.options.use_cropping = 1;
      config.options.crop_left = static_cast<int>(strip.rect.x0);
      config.options.crop_top = static_cast<int>(strip.rect.y0);
      config.options.crop_width = static_cast<int>(strip.rect.width());
      config.options.crop_height = static_cast<int>(strip.rect.height());
    } else if (!covers) {
      clear_rows(view, 0);  // beside the first frame an animation is transparent black
      view.data = view.at(layout_.frame.x0, layout_.frame.y0);
      view.width = layout_.frame.width();
      view.height = layout_.frame.height();
    }
    job_.units_decoded +=
        static_cast<std::uint64_t>(cropped ? strip.rect.y1 : layout_.frame.height());
    const FusedRow kernel = fused_row(fancy_ ? ChromaFilter::bilinear : ChromaFilter::replicate);
    if (kernel != nullptr && !form_.alpha && !job_.partial && layout_.coding == Coding::lossy)
      return decode_planes(view, config, kernel);
    GLIMT_TRY(set_output(view, config.output));
    const VP8StatusCode code = WebPDecode(data_.data(), data_.size(), &config);
    if (code == VP8_STATUS_OK) return {};
    const Status failed = status_of(code);
    const bool damaged = failed.code() == Code::truncated || failed.code() == Code::corrupt;
    return job_.partial && damaged ? decode_part(view, config, failed) : failed;
  }

  /// Luma and chroma from libwebp, pixels from a kernel of our own.
  Status decode_planes(const PixelView& view, WebPDecoderConfig& config, FusedRow kernel) {
    GLIMT_TRY(Planes planes, Planes::make(view.width, view.height, arena_));
    planes.set_output(config.output);
    const VP8StatusCode code = WebPDecode(data_.data(), data_.size(), &config);
    if (code != VP8_STATUS_OK) return status_of(code);
    planes.repeat_edges();
    for (std::int64_t y = 0; y < view.height; ++y) {
      kernel(planes.row(y, form_.bgr), view.at(0, y), static_cast<std::size_t>(view.width));
    }
    return {};
  }

  Status set_output(const PixelView& view, WebPDecBuffer& output) const {
    constexpr WEBP_CSP_MODE modes[] = {MODE_RGB, MODE_BGR, MODE_RGBA, MODE_BGRA};
    const auto stride = view.row_stride;
    if (stride > std::numeric_limits<int>::max() || stride < std::numeric_limits<int>::min()) {
      return {Code::limit, "rows of more than 2 GiB apart"};
    }
    output.colorspace = modes[(form_.alpha ? 2 : 0) + (form_.bgr ? 1 : 0)];
    output.is_external_memory = 1;
    output.u.RGBA.rgba = view.data;
    output.u.RGBA.stride = static_cast<int>(stride);
    output.u.RGBA.size =
        static_cast<std::size_t>(std::abs(stride)) * static_cast<std::size_t>(view.height - 1) +
        static_cast<std::size_t>(view.width) * form_.channels;
    return {};
  }

  void clear_rows(const PixelView& view, std::int64_t from) const {
    const std::size_t bytes = static_cast<std::size_t>(view.width) * form_.channels;
    for (std::int64_t y = from; y < view.height; ++y) std::memset(view.at(0, y), 0, bytes);
  }

  /// Decodes as far as the data go; the rows behind are 0.
  Status decode_part(const PixelView& view, WebPDecoderConfig& config, const Status& failed) {
    const std::unique_ptr<WebPIDecoder, DeleteIncremental> decoder(
        WebPIDecode(nullptr, 0, &config));
    if (decoder == nullptr) return status_of(VP8_STATUS_OUT_OF_MEMORY);
    WebPIUpdate(decoder.get(), data_.data(), data_.size());
    int rows = 0;
    if (WebPIDecGetRGB(decoder.get(), &rows, nullptr, nullptr, nullptr) == nullptr) rows = 0;
    rows = std::clamp(rows, 0, static_cast<int>(view.height));
    clear_rows(view, rows);
    job_.note = failed.text() + " after " + std::to_string(rows) + " of " +
                std::to_string(view.height) + " rows";
    return {};
  }

  const Layout& layout_;
  DecodeJob& job_;
  Canvas& canvas_;
  Arena& arena_;
  bool fancy_;
  PixelForm form_;
  Bytes data_;
};

class LibwebpDecoder final : public ImageDecoder {
 public:
  explicit LibwebpDecoder(bool fancy) : fancy_(fancy) {}
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker) const {
    GLIMT_TRY(const Layout layout, read_layout(job.source->data, Reach::image));
    return Decoding(layout, job, worker, fancy_).run();
  }
  bool fancy_;
};

/// Only a token that names this backend counts: fancy_upsampling=0 without a module is the API's
/// default and speaks of JPEG; the peer upsamples WebP fancily whatever it says.
bool wants_fancy(const Options& options) {
  bool fancy = true;
  for (const Options::Token& token : options.tokens()) {
    if (token.key == kFancyUpsampling && (token.module == kName || token.module == kAlias)) {
      fancy = token.value != "0";
    }
  }
  return fancy;
}

Result<std::unique_ptr<ImageDecoder>> open(const Options& options) {
  return std::unique_ptr<ImageDecoder>(std::make_unique<LibwebpDecoder>(wants_fancy(options)));
}

constexpr std::string_view kOptionKeys[] = {kFancyUpsampling};

}  // namespace
}  // namespace webp

constexpr DecodeBackend kLibwebpDecoder = {.name = webp::kName,
                                           .alias = webp::kAlias,
                                           .format = &kWebpFormat,
                                           .caps = {.max_bit_depth = 8},
                                           .option_keys = webp::kOptionKeys,
                                           .open = webp::open};

}  // namespace glimt
