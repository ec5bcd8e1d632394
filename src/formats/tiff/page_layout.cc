// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/page_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/checked.h"
#include "formats/tiff/compression/compressor.h"
#include "formats/tiff/inner.h"

namespace glimt::tiff {
namespace {

/// Packed bytes of a strip when the choice is ours: enough for a compressor to learn from, little
/// enough for the caches, and for regions that need a few rows.
constexpr std::size_t kStripBytes = std::size_t{256} << 10;
/// The same of strips that are images of their own, whose rows are a multiple of this.
constexpr std::size_t kInnerStripBytes = std::size_t{1} << 20;
constexpr std::uint32_t kInnerRows = 64;
/// Tile sides (section 15).
constexpr std::uint32_t kTileUnit = 16;
constexpr std::uint16_t kUnspecified = 0, kUnassociatedAlpha = 2;

Status refuse(std::string why) { return {Code::unsupported, "TIFF: " + std::move(why)}; }
Status wrong(std::string why) { return {Code::bad_argument, "TIFF: " + std::move(why)}; }

struct Method {
  TiffCompression name;
  Compression number;
  std::string_view text;
  bool predicts;  ///< Predictor applies (section 14)
  bool levels;
};
constexpr Method kMethods[] = {
    {TiffCompression::none, Compression::none, "none", false, false},
    {TiffCompression::lzw, Compression::lzw, "lzw", true, false},
    {TiffCompression::deflate, Compression::adobe_deflate, "deflate", true, true},
    {TiffCompression::packbits, Compression::packbits, "packbits", false, false},
    {TiffCompression::zstd, Compression::zstd, "zstd", true, true},
    {TiffCompression::jpeg, Compression::jpeg, "jpeg", false, false},
    {TiffCompression::webp, Compression::webp, "webp", false, false},
    {TiffCompression::jpeg2k, Compression::jpeg2000, "jpeg2k", false, false},
    {TiffCompression::lzma, Compression::lzma, "lzma", true, true},
    {TiffCompression::lerc, Compression::lerc, "lerc", false, false},
};

const Method& method_of(TiffCompression name) {
  return *std::find_if(std::begin(kMethods), std::end(kMethods),
                       [&](const Method& method) { return method.name == name; });
}
const Method& method_of(Compression number) {
  return *std::find_if(std::begin(kMethods), std::end(kMethods),
                       [&](const Method& method) { return method.number == number; });
}

/// libdeflate's level by ours, 0 to 9, as in PNG: its 7, 10 and 11 bring little for their time.
constexpr std::uint8_t kDeflateLevels[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 12};
constexpr float kUncompressed = 0, kPlainLzw = 1, kMostLevel = 9;

/// LOSSLESS with a value: under Deflate, Zstd and LZMA it is their level. With LZW, which has none
/// and is what is written unless something else is asked for, 0 is no compression and 1 is LZW as
/// in nvImageCodec, and more is Deflate of that level.
Status choose_lossless(const EncodeParams& params, PageLayout& layout) {
  const float value = *params.quality_value;
  if (!(value >= 0 && value <= kMostLevel) || value != std::floor(value)) {
    return wrong("a LOSSLESS quality value is a level, a whole number 0..9, not " +
                 std::to_string(value));
  }
  if (layout.compression == Compression::lzw && value != kPlainLzw) {
    layout.compression = value == kUncompressed ? Compression::none : Compression::adobe_deflate;
  }
  const Method& method = method_of(layout.compression);
  const bool plain = value == kUncompressed && method.number == Compression::none;
  const bool lzw = value == kPlainLzw && method.number == Compression::lzw;
  if (plain || lzw) return {};
  if (!method.levels) {
    return wrong("compression '" + std::string(method.text) +
                 "' has no levels; leave the LOSSLESS quality value out");
  }
  const auto level = static_cast<int>(value);
  layout.level = method.number == Compression::adobe_deflate ? kDeflateLevels[level] : level;
  return {};
}

Status choose_compression(const EncodeParams& params, PageLayout& layout) {
  const Method& asked = method_of(params.tiff.compression);
  layout.compression = asked.number;
  layout.inner = InnerImages::format_of(static_cast<std::uint32_t>(asked.number));
  // The quality of inner images is their encoders' to judge.
  if (!layout.inner.empty()) return {};
  if (params.quality_type != QualityType::standard &&
      params.quality_type != QualityType::lossless) {
    return refuse("compression '" + std::string(asked.text) +
                  "' takes quality type DEFAULT or LOSSLESS; others are for jpeg, webp and jpeg2k");
  }
  const bool valued = params.quality_type == QualityType::lossless && params.quality_value;
  if (valued) GLIMT_TRY(choose_lossless(params, layout));
  if (params.tiff.level) {
    if (valued) return wrong("level and a LOSSLESS quality value are the same; give one of them");
    if (!asked.levels) {
      return wrong("compression '" + std::string(asked.text) + "' has no levels");
    }
    layout.level = params.tiff.level;
  }
  const double error = params.tiff.max_error;
  constexpr double most_error = 1e6, unit = 1000;
  if (!(error >= 0 && error <= most_error)) {
    return wrong("max_error " + std::to_string(error) + " is not in 0..1000000");
  }
  if (error > 0 && asked.number != Compression::lerc) {
    return wrong("max_error is for compression 'lerc'");
  }
  if (error > 0) layout.level = static_cast<int>(std::lround(error * unit));
  return {};
}

/// The colour, with the alpha and the other channels that the image has.
Status choose_color(const PageRequest& request, PageLayout& layout) {
  const PixelForm& from = request.form;
  PixelForm& to = layout.form;
  to = from;
  to.bgr = false;
  to.inverted = false;
  to.max_value = 0;
  to.planar = layout.separate;
  if (!request.palette.empty()) {
    layout.photometric = Photometric::palette;
    return {};
  }
  if (from.color == ColorModel::other) {
    // Channels without names: the first is what a viewer shows.
    if (request.color_spec != ColorSpec::unsupported &&
        request.color_spec != ColorSpec::unchanged && request.color_spec != ColorSpec::gray) {
      return refuse("an image of " + std::to_string(from.channels) +
                    " channels of no named meaning; name them by sample_format, or leave "
                    "color_spec UNCHANGED");
    }
    to.alpha = false;
    layout.extra_samples.assign(from.channels - 1U, kUnspecified);
    return {};
  }
  struct Row {
    ColorSpec spec;
    ColorModel color;
    Photometric photometric;
  };
  constexpr Row rows[] = {
      {ColorSpec::gray, ColorModel::gray, Photometric::min_is_black},
      {ColorSpec::srgb, ColorModel::rgb, Photometric::rgb},
      {ColorSpec::sycc, ColorModel::ycc, Photometric::ycbcr},
      {ColorSpec::cmyk, ColorModel::cmyk, Photometric::separated},
      {ColorSpec::ycck, ColorModel::cmyk, Photometric::separated},
  };
  const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& candidate) {
    return candidate.spec == request.color_spec;
  });
  if (row == std::end(rows)) {
    return refuse("holds GRAY, SRGB, SYCC or CMYK; pick one of them as color_spec");
  }
  to.color = row->color;
  layout.photometric = row->photometric;
  const std::uint32_t behind = from.channels - color_channels(from);
  to.channels = static_cast<std::uint16_t>(color_channels(to) + behind);
  layout.extra_samples.assign(behind, kUnspecified);
  if (behind > 0 && from.alpha) layout.extra_samples[0] = kUnassociatedAlpha;
  return {};
}

bool lerc_holds(SampleType type) {
  return type != SampleType::u64 && type != SampleType::i64 && type != SampleType::f16;
}

Status choose_samples(const PageRequest& request, PageLayout& layout) {
  const PixelForm& from = request.form;
  layout.kind = is_float(from.type)    ? SampleKind::floating
                : is_signed(from.type) ? SampleKind::signed_integer
                                       : SampleKind::unsigned_integer;
  const std::uint32_t type_bits = 8 * static_cast<std::uint32_t>(sample_bytes(from.type));
  layout.bits = is_float(from.type) ? type_bits : from.bit_depth;
  // The DCT's JPEG and WebP have 8 bits whatever the image has, which is scaled to them.
  const bool bytes =
      layout.inner == "webp" || (layout.inner == "jpeg" && !request.params->jpeg.lossless);
  if (bytes) {
    layout.bits = type_bits;
    layout.form.bit_depth = static_cast<std::uint8_t>(type_bits);
  }
  if (layout.compression == Compression::lerc &&
      (layout.bits != type_bits || !lerc_holds(from.type))) {
    return refuse(
        "compression 'lerc' holds whole integers of 8, 16 and 32 bits and float32 and "
        "float64, not " +
        std::string(glimt::name_of(from.type)) + " of " + std::to_string(layout.bits) + " bits");
  }
  const Photometric photometric = layout.photometric;
  if (photometric == Photometric::ycbcr && from.type != SampleType::u8) {
    return refuse("SYCC is written of uint8 samples; set color_spec to SRGB");
  }
  return {};
}

Status choose_predictor(const TiffEncodeParams& params, PageLayout& layout) {
  const Method& method = method_of(layout.compression);
  const bool whole =
      layout.bits == 8 || layout.bits == 16 || layout.bits == 32 || layout.bits == 64;
  const bool floating = layout.kind == SampleKind::floating;
  if (!params.predictor) {
    // Neighbours of a palette's numbers are no neighbours.
    const bool smooth = method.predicts && whole && layout.photometric != Photometric::palette;
    if (smooth) layout.predictor = floating ? Predictor::floating : Predictor::horizontal;
    return {};
  }
  const int asked = *params.predictor;
  const std::string name = "predictor " + std::to_string(asked);
  if (asked < 1 || asked > 3) return wrong(name + " is not 1, 2 or 3");
  if (asked == 1) return {};
  if (!method.predicts) {
    return wrong(name + " needs compression lzw, deflate, zstd or lzma, not '" +
                 std::string(method.text) + "'");
  }
  if (asked == 3 && !floating) return wrong("predictor 3 is for floating samples; use 2");
  if (!whole) {
    return wrong(name + " needs samples of 8, 16, 32 or 64 bits, these have " +
                 std::to_string(layout.bits));
  }
  layout.predictor = static_cast<Predictor>(asked);
  return {};
}

/// Whether the samples can become images of the inner format.
Status check_inner(const PageRequest& request, const PageLayout& layout) {
  if (layout.inner.empty()) return {};
  const SampleType type = layout.form.type;
  const std::string with = "compression '" + std::string(method_of(layout.compression).text) + "' ";
  if (layout.photometric == Photometric::palette) return refuse(with + "takes no palette");
  const bool jpeg = layout.inner == "jpeg", webp = layout.inner == "webp";
  const bool deep = !webp && (type == SampleType::u16 || (!jpeg && type == SampleType::i16));
  const bool lossless = jpeg && request.params->jpeg.lossless;
  if (jpeg && !lossless && type != SampleType::u8) {
    return refuse(with + "holds uint8 samples, not " + std::string(glimt::name_of(type)) +
                  "; use a lossless compression, or jpeg2k");
  }
  if (type != SampleType::u8 && !deep) {
    return refuse(with + "does not hold " + std::string(glimt::name_of(type)) +
                  " samples; use deflate, zstd or lzw");
  }
  const std::uint32_t channels = layout.chunk_samples();
  const bool colored = channels == color_channels(layout.form);
  if (jpeg && !layout.separate && (!colored || channels > 4)) {
    return refuse(with + "has no place for " + std::to_string(channels) +
                  " channels, or for alpha; write each in planes of its own by planar=True");
  }
  const bool rgb = layout.photometric == Photometric::rgb && !layout.separate &&
                   (channels == 3 || (channels == 4 && layout.form.alpha));
  if (webp && !rgb) {
    return refuse(with + "holds RGB and RGBA, interleaved; set color_spec to SRGB");
  }
  return {};
}

struct Sampling {
  ChromaSubsampling name;
  std::uint16_t across, down;
};
constexpr Sampling kSamplings[] = {
    {ChromaSubsampling::css_444, 1, 1},  {ChromaSubsampling::css_422, 2, 1},
    {ChromaSubsampling::css_420, 2, 2},  {ChromaSubsampling::css_440, 1, 2},
    {ChromaSubsampling::css_411, 4, 1},  {ChromaSubsampling::css_410, 4, 2},
    {ChromaSubsampling::css_410v, 2, 4},
};

/// RGB in JPEG is YCbCr, as in JPEG files; lossless frames and planes alone are what they are.
Status choose_jpeg_color(const PageRequest& request, PageLayout& layout) {
  const bool colored = layout.form.color == ColorModel::rgb || layout.form.color == ColorModel::ycc;
  if (layout.inner != "jpeg" || layout.separate || !colored || request.params->jpeg.lossless) {
    return {};
  }
  const auto* row = std::find_if(
      std::begin(kSamplings), std::end(kSamplings),
      [&](const Sampling& candidate) { return candidate.name == request.subsampling; });
  if (row == std::end(kSamplings)) {
    return refuse("chroma subsampling CSS_GRAY of a colour image; set color_spec to GRAY");
  }
  layout.photometric = Photometric::ycbcr;
  layout.subsampling = {row->across, row->down};
  return {};
}

Status choose_strips(const PageRequest& request, PageLayout& layout) {
  layout.chunk_width = layout.width;
  const std::uint32_t asked = request.params->tiff.rows_per_strip;
  // Rows of JPEG come in MCUs, whose height the strips keep to (technical note 2).
  const std::uint32_t mcu_rows = layout.inner == "jpeg" ? 8U * layout.subsampling[1] : 1U;
  if (asked != 0) {
    if (asked % mcu_rows != 0 && asked < layout.height) {
      return wrong("rows_per_strip " + std::to_string(asked) + " is no multiple of the " +
                   std::to_string(mcu_rows) + " rows of an MCU");
    }
    layout.chunk_height = std::min(asked, layout.height);
    return {};
  }
  const bool inner = !layout.inner.empty();
  const std::size_t row_bytes = std::max<std::size_t>(layout.row_bytes(), 1);
  std::uint64_t rows =
      std::max<std::size_t>((inner ? kInnerStripBytes : kStripBytes) / row_bytes, 1);
  if (inner) rows = std::max<std::uint64_t>(rows / kInnerRows, 1) * kInnerRows;
  layout.chunk_height = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, layout.height));
  return {};
}

Status choose_chunks(const PageRequest& request, PageLayout& layout) {
  const EncodeParams& params = *request.params;
  layout.tiled = params.tile_width > 0 && params.tile_height > 0;
  if (!layout.tiled) {
    GLIMT_TRY(choose_strips(request, layout));
  } else {
    if (params.tile_width % kTileUnit != 0 || params.tile_height % kTileUnit != 0) {
      return wrong("tiles of " + std::to_string(params.tile_width) + " x " +
                   std::to_string(params.tile_height) + " pixels; each side is a multiple of 16");
    }
    const std::uint32_t mcu_width = 8U * layout.subsampling[0],
                        mcu_rows = 8U * layout.subsampling[1];
    if (layout.inner == "jpeg" &&
        (params.tile_width % mcu_width != 0 || params.tile_height % mcu_rows != 0)) {
      return wrong("tiles of " + std::to_string(params.tile_width) + " x " +
                   std::to_string(params.tile_height) + " pixels are not whole MCUs of " +
                   std::to_string(mcu_width) + " x " + std::to_string(mcu_rows));
    }
    if (params.tiff.rows_per_strip != 0) return wrong("rows_per_strip is for pages without tiles");
    layout.chunk_width = params.tile_width;
    layout.chunk_height = params.tile_height;
  }
  layout.chunks_across = ceil_div(layout.width, layout.chunk_width);
  layout.chunks_down = ceil_div(layout.height, layout.chunk_height);
  if (!checked_size(layout.row_bytes(), layout.chunk_height, 2U) || layout.chunks() > UINT32_MAX) {
    return refuse("strips or tiles of " + std::to_string(layout.chunk_width) + " x " +
                  std::to_string(layout.chunk_height) + " pixels are too large or too many");
  }
  return {};
}

}  // namespace

ChunkPlace PageLayout::place_of(std::uint64_t index) const {
  const std::uint64_t cell = index % (std::uint64_t{chunks_across} * chunks_down);
  const auto x = static_cast<std::int64_t>(cell % chunks_across) * chunk_width;
  const auto y = static_cast<std::int64_t>(cell / chunks_across) * chunk_height;
  return {{x, y, std::min<std::int64_t>(x + chunk_width, width),
           std::min<std::int64_t>(y + chunk_height, height)},
          static_cast<std::uint32_t>(index / (std::uint64_t{chunks_across} * chunks_down))};
}

std::string PageLayout::name_of_chunk(std::uint64_t index) const {
  return (tiled ? "tile " : "strip ") + std::to_string(index);
}

std::uint64_t PageLayout::packed_bytes() const {
  const std::uint64_t rows = tiled ? std::uint64_t{chunks_down} * chunk_height : height;
  return std::uint64_t{row_bytes()} * chunks_across * planes() * rows;
}

Result<PageLayout> plan_page(const PageRequest& request) {
  const EncodeParams& params = *request.params;
  PageLayout layout;
  if (request.width <= 0 || request.height <= 0 || request.width > UINT32_MAX ||
      request.height > UINT32_MAX) {
    return wrong("an image of " + std::to_string(request.width) + " x " +
                 std::to_string(request.height) + " pixels; each side is 1..4294967295");
  }
  layout.width = static_cast<std::uint32_t>(request.width);
  layout.height = static_cast<std::uint32_t>(request.height);
  GLIMT_TRY(choose_compression(params, layout));
  GLIMT_TRY(choose_color(request, layout));
  layout.separate = params.tiff.planar && layout.form.channels > 1;
  layout.form.planar = layout.separate;
  GLIMT_TRY(choose_samples(request, layout));
  GLIMT_TRY(choose_predictor(params.tiff, layout));
  GLIMT_TRY(check_inner(request, layout));
  GLIMT_TRY(choose_jpeg_color(request, layout));
  GLIMT_TRY(choose_chunks(request, layout));
  for (std::size_t color = 0; color < 3 && !request.palette.empty(); ++color) {
    layout.color_map.resize((color + 1) << layout.bits);
    for (std::size_t i = 0; i < request.palette.size(); ++i)
      layout.color_map[(color << layout.bits) + i] = request.palette[i][color];
  }
  return layout;
}

IfdFields fields_of(const PageLayout& layout) {
  IfdFields fields;
  const auto set_each = [&](Tag tag, std::span<const std::uint16_t> values) {
    const std::vector<std::uint64_t> wide(values.begin(), values.end());
    if (!wide.empty()) fields.set(tag, FieldType::u16, wide);
  };
  const auto repeated = [&](std::uint32_t value) {
    return std::vector<std::uint16_t>(layout.form.channels, static_cast<std::uint16_t>(value));
  };
  fields.set(kImageWidth, FieldType::u32, layout.width);
  fields.set(kImageLength, FieldType::u32, layout.height);
  set_each(kBitsPerSample, repeated(layout.bits));
  fields.set(kCompression, FieldType::u16, static_cast<std::uint64_t>(layout.compression));
  fields.set(kPhotometric, FieldType::u16, static_cast<std::uint64_t>(layout.photometric));
  fields.set(kSamplesPerPixel, FieldType::u16, layout.form.channels);
  fields.set(kPlanarConfiguration, FieldType::u16, layout.separate ? 2 : 1);
  set_each(kSampleFormat, repeated(static_cast<std::uint32_t>(layout.kind)));
  set_each(kExtraSamples, layout.extra_samples);
  set_each(kColorMap, layout.color_map);
  if (layout.tiled) {
    fields.set(kTileWidth, FieldType::u32, layout.chunk_width);
    fields.set(kTileLength, FieldType::u32, layout.chunk_height);
  } else {
    fields.set(kRowsPerStrip, FieldType::u32, layout.chunk_height);
  }
  if (layout.predictor != Predictor::none) {
    fields.set(kPredictor, FieldType::u16, static_cast<std::uint64_t>(layout.predictor));
  }
  if (layout.photometric == Photometric::separated) {
    constexpr std::uint64_t cmyk = 1;
    fields.set(kInkSet, FieldType::u16, cmyk);
  }
  if (layout.photometric == Photometric::ycbcr) {
    set_each(kYcbcrSubSampling, layout.subsampling);
    // Full range, as in JFIF: what decoders assume of JPEG alone.
    constexpr std::array<std::uint32_t, 2> range[] = {{0, 1},   {255, 1}, {128, 1},
                                                      {255, 1}, {128, 1}, {255, 1}};
    fields.set_rationals(kReferenceBlackWhite, range);
  }
  if (layout.compression == Compression::lerc) {
    constexpr std::uint64_t parameters[] = {4, 0};  // version of the data, nothing around them
    fields.set(kLercParameters, FieldType::u32, parameters);
  }
  return fields;
}

void set_places(const PageLayout& layout, std::span<const std::uint64_t> offsets,
                std::span<const std::uint64_t> byte_counts, IfdFields& fields) {
  fields.set_offsets(layout.tiled ? kTileOffsets : kStripOffsets, offsets);
  fields.set_offsets(layout.tiled ? kTileByteCounts : kStripByteCounts, byte_counts);
}

}  // namespace glimt::tiff
