// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "formats/bmp/backends.h"
#include "formats/bmp/format.h"

namespace glimt {
namespace bmp {
namespace {

constexpr std::uint32_t kFileHeaderBytes = 14, kInfoHeaderBytes = 40, kV4HeaderBytes = 108;
constexpr std::uint32_t kGrayPaletteBytes = 256 * 4;
constexpr std::uint32_t kPixelsPerMetre = 2835;  // 72 dpi, as most writers say
constexpr std::uint32_t kBitFieldsCompression = 3;
constexpr std::uint32_t kStandardRgb = 0x73524742;  // "sRGB" (LCS_sRGB)
constexpr std::size_t kStripBytes = std::size_t{64} << 10;

/// What is written: 1 gray with a palette, 3 BGR, 4 BGRA with masks.
Result<PixelForm> coded_form(const EncodeJob& job) {
  const EncodeParams& params = *job.params;
  if (params.quality_type != QualityType::standard &&
      params.quality_type != QualityType::lossless) {
    return Status(Code::unsupported, "BMP is lossless: quality DEFAULT or LOSSLESS only");
  }
  const bool gray_asked = params.color_spec == ColorSpec::gray;
  if (!gray_asked && params.color_spec != ColorSpec::unchanged &&
      params.color_spec != ColorSpec::srgb) {
    return Status(Code::unsupported, "BMP holds gray or RGB: color_spec UNCHANGED, SRGB or GRAY");
  }
  const PixelForm& given = job.source->form();
  const bool gray = given.color == ColorModel::gray || given.channels == 1;
  PixelForm form;
  // There is no gray beside alpha: gray + alpha becomes RGBA, RGBA asked to be gray loses it.
  if (gray_asked ? !(gray && given.alpha)
                 : gray && !given.alpha && params.color_spec != ColorSpec::srgb) {
    return form;
  }
  form.color = ColorModel::rgb;
  form.alpha = given.alpha;
  form.channels = form.alpha ? 4 : 3;
  form.bgr = true;
  return form;
}

struct Layout {
  std::uint32_t header_bytes, palette_bytes, row_bytes, file_bytes;
};

Result<Layout> lay_out(std::int64_t width, std::int64_t height, std::uint16_t channels) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  const auto w = static_cast<std::uint64_t>(width), h = static_cast<std::uint64_t>(height);
  const std::uint64_t head = channels == 4 ? kV4HeaderBytes : kInfoHeaderBytes;
  const std::uint64_t palette = channels == 1 ? kGrayPaletteBytes : 0;
  const std::uint64_t row = w <= most ? (w * channels + 3) / 4 * 4 : 0;
  const auto pixels = checked_mul(row, h);
  const std::uint64_t before = kFileHeaderBytes + head + palette;
  if (w > most || h > most || !pixels ||
      *pixels > std::numeric_limits<std::uint32_t>::max() - before) {
    return Status(Code::unsupported, "a BMP file cannot exceed 4 GiB; " + std::to_string(width) +
                                         " x " + std::to_string(height) +
                                         " pixels do: write PNG or TIFF");
  }
  return Layout{static_cast<std::uint32_t>(head), static_cast<std::uint32_t>(palette),
                static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(before + *pixels)};
}

/// Resolutions that are only a proportion, and what no number of 32 bits holds, are not told.
std::uint32_t pixels_per_metre(const std::optional<Resolution>& given, double Resolution::* side) {
  if (!given || given->unit == Resolution::Unit::unknown) return kPixelsPerMetre;
  const double value = std::round(given->in(Resolution::Unit::metre).*side);
  return value < std::numeric_limits<std::int32_t>::max() ? static_cast<std::uint32_t>(value)
                                                          : kPixelsPerMetre;
}

/// The headers and the gray palette; `to` is zeroed and large enough.
void write_headers(const Layout& layout, std::int64_t width, std::int64_t height,
                   std::uint16_t channels, const std::optional<Resolution>& resolution,
                   std::uint8_t* to) {
  const std::uint32_t pixel_offset = kFileHeaderBytes + layout.header_bytes + layout.palette_bytes;
  to[0] = 'B';
  to[1] = 'M';
  store_le(to + 2, layout.file_bytes);
  store_le(to + 10, pixel_offset);
  std::uint8_t* info = to + kFileHeaderBytes;
  store_le(info, layout.header_bytes);
  store_le(info + 4, static_cast<std::int32_t>(width));
  store_le(info + 8, static_cast<std::int32_t>(height));
  store_le(info + 12, std::uint16_t{1});
  store_le(info + 14, static_cast<std::uint16_t>(channels * 8));
  store_le(info + 16, channels == 4 ? kBitFieldsCompression : 0);
  store_le(info + 20, layout.file_bytes - pixel_offset);
  store_le(info + 24, pixels_per_metre(resolution, &Resolution::x));
  store_le(info + 28, pixels_per_metre(resolution, &Resolution::y));
  if (channels == 1) {
    store_le(info + 32, std::uint32_t{256});
    for (std::uint32_t i = 0; i < 256; ++i) {
      store_le(info + layout.header_bytes + i * 4, i * 0x010101U);
    }
  }
  if (channels == 4) {
    constexpr std::uint32_t masks[] = {0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000};
    std::memcpy(info + 40, masks, sizeof masks);
    store_le(info + 56, kStandardRgb);
  }
}

Status encode_one(EncodeJob& job, Arena& arena) {
  GLIMT_TRY(const PixelForm form, coded_form(job));
  GLIMT_TRY(job.source->start(form));
  const std::int64_t width = job.source->width(), height = job.source->height();
  GLIMT_TRY(const Layout layout, lay_out(width, height, form.channels));
  GLIMT_TRY(const auto room, job.sink->reserve(layout.file_bytes));
  std::uint8_t* to = room.data();
  const std::size_t head = kFileHeaderBytes + layout.header_bytes + layout.palette_bytes;
  std::memset(to, 0, head);
  write_headers(layout, width, height, form.channels, job.embedded.resolution, to);
  to += head;
  const std::size_t used = static_cast<std::size_t>(width) * form.channels;
  const auto step =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(kStripBytes / layout.row_bytes));
  for (std::int64_t end = height; end > 0; end -= step) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - step);
    const Arena::Mark mark = arena.mark();
    GLIMT_TRY(const PixelView rows, job.source->read({0, begin, width, end}, arena));
    for (std::int64_t y = end - 1; y >= begin; --y, to += layout.row_bytes) {
      std::memcpy(to, rows.at(0, y - begin), used);
      std::memset(to + used, 0, layout.row_bytes - used);
    }
    arena.release(mark);
  }
  job.sink->commit(layout.file_bytes);
  return {};
}

class BmpEncoder final : public ImageEncoder {
 public:
  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) job.status = encode_one(job, worker.arena);
  }
};

Result<std::unique_ptr<ImageEncoder>> open_encoder(const Options&) {
  return std::unique_ptr<ImageEncoder>(std::make_unique<BmpEncoder>());
}

}  // namespace
}  // namespace bmp

constexpr EncodeBackend kBmpEncoder = {
    .name = "glimt_bmp_encoder",
    .alias = "opencv_bmp_encoder",
    .format = &kBmpFormat,
    .caps = {.types = type_bit(SampleType::u8),
             .channels = 0b11110,
             .qualities = static_cast<std::uint16_t>(quality_bit(QualityType::standard) |
                                                     quality_bit(QualityType::lossless)),
             .embeds = embed_bit(MetadataKind::resolution)},
    .option_keys = {},
    .open = bmp::open_encoder};

}  // namespace glimt
