// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the stages that write Huffman codes share: one thread collects the bits of one block, then
// the thread block joins them in shared memory.
#pragma once

#include <cstdint>

#include "formats/jpeg/cuda/bits.cuh"
#include "formats/jpeg/cuda/encode_descriptors.h"

namespace glimt::jpeg::cuda {

constexpr int kEncodeWarps = kEncodeThreads / 32;
// A word more than a block's coefficients: neighbouring threads use different banks.
constexpr int kSharedBlockWords = kStoredBlockWords + 1;
constexpr int kChunkWords = kChunkBlocks * kSharedBlockWords;
// 64 codes with their extra bits, of 27 bits at most (T.81 F.1.2), and an end-of-band code.
constexpr int kBlockBitWords = 56;
constexpr std::uint32_t kNoPlace = 0xFFFFFFFFU;

/// Coefficient i of the zigzag order, of a block as stored.
__device__ __forceinline__ int coefficient(const std::uint32_t* block, int i) {
  return reinterpret_cast<const std::int16_t*>(block)[(i & 31) * 2 + (i >> 5)];
}

/// Bits that a magnitude takes (T.81 table F.1).
__device__ __forceinline__ int category(int magnitude) { return 32 - __clz(magnitude); }

/// The sum of the values of the threads before this one, and of all. All threads take part; `sums`
/// must not be in use.
__device__ __forceinline__ std::uint32_t block_prefix(std::uint32_t value, std::uint32_t* sums,
                                                      std::uint32_t& total) {
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
  std::uint32_t sum = value;
#pragma unroll
  for (int distance = 1; distance < 32; distance <<= 1) {
    const std::uint32_t other = __shfl_up_sync(kFullWarp, sum, distance);
    if (lane >= distance) sum += other;
  }
  if (lane == 31) sums[warp] = sum;
  __syncthreads();
  std::uint32_t before = sum - value;
  total = 0;
#pragma unroll
  for (int i = 0; i < kEncodeWarps; ++i) {
    if (i < warp) before += sums[i];
    total += sums[i];
  }
  return before;
}

/// The bits of one block, first bit on top.
struct BlockBits {
  std::uint32_t words[kBlockBitWords];
  std::uint64_t held = 0;
  int held_bits = 0, count = 0;

  /// Up to 32 bits.
  __device__ __forceinline__ void put(std::uint32_t bits, int length) {
    held = held << length | bits;
    held_bits += length;
    if (held_bits < 32) return;
    held_bits -= 32;
    words[count++] = static_cast<std::uint32_t>(held >> held_bits);
  }
  /// Ends the block; how many bits it has.
  __device__ __forceinline__ std::uint32_t finish() {
    if (held_bits > 0) words[count] = static_cast<std::uint32_t>(held << (32 - held_bits));
    return static_cast<std::uint32_t>(count * 32 + held_bits);
  }
};

/// Length << 16 | code, and extra bits behind.
__device__ __forceinline__ void put_code(BlockBits& bits, std::uint32_t code, std::uint32_t extra,
                                         int extra_length) {
  bits.put((code & 0xFFFFU) << extra_length | extra, static_cast<int>(code >> 16) + extra_length);
}

/// T.81 F.1.2.1: `value` is negative where its sign is -1.
__device__ __forceinline__ std::uint32_t extra_bits(int magnitude, int sign, int length) {
  return static_cast<std::uint32_t>(magnitude ^ sign) & ((1U << length) - 1);
}

/// Gives symbol(symbol, extra, extra_length) the codes of coefficients band_first.. of a block,
/// those that are set in `mask`, shifted to the right; returns the last one's index.
template <class Symbol>
__device__ __forceinline__ int walk_band(const std::uint32_t* block, uint2 mask, int band_first,
                                         int shift, const Symbol& symbol) {
  int last = band_first - 1;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    std::uint32_t left = half == 0 ? mask.x : mask.y;
    while (left != 0) {
      const int bit = __ffs(left) - 1;
      left &= left - 1;
      const int place = half * 32 + bit;
      int run = place - last - 1;
      last = place;
      const int value = reinterpret_cast<const std::int16_t*>(block)[bit * 2 + half];
      for (; run > 15; run -= 16) symbol(0xF0, 0U, 0);
      const int magnitude = abs(value) >> shift;
      const int length = category(magnitude);
      symbol(run << 4 | length, extra_bits(magnitude, value >> 31, length), length);
    }
  }
  return last;
}

/// What pack_chunk() needs of shared memory besides the buffer for the bits.
struct Packing {
  std::uint32_t sums[kEncodeWarps], segment_sums[kEncodeWarps];
  std::uint32_t place;
  /// Of the segments in the chunk: bits before, without and with padding and markers.
  std::uint32_t before[kChunkBlocks + 1], start[kChunkBlocks + 1];
};

struct ChunkPlace {
  int scan = 0, first_chunk = 0;  ///< of the scan
  int chunk = 0;                  ///< in the slice
  int first_unit = 0;             ///< in the scan
  int units = 0, unit_blocks = 1;
};

/// Where this thread's bits begin when segments are padded to bytes and followed by markers.
/// `total` becomes that of the chunk.
__device__ __forceinline__ std::uint32_t align_segments(const EncodeSlice& slice, const Cut& cut,
                                                        std::int64_t first_marker,
                                                        const ChunkPlace& place, std::uint32_t at,
                                                        Packing& shared, std::uint32_t& total) {
  const int thread = threadIdx.x;
  const int segments = (place.units + cut.interval - 1) / cut.interval;
  const int segment_blocks = place.unit_blocks * cut.interval;
  const bool active = thread < place.units * place.unit_blocks;
  if (active && thread % segment_blocks == 0) shared.before[thread / segment_blocks] = at;
  if (thread == 0) shared.before[segments] = total;
  __syncthreads();
  std::uint32_t taken = 0, bits = 0;
  const bool marker = thread < segments - 1;  // that behind the last one is not the chunk's
  if (thread < segments) bits = taken = shared.before[thread + 1] - shared.before[thread];
  if (marker) taken = (bits + 7) / 8 * 8 + 16;
  const std::uint32_t start = block_prefix(taken, shared.segment_sums, total);
  if (thread < segments) shared.start[thread] = start;
  if (marker) {
    const std::int64_t number = place.first_unit / cut.interval + thread;
    slice.markers[first_marker + number] = (start + bits + 7) / 8;
  }
  __syncthreads();
  if (!active) return 0;
  const int segment = thread / segment_blocks;
  return shared.start[segment] + at - shared.before[segment];
}

/// Writes a part of the buffer's bits, that from word `first` on.
struct BitWindow {
  std::uint32_t* buffer;
  std::uint32_t first, words;
  __device__ __forceinline__ void add(std::uint32_t word, std::uint32_t bits) const {
    word -= first;
    if (word < words && bits != 0) atomicOr(buffer + word, bits);
  }
  __device__ __forceinline__ void add(const BlockBits& own, std::uint32_t bits,
                                      std::uint32_t at) const {
    const std::uint32_t shift = at & 31U;
    std::uint32_t word = at >> 5, before = 0;
    const int count = static_cast<int>((bits + 31) >> 5);
    for (int i = 0; i < count; ++i) {
      const std::uint32_t now = own.words[i];
      add(word++, __funnelshift_r(now, before, shift));
      before = now;
    }
    if (shift != 0) add(word, before << (32 - shift));
  }
  /// Ones up to the end of the byte, and a marker (T.81 F.1.2.3).
  __device__ __forceinline__ void add_marker(std::uint32_t end, int number) const {
    const std::uint32_t padding = (0U - end) & 7U, length = padding + 16;
    const std::uint32_t bits =
        ((1U << padding) - 1) << 16 | 0xFFD0U | static_cast<std::uint32_t>(number & 7);
    const std::uint32_t top = bits << (32 - length), shift = end & 31U;
    add(end >> 5, top >> shift);
    if (shift != 0) add((end >> 5) + 1, top << (32 - shift));
  }
};

/// Joins the blocks' bits and stores them as the chunk's. All threads take part, those with a block
/// give its bits; `buffer` has kChunkWords.
__device__ __forceinline__ void pack_chunk(const EncodeSlice& slice, const Cut& cut,
                                           std::int64_t first_marker, const ChunkPlace& place,
                                           const BlockBits& own, std::uint32_t bits,
                                           std::uint32_t* buffer, Packing& shared) {
  const int thread = threadIdx.x;
  const bool active = thread < place.units * place.unit_blocks;
  std::uint32_t total;
  std::uint32_t at = block_prefix(active ? bits : 0, shared.sums, total);
  if (cut.inner_markers) {
    at = align_segments(slice, cut, first_marker, place, at, shared, total);
  }
  const std::uint32_t words = (total + 31) >> 5;
  if (thread == 0) {
    const std::uint32_t taken = atomicAdd(slice.words_taken, words);
    const bool fits = std::uint64_t{taken} + words <= slice.word_capacity;
    shared.place = fits ? taken : kNoPlace;
    const int in_scan = place.chunk - place.first_chunk;
    ChunkCode code;
    code.words_at = taken;
    code.bits = total;
    code.scan = static_cast<std::uint32_t>(place.scan);
    if (cut.ends_segment(in_scan)) code.scan |= kEndsSegment;
    if (cut.ends_with_marker(in_scan)) code.scan |= kEndsWithMarker;
    if (cut.inner_markers) code.scan |= kInnerMarkers;
    slice.chunk_codes[place.chunk] = code;
  }
  const int inner = cut.inner_markers ? (place.units + cut.interval - 1) / cut.interval - 1 : 0;
  for (std::uint32_t first = 0; first < words; first += kChunkWords) {
    const BitWindow window{buffer, first, min(words - first, std::uint32_t{kChunkWords})};
    for (std::uint32_t i = thread; i < window.words; i += kEncodeThreads) buffer[i] = 0;
    __syncthreads();
    if (active) window.add(own, bits, at);
    if (thread < inner) {
      const std::uint32_t end =
          shared.start[thread] + shared.before[thread + 1] - shared.before[thread];
      window.add_marker(end, place.first_unit / cut.interval + thread);
    }
    __syncthreads();
    if (shared.place != kNoPlace) {
      std::uint32_t* to = slice.words + shared.place + first;
      for (std::uint32_t i = thread; i < window.words; i += kEncodeThreads) to[i] = buffer[i];
    }
    __syncthreads();
  }
}

}  // namespace glimt::jpeg::cuda
