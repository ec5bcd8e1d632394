// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/deflate.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <string>

namespace glimt::tiff {
namespace {

constexpr std::size_t kIsalLimit = 0xffffffff;
constexpr std::size_t kPiece = std::size_t{1} << 30;  // zlib counts in 32 bits

Expanded expand_by_zlib(Bytes coded, std::span<std::uint8_t> out) {
  z_stream zlib{};
  if (inflateInit(&zlib) != Z_OK) return {0, {Code::out_of_memory, "zlib has no memory"}};
  std::size_t bytes = 0;
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    if (zlib.avail_in == 0) {
      const Bytes piece = coded.first(std::min(coded.size(), kPiece));
      zlib.next_in = const_cast<Bytef*>(piece.data());
      zlib.avail_in = static_cast<uInt>(piece.size());
      coded = coded.subspan(piece.size());
    }
    const std::size_t room = std::min(out.size() - bytes, kPiece);
    zlib.next_out = out.data() + bytes;
    zlib.avail_out = static_cast<uInt>(room);
    outcome = inflate(&zlib, Z_SYNC_FLUSH);
    bytes += room - zlib.avail_out;
    if (bytes == out.size() && outcome == Z_OK) break;
  }
  const std::string why = outcome == Z_NEED_DICT ? "a preset dictionary is asked for"
                          : zlib.msg != nullptr  ? zlib.msg
                                                 : "zlib gives no reason";
  inflateEnd(&zlib);
  const std::string where = " behind byte " + std::to_string(bytes);
  switch (outcome) {
    case Z_OK:
    case Z_STREAM_END:
      return {bytes, {}};
    case Z_BUF_ERROR:
      if (bytes == out.size()) return {bytes, {}};
      return {bytes, {Code::truncated, "the Deflate data end" + where}};
    case Z_MEM_ERROR:
      return {bytes, {Code::out_of_memory, "zlib has no memory"}};
    default:
      return {bytes, {Code::corrupt, "the Deflate data are damaged" + where + ": " + why}};
  }
}

}  // namespace

void Inflater::Free::operator()(inflate_state* state) const { delete state; }

Expanded Inflater::expand(Bytes coded, std::span<std::uint8_t> out) {
  if (out.empty()) return {};
  if (std::max(coded.size(), out.size()) > kIsalLimit) return expand_by_zlib(coded, out);
  if (state_ == nullptr) state_.reset(new (std::nothrow) inflate_state);
  if (state_ == nullptr) return {0, {Code::out_of_memory, "no memory for the tables of Deflate"}};
  inflate_state& state = *state_;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;
  state.next_in = const_cast<std::uint8_t*>(coded.data());
  state.avail_in = static_cast<std::uint32_t>(coded.size());
  state.next_out = out.data();
  state.avail_out = static_cast<std::uint32_t>(out.size());
  const int outcome = isal_inflate_stateless(&state);
  if (outcome == ISAL_DECOMP_OK) return {state.total_out, {}};
  // ISA-L fills `out` to the last byte before it complains of the room.
  if (outcome == ISAL_OUT_OVERFLOW) return {out.size(), {}};
  return expand_by_zlib(coded, out);
}

void Deflater::Free::operator()(libdeflate_compressor* compressor) const {
  libdeflate_free_compressor(compressor);
}

Status Deflater::compress(Bytes bytes, int level, std::vector<std::uint8_t>& out) {
  if (compressor_ == nullptr || level != level_) {
    compressor_.reset(libdeflate_alloc_compressor(level));
    level_ = level;
  }
  if (compressor_ == nullptr) return {Code::out_of_memory, "no memory for the tables of Deflate"};
  const std::size_t before = out.size();
  const std::size_t most = libdeflate_zlib_compress_bound(compressor_.get(), bytes.size());
  out.resize(before + most);
  const std::size_t size = libdeflate_zlib_compress(compressor_.get(), bytes.data(), bytes.size(),
                                                    out.data() + before, most);
  out.resize(before + size);
  if (size == 0) return {Code::internal, "libdeflate's own bound was too small"};
  return {};
}

}  // namespace glimt::tiff
