// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <string>

namespace glimt::tiff {
namespace {

Status defect_of(std::size_t code, std::size_t bytes) {
  const std::string where =
      " behind byte " + std::to_string(bytes) + ": " + ZSTD_getErrorName(code);
  switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
      return {Code::out_of_memory, "no memory for the window of the Zstd data"};
    case ZSTD_error_frameParameter_windowTooLarge:
      return {Code::limit, "the Zstd data want a window of more than 128 MiB"};
    default:
      return {Code::corrupt, "the Zstd data are damaged" + where};
  }
}

}  // namespace

void ZstdDecoder::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }
void ZstdEncoder::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

Expanded ZstdDecoder::expand(Bytes coded, std::span<std::uint8_t> out) {
  if (out.empty()) return {};
  if (context_ == nullptr) context_.reset(ZSTD_createDCtx());
  if (context_ == nullptr) return {0, {Code::out_of_memory, "no memory for a Zstd decoder"}};
  // A frame that says its size and fits is decoded in place; of others only as much as fits, or as
  // is whole, is wanted, which takes a copy in libzstd's window.
  const unsigned long long size = ZSTD_getFrameContentSize(coded.data(), coded.size());
  if (size <= out.size()) {
    const std::size_t bytes =
        ZSTD_decompressDCtx(context_.get(), out.data(), out.size(), coded.data(), coded.size());
    if (ZSTD_isError(bytes) == 0) return {bytes, {}};
  }
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  ZSTD_inBuffer from{coded.data(), coded.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  for (;;) {
    const std::size_t position = from.pos, before = to.pos;
    const std::size_t state = ZSTD_decompressStream(context_.get(), &to, &from);
    if (to.pos == to.size) return {to.pos, {}};
    if (ZSTD_isError(state) != 0) return {to.pos, defect_of(state, to.pos)};
    if (state == 0 && from.pos == from.size) return {to.pos, {}};
    if (from.pos == position && to.pos == before) {
      return {to.pos, {Code::truncated, "the Zstd data end behind byte " + std::to_string(to.pos)}};
    }
  }
}

Status ZstdEncoder::compress(Bytes bytes, int level, std::vector<std::uint8_t>& out) {
  if (context_ == nullptr) context_.reset(ZSTD_createCCtx());
  if (context_ == nullptr) return {Code::out_of_memory, "no memory for a Zstd encoder"};
  const std::size_t before = out.size();
  const std::size_t most = ZSTD_compressBound(bytes.size());
  out.resize(before + most);
  const std::size_t size = ZSTD_compressCCtx(context_.get(), out.data() + before, most,
                                             bytes.data(), bytes.size(), level);
  const bool failed = ZSTD_isError(size) != 0;
  out.resize(before + (failed ? 0 : size));
  if (!failed) return {};
  return {ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation ? Code::out_of_memory
                                                                  : Code::internal,
          std::string("libzstd: ") + ZSTD_getErrorName(size)};
}

}  // namespace glimt::tiff
