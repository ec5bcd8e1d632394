// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/metadata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>  // jpeglib.h needs it
#include <map>
#include <optional>
#include <string>

#include <jpeglib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "codec/embedded.h"
#include "formats/jpeg/format.h"
#include "metadata/gathered.h"
#include "metadata/photoshop.h"

namespace glimt::jpeg {
namespace {

constexpr char kExif[] = "Exif\0";  // and the literal's own zero
constexpr char kXmp[] = "http://ns.adobe.com/xap/1.0/";
constexpr char kExtendedXmp[] = "http://ns.adobe.com/xmp/extension/";
constexpr char kIcc[] = "ICC_PROFILE";
constexpr char kPhotoshop[] = "Photoshop 3.0";
constexpr char kJfif[] = "JFIF";
constexpr char kXmpExtensionNote[] = "HasExtendedXMP";
// T.81 B.1.1.4: a length of 16 bits that counts itself.
constexpr std::size_t kSegmentBytes = 65533;
constexpr std::size_t kProfileChunkBytes = kSegmentBytes - sizeof kIcc - 2;

/// The data behind a signature (which includes its terminating zero), or empty.
template <std::size_t N>
Bytes behind(Bytes payload, const char (&signature)[N]) {
  return starts_with(payload, signature, N) ? payload.subspan(N) : Bytes();
}

/// The chunks of a profile, in the order of their numbers.
class ProfileChunks {
 public:
  void add(Bytes chunk) {
    if (chunk.size() < 2) return;
    const std::uint8_t number = chunk[0], count = chunk[1];
    seen_ = true;
    damaged_ = damaged_ || number == 0 || number > count || (count_ != 0 && count != count_) ||
               !chunks_[number].empty();
    count_ = count;
    chunks_[number] = chunk.subspan(2);
  }
  [[nodiscard]] bool seen() const { return seen_; }
  [[nodiscard]] bool whole() const {
    for (unsigned i = 1; i <= count_; ++i) {
      if (chunks_[i].empty()) return false;
    }
    return seen_ && !damaged_;
  }
  [[nodiscard]] std::vector<std::uint8_t> joined() const {
    std::vector<std::uint8_t> profile;
    for (unsigned i = 1; i <= count_; ++i) {
      profile.insert(profile.end(), chunks_[i].begin(), chunks_[i].end());
    }
    return profile;
  }

 private:
  std::array<Bytes, 256> chunks_;
  unsigned count_ = 0;
  bool seen_ = false, damaged_ = false;
};

/// The pages of an extended XMP packet, which one GUID joins.
class XmpPages {
 public:
  static constexpr std::size_t kGuidBytes = 32, kHeadBytes = kGuidBytes + 8;

  void add(Bytes segment) {
    if (segment.size() <= kHeadBytes) return;
    const std::string guid(segment.begin(), segment.begin() + kGuidBytes);
    Packet& packet = packets_[guid];
    packet.bytes = load_be<std::uint32_t>(&segment[kGuidBytes]);
    packet.pages[load_be<std::uint32_t>(&segment[kGuidBytes + 4])] = segment.subspan(kHeadBytes);
  }
  /// The packet that the main one names, where every byte of it is there.
  [[nodiscard]] std::vector<std::uint8_t> joined(Bytes main) const {
    const std::string_view text(reinterpret_cast<const char*>(main.data()), main.size());
    if (text.find(kXmpExtensionNote) == std::string_view::npos) return {};
    for (const auto& [guid, packet] : packets_) {
      if (text.find(guid) == std::string_view::npos) continue;
      std::vector<std::uint8_t> joined;
      for (const auto& [offset, page] : packet.pages) {
        if (offset != joined.size()) return {};
        joined.insert(joined.end(), page.begin(), page.end());
      }
      return joined.size() == packet.bytes ? joined : std::vector<std::uint8_t>();
    }
    return {};
  }

 private:
  struct Packet {
    std::uint32_t bytes = 0;
    std::map<std::uint32_t, Bytes> pages;
  };
  std::map<std::string, Packet> packets_;
};

/// What the segments before the first scan say, where each block is still in pieces.
class Segments {
 public:
  explicit Segments(std::uint64_t most) : most_(most) {}

  Status add(const Segment& segment) {
    const Bytes payload = segment.payload;
    switch (segment.marker) {
      case kApp0:
        read_density(behind(payload, kJfif));
        return {};
      case kApp1:
        add_exif(behind(payload, kExif));
        pages_.add(behind(payload, kExtendedXmp));
        if (const Bytes packet = behind(payload, kXmp); !packet.empty()) packets_.push_back(packet);
        break;
      case kApp2:
        profile_.add(behind(payload, kIcc));
        break;
      case kApp13: {
        const Bytes part = behind(payload, kPhotoshop);
        resources_.insert(resources_.end(), part.begin(), part.end());
        break;
      }
      case kCom:
        comments_.push_back(payload);
        break;
      default:
        return {};
    }
    // What is in pieces is copied, so that it has to be bounded here already.
    bytes_ += payload.size();
    if (bytes_ <= most_ + kHeadroom) return {};
    return {Code::limit, "the metadata exceeds the limit of " + std::to_string(most_) +
                             " bytes; raise max_metadata_bytes"};
  }

  Result<std::vector<Metadata>> blocks(MetadataKind kind, Gathered found) {
    if (profile_.whole()) {
      GLIMT_TRY(found.add(MetadataKind::icc_profile, MetadataFormat::raw, profile_.joined()));
    } else if (profile_.seen() && kind == MetadataKind::icc_profile) {
      return Status(Code::corrupt,
                    "chunks of the ICC profile are missing or contradict each other");
    }
    for (const std::vector<std::uint8_t>& exif : exif_) GLIMT_TRY(found.add_exif(exif));
    for (const Bytes packet : packets_) {
      GLIMT_TRY(found.add(MetadataKind::xmp, MetadataFormat::xmp, packet));
    }
    if (!packets_.empty()) {
      GLIMT_TRY(found.add(MetadataKind::xmp, MetadataFormat::xmp, pages_.joined(packets_[0])));
    }
    GLIMT_TRY(found.add(MetadataKind::iptc, MetadataFormat::raw, find_iptc(resources_)));
    for (Bytes comment : comments_) {
      // Some writers end it with a zero.
      while (!comment.empty() && comment.back() == 0) comment = comment.first(comment.size() - 1);
      GLIMT_TRY(found.add_text({std::string(kCommentKeyword), utf8_of(comment)}));
    }
    if (density_) found.add_resolution(*density_);
    return std::move(found).finish();
  }

 private:
  static constexpr std::uint64_t kHeadroom = 4096;  // for signatures

  /// JFIF 1.02: version, unit, density across and down.
  void read_density(Bytes jfif) {
    if (jfif.size() < 7 || density_) return;
    constexpr Resolution::Unit units[] = {Resolution::Unit::unknown, Resolution::Unit::inch,
                                          Resolution::Unit::centimetre};
    if (jfif[2] >= std::size(units)) return;
    density_ = Resolution{static_cast<double>(load_be<std::uint16_t>(&jfif[3])),
                          static_cast<double>(load_be<std::uint16_t>(&jfif[5])), units[jfif[2]]};
  }

  void add_exif(Bytes part) {
    if (part.empty()) return;
    const bool begins = read_tiff_header(part).ok();
    if (begins || exif_.empty()) exif_.emplace_back();
    exif_.back().insert(exif_.back().end(), part.begin(), part.end());
  }

  std::uint64_t most_, bytes_ = 0;
  ProfileChunks profile_;
  XmpPages pages_;
  std::vector<std::vector<std::uint8_t>> exif_;
  std::vector<Bytes> packets_, comments_;
  std::vector<std::uint8_t> resources_;
  std::optional<Resolution> density_;
};

/// One segment to write: a signature and what follows.
struct Part {
  std::uint8_t marker = 0;
  std::vector<std::uint8_t> head;
  Bytes data;
};

template <std::size_t N>
std::vector<std::uint8_t> head_of(const char (&signature)[N]) {
  return {signature, signature + N};
}

/// Comments say what they are about, but where that is plain.
std::vector<std::uint8_t> comment_of(const TextEntry& entry) {
  const bool plain = entry.keyword == kCommentKeyword || entry.keyword == "Description" ||
                     entry.keyword == "ImageDescription";
  const std::string text = plain ? entry.text : entry.keyword + ": " + entry.text;
  return {text.begin(), text.end()};
}

std::vector<Part> parts_of(const Embedded& embedded) {
  std::vector<Part> parts;
  if (!embedded.exif.empty()) parts.push_back({kApp1, head_of(kExif), embedded.exif});
  if (!embedded.xmp.empty()) parts.push_back({kApp1, head_of(kXmp), embedded.xmp});
  const std::size_t chunks = ceil_div(embedded.icc.size(), kProfileChunkBytes);
  for (std::size_t i = 0; i < chunks; ++i) {
    const Bytes rest = embedded.icc.subspan(i * kProfileChunkBytes);
    Part part{kApp2, head_of(kIcc), rest.first(std::min(rest.size(), kProfileChunkBytes))};
    part.head.push_back(static_cast<std::uint8_t>(i + 1));
    part.head.push_back(static_cast<std::uint8_t>(chunks));
    parts.push_back(std::move(part));
  }
  if (!embedded.iptc.empty()) {
    Part part{kApp13, head_of(kPhotoshop), {}};
    const std::vector<std::uint8_t> resources = resources_of_iptc(embedded.iptc);
    part.head.insert(part.head.end(), resources.begin(), resources.end());
    parts.push_back(std::move(part));
  }
  for (const TextEntry& entry : embedded.text) parts.push_back({kCom, comment_of(entry), {}});
  return parts;
}

}  // namespace

Result<std::vector<Metadata>> metadata(const Source& source, const PageRange&, MetadataKind kind,
                                       const Limits& limits) {
  if (!kJpegFormat.sniff(source.data)) {
    return Status(Code::corrupt, "a JPEG stream begins with FF D8");
  }
  Segments segments(limits.max_metadata_bytes);
  SegmentWalk walk(source.data.subspan(2));
  for (Segment segment; walk.next(segment) && segment.marker != kSos;) {
    GLIMT_TRY(segments.add(segment));
  }
  return segments.blocks(kind, Gathered(kind, limits));
}

Density density_of(const Embedded& embedded) {
  if (!embedded.resolution) return {};
  using Unit = Resolution::Unit;
  const Resolution& given = *embedded.resolution;
  const auto rounded = [](const Resolution& r, std::uint8_t unit) {
    return Density{unit, static_cast<std::uint16_t>(std::lround(r.x)),
                   static_cast<std::uint16_t>(std::lround(r.y))};
  };
  const auto fits = [](const Resolution& r) {
    return r.x >= 0.5 && r.y >= 0.5 && r.x < 65535.5 && r.y < 65535.5;
  };
  const auto error = [](const Resolution& r) {
    return std::abs(r.x - std::round(r.x)) / r.x + std::abs(r.y - std::round(r.y)) / r.y;
  };
  if (given.unit == Unit::unknown) return fits(given) ? rounded(given, 0) : Density();
  const Resolution inch = given.in(Unit::inch), centimetre = given.in(Unit::centimetre);
  // Of both units the one that says it more exactly; inches where none does.
  const bool metric = fits(centimetre) && (!fits(inch) || error(centimetre) < error(inch) / 4);
  if (metric) return rounded(centimetre, 2);
  return fits(inch) ? rounded(inch, 1) : Density();
}

void note_density(const Embedded& embedded, std::string& note) {
  if (embedded.resolution) note_unwritten(note, "JPEG without JFIF has no density", "RESOLUTION");
}

Status check_application_data(const Embedded& embedded) {
  struct Room {
    const char* what;
    std::size_t bytes, most;
  };
  std::vector<Room> rooms = {
      {"EXIF block", embedded.exif.size(), kSegmentBytes - sizeof kExif},
      {"XMP packet", embedded.xmp.size(), kSegmentBytes - sizeof kXmp},
      {"IPTC record", embedded.iptc.size(), kSegmentBytes - sizeof kPhotoshop - 13},
      {"ICC profile", embedded.icc.size(), 255 * kProfileChunkBytes}};
  for (const TextEntry& entry : embedded.text) {
    rooms.push_back({"TEXT entry", comment_of(entry).size(), kSegmentBytes});
  }
  for (const Room& room : rooms) {
    if (room.bytes <= room.most) continue;
    return {Code::unsupported, "the " + std::string(room.what) + " of " +
                                   std::to_string(room.bytes) + " bytes exceeds the " +
                                   std::to_string(room.most) + " that a JPEG file holds"};
  }
  return {};
}

void write_application_data(jpeg_compress_struct* cinfo, const Embedded& embedded) {
  for (const Part& part : parts_of(embedded)) {
    jpeg_write_m_header(cinfo, part.marker,
                        static_cast<unsigned>(part.head.size() + part.data.size()));
    for (const std::uint8_t byte : part.head) jpeg_write_m_byte(cinfo, byte);
    for (const std::uint8_t byte : part.data) jpeg_write_m_byte(cinfo, byte);
  }
}

Status append_application_data(Sink& sink, const Embedded& embedded) {
  for (const Part& part : parts_of(embedded)) {
    const std::size_t length = 2 + part.head.size() + part.data.size();
    GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(0xFF00 | part.marker)));
    GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(length)));
    GLIMT_TRY(sink.append(part.head));
    GLIMT_TRY(sink.append(part.data));
  }
  return {};
}

std::size_t application_data_bound(const Embedded& embedded) {
  std::size_t bytes = 0;
  for (const Part& part : parts_of(embedded)) bytes += 4 + part.head.size() + part.data.size();
  return bytes;
}

}  // namespace glimt::jpeg
