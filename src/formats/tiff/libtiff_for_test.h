// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// One strip written and read by libtiff in memory, for tests that compare with it.
#pragma once

#include <tiffio.h>

#include <cstring>
#include <optional>
#include <vector>

#include "formats/tiff/bytes_for_test.h"
#include "formats/tiff/compression/compression.h"

namespace glimt::tiff::testing {

struct MemoryFile {
  Buffer bytes;
  toff_t position = 0;
};

inline tmsize_t read_memory(thandle_t handle, void* to, tmsize_t size) {
  auto& file = *static_cast<MemoryFile*>(handle);
  if (file.position >= file.bytes.size()) return 0;
  const auto count =
      std::min<std::size_t>(static_cast<std::size_t>(size), file.bytes.size() - file.position);
  std::memcpy(to, file.bytes.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}
inline tmsize_t write_memory(thandle_t handle, void* from, tmsize_t size) {
  auto& file = *static_cast<MemoryFile*>(handle);
  const auto count = static_cast<std::size_t>(size);
  if (file.bytes.size() < file.position + count) file.bytes.resize(file.position + count);
  std::memcpy(file.bytes.data() + file.position, from, count);
  file.position += count;
  return size;
}
inline toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  auto& file = *static_cast<MemoryFile*>(handle);
  file.position = whence == SEEK_SET   ? offset
                  : whence == SEEK_CUR ? file.position + offset
                                       : file.bytes.size() + offset;
  return file.position;
}
inline int close_memory(thandle_t) { return 0; }
inline toff_t size_of_memory(thandle_t handle) {
  return static_cast<MemoryFile*>(handle)->bytes.size();
}
inline TIFF* open_memory(MemoryFile& file, const char* mode) {
  TIFFSetWarningHandler(nullptr);
  TIFFSetErrorHandler(nullptr);
  return TIFFClientOpen("memory", mode, &file, read_memory, write_memory, seek_memory, close_memory,
                        size_of_memory, nullptr, nullptr);
}

/// A page of one strip.
struct Strip {
  Compression compression = Compression::none;
  ChunkShape shape;
  Predictor predictor = Predictor::none;
  int level = -1;  ///< of Deflate; -1: libtiff's
};

inline TIFF* begin_strip(MemoryFile& file, const Strip& strip) {
  const ChunkShape& shape = strip.shape;
  TIFF* tiff = open_memory(file, shape.big_endian ? "wb" : "wl");
  const auto compression = static_cast<std::uint16_t>(strip.compression);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, shape.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, shape.height);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, shape.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(shape.bits));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, static_cast<int>(shape.samples));
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, static_cast<int>(shape.kind));
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_FILLORDER,
               shape.fill_order_lsb ? FILLORDER_LSB2MSB : FILLORDER_MSB2LSB);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  if (strip.compression == Compression::ccitt_g3)
    TIFFSetField(tiff, TIFFTAG_GROUP3OPTIONS, shape.t4_options);
  if (strip.predictor != Predictor::none)
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, static_cast<int>(strip.predictor));
  if (strip.compression == Compression::lerc)
    TIFFSetField(tiff, TIFFTAG_LERC_ADD_COMPRESSION, static_cast<int>(shape.lerc_parameters[1]));
  if (strip.level >= 0) TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, strip.level);
  return tiff;
}

/// What libtiff makes of rows in the host's byte order; empty when it cannot.
inline Buffer libtiff_compress(const Strip& strip, Buffer rows) {
  MemoryFile file;
  TIFF* tiff = begin_strip(file, strip);
  const auto written =
      TIFFWriteEncodedStrip(tiff, 0, rows.data(), static_cast<tmsize_t>(rows.size()));
  TIFFClose(tiff);
  if (written != static_cast<tmsize_t>(rows.size())) return {};
  file.position = 0;
  tiff = open_memory(file, "rc");  // strips as they are
  Buffer coded(static_cast<std::size_t>(TIFFRawStripSize64(tiff, 0)));
  TIFFReadRawStrip(tiff, 0, coded.data(), static_cast<tmsize_t>(coded.size()));
  TIFFClose(tiff);
  return coded;
}

/// The `bytes` first bytes of the rows, in the host's byte order, that libtiff sees in coded data.
inline std::optional<Buffer> libtiff_expand(const Strip& strip, Buffer coded, std::size_t bytes) {
  MemoryFile file;
  TIFF* tiff = begin_strip(file, strip);
  TIFFWriteRawStrip(tiff, 0, coded.data(), static_cast<tmsize_t>(coded.size()));
  TIFFClose(tiff);
  file.position = 0;
  tiff = open_memory(file, "rc");  // strips as they are
  Buffer rows(bytes);
  const auto read = TIFFReadEncodedStrip(tiff, 0, rows.data(), static_cast<tmsize_t>(bytes));
  TIFFClose(tiff);
  if (read != static_cast<tmsize_t>(bytes)) return std::nullopt;
  return rows;
}

}  // namespace glimt::tiff::testing
