// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/metadata_writer.h"

#include <memory>
#include <string>
#include <vector>

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

}  // namespace

Status write_metadata(const Embedded& embedded, Sink& sink) {
  // 5.3: a chunk holds at most 2^31 - 1 bytes.
  constexpr std::size_t most = 0x7fffff00;
  if (embedded.exif.size() > most || embedded.icc.size() > most || embedded.xmp.size() > most)
    return {Code::unsupported, "a PNG chunk holds at most 2 GiB of metadata"};
  if (!embedded.icc.empty()) GLIMT_TRY(write_profile(embedded.icc, sink));
  if (!embedded.exif.empty()) GLIMT_TRY(write_chunk(sink, "eXIf", embedded.exif));
  if (!embedded.xmp.empty()) GLIMT_TRY(write_xmp(embedded.xmp, sink));
  return {};
}

}  // namespace glimt::png
