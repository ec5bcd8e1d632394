// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lzma.h"

#include <lzma.h>

#include <string>

namespace glimt::tiff {
namespace {

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 30;

Status defect_of(lzma_ret outcome, std::size_t bytes) {
  const std::string where = " behind byte " + std::to_string(bytes);
  switch (outcome) {
    case LZMA_BUF_ERROR:
      return {Code::truncated, "the LZMA data end" + where};
    case LZMA_MEM_ERROR:
      return {Code::out_of_memory, "no memory for the dictionary of the LZMA data"};
    case LZMA_MEMLIMIT_ERROR:
      return {Code::limit, "the LZMA data want more than 1 GiB of memory"};
    case LZMA_OPTIONS_ERROR:
      return {Code::unsupported, "the LZMA data use filters that liblzma does not know"};
    case LZMA_FORMAT_ERROR:
      return {Code::corrupt, "the LZMA data are neither an xz nor an lzma stream"};
    default:
      return {Code::corrupt, "the LZMA data are damaged" + where};
  }
}

}  // namespace

struct LzmaStream {
  lzma_stream lzma = LZMA_STREAM_INIT;

  LzmaStream() = default;
  LzmaStream(const LzmaStream&) = delete;
  LzmaStream& operator=(const LzmaStream&) = delete;
  ~LzmaStream() { lzma_end(&lzma); }
};

LzmaCodec::LzmaCodec() = default;
LzmaCodec::LzmaCodec(LzmaCodec&&) noexcept = default;
LzmaCodec& LzmaCodec::operator=(LzmaCodec&&) noexcept = default;
LzmaCodec::~LzmaCodec() = default;

Expanded LzmaCodec::expand(Bytes coded, std::span<std::uint8_t> out) {
  if (out.empty()) return {};
  if (stream_ == nullptr) stream_ = std::make_unique<LzmaStream>();
  lzma_stream& lzma = stream_->lzma;
  lzma_ret outcome = lzma_auto_decoder(&lzma, kMostMemory, 0);
  if (outcome != LZMA_OK) return {0, defect_of(outcome, 0)};
  lzma.next_in = coded.data();
  lzma.avail_in = coded.size();
  lzma.next_out = out.data();
  lzma.avail_out = out.size();
  while (outcome == LZMA_OK && lzma.avail_out != 0) outcome = lzma_code(&lzma, LZMA_RUN);
  const std::size_t bytes = out.size() - lzma.avail_out;
  if (outcome == LZMA_OK || outcome == LZMA_STREAM_END) return {bytes, {}};
  return {bytes, defect_of(outcome, bytes)};
}

Status LzmaCodec::compress(Bytes bytes, int level, std::vector<std::uint8_t>& out) {
  if (stream_ == nullptr) stream_ = std::make_unique<LzmaStream>();
  lzma_stream& lzma = stream_->lzma;
  lzma_ret outcome = lzma_easy_encoder(&lzma, static_cast<std::uint32_t>(level), LZMA_CHECK_CRC32);
  const std::size_t before = out.size();
  const std::size_t most = lzma_stream_buffer_bound(bytes.size());
  if (most == 0) return {Code::limit, "too many bytes for one LZMA stream"};
  if (outcome == LZMA_OK) {
    out.resize(before + most);
    lzma.next_in = bytes.data();
    lzma.avail_in = bytes.size();
    lzma.next_out = out.data() + before;
    lzma.avail_out = most;
    while (outcome == LZMA_OK) outcome = lzma_code(&lzma, LZMA_FINISH);
    out.resize(outcome == LZMA_STREAM_END ? before + most - lzma.avail_out : before);
  }
  if (outcome == LZMA_STREAM_END) return {};
  return {outcome == LZMA_MEM_ERROR ? Code::out_of_memory : Code::internal,
          "liblzma could not compress (its code " + std::to_string(outcome) + ")"};
}

}  // namespace glimt::tiff
