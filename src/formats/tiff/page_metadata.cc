// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/page_metadata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "codec/embedded.h"
#include "formats/tiff/page.h"
#include "formats/tiff/text_tags.h"

namespace glimt::tiff {
namespace {

constexpr std::uint16_t kImageDescription = 270, kXResolution = 282, kYResolution = 283,
                        kResolutionUnit = 296, kXmp = 700, kIptc = 33723, kExifIfd = 34665,
                        kIccProfile = 34675, kGpsIfd = 34853, kInteroperabilityIfd = 40965;

/// Tags that say how the pixels lie in the file, or where something else does.
constexpr std::uint16_t kOfThePixels[] = {
    kImageWidth,
    kImageLength,
    kBitsPerSample,
    kCompression,
    kPhotometric,
    kFillOrder,
    kStripOffsets,
    kSamplesPerPixel,
    kRowsPerStrip,
    kStripByteCounts,
    kPlanarConfiguration,
    kT4Options,
    kT6Options,
    kPredictor,
    kColorMap,
    kTileWidth,
    kTileLength,
    kTileOffsets,
    kTileByteCounts,
    kSubIfds,
    kExtraSamples,
    kSampleFormat,
    kJpegTables,
    kJpegProc,
    kJpegInterchangeFormat,
    kJpegInterchangeFormatLength,
    kJpegRestartInterval,
    kJpegQTables,
    kJpegDcTables,
    kJpegAcTables,
    kYcbcrSubSampling,
    kReferenceBlackWhite,
    kLercParameters,
    kExifIfd,
    kGpsIfd,
    kInteroperabilityIfd,
};

bool describes_pixels(std::uint16_t tag) {
  return std::find(std::begin(kOfThePixels), std::end(kOfThePixels), tag) != std::end(kOfThePixels);
}

void copy_fields(const Ifd& ifd, IfdFields& to) {
  for (std::size_t i = 0; i < ifd.size(); ++i) {
    const Field field = ifd.field(i);
    if (!field.whole() || describes_pixels(field.tag) || to.has(field.tag)) continue;
    // A type or count that is none leaves the field out.
    if (const Status copied = to.copy(field); !copied.ok()) continue;
  }
}

/// The IFD that a field names, as far as it can be read.
void copy_child(Bytes block, const TiffHeader& header, const Ifd& parent, std::uint16_t tag,
                IfdFields& to) {
  const auto field = parent.find(tag);
  const auto offset = field && field->whole() ? field->unsigned_at(0) : std::nullopt;
  if (!offset) return;
  const auto ifd = Ifd::read(block, header, *offset);
  if (!ifd.ok()) return;
  IfdFields child;
  copy_fields(*ifd, child);
  if (tag == kExifIfd) copy_child(block, header, *ifd, kInteroperabilityIfd, child);
  if (!child.empty()) to.set_child(tag, std::move(child));
}

Status add_exif(Bytes block, IfdFields& fields) {
  if (block.empty()) return {};
  const auto header = read_tiff_header(block);
  const auto ifd =
      header.ok() ? Ifd::read(block, *header, header->first_ifd) : Result<Ifd>(header.status());
  if (!ifd.ok()) {
    return {Code::bad_argument, "the EXIF block to write has no IFD: " + ifd.status().message()};
  }
  copy_fields(*ifd, fields);
  copy_child(block, *header, *ifd, kExifIfd, fields);
  copy_child(block, *header, *ifd, kGpsIfd, fields);
  return {};
}

Status add_tag(const Metadata& block, IfdFields& fields) {
  if (block.tag == 0) {
    return {Code::bad_argument, "a TIFF_TAG block to write has no id"};
  }
  if (describes_pixels(block.tag)) {
    return {Code::bad_argument, "tag " + std::to_string(block.tag) +
                                    " says how the pixels are written; it cannot be given"};
  }
  const FieldType type =
      block.type == 0 ? FieldType::undefined : static_cast<FieldType>(block.type);
  if (type == FieldType::ascii) {
    std::vector<std::uint8_t> text = block.data;
    if (text.empty() || text.back() != 0) text.push_back(0);
    return fields.set_values(block.tag, type, text.size(), text);
  }
  const std::size_t bytes = std::max<std::size_t>(field_type_bytes(type), 1);
  const std::uint64_t count = block.count == 0 ? block.data.size() / bytes : block.count;
  return fields.set_values(block.tag, type, count, block.data);
}

/// Several texts of one tag are strings one behind the other (TIFF 6.0 section 2). What other
/// formats call a comment or description is one here.
void add_texts(const std::vector<TextEntry>& texts, IfdFields& fields, std::string& note) {
  std::map<std::uint16_t, std::string> values;
  for (const TextEntry& entry : texts) {
    const bool described = entry.keyword == kCommentKeyword || entry.keyword == "Description";
    const std::string_view name = described ? "ImageDescription" : std::string_view(entry.keyword);
    const auto row = std::find_if(std::begin(kTextTags), std::end(kTextTags),
                                  [name](const auto& one) { return one.second == name; });
    if (row == std::end(kTextTags)) {
      note_unwritten(note, "no text tag of TIFF", entry.keyword);
      continue;
    }
    std::string& value = values[row->first];
    if (!value.empty()) value += '\0';
    value += entry.text;
  }
  for (const auto& [tag, value] : values) {
    if (!fields.has(tag)) fields.set_text(tag, value);
  }
}

/// A ratio of whole numbers: four digits behind the point, where they fit.
std::array<std::uint32_t, 2> ratio_of(double value) {
  constexpr double most = 4294967295.0, fine = 10000;
  if (value == std::round(value) || value * fine > most) {
    return {static_cast<std::uint32_t>(std::clamp(std::round(value), 0.0, most)), 1};
  }
  return {static_cast<std::uint32_t>(std::lround(value * fine)), static_cast<std::uint32_t>(fine)};
}

void add_resolution(const Resolution& given, IfdFields& fields) {
  using Unit = Resolution::Unit;
  if (fields.has(kXResolution) || fields.has(kYResolution) || fields.has(kResolutionUnit)) return;
  const Resolution resolution = given.unit == Unit::metre ? given.in(Unit::centimetre) : given;
  const std::array<std::uint32_t, 2> x[] = {ratio_of(resolution.x)}, y[] = {ratio_of(resolution.y)};
  fields.set_rationals(kXResolution, x);
  fields.set_rationals(kYResolution, y);
  const std::uint64_t unit = resolution.unit == Unit::inch         ? 2
                             : resolution.unit == Unit::centimetre ? 3
                                                                   : 1;
  fields.set(kResolutionUnit, FieldType::u16, unit);
}

}  // namespace

Status add_metadata(const Embedded& embedded, IfdFields& fields, std::string& note) {
  IfdFields tags;
  for (const Metadata* block : embedded.tags) {
    if (block->tag != 0 && tags.has(block->tag)) continue;
    GLIMT_TRY(add_tag(*block, tags));
    GLIMT_TRY(add_tag(*block, fields));
  }
  const auto add_bytes = [&](std::uint16_t tag, FieldType type, Bytes bytes) {
    if (!bytes.empty() && !fields.has(tag)) fields.set_bytes(tag, type, bytes);
  };
  add_bytes(kIccProfile, FieldType::undefined, embedded.icc);
  add_bytes(kXmp, FieldType::byte, embedded.xmp);
  add_bytes(kIptc, FieldType::undefined, embedded.iptc);
  if (!embedded.description.empty() && !fields.has(kImageDescription)) {
    fields.set_text(kImageDescription, {reinterpret_cast<const char*>(embedded.description.data()),
                                        embedded.description.size()});
  }
  add_texts(embedded.text, fields, note);
  if (embedded.resolution) add_resolution(*embedded.resolution, fields);
  GLIMT_TRY(add_exif(embedded.exif, fields));
  constexpr std::array<std::uint32_t, 2> one[] = {{1, 1}};
  constexpr std::uint64_t no_unit = 1;
  if (fields.has(kXResolution) || fields.has(kYResolution)) return {};
  fields.set_rationals(kXResolution, one);
  fields.set_rationals(kYResolution, one);
  if (!fields.has(kResolutionUnit)) fields.set(kResolutionUnit, FieldType::u16, no_unit);
  return {};
}

}  // namespace glimt::tiff
