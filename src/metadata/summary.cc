// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "metadata/ifd.h"
#include "metadata/text.h"

namespace glimt {
namespace {

constexpr std::size_t kMostCharacters = 60;

struct KindName {
  MetadataKind kind;
  std::string_view name;
};
constexpr KindName kNames[] = {
    {MetadataKind::unknown, "UNKNOWN"},
    {MetadataKind::tiff_tag, "TIFF_TAG"},
    {MetadataKind::icc_profile, "ICC_PROFILE"},
    {MetadataKind::exif, "EXIF"},
    {MetadataKind::geo, "GEO"},
    {MetadataKind::med_aperio, "MED_APERIO"},
    {MetadataKind::med_philips, "MED_PHILIPS"},
    {MetadataKind::med_ventana, "MED_VENTANA"},
    {MetadataKind::med_leica, "MED_LEICA"},
    {MetadataKind::med_trestle, "MED_TRESTLE"},
    {MetadataKind::tiff_tag_list, "TIFF_TAG_LIST"},
    {MetadataKind::xmp, "XMP"},
    {MetadataKind::iptc, "IPTC"},
    {MetadataKind::med_hamamatsu, "MED_HAMAMATSU"},
    {MetadataKind::text, "TEXT"},
    {MetadataKind::resolution, "RESOLUTION"},
};

/// Runs of blanks and control characters become one blank, none at the ends; cut at a whole
/// character.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (line.size() > kMostCharacters + 4) break;
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() <= kMostCharacters) return line;
  std::size_t end = kMostCharacters;
  while (end > 0 && (static_cast<std::uint8_t>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

void append(std::string& list, const std::string& part) {
  if (!part.empty()) list += (list.empty() ? "" : ", ") + part;
}

std::string text_of(const Ifd& ifd, std::uint16_t tag) {
  const auto field = ifd.find(tag);
  const std::string_view text = field ? field->text() : std::string_view();
  return one_line(utf8_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

/// Make and model, which often repeats the make; when; by whom.
std::string exif_summary(Bytes exif) {
  constexpr std::uint16_t make = 271, model = 272, date = 306, artist = 315, exif_ifd = 34665,
                          date_original = 36867;
  const auto header = read_tiff_header(exif);
  if (!header.ok()) return "";
  const auto ifd = Ifd::read(exif, *header, header->first_ifd);
  if (!ifd.ok()) return "";
  const std::string maker = text_of(*ifd, make), name = text_of(*ifd, model);
  std::string camera = name.starts_with(maker.substr(0, maker.find(' '))) ? name : maker;
  if (camera != name) camera += (camera.empty() || name.empty() ? "" : " ") + name;
  std::string when;
  const auto inner_at = ifd->find(exif_ifd);
  const auto offset =
      inner_at && inner_at->whole() ? inner_at->unsigned_at(0) : std::optional<std::uint64_t>();
  if (offset) {
    const auto inner = Ifd::read(exif, *header, *offset);
    if (inner.ok()) when = text_of(*inner, date_original);
  }
  std::string summary = camera;
  append(summary, when.empty() ? text_of(*ifd, date) : when);
  append(summary, text_of(*ifd, artist));
  return summary;
}

/// UTF-16, big-endian.
std::string utf8_of_utf16(Bytes text) {
  std::string utf8;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::uint32_t c = load_be<std::uint16_t>(&text[i]);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < text.size()) {
      const std::uint32_t low = load_be<std::uint16_t>(&text[i + 2]);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr std::uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
    utf8 += static_cast<char>(first[more] | c >> 6 * more);
    for (int k = more - 1; k >= 0; --k) utf8 += static_cast<char>(0x80 | (c >> 6 * k & 0x3F));
  }
  return utf8;
}

nlohmann::ordered_json json_of(const Metadata& block) {
  return nlohmann::ordered_json::parse(block.data.begin(), block.data.end(), nullptr, false);
}

std::string text_summary(const Metadata& block) {
  const auto json = json_of(block);
  std::string summary;
  if (!json.is_object()) return summary;
  for (const auto& [keyword, value] : json.items()) append(summary, keyword);
  return one_line(summary);
}

std::string resolution_summary(const Metadata& block) {
  const auto json = json_of(block);
  if (!json.is_object() || !json.contains("x") || !json.contains("y") || !json.contains("unit")) {
    return "";
  }
  const std::string unit = json["unit"].is_string() ? json["unit"].get<std::string>() : "";
  const std::string numbers = json["x"].dump() + " x " + json["y"].dump();
  return unit == "unknown" ? numbers : numbers + " per " + unit;
}

std::string geo_summary(const Metadata& block) {
  constexpr std::uint32_t user_defined = 32767;
  const auto json = json_of(block);
  std::string summary;
  if (!json.is_object()) return summary;
  for (const char* key : {"PROJECTED_CRS", "GEODETIC_CRS"}) {
    if (summary.empty() && json.contains(key) && json[key].is_number_unsigned() &&
        json[key].get<std::uint32_t>() < user_defined) {
      summary = "EPSG:" + json[key].dump();
    }
  }
  for (const char* key : {"GT_CITATION", "PROJECTED_CITATION", "GEODETIC_CITATION"}) {
    if (!json.contains(key) || !json[key].is_string()) continue;
    append(summary, json[key].get<std::string>());
    break;
  }
  return one_line(summary);
}

}  // namespace

std::string_view name_of(MetadataKind kind) {
  const auto row = std::find_if(std::begin(kNames), std::end(kNames),
                                [kind](const KindName& one) { return one.kind == kind; });
  return row != std::end(kNames) ? row->name : "unknown metadata";
}

std::string profile_name(Bytes profile) {
  constexpr std::size_t header = 128, tag_bytes = 12;
  if (profile.size() < header + 4) return "";
  const std::uint64_t tags = load_be<std::uint32_t>(&profile[header]);
  const std::uint64_t there = (profile.size() - header - 4) / tag_bytes;
  for (std::uint64_t i = 0; i < std::min(tags, there); ++i) {
    const Bytes tag = profile.subspan(header + 4 + static_cast<std::size_t>(i) * tag_bytes);
    if (!starts_with(tag, "desc", 4)) continue;
    const std::uint64_t offset = load_be<std::uint32_t>(&tag[4]);
    if (offset + 28 > profile.size()) return "";
    const Bytes data = profile.subspan(static_cast<std::size_t>(offset));
    // ICC.1:2001 6.5.17: the length of an ASCII text; ICC.1:2022 10.15: records of language,
    // country, length and offset.
    const bool many = starts_with(data, "mluc", 4);
    const std::uint64_t size = load_be<std::uint32_t>(&data[many ? 20 : 8]);
    const std::uint64_t at = many ? load_be<std::uint32_t>(&data[24]) : 12;
    if (at + size > data.size()) return "";
    const Bytes text = data.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
    return one_line(many ? utf8_of_utf16(text) : utf8_of(text));
  }
  return "";
}

std::string summary_of(const Metadata& block) {
  switch (block.kind) {
    case MetadataKind::exif:
      return exif_summary(block.data);
    case MetadataKind::icc_profile:
      return profile_name(block.data);
    case MetadataKind::text:
      return text_summary(block);
    case MetadataKind::resolution:
      return resolution_summary(block);
    case MetadataKind::geo:
      return geo_summary(block);
    case MetadataKind::med_aperio:
    case MetadataKind::med_trestle:
    case MetadataKind::med_hamamatsu:
      return one_line(utf8_of(block.data));
    default:
      return "";
  }
}

}  // namespace glimt
