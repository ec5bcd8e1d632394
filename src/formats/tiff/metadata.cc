// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/metadata.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "formats/tiff/chain.h"
#include "formats/tiff/text_tags.h"
#include "metadata/exif_writer.h"
#include "metadata/gathered.h"
#include "metadata/geo.h"
#include "metadata/ifd.h"
#include "metadata/photoshop.h"

namespace glimt::tiff {
namespace {

constexpr std::uint16_t kImageDescription = 270, kSoftware = 305, kXmp = 700, kIptc = 33723,
                        kIccProfile = 34675, kHamamatsuProperties = 65449, kPhotoshop = 34377;

/// What a tag's text must contain, in any case, so that a block is one of the kind.
struct Rule {
  MetadataKind kind;
  MetadataFormat format;
  std::uint16_t tag;           ///< that makes the block
  std::uint16_t told_by;       ///< the tag that tells; 0: its being there
  std::string_view word = {};  ///< empty: any
  std::string_view unless = {};
};
constexpr Rule kRules[] = {
    {MetadataKind::med_aperio, MetadataFormat::raw, kImageDescription, kImageDescription, "aperio"},
    {MetadataKind::med_philips, MetadataFormat::xml, kImageDescription, kSoftware, "philips"},
    {MetadataKind::icc_profile, MetadataFormat::raw, kIccProfile, 0},
    {MetadataKind::med_ventana, MetadataFormat::xmp, kXmp, kXmp, "<iscan"},
    {MetadataKind::med_leica, MetadataFormat::xml, kImageDescription, kImageDescription, "leica"},
    {MetadataKind::med_trestle, MetadataFormat::raw, kImageDescription, kSoftware, "medscan"},
    {MetadataKind::med_hamamatsu, MetadataFormat::raw, kHamamatsuProperties, 0},
    {MetadataKind::xmp, MetadataFormat::xmp, kXmp, kXmp, {}, "<iscan"},
    {MetadataKind::iptc, MetadataFormat::raw, kIptc, 0},
};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

/// The values of a field of bytes or of text, as stored; text without what follows its first NUL.
Bytes bytes_of(const Field& field) {
  const bool text = field.type == FieldType::ascii;
  const auto end =
      text ? std::find(field.data.begin(), field.data.end(), std::uint8_t{0}) : field.data.end();
  return field.data.first(static_cast<std::size_t>(end - field.data.begin()));
}

std::string_view text_of(const Field& field) {
  const Bytes bytes = bytes_of(field);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool applies(const Rule& rule, const Ifd& ifd) {
  if (rule.told_by == 0) return true;
  const auto field = ifd.find(rule.told_by);
  if (!field || !field->whole()) return false;
  const std::string_view text = text_of(*field);
  return contains(text, rule.word) && (rule.unless.empty() || !contains(text, rule.unless));
}

Result<Ifd> find_ifd(const Source& source, const PageRange& range) {
  GLIMT_TRY(const TiffHeader header, read_tiff_header(source.data));
  GLIMT_TRY(const std::uint64_t offset, find_page(source, header, range));
  return Ifd::read(source.data, header, offset);
}

Status check_size(std::uint16_t tag, std::size_t bytes, const Limits& limits) {
  if (bytes <= limits.max_metadata_bytes) return {};
  return {Code::limit, "tag " + std::to_string(tag) + " holds " + std::to_string(bytes) +
                           " bytes; up to " + std::to_string(limits.max_metadata_bytes) +
                           " are read"};
}

/// The numbers of all tags.
Metadata list_tags(const Ifd& ifd) {
  Metadata list{MetadataKind::tiff_tag_list, MetadataFormat::raw, {}};
  list.data.resize(2 * ifd.size());
  for (std::size_t i = 0; i < ifd.size(); ++i) {
    const std::uint16_t tag = ifd.field(i).tag;
    std::memcpy(&list.data[2 * i], &tag, 2);
  }
  return list;
}

Status add_texts(const Ifd& ifd, Gathered& found) {
  for (const auto& [tag, name] : kTextTags) {
    const auto field = ifd.find(tag);
    if (!field || !field->whole() || field->type != FieldType::ascii) continue;
    // A tag may hold several strings, each with its NUL.
    for (Bytes rest = field->data; !rest.empty();) {
      const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{0});
      const auto size = static_cast<std::size_t>(end - rest.begin());
      if (size > 0) GLIMT_TRY(found.add_text({std::string(name), utf8_of(rest.first(size))}));
      rest = rest.subspan(std::min(size + 1, rest.size()));
    }
  }
  return {};
}

/// GeoTIFF: what the selected image says, else the first.
Status add_geo(const Source& source, const TiffHeader& header, const Ifd& ifd, Gathered& found) {
  if (!found.wants(MetadataKind::geo)) return {};
  GLIMT_TRY(std::string json, geo_json(ifd, found.room()));
  if (json.empty() && ifd.offset() != header.first_ifd) {
    const auto first = Ifd::read(source.data, header, header.first_ifd);
    if (first.ok()) {
      GLIMT_TRY(json, geo_json(*first, found.room()));
    }
  }
  return found.add(MetadataKind::geo, MetadataFormat::json,
                   std::vector<std::uint8_t>(json.begin(), json.end()));
}

/// What other formats have as well.
Status add_common(const Source& source, const TiffHeader& header, const Ifd& ifd, Gathered& found) {
  GLIMT_TRY(add_geo(source, header, ifd, found));
  if (found.wants(MetadataKind::exif)) {
    GLIMT_TRY(auto exif, exif_of_ifd(source.data, header, ifd, found.room()));
    GLIMT_TRY(found.add(MetadataKind::exif, MetadataFormat::raw, std::move(exif)));
  }
  if (const auto resources = ifd.find(kPhotoshop);
      resources && resources->whole() && !ifd.find(kIptc)) {
    GLIMT_TRY(found.add(MetadataKind::iptc, MetadataFormat::raw, find_iptc(resources->data)));
  }
  GLIMT_TRY(add_texts(ifd, found));
  if (const auto resolution = ifd_resolution(ifd)) found.add_resolution(*resolution);
  return {};
}

/// Bytes of a number of the type: a rational is two.
std::size_t number_bytes(FieldType type) {
  const bool pair = type == FieldType::rational || type == FieldType::srational;
  return field_type_bytes(type) / (pair ? 2 : 1);
}

}  // namespace

Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& range,
                                            MetadataKind kind, const Limits& limits) {
  GLIMT_TRY(const TiffHeader header, read_tiff_header(source.data));
  GLIMT_TRY(const Ifd ifd, find_ifd(source, range));
  Gathered found(kind, limits);
  if (kind == MetadataKind::tiff_tag_list) return std::vector<Metadata>{list_tags(ifd)};
  for (const Rule& rule : kRules) {
    if (!found.wants(rule.kind)) continue;
    const auto field = ifd.find(rule.tag);
    if (!field || !field->whole() || !applies(rule, ifd)) continue;
    const Bytes data = bytes_of(*field);
    GLIMT_TRY(check_size(rule.tag, data.size(), limits));
    // Philips describes a slide with its first image, and the others in words.
    const bool first = range.image_idx == 0 && range.bitstream_offset == 0;
    const bool words = rule.kind == MetadataKind::med_philips && !first;
    GLIMT_TRY(found.add(rule.kind, words ? MetadataFormat::raw : rule.format, data));
  }
  GLIMT_TRY(add_common(source, header, ifd, found));
  return std::move(found).finish();
}

Result<std::optional<TagValues>> read_tag(const Source& source, const PageRange& range,
                                          std::uint16_t id, const Limits& limits) {
  GLIMT_TRY(const Ifd ifd, find_ifd(source, range));
  const auto field = ifd.find(id);
  if (!field) return std::optional<TagValues>();
  const std::size_t bytes = number_bytes(field->type);
  if (bytes == 0) {
    return Status(Code::corrupt, "tag " + std::to_string(id) + " has values of type " +
                                     std::to_string(static_cast<int>(field->type)) +
                                     ", which TIFF does not know");
  }
  if (!field->whole() && field->count > 0) {
    return Status(Code::truncated,
                  "the values of tag " + std::to_string(id) + " lie beyond the end of the file");
  }
  GLIMT_TRY(check_size(id, field->data.size(), limits));
  TagValues values{static_cast<std::uint16_t>(field->type),
                   field->count,
                   {field->data.begin(), field->data.end()}};
  if (field->big_endian != (std::endian::native == std::endian::big)) {
    for (std::size_t i = 0; i + bytes <= values.data.size(); i += bytes) {
      std::reverse(&values.data[i], &values.data[i] + bytes);
    }
  }
  return std::optional<TagValues>(std::move(values));
}

}  // namespace glimt::tiff
