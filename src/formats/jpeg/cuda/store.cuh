// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Finished pixels from shared memory to outputs of any strides: threads run along the direction in
// which the output is contiguous, a word each.
#pragma once

#include "formats/jpeg/cuda/tile.cuh"

namespace glimt::jpeg::cuda {

constexpr int kStagedRows = 16;
constexpr int kStagedStride = kTileWidth + 4;  // bytes: rows lie in different banks
constexpr int kStagedChannel = kStagedRows * kStagedStride;
static_assert(kMaxComponents * kStagedChannel <= kStagingWords * 4);

/// Pixels [x0, x1) of rows [y0, y1) of kStagedRows rows, staged by channel, row and column.
struct StagedPart {
  int x0, y0, x1, y1;
};

/// `pixels`: where the staged pixel (0, 0) goes. By all threads of the thread block.
__device__ __forceinline__ void store_part(const ImageLayout& image, const std::uint8_t* staged,
                                           const StagedPart& part, std::uint8_t* pixels) {
  const auto size = [](std::int64_t bytes) { return bytes < 0 ? -bytes : bytes; };
  const bool down = size(image.row_bytes) < size(image.pixel_bytes);
  const std::int64_t step = down ? image.row_bytes : image.pixel_bytes;
  const std::int64_t cross = down ? image.pixel_bytes : image.row_bytes;
  const int across_count = part.x1 - part.x0, down_count = part.y1 - part.y0;
  const int length = down ? down_count : across_count, lines = down ? across_count : down_count;
  const int staged_step = down ? kStagedStride : 1, staged_cross = down ? 1 : kStagedStride;
  staged += part.y0 * kStagedStride + part.x0;
  pixels += part.y0 * image.row_bytes + part.x0 * image.pixel_bytes;
  const int channels = image.channels, thread = threadIdx.x;
  if (lines <= 0 || length <= 0) return;
  const bool together = size(step) == channels && (channels == 1 || size(image.channel_bytes) == 1);
  if (!together && size(step) != 1) {
#pragma unroll 1
    for (int i = thread; i < lines * length * channels; i += kThreads) {
      const int channel = i % channels, pixel = i / channels % length;
      const int line = i / channels / length;
      pixels[line * cross + pixel * step + channel * image.channel_bytes] =
          staged[line * staged_cross + pixel * staged_step + channel * kStagedChannel];
    }
    return;
  }
  // Runs of bytes without gaps: lines of pixels whose channels lie together, or those of planes.
  const int unit = together ? channels : 1;
  const int bytes = length * unit, words = (bytes + 6) >> 2;
  const int runs = lines * (together ? 1 : channels);
  const unsigned inverse = (65536U + static_cast<unsigned>(unit) - 1) / static_cast<unsigned>(unit);
  const bool backwards = step < 0, reversed = together && image.channel_bytes < 0;
#pragma unroll 1
  for (int i = thread; i < runs * words; i += kThreads) {
    const int run = i / words, word = i - run * words;
    const int plane = run / lines, line = run - plane * lines;
    std::uint8_t* start = pixels + line * cross + plane * image.channel_bytes;
    if (backwards) start += (length - 1) * step;
    if (reversed) start -= channels - 1;
    const int head = static_cast<int>(reinterpret_cast<std::uintptr_t>(start) & 3);
    const int first = word * 4 - head;
    const std::uint8_t* from = staged + line * staged_cross + plane * kStagedChannel;
    std::uint32_t value = 0;
    bool whole = true;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const int byte = first + k;
      if (byte < 0 || byte >= bytes) {
        whole = false;
        continue;
      }
      int pixel = static_cast<int>(static_cast<unsigned>(byte) * inverse >> 16);
      int channel = byte - pixel * unit;
      if (backwards) pixel = length - 1 - pixel;
      if (reversed) channel = unit - 1 - channel;
      value |= static_cast<std::uint32_t>(from[pixel * staged_step + channel * kStagedChannel])
               << (8 * k);
    }
    if (whole) {
      *reinterpret_cast<std::uint32_t*>(start + first) = value;
      continue;
    }
    for (int k = 0; k < 4; ++k) {
      if (first + k >= 0 && first + k < bytes) {
        start[first + k] = static_cast<std::uint8_t>(value >> (8 * k));
      }
    }
  }
}

}  // namespace glimt::jpeg::cuda
