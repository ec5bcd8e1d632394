// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/metadata.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "formats/tiff/chain.h"
#include "metadata/ifd.h"

namespace glimt::tiff {
namespace {

constexpr std::uint16_t kImageDescription = 270, kSoftware = 305, kXmp = 700, kIptc = 33723,
                        kIccProfile = 34675, kHamamatsuProperties = 65449;

/// What a tag's text must contain, in any case, so that a block is one of the kind.
struct Rule {
  MetadataKind kind;
  MetadataFormat format;
  std::uint16_t tag;           ///< that makes the block
  std::uint16_t told_by;       ///< the tag that tells; 0: its being there
  std::string_view word = {};  ///< empty: any
  std::string_view unless = {};
};
// In the order in which blocks are listed.
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

}  // namespace

Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& range,
                                            MetadataKind kind, const Limits& limits) {
  GLIMT_TRY(const TiffHeader header, read_tiff_header(source.data));
  GLIMT_TRY(const std::uint64_t offset, find_page(source, header, range));
  GLIMT_TRY(const Ifd ifd, Ifd::read(source.data, header, offset));
  std::vector<Metadata> blocks;
  for (const Rule& rule : kRules) {
    if (kind != MetadataKind::unknown && kind != rule.kind) continue;
    const auto field = ifd.find(rule.tag);
    if (!field || !field->whole() || !applies(rule, ifd)) continue;
    const Bytes data = bytes_of(*field);
    if (data.size() > limits.max_metadata_bytes) {
      return Status(Code::limit, "tag " + std::to_string(rule.tag) + " holds " +
                                     std::to_string(data.size()) + " bytes; up to " +
                                     std::to_string(limits.max_metadata_bytes) + " are read");
    }
    // Philips describes a slide with its first image, and the others in words.
    const bool first = range.image_idx == 0 && range.bitstream_offset == 0;
    const bool words = rule.kind == MetadataKind::med_philips && !first;
    blocks.push_back({rule.kind, words ? MetadataFormat::raw : rule.format,
                      std::vector<std::uint8_t>(data.begin(), data.end())});
  }
  return blocks;
}

}  // namespace glimt::tiff
