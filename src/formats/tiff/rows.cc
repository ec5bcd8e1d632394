// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/rows.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "formats/tiff/compression/compression.h"

namespace glimt::tiff {
namespace {

// An index, and what else there may be.
constexpr std::uint32_t kMostPaletteSamples = 4;

bool wants_color(const PixelForm& wanted) {
  return wanted.color == ColorModel::gray || wanted.color == ColorModel::rgb ||
         wanted.color == ColorModel::ycc;
}

/// The first `count` numbers of a field into `numbers`, if it has them.
template <std::size_t N>
void read_numbers(const Ifd& ifd, Tag tag, std::array<float, N>& numbers) {
  const auto field = ifd.find(tag);
  if (!field || !field->whole() || field->count < N) return;
  std::array<float, N> read;
  for (std::size_t i = 0; i < N; ++i) {
    const auto number = field->number_at(i);
    if (!number) return;
    read[i] = static_cast<float>(*number);
  }
  numbers = read;
}

bool is_lab(const Page& page) {
  return page.photometric == Photometric::cie_lab || page.photometric == Photometric::icc_lab;
}

/// LERC delivers samples in the file's order whatever else holds; others leave rows as they were.
RowForm row_form_of(const Page& page) {
  RowForm form;
  form.bits = page.bits;
  form.kind = page.sample_format == 4 ? SampleKind::unsigned_integer
                                      : static_cast<SampleKind>(page.sample_format);
  form.samples = page.chunk_samples();
  form.big_endian = page.big_endian;
  // Predictors belong to the compressions that gain by them (section 14 and libtiff).
  switch (static_cast<Compression>(page.compression)) {
    case Compression::lzw:
    case Compression::adobe_deflate:
    case Compression::deflate:
    case Compression::lzma:
    case Compression::zstd:
      form.predictor = static_cast<Predictor>(page.predictor);
      break;
    default:
      break;
  }
  form.fill_order_lsb =
      page.fill_order_lsb && static_cast<Compression>(page.compression) == Compression::none;
  return form;
}

}  // namespace

Result<Rows> Rows::make(const Page& page, const PixelForm& wanted, std::size_t columns) {
  if (page.mixed_bits) {
    return Status(Code::unsupported, "the samples of a pixel have different numbers of bits");
  }
  GLIMT_TRY(RowUnpacker unpacker, RowUnpacker::make(row_form_of(page)));
  Rows rows(std::move(unpacker));
  rows.width_ = page.chunk_width;
  const auto row_bytes = packed_row_bytes(rows.unpacker_.form(), page.chunk_width);
  const Status too_large(Code::limit, "a row of a strip or tile exceeds all memory");
  if (!row_bytes) return too_large;
  rows.row_bytes_ = *row_bytes;
  rows.form_ = form_of(page);
  GLIMT_TRY(rows.choose_way(page, wanted));
  rows.inverts_ = page.photometric == Photometric::min_is_white && !is_float(page.type);
  rows.copies_ = rows.way_ == Way::plain && !rows.inverts_ && rows.unpacker_.is_copy();
  if (rows.way_ == Way::palette || rows.way_ == Way::lab) {
    const std::size_t sample = sample_bytes(rows.unpacker_.type());
    const auto bytes = checked_size(columns, page.samples, sample);
    if (!bytes) return too_large;
    rows.scratch_.resize(ceil_div(*bytes, sizeof(std::uint64_t)));
  }
  return rows;
}

Status Rows::choose_way(const Page& page, const PixelForm& wanted) {
  if (page.photometric == Photometric::palette) {
    if (page.separate || page.samples > kMostPaletteSamples) {
      return {Code::unsupported, "a palette image of separate planes or of over " +
                                     std::to_string(kMostPaletteSamples) + " samples a pixel"};
    }
    way_ = Way::palette;
    form_.type = wanted.type == SampleType::u8 ? SampleType::u8 : SampleType::u16;
    form_.bit_depth = static_cast<std::uint8_t>(8 * sample_bytes(form_.type));
    return read_palette(page);
  }
  if (page.photometric == Photometric::ycbcr && page.samples == 3) {
    return choose_ycbcr(page, wanted);
  }
  const bool full_bytes = (page.bits == 8 || page.bits == 16) && !is_float(page.type);
  if (is_lab(page) && wants_color(wanted) && page.samples == 3 && !page.separate && full_bytes) {
    way_ = Way::lab;
    form_ = {.channels = 3, .color = ColorModel::rgb};
    std::array<float, 2> white{0.345702F, 0.358538F};
    read_numbers(page.ifd, kWhitePoint, white);
    const bool icc = page.photometric == Photometric::icc_lab;
    GLIMT_TRY(lab_, LabToRgb::make(icc ? LabForm::icc : LabForm::cie, white));
    return {};
  }
  form_.planar = page.separate;
  if (page.separate && wanted.color != ColorModel::other) {
    // Extra samples that nobody asked for lie in planes of their own, which need not be read.
    const bool as_rgb = form_.color == ColorModel::other && page.samples >= 3;
    const std::uint32_t color = as_rgb ? 3 : color_channels(form_);
    const std::uint32_t needed = color + (form_.alpha && wanted.alpha ? 1 : 0);
    if (needed < form_.channels) {
      form_.channels = static_cast<std::uint16_t>(needed);
      form_.alpha = form_.alpha && wanted.alpha;
    }
  }
  return {};
}

Status Rows::choose_ycbcr(const Page& page, const PixelForm& wanted) {
  const bool subsampled = page.subsampling[0] != 1 || page.subsampling[1] != 1;
  if (page.bits != 8 || page.separate) {
    if (subsampled) {
      return {Code::unsupported, "subsampled YCbCr in separate planes or of other than 8 bits"};
    }
    form_.planar = page.separate;
    return {};
  }
  for (const std::uint32_t factor : page.subsampling) {
    if (factor != 1 && factor != 2 && factor != 4) {
      return {Code::corrupt,
              "YCbCrSubSampling of " + std::to_string(factor) + "; 1, 2 and 4 are legal"};
    }
  }
  way_ = Way::ycbcr_units;
  units_ = {page.subsampling[0], page.subsampling[1], page.chunk_width};
  const auto bytes = units_.row_bytes();
  if (!bytes) return {Code::limit, "a row of a strip or tile exceeds all memory"};
  row_bytes_ = *bytes;
  if (unpacker_.form().predictor != Predictor::none) {
    if (subsampled) return {Code::unsupported, "subsampled YCbCr with a predictor"};
    scratch_.resize(ceil_div(*bytes, sizeof(std::uint64_t)));
  }
  if (wanted.color == ColorModel::ycc) return {};
  form_.color = ColorModel::rgb;
  YcbcrToRgb::Numbers numbers;
  read_numbers(page.ifd, kYcbcrCoefficients, numbers.coefficients);
  read_numbers(page.ifd, kReferenceBlackWhite, numbers.reference);
  GLIMT_TRY(ycbcr_, YcbcrToRgb::make(numbers));
  return {};
}

Status Rows::read_palette(const Page& page) {
  if (page.bits > 16 || is_float(page.type)) {
    return {Code::unsupported, "palette indices of " + std::to_string(page.bits) + " bits"};
  }
  const auto field = page.ifd.find(kColorMap);
  const std::size_t values = std::size_t{3} << page.bits;
  if (!field || !field->whole() || field->type != FieldType::u16 || field->count < values) {
    return {Code::corrupt,
            "the palette image has no ColorMap of " + std::to_string(values) + " numbers"};
  }
  std::vector<std::uint16_t> map(values);
  for (std::size_t i = 0; i < values; ++i) {
    map[i] = static_cast<std::uint16_t>(*field->unsigned_at(i));
  }
  GLIMT_TRY(palette_, Palette::make(map, page.bits));
  return {};
}

std::optional<std::size_t> Rows::bytes_of(std::uint32_t rows) const {
  const std::uint32_t lines = way_ == Way::ycbcr_units ? ceil_div(rows, units_.down) : rows;
  return checked_size(row_bytes_, lines);
}

/// Samples of `count` pixels in the scratch become colours.
void Rows::color_scratch(std::size_t count, std::uint8_t* out) {
  const std::size_t samples = unpacker_.form().samples;
  const auto color = [&](auto* row) {
    if (way_ == Way::lab) {
      lab_->run(row, count, out);
      return;
    }
    // The index comes first; of what else a pixel has nothing is known.
    for (std::size_t i = 0; samples > 1 && i < count; ++i) row[i] = row[i * samples];
    if (form_.type == SampleType::u8) {
      palette_->expand(row, count, out);
    } else {
      palette_->expand(row, count, reinterpret_cast<std::uint16_t*>(out));
    }
  };
  if (sample_bytes(unpacker_.type()) == 1) {
    color(reinterpret_cast<std::uint8_t*>(scratch_.data()));
  } else {
    color(reinterpret_cast<std::uint16_t*>(scratch_.data()));
  }
}

void Rows::write(const std::uint8_t* packed, std::uint32_t row, std::size_t first,
                 std::size_t count, std::uint8_t* out) {
  if (way_ == Way::ycbcr_units) {
    const std::uint8_t* units = packed + row / units_.down * row_bytes_;
    const std::uint32_t line = row % units_.down;
    if (unpacker_.form().predictor != Predictor::none) {
      auto* plain = reinterpret_cast<std::uint8_t*>(scratch_.data());
      unpacker_.run(units, width_, plain);
      units = plain;
    }
    if (ycbcr_) {
      ycbcr_row_to_rgb(*ycbcr_, units_, units, line, first, count, out);
    } else {
      ycbcr_row_upsampled(units_, units, line, first, count, out);
    }
    return;
  }
  const std::uint8_t* line = packed + row * row_bytes_;
  if (way_ != Way::plain) {
    unpacker_.run(line, width_, first, count, scratch_.data());
    color_scratch(count, out);
    return;
  }
  unpacker_.run(line, width_, first, count, out);
  const RowForm& form = unpacker_.form();
  if (inverts_) invert_samples(unpacker_.type(), form.bits, out, count * form.samples);
}

void Rows::write_zeros(std::size_t count, std::uint8_t* out) {
  const RowForm& form = unpacker_.form();
  const std::size_t samples = count * form.samples;
  const std::size_t bytes = samples * sample_bytes(unpacker_.type());
  if (way_ == Way::palette || way_ == Way::lab) {
    std::memset(scratch_.data(), 0, bytes);
    color_scratch(count, out);
    return;
  }
  std::memset(out, 0, bytes);
  for (std::size_t i = 0; ycbcr_ && i < count; ++i) ycbcr_->pixel(0, 0, 0, out + 3 * i);
  if (inverts_) invert_samples(unpacker_.type(), form.bits, out, samples);
}

}  // namespace glimt::tiff
