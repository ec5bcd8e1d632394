// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/metadata.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <nlohmann/json.hpp>

#include "metadata/summary.h"

namespace glimt::cli {
namespace {

// T.81 B.1.1.4: a segment's length has 16 bits; what stands before the blocks takes up to 64.
constexpr std::size_t kMostOfSegment = 65535 - 64;
// What EXIF says of the same tags.
constexpr std::string_view kExifTexts[] = {"ImageDescription", "Make",     "Model",
                                           "Software",         "DateTime", "Artist",
                                           "HostComputer",     "Copyright"};

void note(std::string& lost, std::string_view what) {
  if (!lost.empty()) lost += ", ";
  lost += what;
}

/// ICC.1:2022 7.2.6: the colour space at byte 16.
std::string_view space_of(const Metadata& profile) {
  const std::string_view bytes(reinterpret_cast<const char*>(profile.data.data()),
                               profile.data.size());
  const std::string_view space = bytes.size() >= 20 ? bytes.substr(16, 4) : std::string_view();
  return space.substr(0, space.find(' '));
}

/// Texts that the EXIF block beside them repeats are left out.
bool keep_texts(Metadata& text) {
  auto json = nlohmann::ordered_json::parse(text.data.begin(), text.data.end(), nullptr, false);
  if (!json.is_object()) return false;
  for (const std::string_view keyword : kExifTexts) json.erase(std::string(keyword));
  const std::string left = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.data.assign(left.begin(), left.end());
  return !json.empty();
}

/// GeoTIFF's tags as they are, of a TIFF that stays one.
void carry_geo_tags(const Decoder& decoder, const CodeStream& stream, Carried& carried) {
  for (const std::uint16_t tag : {33550, 33922, 34264, 34735, 34736, 34737}) {
    auto values = decoder.tag(stream, tag);
    if (!values.ok() || !values->has_value()) continue;
    carried.blocks.push_back({MetadataKind::tiff_tag, MetadataFormat::raw,
                              std::move((*values)->data), tag, (*values)->type, (*values)->count});
  }
}

/// One entry of a text is one segment.
bool fits_segment(const Metadata& block) { return block.data.size() <= kMostOfSegment; }

}  // namespace

Carried carry_metadata(const Decoder& decoder, const CodeStream& stream, const ImageInfo& info,
                       unsigned channels, const Target& target, bool upright) {
  Carried carried;
  auto blocks = decoder.metadata(stream);
  if (!blocks.ok()) {
    carried.lost = "metadata (" + blocks.status().message() + ")";
    return carried;
  }
  const bool has_exif = std::any_of(blocks->begin(), blocks->end(), [](const Metadata& block) {
    return block.kind == MetadataKind::exif;
  });
  const bool of_tags = info.codec_name == "tiff" && has_exif;
  bool has_xmp = false;
  for (Metadata& block : *blocks) {
    switch (block.kind) {
      case MetadataKind::icc_profile: {
        const std::string_view space = space_of(block);
        if (space != (channels < 3 ? "GRAY" : "RGB")) {
          note(carried.lost, "ICC profile of " + std::string(space));
          continue;
        }
        break;
      }
      case MetadataKind::xmp:
        if (has_xmp) {
          note(carried.lost, "extended XMP");
          continue;
        }
        has_xmp = true;
        break;
      case MetadataKind::text:
        if (of_tags && !keep_texts(block)) continue;
        break;
      case MetadataKind::geo:
        // The places of pixels that are turned are others.
        if (target.codec == "tiff" && info.codec_name == "tiff" &&
            info.orientation == Orientation::top_left) {
          carry_geo_tags(decoder, stream, carried);
        } else {
          note(carried.lost, glimt::name_of(block.kind));
        }
        continue;
      case MetadataKind::med_aperio:
      case MetadataKind::med_philips:
      case MetadataKind::med_leica:
      case MetadataKind::med_trestle:
        // A TIFF has the description among its texts or in EXIF's tags.
        if (target.codec != "tiff") note(carried.lost, glimt::name_of(block.kind));
        continue;
      case MetadataKind::exif:
      case MetadataKind::iptc:
      case MetadataKind::resolution:
        break;
      default:
        note(carried.lost, glimt::name_of(block.kind));
        continue;
    }
    const bool in_pieces = block.kind == MetadataKind::icc_profile;
    if (target.codec == "jpeg" && !in_pieces && !fits_segment(block)) {
      note(carried.lost, std::string(glimt::name_of(block.kind)) + " of " +
                             std::to_string(block.data.size()) + " bytes");
      continue;
    }
    carried.blocks.push_back(std::move(block));
  }
  // A file that is not turned keeps its block byte by byte.
  if (info.orientation != Orientation::top_left) {
    carried.orientation = upright ? Orientation::top_left : info.orientation;
  }
  return carried;
}

}  // namespace glimt::cli
