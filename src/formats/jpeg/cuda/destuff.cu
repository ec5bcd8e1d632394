// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// T.81 F.1.2.3: the zero byte behind each 0xFF of a segment is dropped. Segments are cut into tiles
// of kDestuffTile bytes, 16 bytes a thread: count what each tile keeps, sum up within each segment,
// write. Tables are filled beside it, for a launch takes as long as either. Tried and lost: nothing
// yet; decoding over stuffed bytes could gain this stage, 5 % of the kernels' time.
#include "formats/jpeg/cuda/bits.cuh"
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/tables.cuh"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kWarps = kThreads / 32;
constexpr int kTilesSummedInPlace = 2048;

/// 16 bytes of a segment and which of them stay.
struct Kept {
  std::uint32_t words[4] = {};
  std::uint32_t mask = 0;
  bool marker = false;

  __device__ std::uint32_t byte(int i) const { return words[i >> 2] >> ((i & 3) * 8) & 255; }
};

__device__ Kept look_at(const Slice& slice, const SegmentLayout& segment, std::uint64_t at) {
  Kept kept;
  const std::uint64_t begin = segment.source, end = begin + segment.bytes;
  if (at >= end || at + 16 <= begin) return kept;
  const uint4 loaded = *reinterpret_cast<const uint4*>(slice.source + at);
  kept.words[0] = loaded.x;
  kept.words[1] = loaded.y;
  kept.words[2] = loaded.z;
  kept.words[3] = loaded.w;
  std::uint32_t inside = 0xFFFF;
  if (at < begin) inside &= 0xFFFFU << (begin - at);
  if (at + 16 > end) inside &= 0xFFFFU >> (at + 16 - end);
  kept.mask = inside & 0xFFFF;
  std::uint32_t before = at > begin ? slice.source[at - 1] : 0;
  bool any = before == 0xFF;
#pragma unroll
  for (const std::uint32_t word : kept.words) {
    any |= ((~word - 0x01010101U) & word & 0x80808080U) != 0;  // some byte 0xFF
  }
  if (!any) return kept;
  std::uint32_t stuffed = 0, markers = 0;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const std::uint32_t byte = kept.byte(i);
    if (before == 0xFF && at + i > begin) (byte == 0 ? stuffed : markers) |= 1U << i;
    before = byte;
  }
  kept.marker = (markers & kept.mask) != 0;
  kept.mask &= ~stuffed;
  return kept;
}

/// Sums over the thread block: before this thread, and of all. `warp_sums` is free when all threads
/// have passed a barrier afterwards.
struct BlockSum {
  int before, total;
};
__device__ BlockSum sum_up(int value, int* warp_sums) {
  const int own = warp_prefix(value), warp = threadIdx.x >> 5;
  if ((threadIdx.x & 31) == 31) warp_sums[warp] = own;
  __syncthreads();
  BlockSum sum{own - value, 0};
  for (int i = 0; i < kWarps; ++i) {
    if (i < warp) sum.before += warp_sums[i];
    sum.total += warp_sums[i];
  }
  return sum;
}

struct TilePlace {
  int segment;
  std::uint64_t at;  // of this thread's 16 bytes
};
__device__ TilePlace find_tile(const Slice& slice, int tile, int* shared_segment) {
  if (threadIdx.x == 0) {
    *shared_segment =
        find_last<&SegmentLayout::first_tile>(slice.segments, slice.segment_count, tile);
  }
  __syncthreads();
  const SegmentLayout& segment = slice.segments[*shared_segment];
  const std::uint64_t start = segment.source & ~std::uint64_t{15};
  return {*shared_segment,
          start + std::uint64_t(tile - segment.first_tile) * kDestuffTile + threadIdx.x * 16};
}

/// The first thread blocks fill tables, which needs nothing of the others.
__global__ void __launch_bounds__(kThreads) count_kept(Slice slice) {
  __shared__ int shared_segment, kept_total;
  const int tile = static_cast<int>(blockIdx.x) - slice.table_sets * kTablesInSet;
  if (tile < 0) {
    fill_table(slice, static_cast<int>(blockIdx.x));
    return;
  }
  if (threadIdx.x == 0) kept_total = 0;
  const TilePlace place = find_tile(slice, tile, &shared_segment);
  const SegmentLayout segment = slice.segments[place.segment];
  const Kept kept = look_at(slice, segment, place.at);
  const int count = warp_sum(__popc(kept.mask));
  if ((threadIdx.x & 31) == 0) atomicAdd(&kept_total, count);
  if (kept.marker) atomicOr(slice.trouble + slice.scans[segment.scan].image, kMarkerInside);
  __syncthreads();
  if (threadIdx.x == 0) slice.tile_bytes[tile] = kept_total;
}

/// One thread block a segment. Only for long ones: else write_kept sums up itself.
__global__ void __launch_bounds__(kThreads) sum_kept(Slice slice) {
  __shared__ int warp_sums[kWarps];
  const int index = blockIdx.x;
  const int tile0 = slice.segments[index].first_tile;
  const int tiles = (index + 1 < slice.segment_count ? slice.segments[index + 1].first_tile
                                                     : slice.destuff_tiles) -
                    tile0;
  int carry = 0;
  for (int first = 0; first < tiles; first += kThreads) {
    const int tile = first + static_cast<int>(threadIdx.x);
    const BlockSum sum = sum_up(tile < tiles ? slice.tile_bytes[tile0 + tile] : 0, warp_sums);
    if (tile < tiles) slice.tile_bytes[tile0 + tile] = carry + sum.before;
    carry += sum.total;
    __syncthreads();
  }
}

/// Bytes kept before a tile, in its segment. By all threads of the thread block, which are
/// synchronised afterwards.
__device__ int kept_before(const Slice& slice, const SegmentLayout& segment, int tile,
                           int* warp_sums) {
  if (slice.longest_segment_tiles > kTilesSummedInPlace) return slice.tile_bytes[tile];
  int own = 0;
  for (int i = segment.first_tile + static_cast<int>(threadIdx.x); i < tile; i += kThreads) {
    own += slice.tile_bytes[i];
  }
  const int total = sum_up(own, warp_sums).total;
  __syncthreads();
  return total;
}

__global__ void __launch_bounds__(kThreads) write_kept(Slice slice) {
  __shared__ int shared_segment, warp_sums[kWarps];
  __shared__ __align__(16) std::uint8_t gathered[kDestuffTile + 32];
  const int tile = static_cast<int>(blockIdx.x);
  const TilePlace place = find_tile(slice, tile, &shared_segment);
  const SegmentLayout segment = slice.segments[place.segment];
  const Kept kept = look_at(slice, segment, place.at);
  const int before = kept_before(slice, segment, tile, warp_sums);
  const BlockSum sum = sum_up(__popc(kept.mask), warp_sums);
  const bool last = place.segment + 1 == slice.segment_count
                        ? tile + 1 == slice.destuff_tiles
                        : tile + 1 == slice.segments[place.segment + 1].first_tile;
  if (last && threadIdx.x == 0) slice.segment_bytes[place.segment] = before + sum.total;
  const std::uint64_t to = segment.destuffed + before;
  const int skew = static_cast<int>(to & 15);
  int at = skew + sum.before;
  // Within a word the last byte comes first: then a load puts the first bit on top.
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    if ((kept.mask >> i & 1) != 0) gathered[at++ ^ 3] = static_cast<std::uint8_t>(kept.byte(i));
  }
  __syncthreads();
  std::uint8_t* out = slice.destuffed + (to - skew);
  const int end = skew + sum.total;
  for (int i = static_cast<int>(threadIdx.x) * 16; i < end; i += kThreads * 16) {
    if (i >= skew && i + 16 <= end) {
      *reinterpret_cast<uint4*>(out + i) = *reinterpret_cast<const uint4*>(gathered + i);
      continue;
    }
    // The words at either end are shared with the tiles beside: byte by byte.
    for (int k = i; k < i + 16; ++k) {
      if (k >= skew && k < end) out[k ^ 3] = gathered[k ^ 3];
    }
  }
}

}  // namespace

void destuff(const Slice& slice, gpu::StreamHandle stream) {
  count_kept<<<slice.destuff_tiles + slice.table_sets * kTablesInSet, kThreads, 0, stream>>>(slice);
  if (slice.longest_segment_tiles > kTilesSummedInPlace) {
    sum_kept<<<slice.segment_count, kThreads, 0, stream>>>(slice);
  }
  write_kept<<<slice.destuff_tiles, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
