// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Coefficients to pixels for what reconstruct.cu has no fast way to: up to four components, each
// with a sampling of its own, and all conversions of pixel/color_rules.h.
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/store.cuh"
#include "formats/jpeg/cuda/tile.cuh"
#include "pixel/color_rules.h"

namespace glimt::jpeg::cuda {
namespace {

using Memory = TileMemory<kMaxComponents>;
using SampleRow = Row<const std::uint8_t>;

struct Tile {
  int x0, y0;
};

__device__ Tile tile_of(const ImageLayout& image) {
  const int index = static_cast<int>(blockIdx.x) - image.first_tile[kGeneral];
  return {image.tiles_x0 + index % image.tiles_across * kTileWidth,
          image.tiles_y0 + index / image.tiles_across * kTileHeight};
}

/// The block of a component that comes first in its plane.
struct Origin {
  int x, y;
};
__device__ __forceinline__ Origin origin_of(const ComponentLayout& c, const Tile& tile) {
  return {max(0, tile.x0 / c.ratio_across - c.filter_across) / 8,
          max(0, tile.y0 / c.ratio_down - c.filter_down) / 8};
}

/// Lists the tile's blocks. Returns how many there are.
__device__ int list_blocks(Memory& memory, const Tile& tile) {
  int count = 0;
  for (int i = 0; i < memory.image.components; ++i) {
    const ComponentLayout& c = memory.image.component[i];
    const Origin origin = origin_of(c, tile);
    const int x0 = max(origin.x, c.x0), y0 = max(origin.y, c.y0);
    const int x1 =
        min(c.x1, ((tile.x0 + kTileWidth - 1) / c.ratio_across + c.filter_across) / 8 + 1);
    const int y1 = min(c.y1, ((tile.y0 + kTileHeight - 1) / c.ratio_down + c.filter_down) / 8 + 1);
    const int across = max(0, x1 - x0), own = across * max(0, y1 - y0);
    for (int k = threadIdx.x; k < own; k += kThreads) {
      const int x = x0 + k % across, y = y0 + k / across;
      const int mcu_x = x / c.across, mcu_y = y / c.down;
      memory.places[count + k] = c.block0 + mcu_y * c.row_step + mcu_x * c.column_step +
                                 (y - mcu_y * c.down) * c.across + (x - mcu_x * c.across);
      memory.positions[count + k] =
          static_cast<std::uint16_t>(i << 8 | (y - origin.y) << 4 | (x - origin.x));
    }
    count += own;
  }
  return count;
}

/// The sample of a component for the pixel (x, y), upsampled as jdsample.c does.
__device__ __forceinline__ int sample_at(const ComponentLayout& c, const std::uint8_t* plane,
                                         const Origin& origin, int x, int y) {
  const int sample_x = x / c.ratio_across, sample_y = y / c.ratio_down;
  const int column = sample_x - origin.x * 8;
  const SampleRow row(plane, sample_y - origin.y * 8);
  if ((c.filter_across | c.filter_down) == 0) return row[column];
  const bool right = (x & 1) != 0, lower = (y & 1) != 0;
  // The samples beyond either end repeat the last one.
  const int beside = min(max(sample_x + (right ? 1 : -1), 0), c.width - 1) - origin.x * 8;
  const int next = min(max(sample_y + (lower ? 1 : -1), 0), c.height - 1) - origin.y * 8;
  const SampleRow other(plane, next);
  if (c.filter_down == 0) return (3 * row[column] + row[beside] + (right ? 2 : 1)) >> 2;
  const int here = 3 * row[column] + other[column];
  if (c.filter_across == 0) return (here + (lower ? 2 : 1)) >> 2;
  return (3 * here + 3 * row[beside] + other[beside] + (right ? 7 : 8)) >> 4;
}

__device__ __forceinline__ void convert(unsigned steps, int* s) {
  if ((steps & kYccToRgb) != 0) {
    const color::Rgb8 rgb = color::rgb_of_ycc(s[0], s[1], s[2]);
    s[0] = rgb.r;
    s[1] = rgb.g;
    s[2] = rgb.b;
  }
  if ((steps & kComplement) != 0) {
    for (int i = 0; i < 3; ++i) s[i] = 255 - s[i];
  }
  if ((steps & kInvertInks) != 0) {
    for (int i = 0; i < 4; ++i) s[i] = 255 - s[i];
  }
  if ((steps & kInksToRgb) != 0) {
    for (int i = 0; i < 3; ++i) s[i] = color::light_of_inks(s[i], s[3]);
  }
  if ((steps & kRgbToGray) != 0) s[0] = color::gray_of_rgb(s[0], s[1], s[2]);
}

__global__ void __launch_bounds__(kThreads) reconstruct_any(Slice slice) {
  __shared__ Memory memory;
  __shared__ int image_index;
  load_image(slice, kGeneral, memory, &image_index);
  const ImageLayout& image = memory.image;
  const Tile tile = tile_of(image);
  const int count = list_blocks(memory, tile);
  __syncthreads();
  decode_blocks(slice, memory, count);
  __syncthreads();

  const int components = image.components, channels = image.channels;
  auto* staged = reinterpret_cast<std::uint8_t*>(memory.staging);
  StagedPart part;
  part.x0 = max(0, image.x0 - tile.x0);
  part.x1 = min(kTileWidth, image.x1 - tile.x0);
  for (int first = 0; first < kTileHeight; first += kStagedRows) {
    part.y0 = max(0, image.y0 - tile.y0 - first);
    part.y1 = min(kStagedRows, image.y1 - tile.y0 - first);
    if (part.y0 >= part.y1) continue;
    for (int i = threadIdx.x; i < kStagedRows * kTileWidth; i += kThreads) {
      const int x = i % kTileWidth, y = i / kTileWidth;
      if (x < part.x0 || x >= part.x1 || y < part.y0 || y >= part.y1) continue;
      int samples[kMaxComponents] = {};
#pragma unroll
      for (int c = 0; c < kMaxComponents; ++c) {
        if (c >= components) break;
        const ComponentLayout& layout = image.component[c];
        samples[c] = sample_at(layout, memory.planes[c], origin_of(layout, tile), tile.x0 + x,
                               tile.y0 + first + y);
      }
      if (components == 1) samples[1] = samples[2] = samples[0];
      convert(image.color_steps, samples);
#pragma unroll
      for (int c = 0; c < kMaxComponents; ++c) {
        if (c < channels) {
          staged[c * kStagedChannel + y * kStagedStride + x] =
              static_cast<std::uint8_t>(samples[c]);
        }
      }
    }
    __syncthreads();
    store_part(image, staged, part,
               image.pixels + (tile.y0 + first) * image.row_bytes + tile.x0 * image.pixel_bytes);
    __syncthreads();
  }
}

}  // namespace

void reconstruct_general(const Slice& slice, gpu::StreamHandle stream) {
  reconstruct_any<<<slice.tiles[kGeneral], kThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
