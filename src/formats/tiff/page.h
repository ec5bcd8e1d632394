// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the fields of an IFD say of its image (TIFF 6.0).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "metadata/ifd.h"
#include "pixel/form.h"

namespace glimt::tiff {

/// Tags that this folder reads.
enum Tag : std::uint16_t {
  kImageWidth = 256,
  kImageLength = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kStripOffsets = 273,
  kOrientation = 274,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kPlanarConfiguration = 284,
  kT4Options = 292,
  kT6Options = 293,
  kPredictor = 317,
  kWhitePoint = 318,
  kColorMap = 320,
  kTileWidth = 322,
  kTileLength = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kSubIfds = 330,
  kInkSet = 332,
  kExtraSamples = 338,
  kSampleFormat = 339,
  kJpegTables = 347,
  kJpegProc = 512,
  kJpegInterchangeFormat = 513,
  kJpegInterchangeFormatLength = 514,
  kJpegRestartInterval = 515,
  kJpegQTables = 519,
  kJpegDcTables = 520,
  kJpegAcTables = 521,
  kYcbcrCoefficients = 529,
  kYcbcrSubSampling = 530,
  kReferenceBlackWhite = 532,
  kLercParameters = 50674,
};

/// Values of PhotometricInterpretation (262).
enum class Photometric : std::uint32_t {
  min_is_white = 0,
  min_is_black = 1,
  rgb = 2,
  palette = 3,
  mask = 4,
  separated = 5,
  ycbcr = 6,
  cie_lab = 8,
  icc_lab = 9,
  itu_lab = 10,
  cfa = 32803,
  log_l = 32844,
  log_luv = 32845,
  linear_raw = 34892,
};

/// A chunk is what TIFF calls a strip or a tile.
struct Page {
  Ifd ifd;
  bool big_endian = false;

  std::uint32_t width = 0, height = 0;
  std::uint32_t samples = 1;        ///< a pixel's
  std::uint32_t bits = 1;           ///< of a sample: those of the first
  bool mixed_bits = false;          ///< others have another number
  std::uint32_t sample_format = 1;  ///< 1 unsigned, 2 signed, 3 floating; 4 undefined; 5, 6 complex
  SampleType type = SampleType::u8;  ///< that holds a sample
  std::uint32_t compression = 1;
  std::uint32_t predictor = 1;
  bool fill_order_lsb = false;
  std::optional<Photometric> photometric;
  bool alpha = false;  ///< the sample after the colour's is opacity
  Orientation orientation = Orientation::top_left;
  std::array<std::uint32_t, 2> subsampling{1, 1};  ///< of YCbCr: across, down

  bool tiled = false, separate = false;  ///< separate: each sample has planes of its own
  std::uint32_t chunk_width = 0, chunk_height = 0;
  std::uint32_t chunks_across = 0, chunks_down = 0;
  std::optional<Field> offsets, byte_counts;

  [[nodiscard]] std::uint32_t planes() const { return separate ? samples : 1; }
  /// Samples of a pixel within a chunk.
  [[nodiscard]] std::uint32_t chunk_samples() const { return separate ? 1 : samples; }
  /// Rows of the image in the chunks of row `down`: the last strip may be shorter.
  [[nodiscard]] std::uint32_t rows_of(std::uint32_t down) const;
  [[nodiscard]] std::uint64_t chunk_index(std::uint32_t across, std::uint32_t down,
                                          std::uint32_t plane) const;
  /// "strip 3" or "tile 12 (column 2, row 1)", with its plane where planes are separate.
  [[nodiscard]] std::string name_of_chunk(std::uint32_t across, std::uint32_t down,
                                          std::uint32_t plane) const;
};

/// A field's first value, or `fallback` when there is none. Code::corrupt for what is no number.
Result<std::uint64_t> read_number(const Ifd& ifd, Tag tag, std::uint64_t fallback);

/// Code::corrupt, truncated; unsupported: samples that no SampleType holds.
Result<Page> read_page(Bytes file, const TiffHeader& header, std::uint64_t offset);

/// The samples of the image as StreamInfo::form has them: palettes expanded, white on top.
PixelForm form_of(const Page& page);

/// The coded bytes of a chunk; empty: it was never written, and is all zeros. Code::corrupt: the
/// page has no such chunk; truncated: it lies beyond the end of the file.
Result<Bytes> find_chunk(Bytes file, const Page& page, std::uint64_t index);

}  // namespace glimt::tiff
