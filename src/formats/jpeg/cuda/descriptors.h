// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What host and kernels tell each other about one slice of a batch. Everything is flattened over
// the images of the slice: a thread block finds its scan or image by binary search over the first_*
// members, so that mixed sizes, samplings and restart intervals cost nothing extra.
//
// The words: a *segment* is the entropy-coded data between two markers (T.81 B.1.1.5), a scan or a
// restart interval: decoding starts there in a known state. A *subsequence* is a fixed number of
// bytes of one segment without its stuffed bytes. A *run* is a few neighbouring subsequences that
// one thread decodes. A *group* is what one thread block synchronises: kThreads runs. A *chunk* is
// kThreads subsequences, what one thread block writes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glimt::jpeg::cuda {

constexpr int kThreads = 256;  ///< of a thread block
constexpr int kMaxComponents = 4;
constexpr int kBlockWords = 32;       ///< 64 coefficients of 16 bits
constexpr int kDestuffTile = 4096;    ///< bytes of a segment that one thread block destuffs
constexpr int kSegmentPadding = 544;  ///< bytes behind a destuffed segment that may be read
constexpr int kTileWidth = 128;       ///< pixels that one thread block reconstructs
constexpr int kTileHeight = 64;
constexpr unsigned kLookupBits = 10;
constexpr int kLookupSize = 1 << kLookupBits;
constexpr int kTablesInSet = 4;  ///< DC 0, DC 1, AC 0, AC 1
constexpr int kSetSize = kTablesInSet * kLookupSize;
constexpr int kMaxHypotheses = 8;  ///< about a run: as many continuations fit in 4 bits with them
constexpr int kEscapes = 8192;     ///< 16-bit prefixes of the codes longer than kLookupBits

/// Reasons for which an image's pixels are not to be trusted: bits.
enum Trouble : std::uint32_t {
  kBadCode = 1,         ///< bits that are no code of the table
  kOverrun = 2,         ///< a run of zeros past the block's end
  kBlockCount = 4,      ///< a segment with fewer or more blocks than it should have
  kMarkerInside = 8,    ///< a marker within a segment
  kUnsettled = 16,      ///< synchronisation was given up
  kBadRefinement = 32,  ///< a refinement of AC coefficients that makes no sense
};

/// Huffman tables as DHT segments give them: counts by length, and symbols.
struct RawTables {
  std::uint8_t counts[kTablesInSet][16];
  std::uint8_t symbols[kTablesInSet][256];
  std::uint64_t progressive = 0;  ///< 1: AC codes of no size are runs of ended blocks
};

/// The samples of a finished pixel.
enum class Channels : std::uint8_t {
  gray,    ///< 1
  rgb,     ///< 3
  stored,  ///< the components as the file has them, upsampled: 1, 3 (YCbCr, RGB) or 4 (CMYK, YCCK)
};

/// How a row of pixels lies in memory that has no gaps.
enum class PixelOrder : std::uint8_t { rgb, bgr, planar };

/// The kernel that makes an image's pixels.
enum Reconstruction : std::uint8_t {
  kRows,            ///< the usual samplings, rows from left to right at whole words
  kStraddlingRows,  ///< ... at any byte, or from right to left
  kTurned,          ///< the usual samplings, columns become rows
  kGeneral,         ///< any components, samplings and strides
  kReconstructions
};

/// What is done to the upsampled samples, in this order: bits.
enum ColorStep : std::uint8_t {
  kYccToRgb = 1,    ///< of the first three
  kComplement = 2,  ///< the first three become full - value: YCCK codes RGB = full - CMY
  kInvertInks = 4,  ///< all four become full - value: inks that are not Adobe's
  kInksToRgb = 8,   ///< each of the first three as light through black
  kRgbToGray = 16,
};

struct ComponentLayout {
  std::uint32_t block0 = 0;                         ///< of the image's: its first block
  std::uint32_t row_step = 0, column_step = 0;      ///< blocks from an MCU to that below, beside
  std::uint8_t across = 1, down = 1;                ///< blocks in an MCU
  std::uint8_t log2_across = 0, log2_down = 0;      ///< of these, where they are powers of two
  std::uint8_t ratio_across = 1, ratio_down = 1;    ///< pixels for a sample
  std::uint8_t filter_across = 0, filter_down = 0;  ///< fancy upsampling in this direction
  std::uint16_t width = 0, height = 0;              ///< samples (T.81 A.1.1)
  /// Blocks [x0, x1) x [y0, y1) that the window needs; no others may be read.
  std::uint16_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

struct ImageLayout {
  std::int32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;     ///< the window
  std::int32_t tiles_x0 = 0, tiles_y0 = 0;         ///< top left pixel of the first tile
  std::int32_t first_tile[kReconstructions] = {};  ///< among the tiles of each kernel
  std::int32_t tiles_across = 0;
  std::uint64_t block0 = 0;        ///< of the slice's coefficients
  std::uint8_t* pixels = nullptr;  ///< first channel of the stored pixel (0, 0), if it is written
  std::int64_t row_bytes = 0, pixel_bytes = 0, channel_bytes = 0;
  Reconstruction reconstruction = kRows;
  std::uint8_t components = 0;  ///< that are decoded
  std::uint8_t channels = 0;
  std::uint8_t color_steps = 0;
  PixelOrder order = PixelOrder::rgb;  ///< for all but kGeneral
  ComponentLayout component[kMaxComponents];
  std::uint16_t quantization[kMaxComponents][64];  ///< column by column
};

struct ScanLayout {
  std::int32_t image = 0, table_set = 0;
  std::int32_t blocks_in_mcu = 1;
  /// 4 bits for each block of an MCU: DC table, AC table, place of the component in the scan (2).
  std::uint64_t selectors = 0;
  std::int32_t segment0 = 0, segments = 0;
  std::int32_t first_subsequence = 0, subsequences = 0;
  std::int32_t first_group = 0, groups = 0;
  std::int32_t first_chunk = 0, chunks = 0;
  std::uint64_t block0 = 0;  ///< of the slice's coefficients
  std::int32_t band = -1;    ///< of progressive frames: its BandLayout
  /// Blocks of an MCU where all share their Huffman tables, else 0: states know no block, and DC
  /// differences are summed up by place in the MCU, counted from where a subsequence begins.
  std::int32_t phases = 0;
  std::int32_t probed = 0;  ///< 1: probe() looks at it
  /// MCUs [x0, x1) x [y0, y1) that are needed, of rows of mcus_across; the scan's block 0 belongs
  /// to MCU first_mcu.
  std::int32_t mcus_across = 0, first_mcu = 0;
  std::int32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool all_needed = true;
};

/// Whether one of the MCUs [first, last] of a scan is needed; at times true though none is.
constexpr bool is_needed(const ScanLayout& scan, int first, int last) {
  const int y0 = first / scan.mcus_across, y1 = last / scan.mcus_across;
  if (y1 < scan.y0 || y0 >= scan.y1) return false;
  const bool upper = y0 >= scan.y0 && first - y0 * scan.mcus_across < scan.x1;
  const bool lower = y1 < scan.y1 && last - y1 * scan.mcus_across >= scan.x0;
  return y0 == y1 ? upper && lower : upper || lower || y1 > y0 + 1;
}

struct SegmentLayout {
  std::uint64_t source = 0, destuffed = 0;  ///< offsets in the two buffers
  std::int32_t bytes = 0;                   ///< with stuffed bytes
  std::int32_t scan = 0;
  std::int32_t first_subsequence = 0, first_tile = 0;
  std::int32_t block0 = 0, blocks = 0;  ///< of the scan
};

/// Blocks and the sums of DC differences by component, of a stretch of a segment. A word holds the
/// sums of two components, s + t * 2^16, which adds up like one number: DC values have 16 bits.
struct alignas(16) Counts {
  std::int32_t blocks = 0;
  std::uint32_t dc[kMaxComponents / 2] = {};
};

/// The same of a chunk since the last start of a segment in it.
struct ChunkSum {
  Counts counts;
  std::int32_t starts_segment = 0, padding[3] = {};
};

constexpr int kPlaneTile = 512;  ///< blocks of a plane that one thread block works on

/// A component of a progressive frame: its blocks lie row by row.
struct PlaneLayout {
  std::uint64_t block0 = 0;  ///< of the slice's coefficients
  std::uint64_t mask0 = 0;   ///< of the slice's masks; none unless there are refinements
  std::int32_t image = 0;
  std::int32_t row_blocks = 0, rows = 0;  ///< filled up to whole MCUs
  std::int32_t across = 0, down = 0;      ///< blocks that scans of this component alone have
  std::int32_t first_tile = 0;
  std::int32_t refinement0 = 0, refinements = 0;
  std::uint8_t mcu_across = 1, mcu_down = 1;  ///< blocks in an MCU

  [[nodiscard]] constexpr std::int64_t blocks() const { return std::int64_t{across} * down; }
  [[nodiscard]] constexpr std::int64_t padded_blocks() const {
    return std::int64_t{row_blocks} * rows;
  }
};

/// A scan of a progressive frame that the GPU decodes.
struct BandLayout {
  std::int32_t scan = 0;
  std::int32_t mcus_across = 0, interval = 0;      ///< MCUs; of a segment
  std::int32_t first_tile = 0, blocks = 0;         ///< of DC refinements, kPlaneTile blocks each
  std::int32_t plane[kMaxComponents] = {};         ///< by place of the component in the scan
  std::uint8_t first_in_mcu[kMaxComponents] = {};  ///< its first block
  std::uint8_t start = 0, end = 0, low = 0;        ///< Ss, Se, Al
  std::uint8_t interleaved = 0;
};

/// A scan that refines AC coefficients.
struct RefinementLayout {
  std::uint64_t record0 = 0;  ///< of the slice's records
  std::uint8_t start = 0, end = 0, low = 0;
};

/// How finely a slice is cut: measured best for its kind (tune() in layout.h).
struct Parameters {
  int subsequence_bytes = 64;
  int preroll_bytes = 128;  ///< decoded in front of a run, to be in step when it begins
  int run = 4;              ///< subsequences
  bool probes = false;      ///< whether runs are decoded once for each block of an MCU first
};

/// What the kernels get: device memory, sizes.
struct Slice {
  const std::uint8_t* source = nullptr;
  std::uint8_t* destuffed = nullptr;
  const ImageLayout* images = nullptr;
  const ScanLayout* scans = nullptr;
  const SegmentLayout* segments = nullptr;
  const RawTables* raw_tables = nullptr;
  std::uint32_t* trouble = nullptr;  ///< Trouble bits by image
  std::uint32_t* report = nullptr;   ///< the same in pinned host memory, when all is decoded

  std::uint32_t* lookup = nullptr;         ///< [set][variant][table][prefix]
  std::uint32_t* escapes = nullptr;        ///< [set][table][16-bit prefix - escape_base]
  std::uint32_t* escape_base = nullptr;    ///< [set][table]
  std::uint32_t* escape_count = nullptr;   ///< [set][table]
  std::int32_t* tile_bytes = nullptr;      ///< kept bytes before each tile, in its segment
  std::int32_t* segment_bytes = nullptr;   ///< destuffed
  std::int32_t* segment_blocks = nullptr;  ///< found
  std::uint32_t* states = nullptr;         ///< at the start of each subsequence
  std::uint32_t* group_ends = nullptr;     ///< state behind each group
  /// By hypothesis and run: the state where it begins, and (of continuations too) behind it;
  /// kNoState. By run: probe.cu.
  std::uint32_t* entered = nullptr;
  std::uint32_t* left = nullptr;
  std::uint64_t* chains = nullptr;
  Counts* counts = nullptr;  ///< of each subsequence
  ChunkSum* chunk_sums = nullptr;
  Counts* chunk_starts = nullptr;         ///< before each chunk, in its segment
  std::uint32_t* coefficients = nullptr;  ///< [block][column][row] as pairs of 16 bits

  const PlaneLayout* planes = nullptr;
  const BandLayout* bands = nullptr;
  const RefinementLayout* refinements = nullptr;
  /// By block of a plane: which coefficients are not zero after the first scans, bits in zigzag
  /// order.
  std::uint64_t* masks = nullptr;
  /// What each refinement says of each block of its plane: the mask after it; which of the new
  /// coefficients are positive; the correction bits in order, the last one lowest. Three arrays a
  /// refinement.
  std::uint64_t* records = nullptr;

  std::int32_t image_count = 0, scan_count = 0, segment_count = 0;
  std::int32_t subsequence_count = 0, destuff_tiles = 0, longest_segment_tiles = 0;
  std::int32_t groups = 0, chunks = 0, table_sets = 0;
  std::int32_t hypotheses = 0;  ///< 0: no probes, else the blocks of the largest MCU
  std::int32_t tiles[kReconstructions] = {};
  std::int32_t plane_count = 0, band_count = 0, plane_tiles = 0, dc_tiles = 0;
  std::uint64_t mask_count = 0, record_words = 0;
  Parameters parameters;
};

}  // namespace glimt::jpeg::cuda
