// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Coefficients to pixels, a tile of kTileWidth x kTileHeight pixels a thread block: inverse DCT,
// upsampling as jdsample.c, colour as jdcolor.c: bit for bit. Where upsampling filters, the blocks
// around the tile's chroma are decoded again. This file: the usual samplings;
// reconstruct_general.cu has the others.
//
// Sums of two pixels travel in one register, 16 bits each; the DPX instructions of Hopper add and
// clamp both at once (on older GPUs the compiler writes them out).
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/tile.cuh"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kRowWords = kTileWidth * 3 / 4;
static_assert(kWarps * kRowWords <= kStagingWords);

// Turned pixels: columns of kLineRows rows, words of a line and to the next one (no bank
// conflicts), where channels lie together, and where each has lines of its own.
constexpr int kLineRows = 4 * kWarps;
constexpr int kLine = kLineRows * 3 / 4 + 1, kPlaneLine = kLineRows / 4 + 1;
constexpr int kTurnedWords = kTileWidth * (3 * kPlaneLine > kLine ? 3 * kPlaneLine : kLine);

template <int staging_words>
using Memory = TileMemory<3, staging_words>;
using SampleRow = Row<const std::uint8_t>;

/// Where the tile lies, and its chroma with the blocks around it.
struct Tile {
  int x0, y0;
  int chroma_across, chroma_down;  // blocks
  int chroma_x0, chroma_y0;        // blocks of the image
};

template <Reconstruction kernel>
__device__ Tile tile_of(const ImageLayout& image) {
  const int index = static_cast<int>(blockIdx.x) - image.first_tile[kernel];
  const ComponentLayout& chroma = image.component[1];
  Tile tile;
  tile.x0 = image.tiles_x0 + index % image.tiles_across * kTileWidth;
  tile.y0 = image.tiles_y0 + index / image.tiles_across * kTileHeight;
  tile.chroma_across = kTileWidth / 8 / chroma.ratio_across + 2 * chroma.filter_across;
  tile.chroma_down = kTileHeight / 8 / chroma.ratio_down + 2 * chroma.filter_down;
  tile.chroma_x0 = tile.x0 / 8 / chroma.ratio_across - chroma.filter_across;
  tile.chroma_y0 = tile.y0 / 8 / chroma.ratio_down - chroma.filter_down;
  return tile;
}

/// Lists the tile's blocks. Returns how many there are.
template <int staging_words>
__device__ int list_blocks(Memory<staging_words>& memory, const Tile& tile) {
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
    const bool exists =
        image_x >= layout.x0 && image_y >= layout.y0 && image_x < layout.x1 && image_y < layout.y1;
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

/// Filters repeat the samples at the image's edges: columns first, then rows with their ends.
template <int staging_words>
__device__ void extend_edges(Memory<staging_words>& memory, const Tile& tile) {
  const ImageLayout& image = memory.image;
  const ComponentLayout& chroma = image.component[1];
  const int columns = tile.chroma_across * 8, rows = tile.chroma_down * 8;
  const int thread = threadIdx.x;
  if (chroma.filter_across != 0) {
    const int end = chroma.width - tile.chroma_x0 * 8;  // one behind the last column
    if (thread < 2 * rows) {
      const bool second = thread >= rows;
      const Row row(memory.planes[1 + second], second ? thread - rows : thread);
      if (tile.x0 == 0) row[7] = row[8];
      if (end < columns) row[end] = row[end - 1];
    }
    __syncthreads();
  }
  if (chroma.filter_down != 0) {
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
__device__ __forceinline__ Samples chroma_of(const ComponentLayout& chroma,
                                             const std::uint8_t* plane, int y, int lane) {
  if constexpr (kind == Upsampling::none) {
    return spread(load_word(SampleRow(plane, y), lane * 4));
  } else if constexpr (kind == Upsampling::replicate) {
    // Ratios are 1, 2 and 4: half of one is its logarithm.
    const SampleRow row(plane, y >> (chroma.ratio_down >> 1));
    if (chroma.ratio_across == 1) return spread(load_word(row, lane * 4));
    if (chroma.ratio_across == 4) {
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

/// Columns [x0, x1) of a tile's rows.
struct Part {
  int x0, x1;
};

/// Word `i` of `count` bytes that begin at byte `skip` of a staged line of `length` words: words of
/// the output straddle those.
__device__ __forceinline__ void store_word(std::uint8_t* to, const std::uint32_t* words, int length,
                                           int skip, int count, int i) {
  const int head = static_cast<int>(reinterpret_cast<std::uintptr_t>(to) & 3);
  const int first = i * 4 - head, from = skip + first, word = from >> 2;
  if (first >= count) return;
  const std::uint32_t low = word >= 0 ? words[word] : 0;
  const std::uint32_t high = word + 1 < length ? words[word + 1] : 0;
  const std::uint32_t value = __funnelshift_r(low, high, (from & 3) * 8);
  if (first >= 0 && first + 4 <= count) {
    *reinterpret_cast<std::uint32_t*>(to + first) = value;
    return;
  }
  for (int k = 0; k < 4; ++k) {
    if (first + k >= 0 && first + k < count) {
      to[first + k] = static_cast<std::uint8_t>(value >> (8 * k));
    }
  }
}

/// Stores the part of a staged row of `unit` bytes a pixel; `to` is where its column 0 goes.
/// Aligned: to a whole word, from column 0 on.
template <bool aligned, int unit>
__device__ __forceinline__ void store_row(std::uint8_t* to, const std::uint32_t* words,
                                          const Part& part) {
  const int lane = threadIdx.x & 31;
  if constexpr (!aligned) {
#pragma unroll 1
    for (int i = lane; i <= kTileWidth * unit / 4; i += 32) {
      store_word(to + part.x0 * unit, words, kRowWords, part.x0 * unit, (part.x1 - part.x0) * unit,
                 i);
    }
    return;
  }
  const int count = part.x1 * unit, whole = count >> 2;
#pragma unroll
  for (int i = 0; i < unit; ++i) {
    const int word = i * 32 + lane;
    if (word < whole) reinterpret_cast<std::uint32_t*>(to)[word] = words[word];
  }
  const int last = whole * 4 + lane;
  if (last < count) to[last] = reinterpret_cast<const std::uint8_t*>(words)[last];
}
static_assert(kTileWidth == 32 * 4);

/// Stores four pixels a lane of one row through `staging`, a warp's own, where the lane's place is
/// `slot`. `to` is the first byte of the pixel in the first place.
template <bool aligned>
__device__ __forceinline__ void store_pixels(const ImageLayout& image, std::uint32_t* staging,
                                             const Rgb& left, const Rgb& right, std::uint8_t* to,
                                             const Part& part, int slot) {
  if (image.order != PixelOrder::planar) {
    const bool reversed = image.order == PixelOrder::bgr;
    const std::uint32_t r0 = reversed ? left.b : left.r, b0 = reversed ? left.r : left.b;
    const std::uint32_t r1 = reversed ? right.b : right.r, b1 = reversed ? right.r : right.b;
    const std::uint32_t rg0 = r0 | left.g << 8, rg1 = r1 | right.g << 8;
    __syncwarp();
    staging[slot * 3] = __byte_perm(rg0, b0, 0x2410);
    staging[slot * 3 + 1] = __byte_perm(__byte_perm(rg0, b0, 0x0063), rg1, 0x5410);
    staging[slot * 3 + 2] = __byte_perm(rg1, b1, 0x6324);
    __syncwarp();
    store_row<aligned, 3>(to, staging, part);
    return;
  }
  const std::uint32_t planes[3] = {to_bytes(left.r, right.r), to_bytes(left.g, right.g),
                                   to_bytes(left.b, right.b)};
#pragma unroll
  for (int i = 0; i < 3; ++i) {
    if (i >= image.channels) return;
    __syncwarp();
    staging[slot] = planes[i];
    __syncwarp();
    store_row<aligned, 1>(to + i * image.channel_bytes, staging, part);
  }
}

struct RowColors {
  Rgb left, right;
};
/// Four pixels a lane of row `y` of the tile.
template <Upsampling kind, int staging_words>
__device__ __forceinline__ RowColors colors_of(const Memory<staging_words>& memory, int y) {
  const ImageLayout& image = memory.image;
  const ComponentLayout& chroma = image.component[1];
  const int lane = static_cast<int>(threadIdx.x) & 31;
  const Samples luma = spread(load_word(SampleRow(memory.planes[0], y), lane * 4));
  if (image.components == 1) {
    return {{luma.left, luma.left, luma.left}, {luma.right, luma.right, luma.right}};
  }
  const Samples cb = chroma_of<kind>(chroma, memory.planes[1], y, lane);
  const Samples cr = chroma_of<kind>(chroma, memory.planes[2], y, lane);
  if (image.color_steps == 0) {
    return {{luma.left, cb.left, cr.left}, {luma.right, cb.right, cr.right}};
  }
  return {colour_of(luma.left, cb.left, cr.left), colour_of(luma.right, cb.right, cr.right)};
}

/// The same from right to left.
__device__ __forceinline__ std::uint32_t swap_halves(std::uint32_t pair) {
  return __byte_perm(pair, 0, 0x1032);
}
__device__ __forceinline__ RowColors mirrored(const RowColors& c) {
  return {{swap_halves(c.right.r), swap_halves(c.right.g), swap_halves(c.right.b)},
          {swap_halves(c.left.r), swap_halves(c.left.g), swap_halves(c.left.b)}};
}

/// The kernels kRows and kStraddlingRows.
template <bool aligned>
struct StoreRows {
  static constexpr int kStaging = kStagingWords;

  template <Upsampling kind>
  static __device__ void run(Memory<kStaging>& memory, const Tile& tile) {
    const ImageLayout& image = memory.image;
    const int warp = static_cast<int>(threadIdx.x) >> 5, lane = static_cast<int>(threadIdx.x) & 31;
    std::uint32_t* staging = memory.staging + warp * kRowWords;
    const bool backwards = !aligned && image.pixel_bytes < 0;
    std::uint8_t* pixels = image.pixels +
                           (tile.x0 + (backwards ? kTileWidth - 1 : 0)) * image.pixel_bytes -
                           (image.order == PixelOrder::bgr ? 2 : 0);
    Part part{max(0, image.x0 - tile.x0), min(kTileWidth, image.x1 - tile.x0)};
    if (backwards) part = {kTileWidth - part.x1, kTileWidth - part.x0};
    const int end = min(kTileHeight, image.y1 - tile.y0);
    for (int y = max(0, image.y0 - tile.y0) + warp; y < end; y += kWarps) {
      RowColors colors = colors_of<kind>(memory, y);
      if (backwards) colors = mirrored(colors);
      store_pixels<aligned>(image, staging, colors.left, colors.right,
                            pixels + (tile.y0 + y) * image.row_bytes, part,
                            backwards ? 31 - lane : lane);
    }
  }
};

/// Four bytes of each of four rows become four columns.
__device__ __forceinline__ void turn_bytes(std::uint32_t (&v)[4]) {
  const std::uint32_t a = __byte_perm(v[0], v[1], 0x5140), b = __byte_perm(v[2], v[3], 0x5140);
  const std::uint32_t c = __byte_perm(v[0], v[1], 0x7362), d = __byte_perm(v[2], v[3], 0x7362);
  v[0] = __byte_perm(a, b, 0x5410);
  v[1] = __byte_perm(a, b, 0x7632);
  v[2] = __byte_perm(c, d, 0x5410);
  v[3] = __byte_perm(c, d, 0x7632);
}

/// The kernel kTurned: columns of the image are rows of the output. A warp turns four rows at a
/// time; columns of kLineRows rows are gathered.
struct StoreTurned {
  static constexpr int kStaging = kTurnedWords;

  /// `first`: the row of the tile that comes first in a line; rows follow upwards if `backwards`.
  template <Upsampling kind>
  static __device__ void gather(Memory<kStaging>& memory, int first, bool backwards) {
    const ImageLayout& image = memory.image;
    const int warp = static_cast<int>(threadIdx.x) >> 5, lane = static_cast<int>(threadIdx.x) & 31;
    std::uint32_t bytes[3][4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = warp * 4 + i;
      const RowColors colors = colors_of<kind>(memory, backwards ? first - row : first + row);
      bytes[0][i] = to_bytes(colors.left.r, colors.right.r);
      bytes[1][i] = to_bytes(colors.left.g, colors.right.g);
      bytes[2][i] = to_bytes(colors.left.b, colors.right.b);
    }
    const bool planar = image.order == PixelOrder::planar;
    const bool reversed = image.order == PixelOrder::bgr;
#pragma unroll
    for (auto& channel : bytes) turn_bytes(channel);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      // Column 4 lane + i has line 32 i + lane.
      const std::uint32_t r = reversed ? bytes[2][i] : bytes[0][i], g = bytes[1][i];
      const std::uint32_t b = reversed ? bytes[0][i] : bytes[2][i];
      std::uint32_t* to = memory.staging + (i * 32 + lane) * (planar ? kPlaneLine : kLine);
      if (planar) {
        to[warp] = r;
        to[warp + kTileWidth * kPlaneLine] = g;
        to[warp + 2 * kTileWidth * kPlaneLine] = b;
        continue;
      }
      const std::uint32_t low = __byte_perm(r, g, 0x5140), high = __byte_perm(r, g, 0x7362);
      to[warp * 3] = __byte_perm(low, b, 0x2410);
      to[warp * 3 + 1] = __byte_perm(__byte_perm(low, b, 0x0053), high, 0x5410);
      to[warp * 3 + 2] = __byte_perm(high, b, 0x7326);
    }
  }

  /// Lines of columns [x0, x1), from row `skip` of them on; `to` is where the first of these in
  /// column 0 goes.
  static __device__ void store_lines(const ImageLayout& image, const std::uint32_t* staging, int x0,
                                     int x1, int skip, int rows, std::uint8_t* to) {
    const bool planar = image.order == PixelOrder::planar;
    const int unit = planar ? 1 : 3, planes = planar ? image.channels : 1;
    const int line_words = planar ? kPlaneLine : kLine, words = line_words;
    const int per_plane = (x1 - x0) * words;
    for (int plane = 0; plane < planes; ++plane) {
#pragma unroll 1
      for (int i = threadIdx.x; i < per_plane; i += kThreads) {
        const int line = planar ? i / kPlaneLine : i / kLine, x = x0 + line;
        store_word(to + x * image.pixel_bytes + plane * image.channel_bytes,
                   staging + (plane * kTileWidth + (x & 3) * 32 + (x >> 2)) * line_words,
                   line_words, skip * unit, rows * unit, i - line * words);
      }
    }
  }

  template <Upsampling kind>
  static __device__ void run(Memory<kStaging>& memory, const Tile& tile) {
    const ImageLayout& image = memory.image;
    const bool backwards = image.row_bytes < 0;
    const int x0 = max(0, image.x0 - tile.x0), x1 = min(kTileWidth, image.x1 - tile.x0);
    for (int y = 0; y < kTileHeight; y += kLineRows) {
      const int y0 = max(y, image.y0 - tile.y0), y1 = min(y + kLineRows, image.y1 - tile.y0);
      if (y0 >= y1) continue;
      const int first = backwards ? y + kLineRows - 1 : y;
      gather<kind>(memory, first, backwards);
      __syncthreads();
      const int first_stored = backwards ? y1 - 1 : y0;
      store_lines(image, memory.staging, x0, x1,
                  backwards ? first - first_stored : first_stored - first, y1 - y0,
                  image.pixels + (tile.y0 + first_stored) * image.row_bytes +
                      tile.x0 * image.pixel_bytes - (image.order == PixelOrder::bgr ? 2 : 0));
      __syncthreads();
    }
  }
};

template <Reconstruction kernel, class Store>
__device__ void reconstruct_tile(const Slice& slice) {
  __shared__ Memory<Store::kStaging> memory;
  __shared__ int image_index;
  load_image(slice, kernel, memory, &image_index);
  const ImageLayout& image = memory.image;
  const ComponentLayout& chroma = image.component[1];
  const Tile tile = tile_of<kernel>(image);
  const int count = list_blocks(memory, tile);
  __syncthreads();
  decode_blocks(slice, memory, count);
  __syncthreads();
  if (image.components == 3 && (chroma.filter_across | chroma.filter_down) != 0) {
    extend_edges(memory, tile);
  }
  if (chroma.filter_across != 0 && chroma.filter_down != 0) {
    Store::template run<Upsampling::both>(memory, tile);
  } else if (chroma.filter_across != 0) {
    Store::template run<Upsampling::across>(memory, tile);
  } else if (chroma.filter_down != 0) {
    Store::template run<Upsampling::down>(memory, tile);
  } else if (chroma.ratio_across == 1 && chroma.ratio_down == 1) {
    Store::template run<Upsampling::none>(memory, tile);
  } else {
    Store::template run<Upsampling::replicate>(memory, tile);
  }
}

__global__ void __launch_bounds__(kThreads) reconstruct_rows(Slice slice) {
  reconstruct_tile<kRows, StoreRows<true>>(slice);
}
__global__ void __launch_bounds__(kThreads, 5) reconstruct_straddling_rows(Slice slice) {
  reconstruct_tile<kStraddlingRows, StoreRows<false>>(slice);
}
__global__ void __launch_bounds__(kThreads, 5) reconstruct_turned(Slice slice) {
  reconstruct_tile<kTurned, StoreTurned>(slice);
}

}  // namespace

void reconstruct(const Slice& slice, gpu::StreamHandle stream) {
  if (slice.tiles[kRows] > 0) {
    reconstruct_rows<<<slice.tiles[kRows], kThreads, 0, stream>>>(slice);
  }
  if (slice.tiles[kStraddlingRows] > 0) {
    reconstruct_straddling_rows<<<slice.tiles[kStraddlingRows], kThreads, 0, stream>>>(slice);
  }
  if (slice.tiles[kTurned] > 0) {
    reconstruct_turned<<<slice.tiles[kTurned], kThreads, 0, stream>>>(slice);
  }
  if (slice.tiles[kGeneral] > 0) reconstruct_general(slice, stream);
}

}  // namespace glimt::jpeg::cuda
