// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/embedded.h"

#include "base/bytes.h"

namespace glimt {
namespace {

constexpr char kExifPrefix[] = "Exif\0";  // and the literal's own zero

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

std::string name_of(MetadataKind kind) {
  for (const KindName& row : kNames) {
    if (row.kind == kind) return std::string(row.name);
  }
  return "metadata kind " + std::to_string(static_cast<int>(kind));
}

Status wrong(const char* what) { return {Code::bad_argument, what}; }

/// Exif 2.32, 4.5.2: a TIFF header.
Status check_exif(Bytes block) {
  constexpr char little[] = {'I', 'I', 42, 0}, big[] = {'M', 'M', 0, 42};
  if (starts_with(block, little, 4) || starts_with(block, big, 4)) return {};
  return wrong("the EXIF block to write does not begin with a TIFF header (II*\\0 or MM\\0*)");
}

/// ICC.1:2010, 7.2: a header of 128 bytes with the signature "acsp" at byte 36.
Status check_icc(Bytes block) {
  if (block.size() >= 128 && starts_with(block.subspan(36), "acsp", 4)) return {};
  return wrong("the ICC_PROFILE block to write is no profile: 'acsp' is missing at byte 36");
}

/// Where a block goes that is bytes alone; null: it has no such place.
Bytes Embedded::* place_of(MetadataKind kind, const EncodeCaps& caps) {
  struct Row {
    MetadataKind kind;
    Bytes Embedded::* place;
    bool tag;  ///< only of formats with tags
  };
  constexpr Row rows[] = {
      {MetadataKind::exif, &Embedded::exif, false},
      {MetadataKind::icc_profile, &Embedded::icc, false},
      {MetadataKind::xmp, &Embedded::xmp, false},
      {MetadataKind::med_ventana, &Embedded::xmp, true},
      {MetadataKind::iptc, &Embedded::iptc, true},
      {MetadataKind::med_aperio, &Embedded::description, true},
      {MetadataKind::med_philips, &Embedded::description, true},
      {MetadataKind::med_leica, &Embedded::description, true},
      {MetadataKind::med_trestle, &Embedded::description, true},
  };
  for (const Row& row : rows) {
    if (row.kind == kind && (row.tag ? caps.embeds_tags : caps.embeds)) return row.place;
  }
  return nullptr;
}

}  // namespace

Result<Embedded> select_embedded(std::span<const Metadata> blocks, const EncodeCaps& caps,
                                 std::string& note) {
  Embedded embedded;
  for (const Metadata& block : blocks) {
    if (block.kind == MetadataKind::tiff_tag && caps.embeds_tags) {
      embedded.tags.push_back(&block);
      continue;
    }
    Bytes Embedded::* place = place_of(block.kind, caps);
    if (place == nullptr) {
      note += (note.empty() ? "not written, the format does not hold it: " : ", ") +
              name_of(block.kind);
      continue;
    }
    Bytes data(block.data);
    if (block.kind == MetadataKind::exif) {
      if (starts_with(data, kExifPrefix, sizeof kExifPrefix))
        data = data.subspan(sizeof kExifPrefix);
      GLIMT_TRY(check_exif(data));
    } else if (block.kind == MetadataKind::icc_profile) {
      GLIMT_TRY(check_icc(data));
    }
    if ((embedded.*place).empty()) embedded.*place = data;
  }
  return embedded;
}

}  // namespace glimt
