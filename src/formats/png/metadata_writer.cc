// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/metadata_writer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "codec/embedded.h"
#include "formats/png/chunk_writer.h"

namespace glimt::png {
namespace {

constexpr int kProfileLevel = 6;

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const {
    libdeflate_free_compressor(compressor);
  }
};

/// 11.3.2.3: a name, the method 0, the profile deflated.
Status write_profile(Bytes profile, Sink& sink) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(kProfileLevel));
  if (compressor == nullptr) return {Code::out_of_memory, "libdeflate has no memory"};
  constexpr char head[] = "ICC profile\0";  // the literal's own zero is the method
  OpenChunk chunk(sink);
  GLIMT_TRY(chunk.begin("iCCP"));
  GLIMT_TRY(sink.append(Bytes(reinterpret_cast<const std::uint8_t*>(head), sizeof head)));
  const std::size_t most = libdeflate_zlib_compress_bound(compressor.get(), profile.size());
  GLIMT_TRY(const auto room, sink.reserve(most));
  sink.commit(libdeflate_zlib_compress(compressor.get(), profile.data(), profile.size(),
                                       room.data(), room.size()));
  return chunk.end();
}

/// 11.3.3.4: keyword, not compressed, no language, no translated keyword.
Status write_xmp(Bytes packet, Sink& sink) {
  constexpr char head[] = "XML:com.adobe.xmp\0\0\0\0";
  OpenChunk chunk(sink);
  GLIMT_TRY(chunk.begin("iTXt"));
  GLIMT_TRY(sink.append(Bytes(reinterpret_cast<const std::uint8_t*>(head), sizeof head)));
  GLIMT_TRY(sink.append(packet));
  return chunk.end();
}

/// 11.3.4.3
Status write_resolution(const Resolution& given, Sink& sink) {
  const Resolution metre = given.in(Resolution::Unit::metre);
  const auto clamped = [](double value) {
    return static_cast<std::uint32_t>(std::clamp(std::round(value), 1.0, 2147483647.0));
  };
  OpenChunk chunk(sink);
  GLIMT_TRY(chunk.begin("pHYs"));
  GLIMT_TRY(sink.append_be(clamped(metre.x)));
  GLIMT_TRY(sink.append_be(clamped(metre.y)));
  GLIMT_TRY(sink.append_be<std::uint8_t>(given.unit == Resolution::Unit::unknown ? 0 : 1));
  return chunk.end();
}

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// 11.3.3.2: a tEXt chunk where Latin-1 has the text, else iTXt. Keywords are Latin-1, of at most
/// 79 bytes; false: this is none.
Result<bool> write_text(const TextEntry& entry, Sink& sink) {
  std::string keyword, text;
  constexpr std::size_t most = 79;
  constexpr std::uint8_t end[] = {0};
  const bool named = latin1_of(entry.keyword, keyword) && !keyword.empty() &&
                     keyword.size() <= most && keyword.find('\0') == std::string::npos;
  if (!named || entry.text.find('\0') != std::string::npos) return false;
  OpenChunk chunk(sink);
  if (latin1_of(entry.text, text)) {
    GLIMT_TRY(chunk.begin("tEXt"));
    GLIMT_TRY(sink.append(bytes_of(keyword)));
    GLIMT_TRY(sink.append(end));
    GLIMT_TRY(sink.append(bytes_of(text)));
  } else {
    constexpr std::uint8_t plain[] = {0, 0, 0, 0, 0};  // no compression, no languages
    GLIMT_TRY(chunk.begin("iTXt"));
    GLIMT_TRY(sink.append(bytes_of(keyword)));
    GLIMT_TRY(sink.append(plain));
    GLIMT_TRY(sink.append(bytes_of(entry.text)));
  }
  GLIMT_TRY(chunk.end());
  return true;
}

}  // namespace

Status write_metadata(const Embedded& embedded, Sink& sink, std::string& note) {
  // 5.3: a chunk holds at most 2^31 - 1 bytes.
  constexpr std::size_t most = 0x7fffff00;
  if (embedded.exif.size() > most || embedded.icc.size() > most || embedded.xmp.size() > most)
    return {Code::unsupported, "a PNG chunk holds at most 2 GiB of metadata"};
  if (!embedded.icc.empty()) GLIMT_TRY(write_profile(embedded.icc, sink));
  if (embedded.resolution) GLIMT_TRY(write_resolution(*embedded.resolution, sink));
  if (!embedded.exif.empty()) GLIMT_TRY(write_chunk(sink, "eXIf", embedded.exif));
  if (!embedded.xmp.empty()) GLIMT_TRY(write_xmp(embedded.xmp, sink));
  for (const TextEntry& entry : embedded.text) {
    GLIMT_TRY(const bool written, write_text(entry, sink));
    if (!written) note_unwritten(note, "no text of a PNG", entry.keyword);
  }
  return {};
}

}  // namespace glimt::png
