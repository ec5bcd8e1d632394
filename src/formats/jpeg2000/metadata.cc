// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/metadata.h"

#include <cmath>
#include <optional>
#include <string>

#include "formats/jpeg2000/boxes.h"
#include "metadata/gathered.h"
#include "metadata/geo.h"
#include "metadata/photoshop.h"

namespace glimt::jpeg2000 {
namespace {

constexpr int kMostAssociations = 16;  // one within the other

/// I.5.3.7.1: pixels per metre, down first, as fractions times powers of ten.
std::optional<Resolution> read_resolution(Bytes contents) {
  ByteReader reader(contents);
  double numbers[2] = {}, parts[4] = {};
  for (double& part : parts) part = reader.be<std::uint16_t>();
  for (int i = 0; i < 2; ++i) {
    const auto exponent = static_cast<std::int8_t>(reader.u8());
    numbers[i] = parts[2 * i] / parts[2 * i + 1] * std::pow(10.0, exponent);
  }
  if (!reader.ok()) return std::nullopt;
  return Resolution{numbers[1], numbers[0], Resolution::Unit::metre};
}

class Collector {
 public:
  Collector(MetadataKind kind, const Limits& limits) : found_(kind, limits) {}

  /// Damage costs what lies behind it, no more.
  Status visit(Bytes data, int depth) {
    BoxReader boxes(data);
    for (;;) {
      const auto box = boxes.next();
      if (!box.ok() || !*box) return {};
      if ((*box)->cut) continue;
      GLIMT_TRY(visit((*box)->type, (*box)->contents, depth));
    }
  }
  Status add_profile(Bytes icc) {
    return found_.add(MetadataKind::icc_profile, MetadataFormat::raw, icc);
  }
  Result<std::vector<Metadata>> finish() && {
    if (capture_) found_.add_resolution(*capture_);
    return std::move(found_).finish();
  }

 private:
  Status visit(std::uint32_t type, Bytes contents, int depth) {
    switch (type) {
      case box_type("jp2h"):
      case box_type("res "):
      case box_type("asoc"):
        return depth < kMostAssociations ? visit(contents, depth + 1) : Status();
      case box_type("resd"):
        if (const auto display = read_resolution(contents)) found_.add_resolution(*display);
        return {};
      case box_type("resc"):
        if (!capture_) capture_ = read_resolution(contents);
        return {};
      case box_type("xml "):
        while (!contents.empty() && contents.back() == 0) {
          contents = contents.first(contents.size() - 1);
        }
        return found_.add_text({std::string(kXmlKeyword), utf8_of(contents)});
      case box_type("uuid"):
        return visit_uuid(contents);
      default:
        return {};
    }
  }

  Status visit_uuid(Bytes contents) {
    constexpr std::size_t uuid_bytes = 16;
    if (contents.size() < uuid_bytes) return {};
    const Bytes data = contents.subspan(uuid_bytes);
    const auto is = [&](const std::uint8_t(&uuid)[uuid_bytes]) {
      return starts_with(contents, uuid, uuid_bytes);
    };
    if (is(kExifUuid) || is(kPhotoshopExifUuid)) return found_.add_exif(data);
    if (is(kXmpUuid)) return found_.add(MetadataKind::xmp, MetadataFormat::xmp, data);
    if (is(kIptcUuid)) return found_.add(MetadataKind::iptc, MetadataFormat::raw, data);
    if (is(kPhotoshopUuid)) {
      return found_.add(MetadataKind::iptc, MetadataFormat::raw, find_iptc(data));
    }
    return is(kGeoUuid) ? add_geo(data) : Status();
  }

  Status add_geo(Bytes tiff) {
    if (!found_.wants(MetadataKind::geo)) return {};
    const auto header = read_tiff_header(tiff);
    const auto ifd =
        header.ok() ? Ifd::read(tiff, *header, header->first_ifd) : Result<Ifd>(header.status());
    if (!ifd.ok()) return {};
    GLIMT_TRY(const std::string json, geo_json(*ifd, found_.room()));
    return found_.add(MetadataKind::geo, MetadataFormat::json,
                      std::vector<std::uint8_t>(json.begin(), json.end()));
  }

  Gathered found_;
  std::optional<Resolution> capture_;
};

}  // namespace

Result<std::vector<Metadata>> metadata(const Source& source, const PageRange&, MetadataKind kind,
                                       const Limits& limits) {
  GLIMT_TRY(const Jp2Header jp2, read_jp2_header(source.data));
  if (!jp2.boxed) return std::vector<Metadata>();
  Collector collector(kind, limits);
  GLIMT_TRY(collector.add_profile(jp2.icc));
  GLIMT_TRY(collector.visit(source.data, 0));
  return std::move(collector).finish();
}

}  // namespace glimt::jpeg2000
