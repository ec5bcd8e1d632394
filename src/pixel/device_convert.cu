// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Compiled without fused multiply-add, as the host's double arithmetic is (cmake/sources.cmake):
// results are the same bits.
#include <cstring>

#include "pixel/device_jobs.h"

namespace glimt::device {
namespace {

constexpr int kThreads = 256;
constexpr int kRowsAtOnce = kThreads / kTileFast;
// Thread blocks take tiles in turns beyond this.
constexpr std::int64_t kMostBlocks = 1 << 20;

__device__ const Job& job_of(const JobList& list, std::int64_t tile) {
  std::int32_t low = 0, high = list.count;
  while (high - low > 1) {
    const std::int32_t middle = (low + high) / 2;
    (list.jobs[middle].first_tile <= tile ? low : high) = middle;
  }
  return list.jobs[low];
}

/// Calls pixel(from, to) for the pixels that this thread has in its block's tiles.
template <class Pixel>
__device__ __forceinline__ void for_pixels(const Job& job, std::int64_t tile, const Pixel& pixel) {
  const std::int64_t local = tile - job.first_tile;
  const std::int64_t fast =
      local % job.tiles_fast * kTileFast + static_cast<int>(threadIdx.x) % kTileFast;
  const std::int64_t slow0 =
      local / job.tiles_fast * kTileSlow + static_cast<int>(threadIdx.x) / kTileFast;
  if (fast >= job.fast) return;
#pragma unroll
  for (int i = 0; i < kTileSlow; i += kRowsAtOnce) {
    const std::int64_t slow = slow0 + i;
    if (slow >= job.slow) return;
    pixel(job.from.data + fast * job.from.fast + slow * job.from.slow,
          job.to.data + fast * job.to.fast + slow * job.to.slow);
  }
}

template <class T>
__device__ void move_samples(const Job& job, std::int64_t tile) {
  const Move& move = job.move;
  for_pixels(job, tile, [&](const std::uint8_t* from, std::uint8_t* to) {
    for (int c = 0; c < move.channels; ++c) {
      const int entry = c < kMoveEntries ? c : kMoveEntries - 1;
      const int source = move.whole ? c : move.source[entry];
      T sample;
      if (source == kConstant) {
        std::memcpy(&sample, &move.constant[entry], sizeof sample < 8 ? sizeof sample : 8);
      } else {
        sample = *reinterpret_cast<const T*>(from + source * job.from.channel);
      }
      *reinterpret_cast<T*>(to + c * job.to.channel) = sample;
    }
  });
}

/// Samples that do not lie at multiples of their size.
__device__ void move_bytes(const Job& job, std::int64_t tile) {
  const Move& move = job.move;
  for_pixels(job, tile, [&](const std::uint8_t* from, std::uint8_t* to) {
    for (int c = 0; c < move.channels; ++c) {
      const int entry = c < kMoveEntries ? c : kMoveEntries - 1;
      const int source = move.whole ? c : move.source[entry];
      for (int b = 0; b < move.sample_bytes; ++b) {
        to[c * job.to.channel + b] =
            source == kConstant ? static_cast<std::uint8_t>(move.constant[entry] >> (8 * b))
                                : from[source * job.from.channel + b];
      }
    }
  });
}

__global__ void __launch_bounds__(kThreads) move_kernel(JobList list) {
  for (std::int64_t tile = blockIdx.x; tile < list.tiles; tile += gridDim.x) {
    const Job& job = job_of(list, tile);
    if (!job.aligned) {
      move_bytes(job, tile);
      continue;
    }
    switch (job.move.sample_bytes) {
      case 1:
        move_samples<std::uint8_t>(job, tile);
        break;
      case 2:
        move_samples<std::uint16_t>(job, tile);
        break;
      case 4:
        move_samples<std::uint32_t>(job, tile);
        break;
      case 8:
        move_samples<std::uint64_t>(job, tile);
        break;
      default:
        move_samples<uint4>(job, tile);
    }
  }
}

template <class T>
__device__ __forceinline__ T load_sample(const std::uint8_t* p, bool aligned) {
  if (aligned) return *reinterpret_cast<const T*>(p);
  T sample;
  for (std::size_t i = 0; i < sizeof sample; ++i) {
    reinterpret_cast<std::uint8_t*>(&sample)[i] = p[i];
  }
  return sample;
}

template <class T>
__device__ __forceinline__ void store_sample(std::uint8_t* p, bool aligned, double value) {
  const T sample = sample_of<T>(value);
  if (aligned) {
    *reinterpret_cast<T*>(p) = sample;
    return;
  }
  for (std::size_t i = 0; i < sizeof sample; ++i) {
    p[i] = reinterpret_cast<const std::uint8_t*>(&sample)[i];
  }
}

__device__ double load(SampleType type, const std::uint8_t* p, bool aligned) {
  switch (type) {
    case SampleType::u8:
      return value_of(*p);
    case SampleType::i8:
      return value_of(static_cast<std::int8_t>(*p));
    case SampleType::u16:
      return value_of(load_sample<std::uint16_t>(p, aligned));
    case SampleType::i16:
      return value_of(load_sample<std::int16_t>(p, aligned));
    case SampleType::u32:
      return value_of(load_sample<std::uint32_t>(p, aligned));
    case SampleType::i32:
      return value_of(load_sample<std::int32_t>(p, aligned));
    case SampleType::u64:
      return value_of(load_sample<std::uint64_t>(p, aligned));
    case SampleType::i64:
      return value_of(load_sample<std::int64_t>(p, aligned));
    case SampleType::f16:
      return value_of(load_sample<Half>(p, aligned));
    case SampleType::f32:
      return value_of(load_sample<float>(p, aligned));
    case SampleType::f64:
      return value_of(load_sample<double>(p, aligned));
  }
  return 0;
}

__device__ void store(SampleType type, std::uint8_t* p, bool aligned, double value) {
  switch (type) {
    case SampleType::u8:
      return store_sample<std::uint8_t>(p, aligned, value);
    case SampleType::i8:
      return store_sample<std::int8_t>(p, aligned, value);
    case SampleType::u16:
      return store_sample<std::uint16_t>(p, aligned, value);
    case SampleType::i16:
      return store_sample<std::int16_t>(p, aligned, value);
    case SampleType::u32:
      return store_sample<std::uint32_t>(p, aligned, value);
    case SampleType::i32:
      return store_sample<std::int32_t>(p, aligned, value);
    case SampleType::u64:
      return store_sample<std::uint64_t>(p, aligned, value);
    case SampleType::i64:
      return store_sample<std::int64_t>(p, aligned, value);
    case SampleType::f16:
      return store_sample<Half>(p, aligned, value);
    case SampleType::f32:
      return store_sample<float>(p, aligned, value);
    case SampleType::f64:
      return store_sample<double>(p, aligned, value);
  }
}

__global__ void __launch_bounds__(kThreads) convert_kernel(JobList list) {
  for (std::int64_t tile = blockIdx.x; tile < list.tiles; tile += gridDim.x) {
    const Job& job = job_of(list, tile);
    const PixelRule rule = job.rule;
    for_pixels(job, tile, [&](const std::uint8_t* from, std::uint8_t* to) {
      convert_pixel(
          rule,
          [&](std::uint32_t place) {
            return load(rule.from.type, from + place * job.from.channel, job.aligned);
          },
          [&](std::uint32_t place, double value) {
            store(rule.to.type, to + place * job.to.channel, job.aligned, value);
          });
    });
  }
}

unsigned blocks_of(const JobList& list) {
  return static_cast<unsigned>(list.tiles < kMostBlocks ? list.tiles : kMostBlocks);
}

}  // namespace

void move_pixels(const JobList& list, gpu::StreamHandle stream) {
  if (list.tiles > 0) move_kernel<<<blocks_of(list), kThreads, 0, stream>>>(list);
}

void convert_pixels(const JobList& list, gpu::StreamHandle stream) {
  if (list.tiles > 0) convert_kernel<<<blocks_of(list), kThreads, 0, stream>>>(list);
}

}  // namespace glimt::device
