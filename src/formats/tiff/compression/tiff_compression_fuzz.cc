// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The first bytes choose the compression and the form of the rows, the rest is a chunk: it is
// expanded and unpacked, whole and in part.
#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "formats/tiff/compression/compression.h"
#include "formats/tiff/samples/unpack.h"

namespace {

using namespace glimt;
using namespace glimt::tiff;

constexpr Compression kCompressions[] = {
    Compression::ccitt_rle, Compression::ccitt_rle_word,
    Compression::ccitt_g3,  Compression::ccitt_g4,
    Compression::lzw,       Compression::packbits,
    Compression::deflate,   Compression::lerc,
    Compression::lzma,      Compression::zstd,
    Compression::none,
};

template <class T>
T pick(std::uint8_t byte, std::uint32_t least, std::uint32_t count) {
  return static_cast<T>(least + byte % count);
}

void run(Bytes data) {
  ByteReader reader(data);
  const Compression compression = kCompressions[reader.u8() % std::size(kCompressions)];
  ChunkShape shape;
  shape.width = pick<std::uint32_t>(reader.u8(), 1, 200);
  shape.height = pick<std::uint32_t>(reader.u8(), 1, 64);
  shape.samples = pick<std::uint32_t>(reader.u8(), 1, 6);
  shape.bits = pick<std::uint32_t>(reader.u8(), 1, 64);
  shape.kind = pick<SampleKind>(reader.u8(), 1, 3);
  const std::uint8_t flags = reader.u8();
  shape.big_endian = (flags & 1) != 0;
  shape.fill_order_lsb = (flags & 2) != 0;
  shape.t4_options = flags >> 2 & 7U;
  shape.lerc_parameters = {4, flags >> 5 & 3U};
  const auto predictor = pick<Predictor>(reader.u8(), 1, 3);
  if (compression < Compression::lzw || compression == Compression::ccitt_rle_word)
    shape.bits = shape.samples = 1;
  const RowForm form{.bits = shape.bits,
                     .kind = shape.kind,
                     .samples = shape.samples,
                     .predictor = predictor,
                     .big_endian = shape.big_endian};
  const std::size_t row_bytes = *packed_row_bytes(form, shape.width);
  std::vector<std::uint8_t> rows(row_bytes * pick<std::size_t>(reader.u8(), 1, shape.height));
  const Bytes coded = data.subspan(std::min(reader.position(), data.size()));
  Decompressor decompressor;
  static_cast<void>(decompressor.expand(compression, shape, coded, rows).ok());
  static_cast<void>(decompressor.expand(compression, shape, coded, rows).ok());
  auto unpacker = RowUnpacker::make(form);
  if (!unpacker.ok()) return;
  std::vector<std::uint64_t> out(shape.width * std::size_t{shape.samples});
  unpacker->run(rows.data(), shape.width, out.data());
  const std::size_t first = shape.width / 3;
  unpacker->run(rows.data(), shape.width, first, shape.width - first, out.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run({data, size});
  return 0;
}
