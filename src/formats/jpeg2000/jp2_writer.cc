// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/jp2_writer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "codec/embedded.h"
#include "formats/jpeg2000/boxes.h"

namespace glimt::jpeg2000 {
namespace {

constexpr std::size_t kMostMetadata = std::size_t{1} << 31;
constexpr std::uint32_t kBoxHeader = 8;
constexpr std::uint32_t kImageHeader = kBoxHeader + 14, kColor = kBoxHeader + 7,
                        kResolution = 2 * kBoxHeader + 10;

Status begin_box(Sink& sink, std::uint32_t bytes, std::uint32_t type) {
  GLIMT_TRY(sink.append_be(bytes));
  return sink.append_be(type);
}

EnumeratedColor color_of(const PixelForm& form) {
  switch (form.color) {
    case ColorModel::gray:
      return EnumeratedColor::gray;
    case ColorModel::rgb:
      return EnumeratedColor::srgb;
    case ColorModel::ycc:
      return EnumeratedColor::sycc;
    case ColorModel::cmyk:
      return EnumeratedColor::cmyk;
    // The box must name a colour; cdef tells which channels have one.
    default:
      return form.channels < 3 ? EnumeratedColor::gray : EnumeratedColor::srgb;
  }
}

std::uint16_t colors_of(const PixelForm& form) {
  if (form.color != ColorModel::other) return static_cast<std::uint16_t>(color_channels(form));
  return form.channels < 3 ? 1 : 3;
}

/// Opacity and channels without a meaning need their definition (I.5.3.6).
Status write_channel_definition(Sink& sink, const PixelForm& form) {
  constexpr std::uint16_t color = 0, opacity = 1, unspecified = 0xFFFF;
  const std::uint16_t colors = colors_of(form);
  GLIMT_TRY(begin_box(sink, kBoxHeader + 2 + 6U * form.channels, box_type("cdef")));
  GLIMT_TRY(sink.append_be(form.channels));
  for (std::uint16_t i = 0; i < form.channels; ++i) {
    const bool is_color = i < colors;
    const bool is_alpha = form.alpha && i == colors;
    GLIMT_TRY(sink.append_be(i));
    GLIMT_TRY(sink.append_be(is_color ? color : is_alpha ? opacity : unspecified));
    GLIMT_TRY(sink.append_be(is_color   ? static_cast<std::uint16_t>(i + 1)
                             : is_alpha ? std::uint16_t{0}
                                        : std::uint16_t{0xFFFF}));
  }
  return {};
}

std::uint32_t color_bytes(const Embedded& embedded) {
  const auto profile = static_cast<std::uint32_t>(embedded.icc.size());
  return profile == 0 ? kColor : kBoxHeader + 3 + profile;
}

/// numerator / denominator * 10^exponent
struct ResolutionNumber {
  std::uint16_t numerator = 1, denominator = 1;
  std::int8_t exponent = 0;
};

/// A number above 0, with the four digits and more that fit; those of inches come out exactly.
ResolutionNumber number_of(double value) {
  ResolutionNumber number;
  const double inches = value * 0.0254;
  if (std::abs(inches - std::round(inches)) < 1e-6 && inches <= 655) {
    number.numerator = static_cast<std::uint16_t>(std::lround(inches) * 100);
    number.denominator = 254;
    number.exponent = 2;
    return number;
  }
  number.exponent = static_cast<std::int8_t>(std::ceil(std::log10(value / 65535)));
  number.numerator = static_cast<std::uint16_t>(
      std::clamp(std::lround(value / std::pow(10.0, number.exponent)), 1L, 65535L));
  return number;
}

/// In pixels per metre, if the box can say it.
std::optional<Resolution> resolution_of(const Embedded& embedded) {
  if (!embedded.resolution || embedded.resolution->unit == Resolution::Unit::unknown) return {};
  const Resolution metre = embedded.resolution->in(Resolution::Unit::metre);
  const auto fits = [](double value) { return value > 1e-9 && value < 1e12; };
  return fits(metre.x) && fits(metre.y) ? std::optional<Resolution>(metre) : std::nullopt;
}

}  // namespace

Status Jp2Writer::write_file_type() {
  // CMYK is an extension of JPX (T.801 table M.25); a JP2 reader may still show the file.
  const std::uint32_t brand = plan_.container == Container::jph       ? box_type("jph ")
                              : plan_.coded.color == ColorModel::cmyk ? box_type("jpx ")
                                                                      : box_type("jp2 ");
  GLIMT_TRY(begin_box(sink_, kBoxHeader + 12, box_type("ftyp")));
  GLIMT_TRY(sink_.append_be(brand));
  GLIMT_TRY(sink_.append_be(std::uint32_t{0}));
  return sink_.append_be(brand);
}

Status Jp2Writer::write_header_box() {
  const PixelForm& form = plan_.coded;
  const bool defined = form.channels > colors_of(form);
  const std::uint32_t definition = defined ? kBoxHeader + 2 + 6U * form.channels : 0;
  const std::uint32_t color = color_bytes(embedded_);
  const std::uint32_t resolution = resolution_of(embedded_) ? kResolution : 0;
  GLIMT_TRY(begin_box(sink_, kBoxHeader + kImageHeader + color + definition + resolution,
                      box_type("jp2h")));

  GLIMT_TRY(begin_box(sink_, kImageHeader, box_type("ihdr")));
  GLIMT_TRY(sink_.append_be(plan_.height));
  GLIMT_TRY(sink_.append_be(plan_.width));
  GLIMT_TRY(sink_.append_be(form.channels));
  const std::uint8_t depth =
      static_cast<std::uint8_t>((form.bit_depth - 1) | (is_signed(form.type) ? 0x80 : 0));
  const std::uint8_t rest[] = {depth, 7, 0, 0};  // BPC, C, UnkC, IPR
  GLIMT_TRY(sink_.append(rest));

  GLIMT_TRY(write_color_box());
  if (defined) GLIMT_TRY(write_channel_definition(sink_, form));
  return write_resolution_box();
}

Status Jp2Writer::write_color_box() {
  GLIMT_TRY(begin_box(sink_, color_bytes(embedded_), box_type("colr")));
  const std::uint8_t method = embedded_.icc.empty() ? 1 : 2;
  const std::uint8_t head[] = {method, 0, 0};  // METH, PREC, APPROX
  GLIMT_TRY(sink_.append(head));
  if (!embedded_.icc.empty()) return sink_.append(embedded_.icc);
  return sink_.append_be(static_cast<std::uint32_t>(color_of(plan_.coded)));
}

/// I.5.3.7: what the image is to be shown at.
Status Jp2Writer::write_resolution_box() {
  const auto resolution = resolution_of(embedded_);
  if (!resolution) return {};
  const ResolutionNumber down = number_of(resolution->y), across = number_of(resolution->x);
  GLIMT_TRY(begin_box(sink_, kResolution, box_type("res ")));
  GLIMT_TRY(begin_box(sink_, kResolution - kBoxHeader, box_type("resd")));
  for (const ResolutionNumber& number : {down, across}) {
    GLIMT_TRY(sink_.append_be(number.numerator));
    GLIMT_TRY(sink_.append_be(number.denominator));
  }
  GLIMT_TRY(sink_.append_be(static_cast<std::uint8_t>(down.exponent)));
  return sink_.append_be(static_cast<std::uint8_t>(across.exponent));
}

/// Boxes hold XML, no other text.
Status Jp2Writer::write_texts() {
  for (const TextEntry& entry : embedded_.text) {
    if (entry.keyword != kXmlKeyword) {
      note_unwritten(note_, "JP2 holds no text but XML", entry.keyword);
      continue;
    }
    GLIMT_TRY(begin_box(sink_, static_cast<std::uint32_t>(kBoxHeader + entry.text.size()),
                        box_type("xml ")));
    GLIMT_TRY(sink_.append(
        {reinterpret_cast<const std::uint8_t*>(entry.text.data()), entry.text.size()}));
  }
  return {};
}

Status Jp2Writer::write_uuid_box(std::span<const std::uint8_t, 16> uuid, Bytes data) {
  if (data.empty()) return {};
  GLIMT_TRY(begin_box(sink_, static_cast<std::uint32_t>(kBoxHeader + uuid.size() + data.size()),
                      box_type("uuid")));
  GLIMT_TRY(sink_.append(uuid));
  return sink_.append(data);
}

Status Jp2Writer::begin() {
  codestream_ = sink_.size();
  if (plan_.container == Container::codestream) {
    if (embedded_.any()) {
      note_ += (note_.empty() ? "" : "; ") +
               std::string("not written, a raw codestream holds no metadata");
    }
    return {};
  }
  std::size_t largest = std::max(
      {embedded_.exif.size(), embedded_.icc.size(), embedded_.xmp.size(), embedded_.iptc.size()});
  for (const TextEntry& entry : embedded_.text) largest = std::max(largest, entry.text.size());
  if (largest > kMostMetadata)
    return {Code::unsupported, "a box for metadata of more than 2 GiB is not written"};
  constexpr std::uint8_t signature[] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', 0x87, '\n'};
  GLIMT_TRY(sink_.append(signature));
  GLIMT_TRY(write_file_type());
  GLIMT_TRY(write_header_box());
  GLIMT_TRY(write_uuid_box(kExifUuid, embedded_.exif));
  GLIMT_TRY(write_uuid_box(kXmpUuid, embedded_.xmp));
  GLIMT_TRY(write_uuid_box(kIptcUuid, embedded_.iptc));
  GLIMT_TRY(write_texts());
  GLIMT_TRY(begin_box(sink_, 0, box_type("jp2c")));
  codestream_ = sink_.size();
  return {};
}

void Jp2Writer::end() {
  if (plan_.container == Container::codestream) return;
  const std::size_t bytes = sink_.size() - codestream_ + kBoxHeader;
  // Length 0, to the end of the file, serves where 32 bits do not suffice.
  const std::uint32_t length = bytes <= UINT32_MAX ? static_cast<std::uint32_t>(bytes) : 0;
  store_be(sink_.written().data() + codestream_ - kBoxHeader, length);
}

}  // namespace glimt::jpeg2000
