// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/extended_file.h"

#include <cstring>

#include "base/bytes.h"
#include "codec/sink.h"

namespace glimt::webp {
namespace {

constexpr std::size_t kRiffHeader = 12, kChunkHeader = 8, kExtendedHeader = kChunkHeader + 10;
// RFC 9649, 2.7.1: bits of the header's first byte.
constexpr std::uint8_t kHasIcc = 0x20, kHasAlpha = 0x10, kHasExif = 0x08, kHasXmp = 0x04;
constexpr std::uint64_t kMostBytes = 0xfffffff6;

constexpr std::size_t padded(std::size_t bytes) { return bytes + bytes % 2; }
std::size_t chunk_bytes(Bytes data) {
  return data.empty() ? 0 : kChunkHeader + padded(data.size());
}

/// Alpha of the first image chunk: libwebp writes VP8X itself for lossy images that have some.
bool has_alpha(Bytes chunk) {
  if (starts_with(chunk, "VP8X", 4)) return (chunk[kChunkHeader] & kHasAlpha) != 0;
  // RFC 9649, 3.4: the bit behind 14 of width and 14 of height.
  return starts_with(chunk, "VP8L", 4) && (chunk[kChunkHeader + 4] & 0x10) != 0;
}

void store_le24(std::uint8_t* to, std::int64_t value) {
  for (int i = 0; i < 3; ++i) to[i] = static_cast<std::uint8_t>(value >> 8 * i);
}

void store_chunk_header(std::uint8_t* to, const char (&name)[5], std::size_t bytes) {
  std::memcpy(to, name, 4);
  store_le(to + 4, static_cast<std::uint32_t>(bytes));
}

Status append_chunk(Sink& sink, const char (&name)[5], Bytes data) {
  if (data.empty()) return {};
  std::uint8_t header[kChunkHeader];
  store_chunk_header(header, name, data.size());
  GLIMT_TRY(sink.append(header));
  GLIMT_TRY(sink.append(data));
  constexpr std::uint8_t pad[] = {0};
  return data.size() % 2 == 0 ? Status() : sink.append(pad);
}

}  // namespace

Status extend(Sink& sink, const Embedded& embedded, CanvasSize canvas) {
  if (!embedded.any()) return {};
  const Bytes first = Bytes(sink.written()).subspan(kRiffHeader);
  const bool alpha = has_alpha(first);
  const std::size_t old_header = starts_with(first, "VP8X", 4) ? kExtendedHeader : 0;
  const std::size_t image = kRiffHeader + old_header, image_bytes = sink.size() - image;
  const std::size_t front = kExtendedHeader + chunk_bytes(embedded.icc);
  const std::uint64_t total = std::uint64_t{kRiffHeader} + front + image_bytes +
                              chunk_bytes(embedded.exif) + chunk_bytes(embedded.xmp);
  if (total > kMostBytes) return {Code::unsupported, "the WebP file would exceed 4 GiB"};

  if (const auto room = sink.reserve(front); !room.ok()) return room.status();
  sink.commit(front - old_header);
  std::uint8_t* file = sink.written().data();
  std::memmove(file + kRiffHeader + front, file + image, image_bytes);
  std::uint8_t* header = file + kRiffHeader;
  store_chunk_header(header, "VP8X", 10);
  std::memset(header + kChunkHeader, 0, 4);
  header[kChunkHeader] = static_cast<std::uint8_t>(
      (embedded.icc.empty() ? 0 : kHasIcc) | (alpha ? kHasAlpha : 0) |
      (embedded.exif.empty() ? 0 : kHasExif) | (embedded.xmp.empty() ? 0 : kHasXmp));
  store_le24(header + kChunkHeader + 4, canvas.width - 1);
  store_le24(header + kChunkHeader + 7, canvas.height - 1);
  if (!embedded.icc.empty()) {
    std::uint8_t* profile = header + kExtendedHeader;
    store_chunk_header(profile, "ICCP", embedded.icc.size());
    std::memcpy(profile + kChunkHeader, embedded.icc.data(), embedded.icc.size());
    if (embedded.icc.size() % 2 != 0) profile[kChunkHeader + embedded.icc.size()] = 0;
  }
  GLIMT_TRY(append_chunk(sink, "EXIF", embedded.exif));
  GLIMT_TRY(append_chunk(sink, "XMP ", embedded.xmp));
  store_le(sink.written().data() + 4, static_cast<std::uint32_t>(sink.size() - 8));
  return {};
}

}  // namespace glimt::webp
