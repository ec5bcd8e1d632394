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

}  // namespace

Result<Embedded> select_embedded(std::span<const Metadata> blocks, bool embeds, std::string& note) {
  Embedded embedded;
  for (const Metadata& block : blocks) {
    Bytes data(block.data);
    const bool known = block.kind == MetadataKind::exif || block.kind == MetadataKind::xmp ||
                       block.kind == MetadataKind::icc_profile;
    if (!known || !embeds) {
      note += (note.empty() ? "not written, the format does not hold it: " : ", ") +
              name_of(block.kind);
      continue;
    }
    if (block.kind == MetadataKind::exif) {
      if (starts_with(data, kExifPrefix, sizeof kExifPrefix))
        data = data.subspan(sizeof kExifPrefix);
      GLIMT_TRY(check_exif(data));
      if (embedded.exif.empty()) embedded.exif = data;
    } else if (block.kind == MetadataKind::icc_profile) {
      GLIMT_TRY(check_icc(data));
      if (embedded.icc.empty()) embedded.icc = data;
    } else if (embedded.xmp.empty()) {
      embedded.xmp = data;
    }
  }
  return embedded;
}

}  // namespace glimt
