// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/metadata.h"

#include <algorithm>
#include <array>
#include <cstdio>  // jpeglib.h needs it
#include <string>

#include <jpeglib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "formats/jpeg/format.h"

namespace glimt::jpeg {
namespace {

constexpr char kExif[] = "Exif\0";  // and the literal's own zero
constexpr char kXmp[] = "http://ns.adobe.com/xap/1.0/";
constexpr char kIcc[] = "ICC_PROFILE";
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
  [[nodiscard]] Metadata joined() const {
    Metadata block{MetadataKind::icc_profile, MetadataFormat::raw, {}};
    for (unsigned i = 1; i <= count_; ++i) {
      block.data.insert(block.data.end(), chunks_[i].begin(), chunks_[i].end());
    }
    return block;
  }

 private:
  std::array<Bytes, 256> chunks_;
  unsigned count_ = 0;
  bool seen_ = false, damaged_ = false;
};

Metadata block_of(MetadataKind kind, MetadataFormat format, Bytes data) {
  return {kind, format, {data.begin(), data.end()}};
}

}  // namespace

Result<std::vector<Metadata>> metadata(const Source& source, const PageRange&, MetadataKind kind,
                                       const Limits& limits) {
  if (!kJpegFormat.sniff(source.data)) {
    return Status(Code::corrupt, "a JPEG stream begins with FF D8");
  }
  const auto asked = [kind](MetadataKind one) {
    return kind == one || kind == MetadataKind::unknown;
  };
  ProfileChunks profile;
  std::vector<Metadata> exif, xmp;
  std::uint64_t bytes = 0;
  SegmentWalk walk(source.data.subspan(2));
  for (Segment segment; walk.next(segment) && segment.marker != kSos;) {
    const Bytes icc = segment.marker == kApp2 ? behind(segment.payload, kIcc) : Bytes();
    const Bytes tiff = segment.marker == kApp1 ? behind(segment.payload, kExif) : Bytes();
    const Bytes packet = segment.marker == kApp1 ? behind(segment.payload, kXmp) : Bytes();
    bytes += icc.size() + tiff.size() + packet.size();
    if (bytes > limits.max_metadata_bytes) {
      return Status(Code::limit, "the metadata exceeds the limit of " +
                                     std::to_string(limits.max_metadata_bytes) +
                                     " bytes; raise max_metadata_bytes");
    }
    if (!icc.empty()) profile.add(icc);
    if (!tiff.empty() && asked(MetadataKind::exif)) {
      exif.push_back(block_of(MetadataKind::exif, MetadataFormat::raw, tiff));
    }
    if (!packet.empty() && asked(MetadataKind::xmp)) {
      xmp.push_back(block_of(MetadataKind::xmp, MetadataFormat::xmp, packet));
    }
  }
  std::vector<Metadata> blocks;
  if (profile.whole() && asked(MetadataKind::icc_profile)) {
    blocks.push_back(profile.joined());
  } else if (profile.seen() && kind == MetadataKind::icc_profile) {
    return Status(Code::corrupt, "chunks of the ICC profile are missing or contradict each other");
  }
  blocks.insert(blocks.end(), exif.begin(), exif.end());
  blocks.insert(blocks.end(), xmp.begin(), xmp.end());
  return blocks;
}

Status check_application_data(const Embedded& embedded) {
  struct Room {
    const char* what;
    std::size_t bytes, most;
  };
  const Room rooms[] = {{"EXIF block", embedded.exif.size(), kSegmentBytes - sizeof kExif},
                        {"XMP packet", embedded.xmp.size(), kSegmentBytes - sizeof kXmp},
                        {"ICC profile", embedded.icc.size(), 255 * kProfileChunkBytes}};
  for (const Room& room : rooms) {
    if (room.bytes <= room.most) continue;
    return {Code::unsupported, "the " + std::string(room.what) + " of " +
                                   std::to_string(room.bytes) + " bytes exceeds the " +
                                   std::to_string(room.most) + " that a JPEG file holds"};
  }
  return {};
}

void write_application_data(jpeg_compress_struct* cinfo, const Embedded& embedded) {
  const auto write = [&](int marker, Bytes signature, Bytes data) {
    if (data.empty()) return;
    jpeg_write_m_header(cinfo, marker, static_cast<unsigned>(signature.size() + data.size()));
    for (const Bytes part : {signature, data}) {
      for (const std::uint8_t byte : part) jpeg_write_m_byte(cinfo, byte);
    }
  };
  const auto signature = [](const auto& text) {
    return Bytes(reinterpret_cast<const std::uint8_t*>(text), sizeof text);
  };
  write(JPEG_APP0 + 1, signature(kExif), embedded.exif);
  write(JPEG_APP0 + 1, signature(kXmp), embedded.xmp);
  if (!embedded.icc.empty()) {
    jpeg_write_icc_profile(cinfo, embedded.icc.data(), static_cast<unsigned>(embedded.icc.size()));
  }
}

Status append_application_data(Sink& sink, const Embedded& embedded) {
  const auto append = [&](std::uint8_t marker, const auto& signature, Bytes number,
                          Bytes data) -> Status {
    if (data.empty()) return {};
    const std::size_t length = 2 + sizeof signature + number.size() + data.size();
    GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(0xFF00 | marker)));
    GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(length)));
    GLIMT_TRY(sink.append({reinterpret_cast<const std::uint8_t*>(signature), sizeof signature}));
    GLIMT_TRY(sink.append(number));
    return sink.append(data);
  };
  GLIMT_TRY(append(kApp1, kExif, {}, embedded.exif));
  GLIMT_TRY(append(kApp1, kXmp, {}, embedded.xmp));
  const std::size_t chunks = ceil_div(embedded.icc.size(), kProfileChunkBytes);
  for (std::size_t i = 0; i < chunks; ++i) {
    const std::uint8_t number[] = {static_cast<std::uint8_t>(i + 1),
                                   static_cast<std::uint8_t>(chunks)};
    const Bytes rest = embedded.icc.subspan(i * kProfileChunkBytes);
    GLIMT_TRY(append(kApp2, kIcc, number, rest.first(std::min(rest.size(), kProfileChunkBytes))));
  }
  return {};
}

}  // namespace glimt::jpeg
