// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What host and kernels of the encoder tell each other about one slice of a batch, flattened over
// its images as for decoding (descriptors.h).
//
// The words: a *unit* is an MCU of a scan, one block in the scan of a single component (T.81 A.2).
// A *segment* is what stands between two restart markers. A *chunk* is the units that one thread
// block codes, one block a thread; it holds whole segments, or a part of one. A *tile* is the MCUs
// that one thread block transforms: the same as a chunk where the file needs no tables of its own,
// so that coefficients never leave the thread block; such images are *direct*. Those of the others
// are *stored*.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/jpeg/cuda/encode_settings.h"

namespace glimt::jpeg::cuda {

constexpr int kEncodeThreads = 256;
constexpr int kChunkBlocks = 240;      ///< at most: a multiple of every MCU's blocks
constexpr int kStoredBlockWords = 32;  ///< coefficients i (low half) and i + 32 of the zigzag order
constexpr int kStuffTile = 4096;       ///< bytes that a thread block stuffs at once
constexpr int kMaxTablesInScan = 4;

/// How the units of a scan are cut into chunks.
struct Cut {
  std::int32_t units = 0, chunks = 0;
  std::int32_t chunk_units = 1;
  /// Chunks of a segment and its units; or 1 and those of a chunk where it holds whole segments.
  std::int32_t segment_chunks = 1, segment_units = 1;
  std::int32_t interval = 0;   ///< units between restart markers; 0: there are none
  bool inner_markers = false;  ///< chunks hold several segments

  [[nodiscard]] constexpr std::int32_t first_unit(std::int32_t chunk) const {
    return chunk / segment_chunks * segment_units + chunk % segment_chunks * chunk_units;
  }
  [[nodiscard]] constexpr std::int32_t end_unit(std::int32_t chunk) const {
    const std::int32_t segment_end = (chunk / segment_chunks + 1) * segment_units;
    const std::int32_t end = first_unit(chunk) + chunk_units;
    const std::int32_t bound = segment_end < units ? segment_end : units;
    return end < bound ? end : bound;
  }
  [[nodiscard]] constexpr bool starts_segment(std::int32_t chunk) const {
    return chunk % segment_chunks == 0;
  }
  [[nodiscard]] constexpr bool ends_segment(std::int32_t chunk) const {
    return chunk % segment_chunks == segment_chunks - 1 || chunk == chunks - 1;
  }
  /// Behind the chunk stands a marker.
  [[nodiscard]] constexpr bool ends_with_marker(std::int32_t chunk) const {
    return interval > 0 && chunk < chunks - 1 && ends_segment(chunk);
  }
};

/// Where the samples of a row of pixels lie, by the widest loads that are possible.
enum class PixelLayout : std::uint8_t {
  packed_rgb,  ///< three channels side by side, to be converted to YCbCr
  packed,      ///< three channels side by side, other colours
  planes,      ///< channels apart, pixels side by side, rows on addresses that are multiples of 4
  bytes,       ///< anything else
};

// 16-bit fixed point; chroma is offset by 128, and its half is rounded down (libjpeg's jccolor.c).
constexpr std::int32_t kColorHalf = 1 << 15, kColorOffset = (128 << 16) + kColorHalf - 1;
constexpr std::int32_t kYcc[kMaxCodedComponents][4] = {{19595, 38470, 7471, kColorHalf},
                                                       {-11059, -21709, 32768, kColorOffset},
                                                       {32768, -27439, -5329, kColorOffset}};

struct EncodeImage {
  const std::uint8_t* pixels = nullptr;
  std::int32_t row_stride = 0;
  bool aligned_rows = false;  ///< on addresses that are multiples of 4
  std::int64_t pixel_stride = 0;
  std::int64_t channel_offset[3] = {};  ///< packed layouts: 0, 1, 2
  PixelLayout layout = PixelLayout::bytes;
  /// Component = (sum of channel * factor + the fourth) >> 16.
  std::int32_t color[kMaxCodedComponents][4] = {};

  std::int32_t width = 0, height = 0;
  std::int32_t mcus_across = 0, mcus_down = 0;
  std::int32_t luma_across = 0, luma_down = 0;  ///< blocks that exist

  std::uint8_t table[kMaxCodedComponents] = {};
  std::int32_t quantization = 0;
  std::int32_t first_tile = 0;
  Cut cut;                                 ///< into tiles
  std::int32_t scan = 0, first_chunk = 0;  ///< direct: the only scan
  std::int64_t first_marker = 0;
  std::uint64_t block0 = 0;  ///< stored: of the slice's coefficients
};

struct EncodeScan {
  std::int32_t image = 0;
  std::int32_t first_chunk = 0;
  Cut cut;
  ScanStep kind = ScanStep::sequential;
  std::uint8_t component = 0, band_first = 1, band_last = 63, shift = 0;
  std::uint8_t unit_blocks = 1;
  std::uint8_t mcu_blocks = 1, luma_blocks = 1, luma_across = 1, luma_down = 1;  ///< of the image
  std::uint8_t table[kMaxCodedComponents] = {};  ///< DC or AC table 0 or 1 of each component
  std::int32_t first_code = 0, codes = 0;        ///< Huffman tables
  std::int32_t blocks_across = 0;                ///< of the component of an AC scan
  std::int32_t mcus_across = 0;                  ///< of the image
  std::uint64_t block0 = 0;                      ///< of the image's coefficients
  std::int64_t first_info = 0;                   ///< AC scans: of block_info and runs
  std::int64_t first_marker = 0;
};

/// Divisors of the coefficients [table][column][row]: q = (|value| + half) * reciprocal >> 32.
struct QuantizationSet {
  std::uint32_t reciprocal[2][64], half[2][64];
};

/// Images that one kernel serves.
struct TransformGroup {
  std::uint8_t across = 1, down = 1, components = 1;
  bool stored = false;
  std::int32_t first_image = 0, images = 0;
  std::int32_t first_tile = 0, tiles = 0;
};

/// What a chunk's bits are and where: what later stages need at once.
struct alignas(16) ChunkCode {
  std::uint32_t words_at = 0;  ///< of EncodeSlice::words
  std::uint32_t bits = 0;
  std::uint32_t start = 0;  ///< place of the first bit in its byte
  std::uint32_t scan = 0;   ///< and ChunkFlag bits
};
enum ChunkFlag : std::uint32_t {
  kEndsSegment = 1U << 31,
  kEndsWithMarker = 1U << 30,
  kInnerMarkers = 1U << 29,
  kScanBits = kInnerMarkers - 1,
};

/// What the host learns of a slice.
struct EncodeReport {
  std::uint64_t words = 0;  ///< that the codes took, or would have taken
  std::uint64_t bytes = 0;  ///< the same of the scans
};
struct ScanReport {
  std::uint64_t at = 0, bytes = 0;  ///< in the slice's output
};

/// What the kernels get: device memory, sizes.
struct EncodeSlice {
  const EncodeImage* images = nullptr;
  const EncodeScan* scans = nullptr;
  const QuantizationSet* quantization = nullptr;
  const std::uint32_t* standard_codes = nullptr;  ///< [table][symbol]: length << 16 | code
  std::uint32_t* words_taken = nullptr;           ///< starts as 0
  std::uint32_t* scans_measured = nullptr;        ///< starts as 0

  std::uint32_t* coefficients = nullptr;  ///< [block of the slice][kStoredBlockWords]
  std::uint32_t* histograms = nullptr;    ///< [table][symbol], start as 0
  std::uint32_t* codes = nullptr;         ///< [table][symbol]: length << 16 | code
  std::uint8_t* block_info = nullptr;     ///< see encode_symbols.cu
  std::uint16_t* runs = nullptr;          ///< of empty bands that begin at a block; start as 0
  std::int32_t* chunk_fresh = nullptr;    ///< first block with a code of its own
  std::uint32_t* chunk_corrections = nullptr;

  std::uint32_t* words = nullptr;  ///< the chunks' bits, first bit on top
  ChunkCode* chunk_codes = nullptr;
  std::uint32_t* chunk_stuffing = nullptr;  ///< stuffed bytes
  std::uint64_t* chunk_at = nullptr;        ///< first byte in the scan
  std::uint32_t* markers = nullptr;         ///< bytes before each inner marker, in its chunk
  std::uint64_t* scan_bytes = nullptr;
  std::uint64_t* scan_at = nullptr;
  std::uint32_t* fits = nullptr;  ///< there is room for all words and bytes
  std::uint8_t* output = nullptr;

  EncodeReport* report = nullptr;      ///< pinned host memory, as the next two
  ScanReport* scan_reports = nullptr;  ///< by scan
  CodeSpec* code_reports = nullptr;    ///< by table

  std::uint64_t word_capacity = 0, output_capacity = 0;
  std::int32_t image_count = 0, scan_count = 0, chunks = 0;
  /// Scans of stored images come first, and so do their chunks.
  std::int32_t stored_scans = 0, stored_chunks = 0, tables = 0;
  bool has_runs = false;  ///< there are AC scans
};

}  // namespace glimt::jpeg::cuda
