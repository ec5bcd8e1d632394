// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Chunks of bits to the bytes of the file. A chunk writes the bytes whose first bit is its own; how
// its bits lie in bytes follows from the bits before it in the segment. Zeros are stuffed behind
// bytes of ones (T.81 F.1.2.3), so these are counted first.
#include "formats/jpeg/cuda/bits.cuh"
#include "formats/jpeg/cuda/encode_kernels.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kScanThreads = 1024;
constexpr int kStuffWarps = kEncodeThreads / 32;

__device__ __forceinline__ std::uint32_t byte_count(std::uint32_t start, std::uint32_t bits) {
  return ((start + bits + 7) >> 3) - ((start + 7) >> 3);
}

/// The sum of the values of all threads up to this one; `sums` has 32 places and is free again
/// when the next barrier is passed. `join` takes the sum before and the value behind.
template <class T, class Join>
__device__ __forceinline__ T inclusive_scan(T value, T* sums, const Join& join) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  for (int distance = 1; distance < 32; distance <<= 1) {
    const T other = __shfl_up_sync(kFullWarp, value, distance);
    if (lane >= distance) value = join(other, value);
  }
  if (lane == 31) sums[warp] = value;
  __syncthreads();
  if (warp == 0) {
    T sum = sums[lane];
    for (int distance = 1; distance < 32; distance <<= 1) {
      const T other = __shfl_up_sync(kFullWarp, sum, distance);
      if (lane >= distance) sum = join(other, sum);
    }
    sums[lane] = sum;
  }
  __syncthreads();
  return warp > 0 ? join(sums[warp - 1], value) : value;
}

/// One thread block a scan: the place of each chunk's first bit in its byte.
__global__ void __launch_bounds__(kScanThreads) scan_bits(EncodeSlice slice) {
  // Sums of bits modulo 8, and whether they begin with a segment.
  constexpr std::uint32_t starts = 8, sum = 7;
  __shared__ std::uint32_t sums[32];
  const EncodeScan& scan = slice.scans[blockIdx.x];
  const auto join = [](std::uint32_t before, std::uint32_t value) {
    return (value & starts) != 0 ? value : (before & starts) | ((before + value) & sum);
  };
  std::uint32_t carry = starts;
  for (int first = 0; first < scan.cut.chunks; first += kScanThreads) {
    const int in_scan = first + static_cast<int>(threadIdx.x);
    const int chunk = scan.first_chunk + in_scan;
    const bool active = in_scan < scan.cut.chunks;
    const std::uint32_t bits = active ? slice.chunk_codes[chunk].bits & sum : 0;
    const std::uint32_t value = active && scan.cut.starts_segment(in_scan) ? bits | starts : bits;
    const std::uint32_t through = join(carry, inclusive_scan(value, sums, join));
    if (active) slice.chunk_codes[chunk].start = (through - bits) & sum;
    carry = join(carry, sums[31]);
    __syncthreads();
  }
}

/// Places the scans in the output, and reports.
__device__ __forceinline__ void place_scans(const EncodeSlice& slice, std::uint64_t* sums) {
  constexpr std::uint64_t align = 256;
  const auto join = [](std::uint64_t before, std::uint64_t value) { return before + value; };
  std::uint64_t carry = 0;
  for (int first = 0; first < slice.scan_count; first += kScanThreads) {
    const int index = first + static_cast<int>(threadIdx.x);
    const bool active = index < slice.scan_count;
    const std::uint64_t bytes = active ? __ldcg(slice.scan_bytes + index) : 0;
    const std::uint64_t room = (bytes + align - 1) / align * align;
    const std::uint64_t at = carry + inclusive_scan(room, sums, join) - room;
    if (active) {
      slice.scan_at[index] = at;
      slice.scan_reports[index] = {at, bytes};
    }
    carry += sums[31];
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    const std::uint32_t words = *slice.words_taken;
    *slice.fits = words <= slice.word_capacity && carry <= slice.output_capacity ? 1 : 0;
    *slice.report = {words, carry};
  }
}

/// One thread block a scan: the place of each chunk's first byte, and the size of the scan. The
/// last one to end places all scans.
__global__ void __launch_bounds__(kScanThreads) scan_bytes(EncodeSlice slice) {
  __shared__ std::uint64_t sums[32];
  const EncodeScan& scan = slice.scans[blockIdx.x];
  const auto join = [](std::uint64_t before, std::uint64_t value) { return before + value; };
  std::uint64_t carry = 0;
  for (int first = 0; first < scan.cut.chunks; first += kScanThreads) {
    const int in_scan = first + static_cast<int>(threadIdx.x);
    const int chunk = scan.first_chunk + in_scan;
    const bool active = in_scan < scan.cut.chunks;
    std::uint64_t bytes = 0;
    if (active) {
      const ChunkCode code = slice.chunk_codes[chunk];
      bytes = byte_count(code.start, code.bits) + slice.chunk_stuffing[chunk] +
              ((code.scan & kEndsWithMarker) != 0 ? 2 : 0);
    }
    const std::uint64_t through = inclusive_scan(bytes, sums, join);
    if (active) slice.chunk_at[chunk] = carry + through - bytes;
    carry += sums[31];
    __syncthreads();
  }
  __shared__ bool is_last;
  if (threadIdx.x == 0) {
    slice.scan_bytes[blockIdx.x] = carry;
    __threadfence();
    is_last = atomicAdd(slice.scans_measured, 1U) + 1 == gridDim.x;
  }
  __syncthreads();
  if (!is_last) return;
  __threadfence();
  place_scans(slice, sums);
}

/// A chunk's bits as the bytes of its segment, four a word with the first on top.
struct ChunkBytes {
  const std::uint32_t* words;
  int count;  ///< words
  unsigned shift;
  std::uint32_t last, behind;  ///< the last word, filled up with the bits that follow
  std::uint32_t bytes;

  __device__ __forceinline__ ChunkBytes(const EncodeSlice& slice, const ChunkCode* code) {
    words = slice.words + code->words_at;
    count = static_cast<int>((code->bits + 31) >> 5);
    shift = (8 - code->start) & 7U;
    bytes = byte_count(code->start, code->bits);
    last = behind = 0;
    if (bytes == 0) return;
    const std::uint32_t next = following(slice, code);
    const auto used = static_cast<int>(code->bits - 32U * static_cast<unsigned>(count - 1));
    last = words[count - 1] | (used < 32 ? next >> used : 0);
    behind = used < 32 ? next << (32 - used) : next;
  }
  /// At least the 7 bits that a last byte may need, from the chunks behind; then ones.
  static __device__ __forceinline__ std::uint32_t following(const EncodeSlice& slice,
                                                            const ChunkCode* code) {
    std::uint32_t bits = 0;
    unsigned have = 0;
    while (have < 8) {
      if ((code->scan & kEndsSegment) != 0) return bits | ~0U >> have;
      ++code;
      if (code->bits == 0) continue;
      bits |= slice.words[code->words_at] >> have;
      have += min(code->bits, 32U);
    }
    return bits;
  }
  __device__ __forceinline__ std::uint32_t word(int i) const {
    return i < count - 1 ? __ldg(words + i) : i == count - 1 ? last : behind;
  }
};

/// 0xFF where a byte of the word is 0xFF, of its first `valid` bytes.
__device__ __forceinline__ std::uint32_t full_bytes(std::uint32_t word, int valid) {
  const std::uint32_t full = __vcmpeq4(word, 0xFFFFFFFFU);
  if (valid >= 4) return full;
  return valid > 0 ? full & ~0U << (32 - 8 * valid) : 0;
}

/// Markers within a chunk.
__device__ __forceinline__ int inner_markers(const EncodeScan& scan, int chunk) {
  const int in_scan = chunk - scan.first_chunk;
  const int units = scan.cut.end_unit(in_scan) - scan.cut.first_unit(in_scan);
  return (units + scan.cut.interval - 1) / scan.cut.interval - 1;
}

__global__ void __launch_bounds__(kEncodeThreads) count_stuffing(EncodeSlice slice) {
  __shared__ int count;
  const int thread = threadIdx.x, chunk = blockIdx.x;
  if (thread == 0) count = 0;
  const ChunkCode* const code = slice.chunk_codes + chunk;
  __syncthreads();
  if (*slice.words_taken > slice.word_capacity) {
    if (thread == 0) slice.chunk_stuffing[chunk] = 0;
    return;
  }
  const ChunkBytes from(slice, code);
  int full = 0;
  for (std::uint32_t i = thread; i * 4 < from.bytes; i += kEncodeThreads) {
    const auto at = static_cast<int>(i);
    const std::uint32_t word = __funnelshift_l(from.word(at + 1), from.word(at), from.shift);
    full += __popc(full_bytes(word, static_cast<int>(from.bytes - i * 4))) >> 3;
  }
  full = warp_sum(full);
  if ((thread & 31) == 0 && full > 0) atomicAdd(&count, full);
  __syncthreads();
  if (thread != 0) return;
  int stuffing = count;
  if ((code->scan & kInnerMarkers) != 0) {
    stuffing -= inner_markers(slice.scans[code->scan & kScanBits], chunk);
  }
  slice.chunk_stuffing[chunk] = static_cast<std::uint32_t>(stuffing);
}

/// Bits for the bytes of a tile that begin a marker.
__device__ __forceinline__ void flag_markers(const EncodeSlice& slice, const EncodeScan& scan,
                                             int chunk, std::uint32_t tile, std::uint32_t* flags) {
  const int thread = threadIdx.x;
  for (int i = thread; i < kStuffTile / 32; i += kEncodeThreads) flags[i] = 0;
  __syncthreads();
  const int first_unit = scan.cut.first_unit(chunk - scan.first_chunk);
  const std::int64_t first = scan.first_marker + first_unit / scan.cut.interval;
  const int count = inner_markers(scan, chunk);
  for (int i = thread; i < count; i += kEncodeThreads) {
    const std::uint32_t at = slice.markers[first + i] - tile;
    if (at < kStuffTile) atomicOr(flags + (at >> 5), 1U << (at & 31));
  }
  __syncthreads();
}

__global__ void __launch_bounds__(kEncodeThreads) stuff_chunks(EncodeSlice slice) {
  __shared__ int sums[kStuffWarps];
  __shared__ std::uint32_t flags[kStuffTile / 32];
  __shared__ __align__(16) std::uint8_t buffer[2 * kStuffTile + 32];
  const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5, chunk = blockIdx.x;
  const ChunkCode* const code = slice.chunk_codes + chunk;
  const std::uint32_t scan_index = code->scan & kScanBits;
  const bool has_markers = (code->scan & kInnerMarkers) != 0;
  if (*slice.fits == 0) return;
  std::uint64_t to = slice.scan_at[scan_index] + slice.chunk_at[chunk];
  const ChunkBytes from(slice, code);
  for (std::uint32_t tile = 0; tile < from.bytes; tile += kStuffTile) {
    if (has_markers) flag_markers(slice, slice.scans[scan_index], chunk, tile, flags);
    const int left = max(0, min(16, static_cast<int>(from.bytes - tile) - thread * 16));
    std::uint32_t words[4], markers = 0;
    int size = left;
    if (left > 0) {
      const int first = static_cast<int>(tile / 4) + thread * 4;
      if (has_markers) {
        markers = flags[thread >> 1] >> ((thread & 1) * 16) & 0xFFFFU;
        size -= __popc(markers);
      }
      std::uint32_t word = from.word(first);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const std::uint32_t next = from.word(first + i + 1);
        words[i] = __funnelshift_l(next, word, from.shift);
        word = next;
        size += __popc(full_bytes(words[i], left - 4 * i)) >> 3;
      }
    }
    int before = size;
    for (int distance = 1; distance < 32; distance <<= 1) {
      const int other = __shfl_up_sync(kFullWarp, before, distance);
      if (lane >= distance) before += other;
    }
    if (lane == 31) sums[warp] = before;
    __syncthreads();
    before -= size;
    int total = 0;
#pragma unroll
    for (int i = 0; i < kStuffWarps; ++i) {
      if (i < warp) before += sums[i];
      total += sums[i];
    }
    // The buffer lies as the output does against 16 bytes.
    const int skip = static_cast<int>(to & 15), end = skip + total;
    int at = skip + before;
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      if (i >= left) break;
      const auto byte = static_cast<std::uint8_t>(words[i >> 2] >> (24 - 8 * (i & 3)));
      buffer[at++] = byte;
      if (byte == 0xFF && (markers >> i & 1U) == 0) buffer[at++] = 0;
    }
    __syncthreads();
    std::uint8_t* const base = slice.output + (to - static_cast<unsigned>(skip));
    for (int i = thread * 16; i < end; i += kEncodeThreads * 16) {
      if (i >= skip && i + 16 <= end) {
        *reinterpret_cast<uint4*>(base + i) = *reinterpret_cast<const uint4*>(buffer + i);
      } else {
        for (int k = max(i, skip); k < min(i + 16, end); ++k) base[k] = buffer[k];
      }
    }
    to += static_cast<unsigned>(total);
    __syncthreads();
  }
  if (thread == 0 && (code->scan & kEndsWithMarker) != 0) {
    const EncodeScan& scan = slice.scans[scan_index];
    const int in_scan = chunk - scan.first_chunk;
    const int number = scan.cut.end_unit(in_scan) / scan.cut.interval - 1;
    slice.output[to] = 0xFF;
    slice.output[to + 1] = static_cast<std::uint8_t>(0xD0 | (number & 7));
  }
}

}  // namespace

void measure_scans(const EncodeSlice& slice, gpu::StreamHandle stream) {
  const auto scans = static_cast<unsigned>(slice.scan_count);
  const auto chunks = static_cast<unsigned>(slice.chunks);
  scan_bits<<<scans, kScanThreads, 0, stream>>>(slice);
  count_stuffing<<<chunks, kEncodeThreads, 0, stream>>>(slice);
  scan_bytes<<<scans, kScanThreads, 0, stream>>>(slice);
}

void stuff_scans(const EncodeSlice& slice, gpu::StreamHandle stream) {
  stuff_chunks<<<static_cast<unsigned>(slice.chunks), kEncodeThreads, 0, stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
