// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A tile of an image: its blocks, from coefficients to samples in shared memory. Dequantisation and
// libjpeg's "islow" inverse DCT (jidctint.c), 8 threads a block, turned around in shared memory.
#pragma once

#include "formats/jpeg/cuda/bits.cuh"

namespace glimt::jpeg::cuda {

constexpr int kGroups = kThreads / 8;  // blocks that are decoded at a time
constexpr int kWarps = kThreads / 32;
constexpr int kPlaneStride = kTileWidth;
constexpr int kColumnStride = 9;  // words from a column to the next: no bank conflicts

constexpr int kLumaBlocks = kTileWidth * kTileHeight / 64;
constexpr std::uint32_t kNoBlock = 0xFFFFFFFF;

/// A row of a plane. Columns change places in units of 32 bytes by row, so that the rows of a
/// block, which are written at once, lie in different banks.
template <class Byte>
struct Row {
  Byte* bytes;
  int flip;

  __device__ __forceinline__ Row(Byte* plane, int row)
      : bytes(plane + row * kPlaneStride), flip((row & 3) << 5) {}
  __device__ __forceinline__ Byte& operator[](int column) const { return bytes[column ^ flip]; }
};
template <class Byte>
Row(Byte*, int) -> Row<Byte>;
using SampleRow = Row<const std::uint8_t>;

constexpr int kStagingWords = kGroups * 8 * kColumnStride;

template <int components, int staging_words = kStagingWords>
struct TileMemory {
  ImageLayout image;
  __align__(16) std::uint32_t steps[components][64];
  /// By number of a block of the tile: its place in the coefficients, and in the planes
  /// (component, row, column; 4 bits each).
  std::uint32_t places[components * kLumaBlocks];
  std::uint16_t positions[components * kLumaBlocks];
  /// Columns of the blocks being decoded; afterwards pixels on their way out.
  __align__(16) std::uint32_t staging[staging_words];
  __align__(16) std::uint8_t planes[components][kTileHeight * kPlaneStride];
};

/// Copies the layout of the image that this thread block's tile belongs to. By all threads; they
/// are synchronised afterwards.
template <int components, int staging_words>
__device__ __forceinline__ void load_image(const Slice& slice, Reconstruction kernel,
                                           TileMemory<components, staging_words>& memory,
                                           int* shared_index) {
  if (threadIdx.x == 0) {
    *shared_index = find_last_of(slice.image_count, int(blockIdx.x),
                                 [&](int i) { return slice.images[i].first_tile[kernel]; });
  }
  __syncthreads();
  static_assert(sizeof(ImageLayout) % 4 == 0);
  const ImageLayout& image = slice.images[*shared_index];
  const auto* from = reinterpret_cast<const std::uint32_t*>(&image);
  auto* to = reinterpret_cast<std::uint32_t*>(&memory.image);
  for (unsigned i = threadIdx.x; i < sizeof(ImageLayout) / 4; i += kThreads) to[i] = from[i];
  if (threadIdx.x < components * 64) {
    memory.steps[threadIdx.x >> 6][threadIdx.x & 63] =
        image.quantization[threadIdx.x >> 6][threadIdx.x & 63];
  }
  __syncthreads();
}

/// One dimension of the inverse DCT (jidctint.c, after Loeffler, Ligtenberg and Moschytz 1989).
/// `bias` rounds, and lifts the samples; `shift` scales down.
__device__ __forceinline__ void transform(int* v, int bias, int shift) {
  const int z1 = (v[2] + v[6]) * 4433;
  const int t2 = z1 - v[6] * 15137, t3 = z1 + v[2] * 6270;
  const int t0 = ((v[0] + v[4]) << 13) + bias, t1 = ((v[0] - v[4]) << 13) + bias;
  const int e0 = t0 + t3, e3 = t0 - t3, e1 = t1 + t2, e2 = t1 - t2;
  int a0 = v[7], a1 = v[5], a2 = v[3], a3 = v[1];
  const int y5 = (a0 + a2 + a1 + a3) * 9633;
  const int y1 = (a0 + a3) * -7373, y2 = (a1 + a2) * -20995;
  const int y3 = (a0 + a2) * -16069 + y5, y4 = (a1 + a3) * -3196 + y5;
  a0 = a0 * 2446 + y1 + y3;
  a1 = a1 * 16819 + y2 + y4;
  a2 = a2 * 25172 + y2 + y3;
  a3 = a3 * 12299 + y1 + y4;
  v[0] = (e0 + a3) >> shift;
  v[7] = (e0 - a3) >> shift;
  v[1] = (e1 + a2) >> shift;
  v[6] = (e1 - a2) >> shift;
  v[2] = (e2 + a1) >> shift;
  v[5] = (e2 - a1) >> shift;
  v[3] = (e3 + a0) >> shift;
  v[4] = (e3 - a0) >> shift;
}

/// The same where v[4] to v[7] are zero: sums of the constants above.
__device__ __forceinline__ void transform_low(int* v, int bias, int shift) {
  const int t2 = v[2] * 4433, t3 = v[2] * (4433 + 6270), t0 = (v[0] << 13) + bias;
  const int e0 = t0 + t3, e3 = t0 - t3, e1 = t0 + t2, e2 = t0 - t2;
  const int a0 = v[1] * (9633 - 7373) + v[3] * (9633 - 16069);
  const int a1 = v[1] * (9633 - 3196) + v[3] * (9633 - 20995);
  const int a2 = v[1] * 9633 + v[3] * (25172 - 20995 - 16069 + 9633);
  const int a3 = v[1] * (12299 - 7373 - 3196 + 9633) + v[3] * 9633;
  v[0] = (e0 + a3) >> shift;
  v[7] = (e0 - a3) >> shift;
  v[1] = (e1 + a2) >> shift;
  v[6] = (e1 - a2) >> shift;
  v[2] = (e2 + a1) >> shift;
  v[5] = (e2 - a1) >> shift;
  v[3] = (e3 + a0) >> shift;
  v[4] = (e3 - a0) >> shift;
}

constexpr int kFirstShift = 11, kSecondShift = 18;
constexpr int kFirstBias = 1 << (kFirstShift - 1);
constexpr int kSecondBias = (1 << (kSecondShift - 1)) + (128 << kSecondShift);

__device__ __forceinline__ std::uint32_t pack_samples(int a, int b, int c, int d) {
  const auto sample = [](int x) { return static_cast<std::uint32_t>(__vimin_s32_relu(x, 255)); };
  const std::uint32_t low = __byte_perm(sample(a), sample(b), 0x0040);
  const std::uint32_t high = __byte_perm(sample(c), sample(d), 0x0040);
  return __byte_perm(low, high, 0x5410);
}

/// All blocks of the tile into the planes.
template <int components, int staging_words>
__device__ void decode_blocks(const Slice& slice, TileMemory<components, staging_words>& memory,
                              int count) {
  const int group = static_cast<int>(threadIdx.x) >> 3, own = static_cast<int>(threadIdx.x) & 7;
  const auto* blocks = reinterpret_cast<const uint4*>(slice.coefficients) +
                       memory.image.block0 * (kBlockWords / 4) + own;
  auto* columns = reinterpret_cast<int*>(memory.staging) + group * 8 * kColumnStride;
  for (int first = 0; first < count; first += kGroups) {
    const int number = first + group;
    const std::uint32_t place = number < count ? memory.places[number] : kNoBlock;
    const int position = number < count ? memory.positions[number] : 0;
    const int component = position >> 8;
    uint4 packed = make_uint4(0, 0, 0, 0);
    if (place != kNoBlock) packed = blocks[std::size_t(place) * (kBlockWords / 4)];
    const std::uint32_t pairs[4] = {packed.x, packed.y, packed.z, packed.w};
    const std::uint32_t lower = packed.z | packed.w;
    // Four blocks at a time: mostly the high frequencies of one direction, or both, are zero.
    const bool low_rows = __any_sync(kFullWarp, lower != 0) == 0;
    const bool low_columns =
        __any_sync(kFullWarp, own >= 4 && (lower | packed.x | packed.y) != 0) == 0;
    const auto* steps = reinterpret_cast<const uint4*>(memory.steps[component] + own * 8);
    const uint4 steps0 = steps[0], steps1 = steps[1];
    const std::uint32_t step[8] = {steps0.x, steps0.y, steps0.z, steps0.w,
                                   steps1.x, steps1.y, steps1.z, steps1.w};
    int v[8];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      v[2 * i] = static_cast<std::int16_t>(pairs[i] & 0xFFFF) * static_cast<int>(step[2 * i]);
      v[2 * i + 1] = (static_cast<int>(pairs[i]) >> 16) * static_cast<int>(step[2 * i + 1]);
    }
    if (low_rows) {
      transform_low(v, kFirstBias, kFirstShift);
    } else {
      transform(v, kFirstBias, kFirstShift);
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) columns[i * kColumnStride + own] = v[i];
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 8; ++i) v[i] = columns[own * kColumnStride + i];
    if (low_columns) {
      transform_low(v, kSecondBias, kSecondShift);
    } else {
      transform(v, kSecondBias, kSecondShift);
    }
    if (place != kNoBlock) {
      const Row row(memory.planes[component], (position >> 4 & 15) * 8 + own);
      *reinterpret_cast<uint2*>(&row[(position & 15) * 8]) =
          make_uint2(pack_samples(v[0], v[1], v[2], v[3]), pack_samples(v[4], v[5], v[6], v[7]));
    }
    __syncwarp();
  }
}

}  // namespace glimt::jpeg::cuda
