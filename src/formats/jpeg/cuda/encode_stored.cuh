// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chunks of scans of stored images: one walk over the coefficients serves both the counting of
// symbols and their coding, so the two cannot disagree.
#pragma once

#include "formats/jpeg/cuda/encode_chunk.cuh"

namespace glimt::jpeg::cuda {

/// What an AC scan tells of a block: bits of EncodeSlice::block_info. The low bits count the
/// correction bits behind the last code of its own (T.81 G.1.2.3).
constexpr std::uint32_t kFresh = 0x80;  ///< it has codes of its own
constexpr std::uint32_t kEnds = 0x40;   ///< its band does not end with one: a run may begin here
constexpr std::uint32_t kCorrections = 0x3F;

__device__ __forceinline__ bool is_band(ScanStep kind) {
  return kind == ScanStep::ac_first || kind == ScanStep::ac_refine;
}

/// A chunk of a scan, for one thread block.
struct StoredChunk {
  const EncodeScan& scan;
  ChunkPlace place;
  int blocks;
};

__device__ __forceinline__ StoredChunk stored_chunk(const EncodeSlice& slice, int chunk,
                                                    int scan_index) {
  const EncodeScan& scan = slice.scans[scan_index];
  const int in_scan = chunk - scan.first_chunk;
  const int first = scan.cut.first_unit(in_scan);
  const int units = scan.cut.end_unit(in_scan) - first;
  return {scan,
          {scan_index, scan.first_chunk, chunk, first, units, scan.unit_blocks},
          units * scan.unit_blocks};
}

/// The number of a block of the chunk, among those of the slice. Coefficients are stored MCU by
/// MCU; the blocks of a component are coded row by row (T.81 A.2.3).
__device__ __forceinline__ std::uint32_t stored_block(const EncodeSlice& slice,
                                                      const StoredChunk& chunk, int block) {
  const EncodeScan& scan = chunk.scan;
  auto at = static_cast<std::uint32_t>(scan.block0);
  if (!is_band(scan.kind)) {
    at += static_cast<std::uint32_t>(chunk.place.first_unit * scan.unit_blocks + block);
  } else {
    const int unit = chunk.place.first_unit + block;
    const int y = unit / scan.blocks_across, x = unit - y * scan.blocks_across;
    const bool luma = scan.component == 0;
    const int across = luma ? scan.luma_across : 1, down = luma ? scan.luma_down : 1;
    const int mcu = y / down * scan.mcus_across + x / across;
    const int in_mcu =
        luma ? y % down * across + x % across : scan.luma_blocks + scan.component - 1;
    at += static_cast<std::uint32_t>(mcu * scan.mcu_blocks + in_mcu);
  }
  return at;
}

/// Coefficients and what is set in the scan's band: `fresh` those that get a code, `old` those that
/// have been coded before.
struct StoredBlocks {
  std::uint32_t words[kChunkWords];
  uint2 fresh[kChunkBlocks], old[kChunkBlocks];
  std::uint32_t at[kChunkBlocks];  ///< of EncodeSlice::coefficients, in blocks
};

__device__ __forceinline__ std::uint32_t band_mask(const EncodeScan& scan, int half) {
  const int first = max(scan.band_first - half * 32, 0);
  const int last = min(scan.band_last - half * 32, 31);
  if (first > 31 || last < 0) return 0;
  return (~0U >> (31 - last)) & (~0U << first);
}

/// By all threads, a warp a block; then synchronise. Words without a coefficient of the band are
/// left as they are.
__device__ __forceinline__ void load_blocks(const EncodeSlice& slice, const StoredChunk& chunk,
                                            StoredBlocks& blocks) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const bool refine = chunk.scan.kind == ScanStep::ac_refine;
  const int shift = chunk.scan.shift;
  const std::uint32_t low_band = band_mask(chunk.scan, 0), high_band = band_mask(chunk.scan, 1);
  const bool wanted = ((low_band | high_band) >> lane & 1U) != 0;
  if (static_cast<int>(threadIdx.x) < chunk.blocks) {
    blocks.at[threadIdx.x] = stored_block(slice, chunk, static_cast<int>(threadIdx.x));
  }
  __syncthreads();
#pragma unroll 4
  for (int block = warp; block < chunk.blocks; block += kEncodeWarps) {
    const std::uint32_t* from =
        slice.coefficients + std::uint64_t{blocks.at[block]} * kStoredBlockWords;
    const std::uint32_t word = wanted ? __ldg(from + lane) : 0;
    if (wanted) blocks.words[block * kSharedBlockWords + lane] = word;
    const int low = abs(static_cast<int>(static_cast<std::int16_t>(word & 0xFFFFU))) >> shift;
    const int high = abs(static_cast<int>(word) >> 16) >> shift;
    const uint2 set = make_uint2(__ballot_sync(kFullWarp, low != 0) & low_band,
                                 __ballot_sync(kFullWarp, high != 0) & high_band);
    const uint2 old = make_uint2(__ballot_sync(kFullWarp, low > 1) & low_band,
                                 __ballot_sync(kFullWarp, high > 1) & high_band);
    if (lane != 0) continue;
    blocks.fresh[block] = refine ? make_uint2(set.x & ~old.x, set.y & ~old.y) : set;
    blocks.old[block] = refine ? old : make_uint2(0, 0);
  }
}

__device__ __forceinline__ int component_of(const EncodeScan& scan, int in_unit) {
  return in_unit < scan.luma_blocks ? 0 : in_unit - scan.luma_blocks + 1;
}

/// The difference of this thread's DC value from that before, of an interleaved scan.
__device__ __forceinline__ int dc_difference(const EncodeSlice& slice, const StoredChunk& chunk) {
  const EncodeScan& scan = chunk.scan;
  const int block = threadIdx.x;
  const int unit = block / scan.unit_blocks, in_unit = block - unit * scan.unit_blocks;
  const std::uint32_t own = stored_block(slice, chunk, block);
  const auto dc_of = [&](std::uint32_t at) {
    const std::uint32_t word = slice.coefficients[std::uint64_t{at} * kStoredBlockWords];
    return static_cast<int>(static_cast<std::int16_t>(word & 0xFFFFU)) >> scan.shift;
  };
  const int scan_unit = chunk.place.first_unit + unit;
  const Cut& cut = scan.cut;
  int back = 1;
  if (in_unit == 0 || in_unit >= scan.luma_blocks) {
    const bool first = cut.interval > 0 ? scan_unit % cut.interval == 0 : scan_unit == 0;
    if (first) return dc_of(own);
    back = scan.unit_blocks - (in_unit == 0 ? scan.luma_blocks - 1 : 0);
  }
  return dc_of(own) - dc_of(own - static_cast<unsigned>(back));
}

/// Gives out(table, symbol, extra, extra_length) the code of this thread's DC value. `table` counts
/// the tables of the scan.
template <class Out>
__device__ __forceinline__ void walk_dc(const EncodeSlice& slice, const StoredChunk& chunk,
                                        const Out& out) {
  const int in_unit = static_cast<int>(threadIdx.x) % chunk.scan.unit_blocks;
  const int tables = chunk.scan.kind == ScanStep::sequential ? 2 : 1;
  const int table = chunk.scan.table[component_of(chunk.scan, in_unit)] * tables;
  const int difference = dc_difference(slice, chunk);
  const int length = category(abs(difference));
  out(table, length, extra_bits(abs(difference), difference >> 31, length), length);
}

/// The AC codes of this thread's block in a sequential scan.
template <class Out>
__device__ __forceinline__ void walk_sequential(const StoredChunk& chunk,
                                                const StoredBlocks& blocks, const Out& out) {
  const int block = threadIdx.x;
  const int table =
      chunk.scan.table[component_of(chunk.scan, block % chunk.scan.unit_blocks)] * 2 + 1;
  const int last = walk_band(
      blocks.words + block * kSharedBlockWords, blocks.fresh[block], 1, 0,
      [&](int symbol, std::uint32_t extra, int length) { out(table, symbol, extra, length); });
  if (last < 63) out(table, 0, 0U, 0);
}

/// Correction bits that wait for the next code.
struct Corrections {
  std::uint64_t bits = 0;
  int count = 0;
};

/// T.81 figure G.7, of this thread's block: its codes but for the end of the band, each followed by
/// the correction bits of the coefficients before. Returns those that are left over.
template <class Out>
__device__ __forceinline__ Corrections walk_refinement(const StoredChunk& chunk,
                                                       const StoredBlocks& blocks, const Out& out) {
  const int block = threadIdx.x, shift = chunk.scan.shift;
  const std::uint32_t* words = blocks.words + block * kSharedBlockWords;
  const uint2 fresh = blocks.fresh[block], old = blocks.old[block];
  const int end = fresh.y != 0 ? 63 - __clz(fresh.y) : fresh.x != 0 ? 31 - __clz(fresh.x) : -1;
  int zeros = 0, before = chunk.scan.band_first - 1;
  Corrections waiting;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const std::uint32_t first = half == 0 ? fresh.x : fresh.y;
    std::uint32_t left = first | (half == 0 ? old.x : old.y);
    while (left != 0) {
      const int bit = __ffs(left) - 1, place = half * 32 + bit;
      left &= left - 1;
      zeros += place - before - 1;
      before = place;
      for (; zeros > 15 && place <= end; zeros -= 16) {
        out(0xF0, 0U, 0, waiting);
        waiting = Corrections();
      }
      const int value = reinterpret_cast<const std::int16_t*>(words)[bit * 2 + half];
      if ((first >> bit & 1U) == 0) {
        waiting.bits = waiting.bits << 1 | (static_cast<unsigned>(abs(value) >> shift) & 1U);
        ++waiting.count;
        continue;
      }
      out(zeros << 4 | 1, value < 0 ? 0U : 1U, 1, waiting);
      waiting = Corrections();
      zeros = 0;
    }
  }
  return waiting;
}

/// Position of the last set bit and 1, or 0.
__device__ __forceinline__ int end_of(uint2 mask) {
  return mask.y != 0 ? 64 - __clz(mask.y) : mask.x != 0 ? 32 - __clz(mask.x) : 0;
}

}  // namespace glimt::jpeg::cuda
