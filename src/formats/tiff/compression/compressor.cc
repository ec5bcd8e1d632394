// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/compressor.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "formats/tiff/compression/deflate.h"
#include "formats/tiff/compression/lerc.h"
#include "formats/tiff/compression/lzma.h"
#include "formats/tiff/compression/lzw_encoder.h"
#include "formats/tiff/compression/packbits.h"
#include "formats/tiff/compression/zstd.h"
#include "formats/tiff/samples/bit_order.h"

namespace glimt::tiff {

/// What is kept from chunk to chunk.
struct Coders {
  LzwEncoder lzw;
  Deflater deflater;
  ZstdEncoder zstd;
  LzmaCodec lzma;
};

namespace {

/// What the coders are given.
struct Chunk {
  const ChunkShape& shape;
  Bytes rows;
  std::size_t row_bytes;
  int level;
};
using Coder = Status (*)(Coders&, const Chunk&, std::vector<std::uint8_t>&);

Status by_copy(Coders&, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  out.insert(out.end(), chunk.rows.begin(), chunk.rows.end());
  return {};
}
Status by_lzw(Coders& coders, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  coders.lzw.compress(chunk.rows, out);
  return {};
}
Status by_deflater(Coders& coders, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  return coders.deflater.compress(chunk.rows, chunk.level, out);
}
Status by_packbits(Coders&, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  for (std::size_t at = 0; at < chunk.rows.size(); at += chunk.row_bytes)
    compress_packbits(chunk.rows.subspan(at, chunk.row_bytes), out);
  return {};
}
Status by_lerc(Coders& coders, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  return compress_lerc(chunk.shape, chunk.rows, chunk.level / 1000.0, coders.deflater, coders.zstd,
                       out);
}
Status by_lzma(Coders& coders, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  return coders.lzma.compress(chunk.rows, chunk.level, out);
}
Status by_zstd(Coders& coders, const Chunk& chunk, std::vector<std::uint8_t>& out) {
  return coders.zstd.compress(chunk.rows, chunk.level, out);
}

struct Row {
  Compression compression;
  Coder coder;
  bool has_levels;
  int least, most, usual;
};
constexpr Row kRows[] = {
    {Compression::none, by_copy, false, 0, 0, 0},
    {Compression::lzw, by_lzw, false, 0, 0, 0},
    {Compression::adobe_deflate, by_deflater, true, 0, Deflater::kMostLevel,
     Deflater::kDefaultLevel},
    {Compression::packbits, by_packbits, false, 0, 0, 0},
    {Compression::deflate, by_deflater, true, 0, Deflater::kMostLevel, Deflater::kDefaultLevel},
    {Compression::lerc, by_lerc, true, 0, 1'000'000'000, 0},
    {Compression::lzma, by_lzma, true, 0, LzmaCodec::kMostLevel, LzmaCodec::kDefaultLevel},
    {Compression::zstd, by_zstd, true, 1, ZstdEncoder::kMostLevel, ZstdEncoder::kDefaultLevel},
};

const Row* row_of(Compression compression) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& candidate) {
    return candidate.compression == compression;
  });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

bool can_compress(Compression compression) { return row_of(compression) != nullptr; }

Compressor::Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

Status Compressor::compress(Compression compression, const ChunkShape& shape, Bytes rows,
                            std::optional<int> level, std::vector<std::uint8_t>& out) {
  const std::string name(name_of(compression));
  const Row* row = row_of(compression);
  if (row == nullptr) return {Code::unsupported, "glimt does not write TIFF data as " + name};
  if (row->has_levels && level && (*level < row->least || *level > row->most)) {
    return {Code::bad_argument, "level " + std::to_string(*level) + " of " + name + " is not in " +
                                    std::to_string(row->least) + " to " +
                                    std::to_string(row->most)};
  }
  const auto row_bits = checked_size(shape.width, shape.samples, shape.bits);
  const std::size_t row_bytes = row_bits ? ceil_div<std::size_t>(*row_bits, 8) : 0;
  const auto wanted = checked_size(row_bytes, shape.height);
  if (!wanted || *wanted != rows.size()) {
    return {Code::bad_argument, std::to_string(rows.size()) + " bytes are not " +
                                    std::to_string(shape.height) + " rows of " +
                                    std::to_string(row_bytes)};
  }
  if (coders_ == nullptr) coders_ = std::make_unique<Coders>();
  const std::size_t before = out.size();
  const Status status =
      row->coder(*coders_, {shape, rows, row_bytes, level.value_or(row->usual)}, out);
  if (!status.ok()) out.resize(before);
  if (status.ok() && shape.fill_order_lsb) {
    const auto coded = std::span(out).subspan(before);
    reverse_bits(coded, coded.data());
  }
  return status;
}

}  // namespace glimt::tiff
