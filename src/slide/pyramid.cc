// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/pyramid.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "glimt/decoder.h"
#include "glimt/slide.h"
#include "glimt/tiff_writer.h"
#include "pixel/halve.h"
#include "slide/ome.h"

namespace glimt::slide {
namespace {

constexpr std::size_t kBandBytes = std::size_t{256} << 20;
/// Rows of the source's tiles that a band has: those at its edges are decoded twice.
constexpr std::uint32_t kSourceRows = 4;
constexpr std::uint16_t kOrientation = 274;
constexpr double kMicronsPerCentimeter = 10'000;

/// How many steps reach the extent.
constexpr std::int64_t up_to(std::int64_t extent, std::int64_t step) {
  return (extent + step - 1) / step;
}

bool is_lossy_inner(TiffCompression compression) {
  return compression == TiffCompression::jpeg || compression == TiffCompression::webp;
}

struct Reading {
  DecodeParams params;
  std::string lost;
  bool keeps_color = true;  ///< so that the ICC profile still applies
};

Reading reading_of(const ImageInfo& info, TiffCompression compression) {
  Reading reading;
  DecodeParams& params = reading.params;
  params.apply_exif_orientation = false;  // the tag is carried over instead
  params.allow_any_depth = info.precision >= 8;
  params.color_spec = ColorSpec::unchanged;
  params.sample_format = SampleFormat::i_unchanged;
  if (!is_lossy_inner(compression)) return reading;
  const bool gray = info.channels <= 2 && compression == TiffCompression::jpeg;
  params.allow_any_depth = false;
  params.color_spec = gray ? ColorSpec::gray : ColorSpec::srgb;
  params.sample_format = gray ? SampleFormat::i_y : SampleFormat::i_rgb;
  if (info.channels == 2 || info.channels > 3) reading.lost = "channels beyond the colour dropped";
  reading.keeps_color = info.channels <= 3;
  return reading;
}

/// Rows of a level between two rows of its tiles.
struct Level {
  std::uint32_t page = 0;
  ImageSpec spec;
  std::int64_t written = 0, filled = 0;  ///< rows: in the file, and waiting
  Image rows;                            ///< room for one row of tiles; of level 0 none
};

class Pyramid {
 public:
  Pyramid(TiffWriter writer, const PyramidRequest& request, const PyramidProgress& progress)
      : writer_(std::move(writer)), request_(request), progress_(progress) {}

  Status begin(const ImageSpec& spec, const SlideInfo& facts, const std::string& description);
  /// The next rows of level 0; all but the last are whole rows of tiles.
  Status take(const Image& band) { return take(0, band); }
  Status finish() { return writer_.close(); }
  [[nodiscard]] PyramidSummary summary() const;

 private:
  Status take(std::size_t number, const Image& rows);
  Status halve(std::size_t number, const Image& rows);
  [[nodiscard]] std::int64_t tile_rows() const { return request_.params.tile_height; }

  TiffWriter writer_;
  const PyramidRequest& request_;
  const PyramidProgress& progress_;
  std::vector<Level> levels_;
  std::uint64_t done_ = 0, total_ = 0;
};

Status Pyramid::begin(const ImageSpec& spec, const SlideInfo& facts,
                      const std::string& description) {
  TiffPage page;
  page.spec = spec;
  page.params = request_.params;
  page.description = description;
  double factor = 1;
  while (true) {
    if (facts.mpp_x && facts.mpp_y) {
      page.resolution = {kMicronsPerCentimeter / (*facts.mpp_x * factor),
                         kMicronsPerCentimeter / (*facts.mpp_y * factor)};
    }
    Level level;
    level.spec = page.spec;
    GLIMT_TRY(level.page, writer_.add_page(page));
    total_ += static_cast<std::uint64_t>(up_to(page.spec.height, tile_rows()));
    if (!levels_.empty()) {
      ImageSpec rows = page.spec;
      rows.height = std::min(rows.height, tile_rows());
      GLIMT_TRY(level.rows, Image::make(rows));
    }
    levels_.push_back(std::move(level));
    const bool fits = page.spec.width <= request_.params.tile_width &&
                      page.spec.height <= request_.params.tile_height;
    const bool enough = request_.levels != 0 && levels_.size() >= request_.levels;
    if (fits || enough) return {};
    page.spec.width = halved(page.spec.width);
    page.spec.height = halved(page.spec.height);
    page.reduced = true;
    page.description.clear();
    if (request_.subifds) page.parent = levels_.front().page;
    factor *= 2;
  }
}

Status Pyramid::take(std::size_t number, const Image& rows) {
  Level& level = levels_[number];
  GLIMT_TRY(writer_.write_tile(level.page, 0, level.written, rows));
  const std::int64_t height = rows.spec().height;
  level.written += height;
  done_ += static_cast<std::uint64_t>(up_to(height, tile_rows()));
  if (!progress_(done_, total_)) return {Code::bad_argument, "interrupted"};
  return number + 1 < levels_.size() ? halve(number, rows) : Status();
}

/// Rows of a level become half as many of the next, which are written as soon as they make a row
/// of tiles, or are its last.
Status Pyramid::halve(std::size_t number, const Image& rows) {
  Level& next = levels_[number + 1];
  const ImageSpec& spec = rows.spec();
  const std::ptrdiff_t from = rows.strides().row, to = next.rows.strides().row;
  for (std::int64_t y = 0; y < spec.height; y += 2) {
    const std::uint8_t* upper = rows.data() + y * from;
    halve_row(spec.type, spec.channels, upper, y + 1 < spec.height ? upper + from : upper,
              static_cast<std::size_t>(spec.width), next.rows.data() + next.filled * to);
    ++next.filled;
    const bool last = next.written + next.filled == next.spec.height;
    if (next.filled < tile_rows() && !last) continue;
    ImageSpec part = next.spec;
    part.height = std::exchange(next.filled, 0);
    GLIMT_TRY(take(number + 1, Image::wrap(part, packed_strides(part), next.rows.data(),
                                           next.rows.owner(), 0)));
  }
  return {};
}

PyramidSummary Pyramid::summary() const {
  const ImageSpec &first = levels_.front().spec, &last = levels_.back().spec;
  return {static_cast<std::uint32_t>(first.width),    static_cast<std::uint32_t>(first.height),
          static_cast<std::uint32_t>(last.width),     static_cast<std::uint32_t>(last.height),
          static_cast<std::uint32_t>(levels_.size()), {}};
}

/// Rows to decode at a time: whole rows of tiles.
std::int64_t band_rows(const ImageInfo& info, std::size_t row_bytes, std::int64_t tile_rows) {
  const auto most = static_cast<std::int64_t>(kBandBytes / std::max<std::size_t>(row_bytes, 1));
  std::int64_t rows = most;
  // What can be entered in the middle needs no more than a few of its own rows of tiles.
  if (info.tiles && info.tiles->tile_height < info.height) {
    rows = std::min<std::int64_t>(most, std::int64_t{kSourceRows} * info.tiles->tile_height);
  }
  return std::max<std::int64_t>(up_to(std::min<std::int64_t>(rows, info.height), tile_rows), 1) *
         tile_rows;
}

Result<Image> read_rows(const Decoder& decoder, const CodeStream& stream, const ImageInfo& info,
                        std::uint32_t width, std::int64_t top, std::int64_t bottom,
                        const DecodeParams& params) {
  StreamView view = stream.view();
  if (top != 0 || bottom != info.height || width != info.width) {
    view.region = Region{static_cast<std::int32_t>(top),
                         0,
                         static_cast<std::int32_t>(bottom),
                         static_cast<std::int32_t>(width),
                         {}};
  }
  GLIMT_TRY(const CodeStream part, stream.sub_stream(view));
  return decoder.decode(part, params);
}

/// What the new file is to say of the old one.
Status carry_over(const Decoder& decoder, const CodeStream& stream, const ImageInfo& info,
                  bool keeps_color, std::vector<Metadata>& metadata) {
  if (keeps_color) {
    auto profiles = decoder.metadata(stream, MetadataKind::icc_profile);
    // A profile that cannot be read is no reason to have no pyramid.
    if (profiles.ok() && !profiles->empty()) metadata.push_back(std::move(profiles->front()));
  }
  if (info.orientation != Orientation::top_left) {
    Metadata tag;
    tag.kind = MetadataKind::tiff_tag;
    tag.tag = kOrientation;
    tag.type = 3;  // SHORT
    tag.count = 1;
    const auto value = static_cast<std::uint16_t>(info.orientation);
    tag.data.resize(sizeof value);
    std::memcpy(tag.data.data(), &value, sizeof value);
    metadata.push_back(std::move(tag));
  }
  return {};
}

}  // namespace

Result<PyramidSummary> write_pyramid(const CodeStream& source, const std::string& path,
                                     const PyramidRequest& asked, const PyramidProgress& progress) {
  PyramidRequest request = asked;
  GLIMT_TRY(const SlideInfo facts, slide_info(source));
  const SlideLevel& largest = facts.levels.front();
  GLIMT_TRY(const ImageInfo info, largest.stream.info());
  const Reading reading = reading_of(info, request.params.tiff.compression);
  GLIMT_TRY(const Decoder decoder, Decoder::make(request.codec));
  GLIMT_TRY(
      carry_over(decoder, largest.stream, info, reading.keeps_color, request.params.metadata));

  TiffWriterConfig config;
  config.codec = request.codec;
  config.bigtiff = request.params.tiff.bigtiff;
  GLIMT_TRY(TiffWriter writer, TiffWriter::open(path, config));
  Pyramid pyramid(std::move(writer), request, progress);
  // Samples are at most those of the file, and alpha.
  const std::size_t row_bytes =
      std::size_t{largest.width} * std::max(info.channels + 1, 3U) * sample_bytes(info.type);
  const std::int64_t step = band_rows(info, row_bytes, request.params.tile_height);
  for (std::int64_t top = 0; top < largest.height; top += step) {
    const std::int64_t bottom = std::min<std::int64_t>(top + step, largest.height);
    GLIMT_TRY(const Image band,
              read_rows(decoder, largest.stream, info, largest.width, top, bottom, reading.params));
    if (top == 0) {
      ImageSpec spec = band.spec();
      spec.height = largest.height;
      std::string description;
      if (request.ome) {
        const std::string name = std::filesystem::path(source.path()).filename().string();
        GLIMT_TRY(description, ome_xml(spec, name, facts));
      }
      GLIMT_TRY(pyramid.begin(spec, facts, description));
    }
    GLIMT_TRY(pyramid.take(band));
  }
  GLIMT_TRY(pyramid.finish());
  PyramidSummary summary = pyramid.summary();
  summary.lost = reading.lost;
  return summary;
}

}  // namespace glimt::slide
