// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Applies what the host has read of the refinements of AC coefficients (T.81 G.1.2.3): a warp a
// block, all refinements of its component one after the other.
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/share.cuh"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kWarps = kThreads / 32;

/// One refinement of one block.
struct Refined {
  std::uint64_t before, after, positive, corrections;  // masks within the band; bits in order
  int low;

  /// The coefficient at zigzag place `k`.
  __device__ __forceinline__ int apply(int value, int k) const {
    const std::uint64_t bit = std::uint64_t{1} << k;
    const int step = 1 << low;
    if ((before & bit) != 0) {
      const int behind = __popcll(before >> k) - 1;  // corrections that come after this one
      if ((corrections >> behind & 1) == 0) return value;
      return value < 0 ? value - step : value + step;
    }
    if ((after & bit) != 0) return (positive & bit) != 0 ? step : -step;
    return value;
  }
};

__device__ __forceinline__ std::uint64_t band_mask(const RefinementLayout& refinement) {
  return (~std::uint64_t{0} << refinement.start) & (~std::uint64_t{0} >> (63 - refinement.end));
}

__global__ void __launch_bounds__(kThreads) merge_planes(Slice slice) {
  __shared__ std::uint8_t zigzag[64];
  const int thread = threadIdx.x, lane = thread & 31;
  if (thread < 64) zigzag[kColumnwise[thread]] = static_cast<std::uint8_t>(thread);
  __syncthreads();
  const int index =
      find_last<&PlaneLayout::first_tile>(slice.planes, slice.plane_count, int(blockIdx.x));
  const PlaneLayout& plane = slice.planes[index];
  if (plane.refinements == 0) return;
  const int first = (static_cast<int>(blockIdx.x) - plane.first_tile) * kPlaneTile;
  const int end = min(first + kPlaneTile, static_cast<int>(plane.blocks()));
  const auto blocks = static_cast<std::uint64_t>(plane.blocks());
  const int k0 = zigzag[2 * lane], k1 = zigzag[2 * lane + 1];
  for (int number = first + (thread >> 5); number < end; number += kWarps) {
    const int row = number / plane.across, column = number - row * plane.across;
    std::uint32_t* word =
        slice.coefficients + lane +
        (plane.block0 + std::uint64_t(row) * plane.row_blocks + column) * kBlockWords;
    const std::uint32_t pair = *word;
    int low = static_cast<std::int16_t>(pair & 0xFFFF), high = static_cast<int>(pair) >> 16;
    std::uint64_t mask = slice.masks[plane.mask0 + number];
    for (int i = 0; i < plane.refinements; ++i) {
      const RefinementLayout& layout = slice.refinements[plane.refinement0 + i];
      const std::uint64_t* record = slice.records + layout.record0 + number;
      const std::uint64_t band = band_mask(layout), after = record[0];
      const Refined refined{mask & band, after & band, record[blocks], record[2 * blocks],
                            layout.low};
      low = refined.apply(low, k0);
      high = refined.apply(high, k1);
      mask = after;
    }
    *word = (static_cast<std::uint32_t>(low) & 0xFFFF) | static_cast<std::uint32_t>(high) << 16;
  }
}

}  // namespace

void merge_refinements(const Slice& slice, gpu::StreamHandle stream) {
  if (slice.record_words > 0) merge_planes<<<slice.plane_tiles, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
