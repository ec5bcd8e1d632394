// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "formats/tiff/compression/ccitt.h"
#include "formats/tiff/compression/deflate.h"
#include "formats/tiff/compression/expanded.h"
#include "formats/tiff/compression/jpeg_xl.h"
#include "formats/tiff/compression/lerc.h"
#include "formats/tiff/compression/lzma.h"
#include "formats/tiff/compression/lzw.h"
#include "formats/tiff/compression/packbits.h"
#include "formats/tiff/compression/zstd.h"
#include "formats/tiff/samples/bit_order.h"

namespace glimt::tiff {

/// What is kept from chunk to chunk.
struct Codecs {
  LzwDecoder lzw;
  Inflater inflater;
  ZstdDecoder zstd;
  LzmaCodec lzma;
  LercDecoder lerc;
  CcittDecoder ccitt;
  JpegXlDecoder jpeg_xl;
};

namespace {

using Expand = Expanded (*)(Codecs&, Compression, const ChunkShape&, Bytes,
                            std::span<std::uint8_t>);

Expanded by_copy(Codecs&, Compression, const ChunkShape&, Bytes coded,
                 std::span<std::uint8_t> out) {
  const std::size_t bytes = std::min(coded.size(), out.size());
  if (bytes != 0) std::memcpy(out.data(), coded.data(), bytes);
  return {bytes, {}};
}
Expanded by_ccitt(Codecs& codecs, Compression compression, const ChunkShape& shape, Bytes coded,
                  std::span<std::uint8_t> out) {
  return codecs.ccitt.expand(compression, shape, coded, out);
}
Expanded by_lzw(Codecs& codecs, Compression, const ChunkShape&, Bytes coded,
                std::span<std::uint8_t> out) {
  return codecs.lzw.expand(coded, out);
}
Expanded by_inflater(Codecs& codecs, Compression, const ChunkShape&, Bytes coded,
                     std::span<std::uint8_t> out) {
  return codecs.inflater.expand(coded, out);
}
Expanded by_packbits(Codecs&, Compression, const ChunkShape&, Bytes coded,
                     std::span<std::uint8_t> out) {
  return expand_packbits(coded, out);
}
Expanded by_jpeg_xl(Codecs& codecs, Compression, const ChunkShape& shape, Bytes coded,
                    std::span<std::uint8_t> out) {
  return codecs.jpeg_xl.expand(shape, coded, out);
}
Expanded by_lerc(Codecs& codecs, Compression, const ChunkShape& shape, Bytes coded,
                 std::span<std::uint8_t> out) {
  return codecs.lerc.expand(shape, coded, codecs.inflater, codecs.zstd, out);
}
Expanded by_lzma(Codecs& codecs, Compression, const ChunkShape&, Bytes coded,
                 std::span<std::uint8_t> out) {
  return codecs.lzma.expand(coded, out);
}
Expanded by_zstd(Codecs& codecs, Compression, const ChunkShape&, Bytes coded,
                 std::span<std::uint8_t> out) {
  return codecs.zstd.expand(coded, out);
}

struct Row {
  Compression compression;
  std::string_view name;
  Expand expand;  ///< null: not done here
};
constexpr Row kRows[] = {
    {Compression::none, "none", by_copy},
    {Compression::ccitt_rle, "ccitt_rle", by_ccitt},
    {Compression::ccitt_g3, "ccitt_g3", by_ccitt},
    {Compression::ccitt_g4, "ccitt_g4", by_ccitt},
    {Compression::lzw, "lzw", by_lzw},
    {Compression::old_jpeg, "old_jpeg", nullptr},
    {Compression::jpeg, "jpeg", nullptr},
    {Compression::adobe_deflate, "adobe_deflate", by_inflater},
    {Compression::ccitt_rle_word, "ccitt_rle_word", by_ccitt},
    {Compression::packbits, "packbits", by_packbits},
    {Compression::deflate, "deflate", by_inflater},
    {Compression::jpeg2000_ycbcr, "jpeg2000_ycbcr", nullptr},
    {Compression::jpeg2000_rgb, "jpeg2000_rgb", nullptr},
    {Compression::jpeg2000, "jpeg2000", nullptr},
    {Compression::lerc, "lerc", by_lerc},
    {Compression::lzma, "lzma", by_lzma},
    {Compression::zstd, "zstd", by_zstd},
    {Compression::webp, "webp", nullptr},
    {Compression::jpeg_xl, "jpeg_xl", by_jpeg_xl},
};

const Row* row_of(Compression compression) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& candidate) {
    return candidate.compression == compression;
  });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

std::string_view name_of(Compression compression) {
  const Row* row = row_of(compression);
  return row == nullptr ? "an unknown compression" : row->name;
}

bool is_byte_compression(Compression compression) {
  const Row* row = row_of(compression);
  return row != nullptr && row->expand != nullptr;
}

Decompressor::Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

Result<std::size_t> Decompressor::expand(Compression compression, const ChunkShape& shape,
                                         Bytes coded, std::span<std::uint8_t> out) {
  written_ = 0;
  const Row* row = row_of(compression);
  if (row == nullptr || row->expand == nullptr) {
    return Status(Code::unsupported,
                  "compression " + std::to_string(static_cast<unsigned>(compression)) + " (" +
                      std::string(name_of(compression)) + ") is none of plain bytes");
  }
  if (codecs_ == nullptr) codecs_ = std::make_unique<Codecs>();
  if (shape.fill_order_lsb) {
    reversed_.resize(coded.size());
    reverse_bits(coded, reversed_.data());
    coded = reversed_;
  }
  const Expanded expanded = row->expand(*codecs_, compression, shape, coded, out);
  written_ = expanded.bytes;
  if (!expanded.defect.ok()) return expanded.defect;
  return expanded.bytes;
}

}  // namespace glimt::tiff
