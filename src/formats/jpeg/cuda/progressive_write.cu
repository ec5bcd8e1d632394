// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// First scans of progressive frames and refinements of DC, into coefficients: all scans of all
// images at once, for they touch different bits. A thread decodes a subsequence, as in write.cu,
// but stores each coefficient by itself: the scans that make up a block are written apart. That is
// slow, and little beside the refinements of AC that the host decodes in the meantime.
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/share.cuh"
#include "formats/jpeg/cuda/walk.cuh"

namespace glimt::jpeg::cuda {
namespace {

/// Blocks of a plane by their number in a scan.
struct Raster {
  const PlaneLayout* plane;

  /// In a scan of this component alone.
  __device__ __forceinline__ std::uint64_t alone(std::uint32_t number) const {
    const std::uint32_t across = static_cast<std::uint32_t>(plane->across);
    const std::uint32_t row = number / across, column = number - row * across;
    return plane->block0 + std::uint64_t(row) * plane->row_blocks + column;
  }
  /// The `inner`th of the component's blocks in an MCU of several components (T.81 A.2.3).
  __device__ __forceinline__ std::uint64_t in_mcu(std::uint32_t mcu, std::uint32_t mcus_across,
                                                  std::uint32_t inner) const {
    const std::uint32_t mcu_row = mcu / mcus_across, mcu_column = mcu - mcu_row * mcus_across;
    const std::uint32_t inner_row = inner / plane->mcu_across;
    const std::uint32_t row = mcu_row * plane->mcu_down + inner_row;
    const std::uint32_t column =
        mcu_column * plane->mcu_across + inner - inner_row * plane->mcu_across;
    return plane->block0 + std::uint64_t(row) * plane->row_blocks + column;
  }
};

/// Where the coefficients of a DC scan's block are. `selectors` as in ScanLayout.
__device__ __forceinline__ std::uint64_t block_of_dc(const Slice& slice, const BandLayout& band,
                                                     std::uint64_t selectors, int blocks_in_mcu,
                                                     std::uint32_t number) {
  if (band.interleaved == 0) return Raster{slice.planes + band.plane[0]}.alone(number);
  const std::uint32_t mcu = number / blocks_in_mcu, inner = number - mcu * blocks_in_mcu;
  const std::uint32_t part = static_cast<std::uint32_t>(selectors >> (inner * 4 + 2)) & 3U;
  return Raster{slice.planes + band.plane[part]}.in_mcu(mcu, band.mcus_across,
                                                        inner - band.first_in_mcu[part]);
}

__global__ void __launch_bounds__(kThreads) clear_planes(Slice slice) {
  const int index =
      find_last<&PlaneLayout::first_tile>(slice.planes, slice.plane_count, int(blockIdx.x));
  const PlaneLayout& plane = slice.planes[index];
  const std::int64_t first = std::int64_t(blockIdx.x - plane.first_tile) * kPlaneTile;
  const auto count = static_cast<int>(min(plane.padded_blocks() - first, std::int64_t{kPlaneTile}));
  constexpr int parts = kBlockWords / 4;
  auto* blocks =
      reinterpret_cast<uint4*>(slice.coefficients + (plane.block0 + first) * kBlockWords);
  for (int i = threadIdx.x; i < count * parts; i += kThreads) blocks[i] = make_uint4(0, 0, 0, 0);
}

/// What a thread has of its scan.
struct BandPosition {
  BitReader reader;
  std::uint32_t block = 0;  // of the scan
  int left = 0;
  std::uint32_t trouble = 0;
};

__device__ void decode_dc(const Slice& slice, const ScanLayout& scan, const BandLayout& band,
                          const ScanTables& tables, const std::uint32_t* lookup, const Share& share,
                          BandPosition& at) {
  int block_in_mcu = share.block_in_mcu;
  int dc[kMaxComponents] = {lower_sum(share.dc[0]), upper_sum(share.dc[0]), lower_sum(share.dc[1]),
                            upper_sum(share.dc[1])};
  auto* coefficients = reinterpret_cast<std::int16_t*>(slice.coefficients);
  for (; at.left > 0; --at.left, ++at.block) {
    const std::uint32_t window = at.reader.peek();
    const std::uint32_t selector = tables.selector[block_in_mcu];
    const std::uint32_t table = selector & kTableOffset, component = selector >> kComponentShift;
    std::uint32_t entry = lookup[table + (window >> (32 - kLookupBits))];
    if (entry == 0) entry = find_escape(slice, tables, scan.table_set, table, window);
    if (entry == kInvalidEntry) at.trouble |= kBadCode;
    int value = extended(window, code_length(entry), code_size(entry));
#pragma unroll
    for (int i = 0; i < kMaxComponents; ++i) {
      if (component == static_cast<std::uint32_t>(i)) dc[i] = value += dc[i];
    }
    at.reader.skip(static_cast<int>(entry_bits(entry)));
    const std::uint64_t to = block_of_dc(slice, band, scan.selectors, scan.blocks_in_mcu, at.block);
    coefficients[to * 64] =
        static_cast<std::int16_t>(static_cast<std::uint32_t>(value) << band.low);
    block_in_mcu = block_in_mcu + 1 == scan.blocks_in_mcu ? 0 : block_in_mcu + 1;
  }
}

__device__ void decode_ac(const Slice& slice, const ScanLayout& scan, const BandLayout& band,
                          const ScanTables& tables, const std::uint32_t* lookup,
                          const std::uint8_t* columnwise, BandPosition& at) {
  const PlaneLayout& plane = slice.planes[band.plane[0]];
  const Raster raster{&plane};
  const std::uint32_t table = tables.selector[0] >> kAcShift & kTableOffset;
  const int behind = 63 - band.end, start = band.start + behind;
  auto* coefficients = reinterpret_cast<std::int16_t*>(slice.coefficients);
  std::int16_t* block = coefficients + raster.alone(at.block) * 64;
  std::uint64_t mask = 0;
  int place = start;
  while (at.left > 0) {
    const std::uint32_t window = at.reader.peek();
    std::uint32_t entry = lookup[table + (window >> (32 - kLookupBits))];
    if (entry == 0) {
      entry = find_escape(slice, tables, scan.table_set, table, window);
      if (entry == kInvalidEntry) at.trouble |= kBadCode;
    }
    const bool run = (entry & kEntryRun) != 0;
    const int ended = ended_blocks(entry, window);
    const int code = static_cast<int>(entry >> kEntryCodeShift & kEntryBits);
    const int size = static_cast<int>(entry >> kEntryFirstShift & kEntryBits) - code;
    if (size != 0 && !run && entry != kInvalidEntry) {
      const int value = extended(window, code, size);
      // Places beyond the band are damage, reported below; they wrap.
      const int k = (place + entry_advance(entry >> kEntryFirstShift) - 1 - behind) & 63;
      block[columnwise[k]] =
          static_cast<std::int16_t>(static_cast<std::uint32_t>(value) << band.low);
      mask |= std::uint64_t{1} << k;
    }
    if (place + entry_advance(entry) > 64) entry >>= kEntryFirstShift;
    at.reader.skip(static_cast<int>(entry_bits(entry)));
    place += entry_advance(entry);
    const bool ends = (entry & kEntryEnd) != 0;
    if (!ends && place > 64) at.trouble |= kOverrun;
    if (!ends && place < 64) continue;
    if (mask != 0 && plane.refinements > 0) {
      atomicOr(reinterpret_cast<unsigned long long*>(slice.masks + plane.mask0 + at.block), mask);
    }
    mask = 0;
    place = start;
    at.block += ended;
    at.left -= ended;
    if (at.left > 0) block = coefficients + raster.alone(at.block) * 64;
  }
}

__global__ void __launch_bounds__(kThreads) write_band_chunks(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t lookup[];
  __shared__ ScanTables tables;
  __shared__ Counts scratch[kThreads];
  __shared__ int scan_index;
  __shared__ std::uint8_t columnwise[64];
  const int thread = threadIdx.x;
  if (thread == 0) {
    scan_index =
        find_last<&ScanLayout::first_chunk>(slice.scans, slice.scan_count, int(blockIdx.x));
  }
  if (thread < 64) columnwise[thread] = kColumnwise[thread];
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if (scan.band < 0) return;
  if ((slice.trouble[scan.image] & kUnsettled) != 0) return;  // counts and states do not agree
  const BandLayout& band = slice.bands[scan.band];
  load_lookup(slice, scan.table_set, LookupUse::write, lookup);
  load_scan_tables(slice, scan, tables, true);
  const Share share = find_share(slice, scan, scratch);
  __syncthreads();
  if (share.left <= 0) return;
  const SegmentLayout& segment = slice.segments[share.segment];
  BandPosition at;
  at.reader.start(reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed),
                  share.bit);
  at.block = share.block;
  at.left = share.left;
  if (band.start == 0) {
    decode_dc(slice, scan, band, tables, lookup, share, at);
  } else {
    decode_ac(slice, scan, band, tables, lookup, columnwise, at);
  }
  // Behind the last block there are padding bits (T.81 F.1.2.3), which may look like more blocks.
  const int left_over = slice.segment_bytes[share.segment] * 8 - at.reader.position();
  const bool last = at.block >= static_cast<std::uint32_t>(segment.block0 + segment.blocks);
  if (last && left_over > 7) at.trouble |= kBlockCount;
  if (at.trouble != 0) atomicOr(slice.trouble + scan.image, at.trouble);
}

/// T.81 G.1.2.1.1: one bit a block, a block a thread.
__global__ void __launch_bounds__(kThreads) refine_dc(Slice slice) {
  const int index =
      find_last<&BandLayout::first_tile>(slice.bands, slice.band_count, int(blockIdx.x));
  const BandLayout& band = slice.bands[index];
  const ScanLayout& scan = slice.scans[band.scan];
  const int first = (static_cast<int>(blockIdx.x) - band.first_tile) * kPlaneTile;
  const int end = min(first + kPlaneTile, band.blocks);
  for (int number = first + static_cast<int>(threadIdx.x); number < end; number += kThreads) {
    const int segment_index = scan.segment0 + number / scan.blocks_in_mcu / band.interval;
    const SegmentLayout& segment = slice.segments[segment_index];
    const int bit = number - segment.block0, bits = slice.segment_bytes[segment_index] * 8;
    if (bit == 0 && (bits < segment.blocks || bits - segment.blocks > 7)) {
      atomicOr(slice.trouble + scan.image, kBlockCount);
    }
    if (bit >= bits) continue;
    const auto* words = reinterpret_cast<const std::uint32_t*>(slice.destuffed + segment.destuffed);
    if ((words[bit >> 5] << (bit & 31) >> 31) == 0) continue;
    const std::uint64_t to = block_of_dc(slice, band, scan.selectors, scan.blocks_in_mcu,
                                         static_cast<std::uint32_t>(number));
    // Several scans may refine the same block; DC is the lower half of its first word.
    atomicOr(slice.coefficients + to * kBlockWords, 1U << band.low);
  }
}

}  // namespace

void write_bands(const Slice& slice, gpu::StreamHandle stream) {
  clear_planes<<<slice.plane_tiles, kThreads, 0, stream>>>(slice);
  write_band_chunks<<<slice.chunks, kThreads, kSetSize * 4, stream>>>(slice);
  if (slice.dc_tiles > 0) refine_dc<<<slice.dc_tiles, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
