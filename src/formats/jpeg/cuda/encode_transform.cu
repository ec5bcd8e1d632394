// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Pixels to quantised coefficients, and of direct images on to Huffman codes: coefficients then
// never leave the thread block. No thread block waits for another one's DC value: the DC of an
// islow DCT is exactly the sum of the samples, so that of the MCU before a chunk is computed from
// its pixels.
//
// Tried and slower: walking the codes twice instead of collecting them in an array of the thread,
// chunks of half the size, three thread blocks a multiprocessor with more L1 cache.
#include "formats/jpeg/cuda/encode_chunk.cuh"
#include "formats/jpeg/cuda/encode_kernels.h"

namespace glimt::jpeg::cuda {
namespace {

/// Luma blocks of an MCU, and components.
template <int Across, int Down, int Components>
struct Sampling {
  static constexpr int across = Across, down = Down, components = Components;
  static constexpr int luma = Across * Down;
  static constexpr int blocks = luma + Components - 1;
  static constexpr int units = kChunkBlocks / blocks;
  static constexpr int sample_bytes = blocks * 64 + 8;  // 8: against bank conflicts
  // A thread converts 4 pixels of `down` rows: one row of chroma samples.
  static constexpr int quads = 2 * Across;
  static constexpr int chroma_samples = 4 / Across;
};

// As many as shared memory allows for; registers would be taken for fewer.
constexpr int kBlocksOfMultiprocessor = 4;

struct Codes {
  std::uint32_t dc[2][16], ac[2][256];
};

// Place in the zigzag order by [column][row] (T.81 figure A.6).
__constant__ std::uint8_t kPlace[64] = {
    0,  2,  3,  9,  10, 20, 21, 35, 1,  4,  8,  11, 19, 22, 34, 36, 5,  7,  12, 18, 23, 33,
    37, 48, 6,  13, 17, 24, 32, 38, 47, 49, 14, 16, 25, 31, 39, 46, 50, 57, 15, 26, 30, 40,
    45, 51, 56, 58, 27, 29, 41, 44, 52, 55, 59, 62, 28, 42, 43, 53, 54, 60, 61, 63};

/// One dimension of libjpeg's islow forward DCT (jfdctint.c), of rows, then of columns.
template <bool Columns>
__device__ __forceinline__ void forward_dct(int* d) {
  constexpr int shift = Columns ? 15 : 11, half = 1 << (shift - 1);
  int t0 = d[0] + d[7], t7 = d[0] - d[7], t1 = d[1] + d[6], t6 = d[1] - d[6];
  int t2 = d[2] + d[5], t5 = d[2] - d[5], t3 = d[3] + d[4], t4 = d[3] - d[4];
  const int a = t0 + t3, e = t0 - t3, b = t1 + t2, c = t1 - t2;
  d[0] = Columns ? (a + b + 2) >> 2 : (a + b) << 2;
  d[4] = Columns ? (a - b + 2) >> 2 : (a - b) << 2;
  const int even = (c + e) * 4433;
  d[2] = (even + e * 6270 + half) >> shift;
  d[6] = (even - c * 15137 + half) >> shift;
  int z1 = t4 + t7, z2 = t5 + t6, z3 = t4 + t6, z4 = t5 + t7;
  const int z5 = (z3 + z4) * 9633;
  t4 *= 2446;
  t5 *= 16819;
  t6 *= 25172;
  t7 *= 12299;
  z1 *= -7373;
  z2 *= -20995;
  z3 = z3 * -16069 + z5;
  z4 = z4 * -3196 + z5;
  d[7] = (t4 + z1 + z3 + half) >> shift;
  d[5] = (t5 + z2 + z4 + half) >> shift;
  d[3] = (t6 + z2 + z3 + half) >> shift;
  d[1] = (t7 + z1 + z4 + half) >> shift;
}

__device__ __forceinline__ int quantize(int value, std::uint32_t reciprocal, std::uint32_t half) {
  const int sign = value >> 31;
  const auto magnitude = static_cast<std::uint32_t>((value ^ sign) - sign);
  return (static_cast<int>(__umulhi(magnitude + half, reciprocal)) ^ sign) - sign;
}

/// Four pixels of a row: three words of packed pixels, or a word of each channel.
struct Quad {
  std::uint32_t word[3];
};

/// What the conversion needs of an image again and again.
struct Rows {
  const std::uint8_t* pixels;
  std::int32_t stride, width, height;
  bool aligned;

  explicit __device__ __forceinline__ Rows(const EncodeImage& image)
      : pixels(image.pixels),
        stride(image.row_stride),
        width(image.width),
        height(image.height),
        aligned(image.aligned_rows) {}
  /// Rows below the image repeat the last one.
  [[nodiscard]] __device__ __forceinline__ const std::uint8_t* at(int y) const {
    return pixels + static_cast<std::int64_t>(min(y, height - 1)) * stride;
  }
};

/// Packed pixels; those beyond the row's end are its last one (libjpeg's expand_right_edge).
__device__ __forceinline__ Quad load_packed(const Rows& rows, const std::uint8_t* row, int x) {
  Quad quad{};
  // Words of unaligned pixels reach 3 bytes further.
  if (x + (rows.aligned ? 4 : 5) > rows.width) {
    for (int i = 0; i < 12; ++i) {
      const int pixel = min(x + i / 3, rows.width - 1);
      quad.word[i >> 2] |= std::uint32_t{row[pixel * 3 + i % 3]} << (8 * (i & 3));
    }
    return quad;
  }
  const std::uint8_t* first = row + x * 3;
  const unsigned offset = rows.aligned ? 0 : reinterpret_cast<std::uintptr_t>(first) & 3U;
  const auto* words = reinterpret_cast<const std::uint32_t*>(first - offset);
#pragma unroll
  for (int i = 0; i < 3; ++i) quad.word[i] = __ldg(words + i);
  if (offset != 0) {
    const std::uint32_t last = __ldg(words + 3);
    quad.word[0] = __funnelshift_r(quad.word[0], quad.word[1], offset * 8);
    quad.word[1] = __funnelshift_r(quad.word[1], quad.word[2], offset * 8);
    quad.word[2] = __funnelshift_r(quad.word[2], last, offset * 8);
  }
  return quad;
}

/// Any pixels, by channels.
__device__ __forceinline__ Quad load_bytes(const EncodeImage& image, const std::uint8_t* row,
                                           int x) {
  Quad quad{};
#pragma unroll 1
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t* pixel = row + min(x + i, image.width - 1) * image.pixel_stride;
#pragma unroll
    for (int c = 0; c < 3; ++c) {
      quad.word[c] |= std::uint32_t{pixel[image.channel_offset[c]]} << (8 * i);
    }
  }
  return quad;
}

__device__ __forceinline__ Quad load_channels(const EncodeImage& image, const Rows& rows,
                                              const std::uint8_t* row, int x) {
  Quad quad;
  if (image.layout == PixelLayout::packed) {
    const Quad packed = load_packed(rows, row, x);
    const std::uint32_t *word = packed.word, front = word[0], middle = word[1];
    quad.word[0] = __byte_perm(__byte_perm(front, middle, 0x0630), word[2], 0x5210);
    quad.word[1] = __byte_perm(__byte_perm(front, middle, 0x0741), word[2], 0x6210);
    quad.word[2] = __byte_perm(__byte_perm(front, middle, 0x0052), word[2], 0x7410);
    return quad;
  }
  if (image.layout != PixelLayout::planes || x + 4 > rows.width) return load_bytes(image, row, x);
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    quad.word[c] = __ldg(reinterpret_cast<const std::uint32_t*>(row + x + image.channel_offset[c]));
  }
  return quad;
}

/// How channels make a component.
struct Factors {
  std::int32_t channel[3], offset;

  static constexpr Factors of(const std::int32_t (&color)[4]) {
    return {{color[0], color[1], color[2]}, color[3]};
  }
};

/// The component's samples in the third byte of each.
template <bool Packed>
__device__ __forceinline__ void convert(const Quad& quad, const Factors& factors,
                                        std::uint32_t (&samples)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    int sum = factors.offset;
#pragma unroll
    for (int c = 0; c < 3; ++c) {
      const int byte = Packed ? 3 * i + c : 4 * c + i;
      sum += static_cast<int>(quad.word[byte >> 2] >> ((byte & 3) * 8) & 255U) * factors.channel[c];
    }
    samples[i] = static_cast<std::uint32_t>(sum);
  }
}

__device__ __forceinline__ std::uint32_t join(const std::uint32_t (&samples)[4]) {
  return __byte_perm(__byte_perm(samples[0], samples[1], 0x0062),
                     __byte_perm(samples[2], samples[3], 0x0062), 0x5410);
}

/// Sums of chroma samples; starts as libjpeg's rounding (jcsample.c), which alternates where two or
/// four samples make one.
template <class S>
struct ChromaSums {
  std::uint32_t sum[S::chroma_samples];
  __device__ __forceinline__ ChromaSums() {
#pragma unroll
    for (int x = 0; x < S::chroma_samples; ++x) sum[x] = bias(x);
  }
  static __device__ __forceinline__ std::uint32_t bias(int x) {
    if (S::across == 2 && S::down == 1) return x & 1;
    if (S::across == 2 && S::down == 2) return 1 + (x & 1);
    return S::luma / 2;
  }
  __device__ __forceinline__ void add(const std::uint32_t (&samples)[4]) {
    if constexpr (S::across == 1) {
#pragma unroll
      for (int x = 0; x < 4; ++x) sum[x] += samples[x] >> 16;
    } else if constexpr (S::across == 2) {
#pragma unroll
      for (int x = 0; x < 2; ++x) {
        sum[x] = __dp4a(__byte_perm(samples[2 * x], samples[2 * x + 1], 0x0062), 0x0101U, sum[x]);
      }
    } else {
      sum[0] = __dp4a(join(samples), 0x01010101U, sum[0]);
    }
  }
  __device__ __forceinline__ void store(std::uint8_t* to) const {
    constexpr int shift = S::luma == 8 ? 3 : S::luma == 4 ? 2 : S::luma == 2 ? 1 : 0;
    if constexpr (S::chroma_samples == 4) {
      *reinterpret_cast<std::uint32_t*>(to) = sum[0] >> shift | (sum[1] >> shift) << 8 |
                                              (sum[2] >> shift) << 16 | (sum[3] >> shift) << 24;
    } else if constexpr (S::chroma_samples == 2) {
      *reinterpret_cast<std::uint16_t*>(to) =
          static_cast<std::uint16_t>(sum[0] >> shift | (sum[1] >> shift) << 8);
    } else {
      *to = static_cast<std::uint8_t>(sum[0] >> shift);
    }
  }
};

struct Colors {
  Factors luma, cb, cr;

  static constexpr Colors of(const std::int32_t (&color)[kMaxCodedComponents][4]) {
    return {Factors::of(color[0]), Factors::of(color[1]), Factors::of(color[2])};
  }
};

template <class S>
struct Tile {
  const EncodeImage& image;
  int first_unit, units;  // MCUs
  int first_x, first_y;   // of the first MCU

  /// Some luma blocks are none of the image's.
  [[nodiscard]] __device__ __forceinline__ bool fills_up() const {
    if (image.mcus_across * S::across != image.luma_across) return true;
    return image.mcus_down * S::down != image.luma_down &&
           first_unit + units > (image.mcus_down - 1) * image.mcus_across;
  }
  __device__ __forceinline__ void locate(int unit, int& x, int& y) const {
    x = first_x + unit;
    y = first_y;
    if (x >= image.mcus_across) {
      const int rows = x / image.mcus_across;
      y += rows;
      x -= rows * image.mcus_across;
    }
  }
};

template <class S, bool Packed>
__device__ __forceinline__ void convert_row(const Quad& quad, const Colors& colors,
                                            std::uint8_t* luma, ChromaSums<S>& cb,
                                            ChromaSums<S>& cr) {
  std::uint32_t samples[4];
  convert<Packed>(quad, colors.luma, samples);
  *reinterpret_cast<std::uint32_t*>(luma) = join(samples);
  if constexpr (S::components > 1) {
    convert<Packed>(quad, colors.cb, samples);
    cb.add(samples);
    convert<Packed>(quad, colors.cr, samples);
    cr.add(samples);
  }
}

/// Colours and subsampling, to samples[MCU][block][row][column]. Standard: packed RGB as YCbCr.
template <class S, bool Standard>
__device__ __forceinline__ void make_samples(const Tile<S>& tile, const Colors& colors,
                                             std::uint8_t* samples) {
  const Rows rows(tile.image);
  constexpr int quads = S::units * S::quads * 8;
  for (int i = threadIdx.x; i < quads; i += kEncodeThreads) {
    const int quad_x = i % S::quads, unit = i / S::quads % S::units;
    const int group = i / (S::quads * S::units);  // of `down` rows
    if (unit >= tile.units) continue;
    int mcu_x, mcu_y;
    tile.locate(unit, mcu_x, mcu_y);
    const int x = mcu_x * 8 * S::across + quad_x * 4;
    std::uint8_t* const mcu = samples + unit * S::sample_bytes;
    Quad quad[S::down];
#pragma unroll
    for (int j = 0; j < S::down; ++j) {
      const std::uint8_t* row = rows.at((mcu_y * 8 + group) * S::down + j);
      quad[j] = Standard ? load_packed(rows, row, x) : load_channels(tile.image, rows, row, x);
    }
    ChromaSums<S> cb, cr;
#pragma unroll
    for (int j = 0; j < S::down; ++j) {
      const int mcu_row = group * S::down + j;
      std::uint8_t* const luma = mcu + ((mcu_row >> 3) * S::across + (quad_x >> 1)) * 64 +
                                 (mcu_row & 7) * 8 + (quad_x & 1) * 4;
      convert_row<S, Standard>(quad[j], colors, luma, cb, cr);
    }
    if constexpr (S::components > 1) {
      std::uint8_t* const chroma = mcu + S::luma * 64 + group * 8 + quad_x * S::chroma_samples;
      cb.store(chroma);
      cr.store(chroma + 64);
    }
  }
}

/// Chroma rows below the image repeat the last one as it is subsampled (libjpeg's jcprepct.c),
/// which lies in the same block. All threads take part.
template <class S>
__device__ __forceinline__ void repeat_chroma(const Tile<S>& tile, std::uint8_t* samples) {
  const EncodeImage& image = tile.image;
  const int last = ((image.height + S::down - 1) / S::down - 1) & 7;
  const int last_mcus = (image.mcus_down - 1) * image.mcus_across;
  if (last == 7 || tile.first_unit + tile.units <= last_mcus) return;
  __syncthreads();
  const int rows = 7 - last;
  const int first = max(last_mcus - tile.first_unit, 0);
  for (int i = threadIdx.x; i < (tile.units - first) * 2 * rows; i += kEncodeThreads) {
    const int row = i % rows, block = i / rows;
    std::uint8_t* const chroma =
        samples + (first + block / 2) * S::sample_bytes + (S::luma + block % 2) * 64;
    *reinterpret_cast<uint2*>(chroma + (last + 1 + row) * 8) =
        *reinterpret_cast<const uint2*>(chroma + last * 8);
  }
}

__device__ __forceinline__ int sample_of(const EncodeImage& image, int component, int x, int y) {
  const std::uint8_t* pixel =
      image.pixels + static_cast<std::int64_t>(min(y, image.height - 1)) * image.row_stride +
      min(x, image.width - 1) * image.pixel_stride;
  const std::int32_t* color = image.color[component];
  return (pixel[image.channel_offset[0]] * color[0] + pixel[image.channel_offset[1]] * color[1] +
          pixel[image.channel_offset[2]] * color[2] + color[3]) >>
         16;
}

/// By a warp: the sum of the samples (less 128) of the last block of a component in an MCU.
template <class S>
__device__ __forceinline__ int sum_of_block(const EncodeImage& image, int unit, int component) {
  const int mcu_x = unit % image.mcus_across, mcu_y = unit / image.mcus_across;
  const int block_x = min(mcu_x * S::across + S::across - 1, image.luma_across - 1);
  const int block_y = min(mcu_y * S::down + S::down - 1, image.luma_down - 1);
  const int chroma_rows = (image.height + S::down - 1) / S::down;
  int sum = 0;
  for (int i = threadIdx.x & 31; i < 64; i += 32) {
    const int column = i & 7, row = i >> 3;
    if (component == 0) {
      sum += sample_of(image, 0, block_x * 8 + column, block_y * 8 + row) - 128;
      continue;
    }
    const int x = (mcu_x * 8 + column) * S::across;
    const int y = min(mcu_y * 8 + row, chroma_rows - 1) * S::down;
    int samples = static_cast<int>(ChromaSums<S>::bias(column));
    for (int j = 0; j < S::luma; ++j) {
      samples += sample_of(image, component, x + j % S::across, y + j / S::across);
    }
    sum += samples / S::luma - 128;
  }
  return warp_sum(sum);
}

/// DCT and quantisation, 8 threads a block; `tables` has a bit for each component, `masks` become
/// the coefficients that are not zero, without DC.
template <class S>
__device__ __forceinline__ void transform_blocks(std::uint32_t tables, int blocks,
                                                 const std::uint8_t* samples,
                                                 std::uint32_t* coefficients,
                                                 const QuantizationSet& set, uint2* masks) {
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  const int row = thread & 7;  // then column
  int place[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int zigzag = kPlace[row * 8 + i];
    place[i] = (zigzag & 31) * 2 + (zigzag >> 5);
  }
  for (int first = 0; first < blocks; first += kEncodeThreads / 8) {
    const int block = first + (thread >> 3);
    const bool active = block < blocks;
    const int unit = block / S::blocks, in_unit = block - unit * S::blocks;
    const int component = in_unit < S::luma ? 0 : in_unit - S::luma + 1;
    std::uint32_t* const words = coefficients + block * kSharedBlockWords;
    int v[8];
    if (active) {
      const uint2 eight = *reinterpret_cast<const uint2*>(samples + unit * S::sample_bytes +
                                                          in_unit * 64 + row * 8);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        v[i] = static_cast<int>(eight.x >> (8 * i) & 255U) - 128;
        v[4 + i] = static_cast<int>(eight.y >> (8 * i) & 255U) - 128;
      }
      forward_dct<false>(v);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        words[i * 8 + row] = (static_cast<std::uint32_t>(v[2 * i]) & 0xFFFFU) |
                             static_cast<std::uint32_t>(v[2 * i + 1]) << 16;
      }
    }
    __syncwarp();
    auto* const halves = reinterpret_cast<std::int16_t*>(words);
    if (active) {
#pragma unroll
      for (int i = 0; i < 8; ++i) v[i] = halves[((row >> 1) * 8 + i) * 2 + (row & 1)];
      forward_dct<true>(v);
    }
    __syncwarp();
    if (active) {
      const int table = static_cast<int>(tables >> component & 1U);
      std::uint32_t reciprocal[8], half[8];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        reinterpret_cast<uint4*>(reciprocal)[i] =
            reinterpret_cast<const uint4*>(set.reciprocal[table] + row * 8)[i];
        reinterpret_cast<uint4*>(half)[i] =
            reinterpret_cast<const uint4*>(set.half[table] + row * 8)[i];
      }
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        halves[place[i]] = static_cast<std::int16_t>(quantize(v[i], reciprocal[i], half[i]));
      }
    }
    __syncwarp();
    const int warp_block = first + warp * 4;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      if (warp_block + j >= blocks) break;
      const std::uint32_t word = coefficients[(warp_block + j) * kSharedBlockWords + lane];
      const std::uint32_t low = __ballot_sync(kFullWarp, (word & 0xFFFFU) != 0);
      const std::uint32_t high = __ballot_sync(kFullWarp, (word >> 16) != 0);
      if (lane == 0) masks[warp_block + j] = make_uint2(low & ~1U, high);
    }
  }
}

/// Luma blocks that only fill the MCU repeat the DC of the block before, without AC (libjpeg's
/// jccoefct.c).
template <class S>
__device__ __forceinline__ void fill_up(const Tile<S>& tile, std::uint32_t* coefficients,
                                        uint2* masks) {
  const int thread = threadIdx.x;
  const int unit = thread / S::blocks, block = thread - unit * S::blocks;
  if (unit >= tile.units || block >= S::luma) return;
  int mcu_x, mcu_y;
  tile.locate(unit, mcu_x, mcu_y);
  const int across = min(S::across, tile.image.luma_across - mcu_x * S::across);
  const int down = min(S::down, tile.image.luma_down - mcu_y * S::down);
  const int x = block % S::across, y = block / S::across;
  if (x < across && y < down) return;
  const int from = min(y, down - 1) * S::across + across - 1;
  const std::uint32_t dc = coefficients[(unit * S::blocks + from) * kSharedBlockWords] & 0xFFFFU;
  std::uint32_t* const words = coefficients + thread * kSharedBlockWords;
  words[0] = dc;
  for (int i = 1; i < kStoredBlockWords; ++i) words[i] = 0;
  masks[thread] = make_uint2(0, 0);
}

__device__ __forceinline__ void load_codes(const EncodeSlice& slice, Codes& codes) {
  for (int i = threadIdx.x; i < 2 * 256; i += kEncodeThreads) {
    const int table = i >> 8, symbol = i & 255;
    codes.ac[table][symbol] = slice.standard_codes[(2 * table + 1) * 256 + symbol];
    if (symbol < 16) codes.dc[table][symbol] = slice.standard_codes[2 * table * 256 + symbol];
  }
}

/// This thread's block as codes.
template <class S>
__device__ __forceinline__ std::uint32_t code_block(const Tile<S>& tile,
                                                    const std::uint32_t* coefficients,
                                                    const uint2* masks, const Codes& codes,
                                                    const int* dc_before, BlockBits& bits) {
  const int thread = threadIdx.x;
  const int unit = thread / S::blocks, in_unit = thread - unit * S::blocks;
  if (unit >= tile.units) return 0;
  const int component = in_unit < S::luma ? 0 : in_unit - S::luma + 1;
  const int table = tile.image.table[component];
  const auto dc_of = [&](int block) {
    return static_cast<int>(
        reinterpret_cast<const std::int16_t*>(coefficients + block * kSharedBlockWords)[0]);
  };
  // The block before of the same component; nothing before a restart interval's first.
  const Cut& cut = tile.image.cut;
  int before = 0;
  if (in_unit > 0 && in_unit < S::luma) {
    before = dc_of(thread - 1);
  } else if (unit == 0) {
    before = dc_before[component];
  } else if (!cut.inner_markers || unit % cut.interval != 0) {
    before = dc_of(thread - S::blocks + (in_unit == 0 ? S::luma - 1 : 0));
  }
  const int difference = dc_of(thread) - before;
  const int length = category(abs(difference));
  put_code(bits, codes.dc[table][length], extra_bits(abs(difference), difference >> 31, length),
           length);
  const auto* own = coefficients + thread * kSharedBlockWords;
  const int last =
      walk_band(own, masks[thread], 1, 0, [&](int symbol, std::uint32_t extra, int extra_length) {
        put_code(bits, codes.ac[table][symbol], extra, extra_length);
      });
  if (last < 63) put_code(bits, codes.ac[table][0], 0, 0);
  return bits.finish();
}

template <class S, bool Stored>
__global__ void __launch_bounds__(kEncodeThreads, kBlocksOfMultiprocessor)
    transform_tiles(EncodeSlice slice, TransformGroup group) {
  extern __shared__ __align__(16) std::uint32_t memory[];
  std::uint32_t* const coefficients = memory;
  auto* const samples = reinterpret_cast<std::uint8_t*>(memory + kChunkWords);
  __shared__ QuantizationSet set;
  __shared__ uint2 masks[kChunkBlocks];
  __shared__ Codes codes;
  __shared__ int image_index, dc_before[kMaxCodedComponents];
  const int thread = threadIdx.x, warp = thread >> 5;
  const int tile_index = group.first_tile + static_cast<int>(blockIdx.x);
  if (thread == 0) {
    image_index =
        group.first_image + find_last<&EncodeImage::first_tile>(slice.images + group.first_image,
                                                                group.images, tile_index);
  }
  if constexpr (!Stored) load_codes(slice, codes);
  __syncthreads();
  const EncodeImage& image = slice.images[image_index];
  static_assert(sizeof(QuantizationSet) == kEncodeThreads * 4);
  const std::uint32_t divisor_word =
      reinterpret_cast<const std::uint32_t*>(slice.quantization + image.quantization)[thread];
  const std::uint32_t tables = std::uint32_t{image.table[0]} | std::uint32_t{image.table[1]} << 1 |
                               std::uint32_t{image.table[2]} << 2;
  const int in_image = tile_index - image.first_tile;
  const int first_unit = image.cut.first_unit(in_image);
  const Tile<S> tile{image, first_unit, image.cut.end_unit(in_image) - first_unit,
                     first_unit % image.mcus_across, first_unit / image.mcus_across};
  if (image.layout == PixelLayout::packed_rgb) {
    constexpr Colors standard = Colors::of(kYcc);
    make_samples<S, true>(tile, standard, samples);
  } else {
    make_samples<S, false>(tile, Colors::of(image.color), samples);
  }
  if constexpr (S::components > 1 && S::down > 1) repeat_chroma<S>(tile, samples);
  reinterpret_cast<std::uint32_t*>(&set)[thread] = divisor_word;
  __syncthreads();
  if (!Stored && warp < S::components) {
    int dc = 0;
    if (!image.cut.starts_segment(in_image)) {
      const int table = image.table[warp];
      dc = quantize(sum_of_block<S>(image, first_unit - 1, warp), set.reciprocal[table][0],
                    set.half[table][0]);
    }
    if ((thread & 31) == 0) dc_before[warp] = dc;
  }
  const int blocks = tile.units * S::blocks;
  transform_blocks<S>(tables, blocks, samples, coefficients, set, masks);
  __syncthreads();
  if (tile.fills_up()) {
    fill_up<S>(tile, coefficients, masks);
    __syncthreads();
  }
  if constexpr (Stored) {
    std::uint32_t* const to =
        slice.coefficients +
        (image.block0 + static_cast<std::uint64_t>(first_unit) * S::blocks) * kStoredBlockWords;
    for (int i = thread; i < blocks * kStoredBlockWords; i += kEncodeThreads) {
      to[i] = coefficients[i / kStoredBlockWords * kSharedBlockWords + i % kStoredBlockWords];
    }
  } else {
    __shared__ Packing packing;
    BlockBits own;
    const std::uint32_t bits = code_block<S>(tile, coefficients, masks, codes, dc_before, own);
    const ChunkPlace place{image.scan, image.first_chunk, image.first_chunk + in_image,
                           first_unit, tile.units,        S::blocks};
    pack_chunk(slice, image.cut, image.first_marker, place, own, bits, coefficients, packing);
  }
}

using Kernel = void (*)(EncodeSlice, TransformGroup);

struct Entry {
  int across, down, components;
  Kernel kernels[2];  // direct, stored
  int shared_bytes;
};

template <int Across, int Down, int Components>
constexpr Entry entry() {
  using S = Sampling<Across, Down, Components>;
  return {Across,
          Down,
          Components,
          {transform_tiles<S, false>, transform_tiles<S, true>},
          kChunkWords * 4 + S::units * S::sample_bytes};
}

const Entry kEntries[] = {entry<1, 1, 1>(), entry<1, 1, 3>(), entry<2, 1, 3>(), entry<2, 2, 3>(),
                          entry<1, 2, 3>(), entry<4, 1, 3>(), entry<4, 2, 3>(), entry<2, 4, 3>()};

}  // namespace

Status prepare_transform() {
  for (const Entry& entry : kEntries) {
    for (const Kernel kernel : entry.kernels) {
      const auto* function = reinterpret_cast<const void*>(kernel);
      const cudaError_t room = cudaFuncSetAttribute(
          function, cudaFuncAttributeMaxDynamicSharedMemorySize, entry.shared_bytes);
      GLIMT_TRY(gpu::status_of(room, "preparing a kernel of the JPEG encoder"));
      const cudaError_t split = cudaFuncSetAttribute(
          function, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
      GLIMT_TRY(gpu::status_of(split, "preparing a kernel of the JPEG encoder"));
    }
  }
  return {};
}

void transform(const EncodeSlice& slice, const TransformGroup& group, gpu::StreamHandle stream) {
  for (const Entry& entry : kEntries) {
    if (entry.across != group.across || entry.down != group.down ||
        entry.components != group.components) {
      continue;
    }
    entry.kernels[group.stored ? 1 : 0]<<<static_cast<unsigned>(group.tiles), kEncodeThreads,
                                          static_cast<std::size_t>(entry.shared_bytes), stream>>>(
        slice, group);
  }
}

}  // namespace glimt::jpeg::cuda
