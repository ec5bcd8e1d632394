// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/embedded.h"

#include <memory>
#include <utility>

#include "base/bytes.h"
#include "codec/backend.h"
#include "metadata/exif_writer.h"
#include "metadata/gathered.h"
#include "metadata/summary.h"

namespace glimt {
namespace {

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

/// Takes a block unless there is one of its kind.
Status take(const Metadata& block, Embedded& embedded) {
  const Bytes data(block.data);
  switch (block.kind) {
    case MetadataKind::exif: {
      const Bytes exif = without_exif_prefix(data);
      GLIMT_TRY(check_exif(exif));
      if (embedded.exif.empty()) embedded.exif = exif;
      return {};
    }
    case MetadataKind::icc_profile:
      GLIMT_TRY(check_icc(data));
      if (embedded.icc.empty()) embedded.icc = data;
      return {};
    case MetadataKind::xmp:
    case MetadataKind::med_ventana:
      if (embedded.xmp.empty()) embedded.xmp = data;
      return {};
    case MetadataKind::iptc:
      if (embedded.iptc.empty()) embedded.iptc = data;
      return {};
    case MetadataKind::text: {
      GLIMT_TRY(auto text, parse_text_json(data));
      if (embedded.text.empty()) embedded.text = std::move(text);
      return {};
    }
    case MetadataKind::resolution: {
      GLIMT_TRY(const Resolution resolution, parse_resolution_json(data));
      if (!embedded.resolution) embedded.resolution = resolution;
      return {};
    }
    case MetadataKind::tiff_tag:
      embedded.tags.push_back(&block);
      return {};
    case MetadataKind::med_aperio:
    case MetadataKind::med_philips:
    case MetadataKind::med_leica:
    case MetadataKind::med_trestle:
      if (embedded.description.empty()) embedded.description = data;
      return {};
    default:
      return {Code::internal, "no way to write " + std::string(name_of(block.kind))};
  }
}

/// An image that lies as it is to be shown needs no block to say so.
Status orient(Orientation orientation, Embedded& embedded) {
  if (embedded.exif.empty() && orientation == Orientation::top_left) return {};
  GLIMT_TRY(auto exif, with_orientation(embedded.exif, orientation));
  embedded.made_exif = std::make_shared<const std::vector<std::uint8_t>>(std::move(exif));
  embedded.exif = *embedded.made_exif;
  return {};
}

}  // namespace

void note_unwritten(std::string& note, std::string_view why, std::string_view what) {
  const std::string head = "not written, " + std::string(why) + ": ";
  const auto last = note.rfind("; ");
  const std::size_t sentence = last == std::string::npos ? 0 : last + 2;
  if (note.compare(sentence, head.size(), head) == 0) {
    note += ", ";
  } else {
    note += (note.empty() ? "" : "; ") + head;
  }
  note += what;
}

Result<Embedded> select_embedded(const EncodeParams& params, std::uint32_t embeds,
                                 std::string& note) {
  Embedded embedded;
  for (const Metadata& block : params.metadata) {
    if ((embeds & embed_bit(block.kind)) == 0) {
      note_unwritten(note, kNotHeld, name_of(block.kind));
    } else {
      GLIMT_TRY(take(block, embedded));
    }
  }
  if (params.orientation) {
    if ((embeds & embed_bit(MetadataKind::exif)) != 0) {
      GLIMT_TRY(orient(*params.orientation, embedded));
    } else if (*params.orientation != Orientation::top_left) {
      note_unwritten(note, kNotHeld, "the orientation");
    }
  }
  return embedded;
}

}  // namespace glimt
