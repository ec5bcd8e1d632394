// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/format.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "formats/jpeg/metadata.h"
#include "metadata/exif.h"

namespace glimt::jpeg {
namespace {

// By the n of SOFn (T.81 table B.1). 4, 8 and 12 are no frames.
constexpr std::string_view kCodingNames[16] = {
    "baseline DCT",
    "extended sequential DCT",
    "progressive DCT",
    "lossless",
    "",
    "differential sequential DCT",
    "differential progressive DCT",
    "differential lossless",
    "",
    "extended sequential DCT, arithmetic coding",
    "progressive DCT, arithmetic coding",
    "lossless, arithmetic coding",
    "",
    "differential sequential DCT, arithmetic coding",
    "differential progressive DCT, arithmetic coding",
    "differential lossless, arithmetic coding",
};

constexpr bool has_parameters(std::uint8_t marker) {
  return marker != kTem && !(marker >= kRst0 && marker <= kEoi);
}

constexpr bool is_frame_header(std::uint8_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

Status corrupt(std::string text) { return {Code::corrupt, std::move(text)}; }

/// T.81 B.2.2.
Status read_frame(const Segment& segment, Header& header) {
  const Bytes p = segment.payload;
  if (p.size() < 6) return corrupt("the frame header is too short");
  header.coding = segment.marker & 15;
  header.precision = p[0];
  header.height = load_be<std::uint16_t>(&p[1]);
  header.width = load_be<std::uint16_t>(&p[3]);
  header.height_offset = segment.offset + 1;
  header.component_count = p[5];
  if (header.component_count == 0) return corrupt("the frame header has no components");
  if (header.width == 0) return corrupt("the frame header says width 0");
  if (p.size() != 6 + std::size_t{3} * header.component_count) {
    return corrupt("the frame header's length does not match its " +
                   std::to_string(header.component_count) + " components");
  }
  if (header.precision < 2 || header.precision > 16) {
    return corrupt("the frame header says " + std::to_string(header.precision) +
                   " bits a sample; 2 to 16 are legal");
  }
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const std::uint8_t* c = &p[6 + 3 * i];
    const Component component{c[0], static_cast<std::uint8_t>(c[1] >> 4),
                              static_cast<std::uint8_t>(c[1] & 15), c[2]};
    const bool legal = component.horizontal >= 1 && component.horizontal <= 4 &&
                       component.vertical >= 1 && component.vertical <= 4;
    if (!legal) {
      return corrupt("component " + std::to_string(i) + " has sampling factors " +
                     std::to_string(component.horizontal) + "x" +
                     std::to_string(component.vertical) + "; 1 to 4 are legal");
    }
    if (i < kMaxComponents) header.components[i] = component;
  }
  return {};
}

void read_application_data(const Segment& segment, Header& header) {
  const Bytes p = segment.payload;
  switch (segment.marker) {
    case kApp0:
      header.jfif = header.jfif || (p.size() >= 14 && starts_with(p, "JFIF\0", 5));
      break;
    case kApp1:
      // Of several Exif segments the last one with an orientation counts.
      if (starts_with(p, "Exif\0", 5)) {
        header.orientation = find_exif_orientation(p).value_or(header.orientation);
      }
      break;
    case kApp14:
      if (p.size() >= 12 && starts_with(p, "Adobe", 5)) {
        header.adobe = true;
        header.adobe_transform = p[11];
      }
      break;
    default:
      break;
  }
}

/// T.81 B.2.5: a frame header without height is completed by a DNL segment after the first scan.
Status find_number_of_lines(Bytes data, Header& header) {
  std::size_t at = header.scan_offset;
  while (at + 1 < data.size()) {
    const void* found = std::memchr(&data[at], 0xFF, data.size() - at - 1);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - data.data());
    const std::uint8_t marker = data[at + 1];
    const bool in_scan = marker == 0 || (marker >= kRst0 && marker <= kRst7);
    if (marker != 0xFF && !in_scan) {
      if (marker != kDnl || data.size() - at < 6) break;
      header.height = load_be<std::uint16_t>(&data[at + 4]);
      header.height_by_dnl = true;
      return header.height != 0 ? Status() : corrupt("the DNL segment says height 0");
    }
    at += marker == 0xFF ? 1 : 2;
  }
  return corrupt("the frame header says height 0 and no DNL segment follows the first scan");
}

struct Sampling {
  std::uint8_t horizontal, vertical;  // luma samples for one of chroma
  ChromaSubsampling name;
};
constexpr Sampling kSamplings[] = {
    {1, 1, ChromaSubsampling::css_444},  {2, 1, ChromaSubsampling::css_422},
    {2, 2, ChromaSubsampling::css_420},  {1, 2, ChromaSubsampling::css_440},
    {4, 1, ChromaSubsampling::css_411},  {4, 2, ChromaSubsampling::css_410},
    {2, 4, ChromaSubsampling::css_410v},
};

std::optional<ChromaSubsampling> subsampling_of(const Header& header) {
  const auto& c = header.components;
  if (header.component_count == 1) return ChromaSubsampling::css_gray;
  if (header.component_count != 3 && header.component_count != 4) return std::nullopt;
  const auto same = [](const Component& a, const Component& b) {
    return a.horizontal == b.horizontal && a.vertical == b.vertical;
  };
  if (!same(c[1], c[2]) || (header.component_count == 4 && !same(c[0], c[3]))) return std::nullopt;
  for (const Sampling& s : kSamplings) {
    if (c[0].horizontal == s.horizontal * c[1].horizontal &&
        c[0].vertical == s.vertical * c[1].vertical) {
      return s.name;
    }
  }
  return std::nullopt;
}

struct Naming {
  ColorModel color;
  ColorSpec spec;
  SampleFormat sample_format;
};
constexpr Naming kNamings[] = {
    {ColorModel::gray, ColorSpec::gray, SampleFormat::p_y},
    {ColorModel::ycc, ColorSpec::sycc, SampleFormat::p_yuv},
    {ColorModel::rgb, ColorSpec::srgb, SampleFormat::p_rgb},
    {ColorModel::cmyk, ColorSpec::cmyk, SampleFormat::p_cmyk},
    {ColorModel::ycck, ColorSpec::ycck, SampleFormat::p_ycck},
    {ColorModel::other, ColorSpec::unchanged, SampleFormat::p_unchanged},
};

bool sniff(Bytes head) noexcept { return starts_with(head, "\xFF\xD8", 2); }

Result<StreamInfo> parse(const Source& source, const PageRange& page) {
  if (page.image_idx != 0) {
    return Status(Code::bad_argument, "a JPEG stream holds one image: the index must be 0");
  }
  Header header;
  GLIMT_TRY(read_header(source.data, header));

  StreamInfo info;
  info.format = &kJpegFormat;
  info.coding = header.coding + (header.precision > 8 ? kDeep : 0);
  info.pixel_data_offset = header.scan_offset;
  const ColorModel color = color_of(header);
  const auto& c = header.components;
  const bool ids_tell = c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
  info.color_guessed = !header.jfif && !header.adobe && !ids_tell;
  const Naming& naming = *std::find_if(std::begin(kNamings), std::end(kNamings),
                                       [&](const Naming& n) { return n.color == color; });
  info.image.codec_name = kJpegFormat.name;
  info.image.coding = kCodingNames[header.coding];
  info.image.width = header.width;
  info.image.height = header.height;
  info.image.channels = header.component_count;
  info.image.type = header.precision > 8 ? SampleType::u16 : SampleType::u8;
  info.image.precision = header.precision;
  info.image.color_spec = naming.spec;
  info.image.sample_format = naming.sample_format;
  info.image.chroma_subsampling = subsampling_of(header);
  info.image.orientation = header.orientation;
  info.form.type = info.image.type;
  info.form.bit_depth = header.precision;
  info.form.channels = header.component_count;
  info.form.color = color;
  // Adobe stores inks inverted (Photoshop), and only Adobe's marker tells YCCK.
  info.form.inverted = header.component_count == 4 && header.adobe;
  return info;
}

constexpr std::string_view kExtensions[] = {".jpg", ".jpeg", ".jpe", ".jfif"};

}  // namespace

bool SegmentWalk::next(Segment& segment) {
  do {
    while (position_ < data_.size() && data_[position_] != 0xFF) ++position_;
    // B.1.1.2: any number of fill bytes 0xFF may precede a marker.
    while (position_ < data_.size() && data_[position_] == 0xFF) ++position_;
    if (position_ >= data_.size()) return false;
    segment.marker = data_[position_++];
  } while (segment.marker == 0);
  segment.payload = {};
  segment.offset = position_;
  if (!has_parameters(segment.marker)) return true;
  const std::size_t left = data_.size() - position_;
  // A length below 2 does not even count itself; like libjpeg, take the segment for empty.
  const std::size_t length =
      left < 2 ? 2 : std::max<std::size_t>(load_be<std::uint16_t>(&data_[position_]), 2);
  truncated_ = left < length;
  if (truncated_) return false;
  segment.offset = position_ + 2;
  segment.payload = data_.subspan(segment.offset, length - 2);
  position_ += length;
  return true;
}

Status read_header(Bytes data, Header& header) {
  if (!sniff(data)) return corrupt("a JPEG stream begins with FF D8");
  SegmentWalk walk(data.subspan(2));
  bool frame = false;
  for (Segment segment; walk.next(segment);) {
    segment.offset += 2;
    if (is_frame_header(segment.marker)) {
      if (frame) return corrupt("the stream has two frame headers before its first scan");
      GLIMT_TRY(read_frame(segment, header));
      frame = true;
    } else if (segment.marker >= kApp0 && segment.marker <= kApp0 + 15) {
      read_application_data(segment, header);
    } else if (segment.marker == kDhp) {
      return {Code::unsupported, "hierarchical JPEG (DHP) is not supported"};
    } else if (segment.marker == kSof55) {
      return {Code::unsupported, "this is JPEG-LS (T.87), which is not supported"};
    } else if (segment.marker == kEoi) {
      break;
    } else if (segment.marker == kSos) {
      if (!frame) return corrupt("a scan comes before the frame header");
      header.scan_offset = segment.offset + segment.payload.size();
      return header.height != 0 ? Status() : find_number_of_lines(data, header);
    }
  }
  if (walk.truncated()) return {Code::truncated, "the data ends within the header"};
  return corrupt(frame ? "the stream has no scan"
                       : "the stream has no frame header; tables alone are no image");
}

ColorModel color_of(const Header& header) {
  const auto& c = header.components;
  switch (header.component_count) {
    case 1:
      return ColorModel::gray;
    case 3:
      if (header.jfif) return ColorModel::ycc;
      if (header.adobe) return header.adobe_transform == 0 ? ColorModel::rgb : ColorModel::ycc;
      // Without a marker lossless samples are taken for the original ones.
      if (header.coding == kLossless) return ColorModel::rgb;
      return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B' ? ColorModel::rgb : ColorModel::ycc;
    case 4:
      return header.adobe && header.adobe_transform != 0 ? ColorModel::ycck : ColorModel::cmyk;
    default:
      return ColorModel::other;
  }
}

}  // namespace glimt::jpeg

namespace glimt {

const Format kJpegFormat = {
    .name = "jpeg",
    .extensions = jpeg::kExtensions,
    .sniff = jpeg::sniff,
    .parse = jpeg::parse,
    .metadata = jpeg::metadata,
};

}  // namespace glimt
