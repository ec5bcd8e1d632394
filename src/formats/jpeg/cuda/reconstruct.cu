// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Coefficients to pixels, a tile of kTileWidth x kTileHeight pixels a thread block: dequantisation,
// libjpeg's "islow" inverse DCT (jidctint.c; 8 threads a block, turned around in shared memory),
// upsampling as jdsample.c, colour as jdcolor.c: bit for bit. Where upsampling filters, the blocks
// around the tile's chroma are decoded again.
//
// Sums of two pixels travel in one register, 16 bits each; the DPX instructions of Hopper add and
// clamp both at once (on older GPUs the compiler writes them out).
#include "formats/jpeg/cuda/bits.cuh"
#include "formats/jpeg/cuda/kernels.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kGroups = kThreads / 8;  // blocks that are decoded at a time
constexpr int kWarps = kThreads / 32;
constexpr int kPlaneStride = kTileWidth;
constexpr int kColumnStride = 9;  // words from a column to the next: no bank conflicts
constexpr int kRowWords = kTileWidth * 3 / 4;

constexpr int kLumaBlocks = kTileWidth * kTileHeight / 64;
constexpr int kMaxTileBlocks = kMaxComponents * kLumaBlocks;
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

struct TileMemory {
  ImageLayout image;
  __align__(16) std::uint32_t steps[kMaxComponents][64];
  /// By number of a block of the tile: its place in the coefficients, and in the planes
  /// (component, row, column; 4 bits each).
  std::uint32_t places[kMaxTileBlocks];
  std::uint16_t positions[kMaxTileBlocks];
  /// Columns of the blocks being decoded; afterwards rows on their way out.
  int columns[kGroups][8 * kColumnStride];
  __align__(16) std::uint8_t planes[kMaxComponents][kTileHeight * kPlaneStride];
};
static_assert(kWarps * kRowWords <= kGroups * 8 * kColumnStride);

/// Where the tile lies, and its chroma with the blocks around it.
struct Tile {
  int x0, y0;
  int chroma_across, chroma_down;  // blocks
  int chroma_x0, chroma_y0;        // blocks of the image
};

__device__ Tile tile_of(const ImageLayout& image) {
  const int index = static_cast<int>(blockIdx.x) - image.first_tile;
  Tile tile;
  tile.x0 = index % image.tiles_across * kTileWidth;
  tile.y0 = index / image.tiles_across * kTileHeight;
  tile.chroma_across = kTileWidth / 8 / image.ratio_across + 2 * image.filter_across;
  tile.chroma_down = kTileHeight / 8 / image.ratio_down + 2 * image.filter_down;
  tile.chroma_x0 = tile.x0 / 8 / image.ratio_across - image.filter_across;
  tile.chroma_y0 = tile.y0 / 8 / image.ratio_down - image.filter_down;
  return tile;
}

__device__ void load_image(const Slice& slice, TileMemory& memory, int* shared_index) {
  if (threadIdx.x == 0) {
    *shared_index =
        find_last<&ImageLayout::first_tile>(slice.images, slice.image_count, int(blockIdx.x));
  }
  __syncthreads();
  static_assert(sizeof(ImageLayout) % 4 == 0);
  const ImageLayout& image = slice.images[*shared_index];
  const auto* from = reinterpret_cast<const std::uint32_t*>(&image);
  auto* to = reinterpret_cast<std::uint32_t*>(&memory.image);
  for (unsigned i = threadIdx.x; i < sizeof(ImageLayout) / 4; i += kThreads) to[i] = from[i];
  if (threadIdx.x < kMaxComponents * 64) {
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

/// Lists the tile's blocks. Returns how many there are.
__device__ int list_blocks(TileMemory& memory, const Tile& tile) {
  const ImageLayout& image = memory.image;
  constexpr int across = kTileWidth / 8;
  const int chroma_blocks = image.components == 3 ? tile.chroma_across * tile.chroma_down : 0;
  const int count = kLumaBlocks + 2 * chroma_blocks;
  for (int number = threadIdx.x; number < count; number += kThreads) {
    int component = 0, x = number % across, y = number / across;
    int image_x = tile.x0 / 8 + x, image_y = tile.y0 / 8 + y;
    if (number >= kLumaBlocks) {
      const bool second = number >= kLumaBlocks + chroma_blocks;
      const int own = number - kLumaBlocks - (second ? chroma_blocks : 0);
      component = 1 + second;
      y = own / tile.chroma_across;
      x = own - y * tile.chroma_across;
      image_x = tile.chroma_x0 + x;
      image_y = tile.chroma_y0 + y;
    }
    const ComponentLayout& layout = image.component[component];
    const bool exists = image_x >= 0 && image_y >= 0 && image_x < layout.blocks_across &&
                        image_y < layout.blocks_down;
    const int inner_x = image_x & ((1 << layout.log2_across) - 1);
    const int inner_y = image_y & ((1 << layout.log2_down) - 1);
    const std::uint32_t place = layout.block0 + (image_y >> layout.log2_down) * layout.row_step +
                                (image_x >> layout.log2_across) * layout.column_step +
                                (inner_y << layout.log2_across) + inner_x;
    memory.places[number] = exists ? place : kNoBlock;
    memory.positions[number] = static_cast<std::uint16_t>(component << 8 | y << 4 | x);
  }
  return count;
}

/// All blocks of the tile into the planes.
__device__ void decode_blocks(const Slice& slice, TileMemory& memory, int count) {
  const int group = static_cast<int>(threadIdx.x) >> 3, own = static_cast<int>(threadIdx.x) & 7;
  const auto* blocks = reinterpret_cast<const uint4*>(slice.coefficients) +
                       memory.image.block0 * (kBlockWords / 4) + own;
  int* columns = memory.columns[group];
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

/// Filters repeat the samples at the image's edges: columns first, then rows with their ends.
__device__ void extend_edges(TileMemory& memory, const Tile& tile) {
  const ImageLayout& image = memory.image;
  const ComponentLayout& chroma = image.component[1];
  const int columns = tile.chroma_across * 8, rows = tile.chroma_down * 8;
  const int thread = threadIdx.x;
  if (image.filter_across != 0) {
    const int end = chroma.width - tile.chroma_x0 * 8;  // one behind the last column
    if (thread < 2 * rows) {
      const bool second = thread >= rows;
      const Row row(memory.planes[1 + second], second ? thread - rows : thread);
      if (tile.x0 == 0) row[7] = row[8];
      if (end < columns) row[end] = row[end - 1];
    }
    __syncthreads();
  }
  if (image.filter_down != 0) {
    const int end = chroma.height - tile.chroma_y0 * 8;
    if (thread < 2 * columns) {
      const bool second = thread >= columns;
      const int column = second ? thread - columns : thread;
      std::uint8_t* plane = memory.planes[1 + second];
      if (tile.y0 == 0) Row(plane, 7)[column] = Row(plane, 8)[column];
      if (end < rows) Row(plane, end)[column] = Row(plane, end - 1)[column];
    }
    __syncthreads();
  }
}

/// Four samples in two registers, 16 bits each.
struct Samples {
  std::uint32_t left, right;
};
constexpr std::uint32_t kLowBytes = 0x00FF00FF;

__device__ __forceinline__ Samples spread(std::uint32_t bytes) {
  return {__byte_perm(bytes, 0, 0x4140), __byte_perm(bytes, 0, 0x4342)};
}

__device__ __forceinline__ std::uint32_t load_word(const SampleRow& row, int column) {
  return *reinterpret_cast<const std::uint32_t*>(&row[column]);
}

enum class Upsampling : std::uint8_t { none, replicate, across, down, both };

/// Four samples from any column on.
__device__ __forceinline__ std::uint32_t load_around(const SampleRow& row, int column) {
  const int first = column & ~3;
  return __funnelshift_r(load_word(row, first), load_word(row, first + 4), (column & 3) * 8);
}

/// Weights 3 and 1 of samples [1, 2] against their neighbours in [0 .. 3].
__device__ __forceinline__ Samples weigh(std::uint32_t even, std::uint32_t odd, int shift,
                                         std::uint32_t left_bias, std::uint32_t right_bias) {
  const std::uint32_t inner = __byte_perm(odd, even, 0x7610);   // 1, 2
  const std::uint32_t outer = __byte_perm(even, odd, 0x7610);   // 0, 3
  const std::uint32_t crossed = __byte_perm(inner, 0, 0x1032);  // 2, 1
  const std::uint32_t thrice = inner * 3;
  // Results 0 and 3, then 1 and 2: left ones have their lesser neighbour on the left.
  const std::uint32_t ends =
      ((thrice + outer + (left_bias | right_bias << 16)) >> shift) & kLowBytes;
  const std::uint32_t middle =
      ((thrice + crossed + (right_bias | left_bias << 16)) >> shift) & kLowBytes;
  return {__byte_perm(ends, middle, 0x5410), __byte_perm(middle, ends, 0x7632)};
}

/// The chroma of pixels [4 lane, 4 lane + 4) of row `y` of the tile.
template <Upsampling kind>
__device__ __forceinline__ Samples chroma_of(const ImageLayout& image, const std::uint8_t* plane,
                                             int y, int lane) {
  if constexpr (kind == Upsampling::none) {
    return spread(load_word(SampleRow(plane, y), lane * 4));
  } else if constexpr (kind == Upsampling::replicate) {
    // Ratios are 1, 2 and 4: half of one is its logarithm.
    const SampleRow row(plane, y >> (image.ratio_down >> 1));
    if (image.ratio_across == 1) return spread(load_word(row, lane * 4));
    if (image.ratio_across == 4) {
      const std::uint32_t both = row[lane] * 0x00010001U;
      return {both, both};
    }
    const std::uint32_t pair = *reinterpret_cast<const std::uint16_t*>(&row[lane * 2]);
    return {__byte_perm(pair, 0, 0x4040), __byte_perm(pair, 0, 0x4141)};
  } else if constexpr (kind == Upsampling::across) {
    const std::uint32_t bytes = load_around(SampleRow(plane, y), 7 + 2 * lane);
    return weigh(bytes & kLowBytes, bytes >> 8 & kLowBytes, 2, 1, 2);
  } else {
    // Rows are 8 further down in the plane than in the tile.
    const int near_row = 8 + (y >> 1), far_row = near_row + ((y & 1) != 0 ? 1 : -1);
    const SampleRow near_line(plane, near_row);
    const SampleRow far_line(plane, far_row);
    if constexpr (kind == Upsampling::down) {
      const Samples a = spread(load_word(near_line, lane * 4));
      const Samples b = spread(load_word(far_line, lane * 4));
      const std::uint32_t bias = (y & 1) != 0 ? 0x00020002 : 0x00010001;
      return {(a.left * 3 + b.left + bias) >> 2 & kLowBytes,
              (a.right * 3 + b.right + bias) >> 2 & kLowBytes};
    } else {
      const std::uint32_t a = load_around(near_line, 7 + 2 * lane);
      const std::uint32_t b = load_around(far_line, 7 + 2 * lane);
      return weigh((a & kLowBytes) * 3 + (b & kLowBytes),
                   (a >> 8 & kLowBytes) * 3 + (b >> 8 & kLowBytes), 4, 8, 7);
    }
  }
}

/// High halves of two sums as a pair.
__device__ __forceinline__ std::uint32_t high_halves(int a, int b) {
  return __byte_perm(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), 0x7632);
}
__device__ __forceinline__ std::uint32_t add_and_clamp(std::uint32_t luma, std::uint32_t change) {
  return __viaddmin_s16x2_relu(luma, change, kLowBytes);
}

struct Rgb {
  std::uint32_t r, g, b;
};
/// jdcolor.c for two pixels: tables of 16 fraction bits, rounded.
__device__ __forceinline__ Rgb colour_of(std::uint32_t y, std::uint32_t cb, std::uint32_t cr) {
  constexpr int half = 32768;
  const int cb0 = static_cast<int>(cb & 0xFFFF), cb1 = static_cast<int>(cb >> 16);
  const int cr0 = static_cast<int>(cr & 0xFFFF), cr1 = static_cast<int>(cr >> 16);
  constexpr int red = half - 91881 * 128, blue = half - 116130 * 128,
                green = half + (22554 + 46802) * 128;
  return {
      add_and_clamp(y, high_halves(91881 * cr0 + red, 91881 * cr1 + red)),
      add_and_clamp(
          y, high_halves(green - 22554 * cb0 - 46802 * cr0, green - 22554 * cb1 - 46802 * cr1)),
      add_and_clamp(y, high_halves(116130 * cb0 + blue, 116130 * cb1 + blue)),
  };
}

__device__ __forceinline__ std::uint32_t to_bytes(std::uint32_t left, std::uint32_t right) {
  return __byte_perm(left, right, 0x6420);
}

/// `count` bytes of a row, in words where memory allows.
__device__ __forceinline__ void store_row(std::uint8_t* to, const std::uint32_t* words, int count,
                                          bool aligned) {
  const int lane = threadIdx.x & 31;
  const int whole = aligned ? count >> 2 : 0;
  for (int i = lane; i < whole; i += 32) reinterpret_cast<std::uint32_t*>(to)[i] = words[i];
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words);
  for (int i = whole * 4 + lane; i < count; i += 32) to[i] = bytes[i];
}

/// Stores four pixels a lane of one row through `staging`, a warp's own.
__device__ __forceinline__ void store_pixels(const ImageLayout& image, std::uint32_t* staging,
                                             const Rgb& left, const Rgb& right, int x0, int y,
                                             bool aligned) {
  const int lane = threadIdx.x & 31;
  const int width = min(kTileWidth, image.width - x0);
  std::uint8_t* row = image.pixels + y * image.row_bytes;
  if (image.order != PixelOrder::planar) {
    const bool reversed = image.order == PixelOrder::bgr;
    const std::uint32_t r0 = reversed ? left.b : left.r, b0 = reversed ? left.r : left.b;
    const std::uint32_t r1 = reversed ? right.b : right.r, b1 = reversed ? right.r : right.b;
    const std::uint32_t rg0 = r0 | left.g << 8, rg1 = r1 | right.g << 8;
    __syncwarp();
    staging[lane * 3] = __byte_perm(rg0, b0, 0x2410);
    staging[lane * 3 + 1] = __byte_perm(__byte_perm(rg0, b0, 0x0063), rg1, 0x5410);
    staging[lane * 3 + 2] = __byte_perm(rg1, b1, 0x6324);
    __syncwarp();
    store_row(row + x0 * 3, staging, width * 3, aligned);
    return;
  }
  const std::uint32_t planes[3] = {to_bytes(left.r, right.r), to_bytes(left.g, right.g),
                                   to_bytes(left.b, right.b)};
#pragma unroll
  for (int i = 0; i < 3; ++i) {
    if (i >= image.channels) return;
    __syncwarp();
    staging[lane] = planes[i];
    __syncwarp();
    store_row(row + i * image.plane_bytes + x0, staging, width, aligned);
  }
}

template <Upsampling kind>
__device__ void store_rows(TileMemory& memory, const Tile& tile) {
  const ImageLayout& image = memory.image;
  const int warp = static_cast<int>(threadIdx.x) >> 5, lane = static_cast<int>(threadIdx.x) & 31;
  auto* staging = reinterpret_cast<std::uint32_t*>(memory.columns) + warp * kRowWords;
  const bool planes_aligned = image.order != PixelOrder::planar || (image.plane_bytes & 3) == 0;
  const bool aligned =
      ((reinterpret_cast<std::uintptr_t>(image.pixels) | image.row_bytes) & 3) == 0 &&
      planes_aligned;
  const bool gray = image.components == 1, ycc = image.ycc;
  for (int y = warp; y < kTileHeight && tile.y0 + y < image.height; y += kWarps) {
    const Samples luma = spread(load_word(SampleRow(memory.planes[0], y), lane * 4));
    Rgb left{luma.left, luma.left, luma.left}, right{luma.right, luma.right, luma.right};
    if (!gray) {
      const Samples cb = chroma_of<kind>(image, memory.planes[1], y, lane);
      const Samples cr = chroma_of<kind>(image, memory.planes[2], y, lane);
      left = ycc ? colour_of(luma.left, cb.left, cr.left) : Rgb{luma.left, cb.left, cr.left};
      right = ycc ? colour_of(luma.right, cb.right, cr.right) : Rgb{luma.right, cb.right, cr.right};
    }
    store_pixels(image, staging, left, right, tile.x0, tile.y0 + y, aligned);
  }
}

__global__ void __launch_bounds__(kThreads) reconstruct_tiles(Slice slice) {
  __shared__ TileMemory memory;
  __shared__ int image_index;
  load_image(slice, memory, &image_index);
  const ImageLayout& image = memory.image;
  const Tile tile = tile_of(image);
  const int count = list_blocks(memory, tile);
  __syncthreads();
  decode_blocks(slice, memory, count);
  __syncthreads();
  if (image.components == 3 && (image.filter_across | image.filter_down) != 0) {
    extend_edges(memory, tile);
  }
  if (image.filter_across != 0 && image.filter_down != 0) {
    store_rows<Upsampling::both>(memory, tile);
  } else if (image.filter_across != 0) {
    store_rows<Upsampling::across>(memory, tile);
  } else if (image.filter_down != 0) {
    store_rows<Upsampling::down>(memory, tile);
  } else if (image.ratio_across == 1 && image.ratio_down == 1) {
    store_rows<Upsampling::none>(memory, tile);
  } else {
    store_rows<Upsampling::replicate>(memory, tile);
  }
}

}  // namespace

void reconstruct(const Slice& slice, gpu::StreamHandle stream) {
  reconstruct_tiles<<<slice.tiles, kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
