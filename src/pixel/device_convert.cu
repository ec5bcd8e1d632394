// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Compiled without fused multiply-add, as the host's double arithmetic is (cmake/sources.cmake):
// results are the same bits.
#include "pixel/device_jobs.h"

namespace glimt::device {
namespace {

constexpr int kThreads = 256;
constexpr int kRowsAtOnce = kThreads / kTileFast;
constexpr int kRows = kTileSlow / kRowsAtOnce;  // of a tile that one thread has
constexpr int kRowsTogether = 4;
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

/// The pixels that this thread has in one of its block's tiles: a column of a few rows. Holds what
/// it needs of the job by value, as the compiler must take every store for a change of the job.
struct Pixels {
  std::uint8_t *from, *to;
  std::int64_t from_step, to_step;  // from a row to the next
  int rows;

  __device__ Pixels(const Job& job, std::int64_t tile) {
    const std::int64_t local = tile - job.first_tile;
    std::int64_t across, down;
    if (local >> 31 == 0) {  // a division of 64 bits takes as long as moving the pixels
      const auto small = static_cast<unsigned>(local);
      across = small % static_cast<unsigned>(job.tiles_fast);
      down = small / static_cast<unsigned>(job.tiles_fast);
    } else {
      across = local % job.tiles_fast;
      down = local / job.tiles_fast;
    }
    const std::int64_t fast = across * kTileFast + static_cast<int>(threadIdx.x) % kTileFast;
    const std::int64_t slow = down * kTileSlow + static_cast<int>(threadIdx.x) / kTileFast;
    const std::int64_t left = (job.slow - slow + kRowsAtOnce - 1) / kRowsAtOnce;
    rows = fast < job.fast ? static_cast<int>(left < kRows ? left : kRows) : 0;
    from = job.from.data + fast * job.from.fast + slow * job.from.slow;
    to = job.to.data + fast * job.to.fast + slow * job.to.slow;
    from_step = job.from.slow * kRowsAtOnce;
    to_step = job.to.slow * kRowsAtOnce;
  }
};

/// Calls pixel(from, to) for each of them.
template <class Pixel>
__device__ __forceinline__ void for_pixels(const Job& job, std::int64_t tile, const Pixel& pixel) {
  const Pixels pixels(job, tile);
#pragma unroll 1
  for (int row = 0; row < pixels.rows; ++row) {
    pixel(pixels.from + row * pixels.from_step, pixels.to + row * pixels.to_step);
  }
}

template <class T>
struct Keep {
  using From = T;
  using To = T;
  __device__ static T apply(T sample) { return sample; }
  __device__ static T constant(std::uint64_t bits) { return static_cast<T>(bits); }
};
template <>
struct Keep<uint4> {
  using From = uint4;
  using To = uint4;
  __device__ static uint4 apply(uint4 sample) { return sample; }
  __device__ static uint4 constant(std::uint64_t) { return {}; }
};
/// As eight_of_sixteen in row_kernels.cc.
struct EightOfSixteen {
  using From = std::uint16_t;
  using To = std::uint8_t;
  __device__ static To apply(From sample) {
    return static_cast<To>((sample * 255U + 32895U) >> 16);
  }
  __device__ static To constant(std::uint64_t bits) { return static_cast<To>(bits); }
};
struct FloatOfEight {
  using From = std::uint8_t;
  using To = float;
  __device__ static To apply(From sample) { return static_cast<float>(sample) / 255.0F; }
  __device__ static To constant(std::uint64_t bits) {
    return __uint_as_float(static_cast<unsigned>(bits));
  }
};

struct HalfTable {
  std::uint16_t of[256];
};
constexpr HalfTable make_halves() {
  HalfTable table{};
  for (int v = 0; v < 256; ++v) table.of[v] = half_of(v / 255.0).bits;
  return table;
}
__device__ const HalfTable kHalves = make_halves();

struct HalfOfEight {
  using From = std::uint8_t;
  using To = std::uint16_t;
  __device__ static To apply(From sample) { return kHalves.of[sample]; }
  __device__ static To constant(std::uint64_t bits) { return static_cast<To>(bits); }
};

/// The source's channel of the target's channel c, or kConstant, and which constant.
struct Origin {
  int source, entry;
  __device__ Origin(const Move& move, int c) {
    entry = c < kMoveEntries ? c : kMoveEntries - 1;
    source = move.whole ? c : move.source[entry];
  }
};

/// A few rows at a time, all samples loaded before the first is stored: the loads are under way
/// together.
template <class Change, int Channels>
__device__ __forceinline__ void move_few(const Job& job, std::int64_t tile) {
  using From = typename Change::From;
  using To = typename Change::To;
  const Pixels pixels(job, tile);
  const std::int64_t to_channel = job.to.channel;
  std::int64_t offsets[Channels];
  To constants[Channels];
  bool constant[Channels];
#pragma unroll
  for (int c = 0; c < Channels; ++c) {
    const Origin origin(job.move, c);
    constant[c] = origin.source == kConstant;
    offsets[c] = origin.source * job.from.channel;
    constants[c] = Change::constant(job.move.constant[origin.entry]);
  }
#pragma unroll 1
  for (int first = 0; first < pixels.rows; first += kRowsTogether) {
    To samples[kRowsTogether][Channels];
#pragma unroll
    for (int i = 0; i < kRowsTogether; ++i) {
      const std::uint8_t* from = pixels.from + (first + i) * pixels.from_step;
#pragma unroll
      for (int c = 0; c < Channels; ++c) {
        samples[i][c] = constants[c];
        if (first + i < pixels.rows && !constant[c]) {
          samples[i][c] = Change::apply(*reinterpret_cast<const From*>(from + offsets[c]));
        }
      }
    }
#pragma unroll
    for (int i = 0; i < kRowsTogether; ++i) {
      if (first + i >= pixels.rows) break;
      std::uint8_t* to = pixels.to + (first + i) * pixels.to_step;
#pragma unroll
      for (int c = 0; c < Channels; ++c) {
        *reinterpret_cast<To*>(to + c * to_channel) = samples[i][c];
      }
    }
  }
}

template <class Change>
__device__ void move_samples(const Job& job, std::int64_t tile) {
  using From = typename Change::From;
  using To = typename Change::To;
  switch (job.move.channels) {
    case 1:
      return move_few<Change, 1>(job, tile);
    case 2:
      return move_few<Change, 2>(job, tile);
    case 3:
      return move_few<Change, 3>(job, tile);
    case 4:
      return move_few<Change, 4>(job, tile);
    default:
      break;
  }
  for_pixels(job, tile, [&](const std::uint8_t* from, std::uint8_t* to) {
    for (int c = 0; c < job.move.channels; ++c) {
      const Origin origin(job.move, c);
      const auto* source = from + origin.source * job.from.channel;
      *reinterpret_cast<To*>(to + c * job.to.channel) =
          origin.source == kConstant ? Change::constant(job.move.constant[origin.entry])
                                     : Change::apply(*reinterpret_cast<const From*>(source));
    }
  });
}

__device__ __forceinline__ void move_to_gray(const Job& job, std::int64_t tile) {
  const Pixels pixels(job, tile);
  std::uint8_t samples[kRows];
  std::int64_t offsets[3];
#pragma unroll
  for (int c = 0; c < 3; ++c) offsets[c] = job.move.source[c] * job.from.channel;
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    if (row >= pixels.rows) break;
    const std::uint8_t* from = pixels.from + row * pixels.from_step;
    samples[row] = color::gray_of_rgb(from[offsets[0]], from[offsets[1]], from[offsets[2]]);
  }
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    if (row < pixels.rows) pixels.to[row * pixels.to_step] = samples[row];
  }
}

/// Samples that do not lie at multiples of their size.
__device__ void move_bytes(const Job& job, std::int64_t tile) {
  const Move& move = job.move;
  for_pixels(job, tile, [&](const std::uint8_t* from, std::uint8_t* to) {
    for (int c = 0; c < move.channels; ++c) {
      const Origin origin(move, c);
      for (int b = 0; b < move.sample_bytes; ++b) {
        to[c * job.to.channel + b] =
            origin.source == kConstant
                ? static_cast<std::uint8_t>(move.constant[origin.entry] >> (8 * b))
                : from[origin.source * job.from.channel + b];
      }
    }
  });
}

__device__ void move_unchanged(const Job& job, std::int64_t tile) {
  if (!job.aligned) return move_bytes(job, tile);
  switch (job.move.sample_bytes) {
    case 1:
      return move_samples<Keep<std::uint8_t>>(job, tile);
    case 2:
      return move_samples<Keep<std::uint16_t>>(job, tile);
    case 4:
      return move_samples<Keep<std::uint32_t>>(job, tile);
    case 8:
      return move_samples<Keep<std::uint64_t>>(job, tile);
    default:
      return move_few<Keep<uint4>, 1>(job, tile);
  }
}

__global__ void __launch_bounds__(kThreads, 3) move_kernel(JobList list) {
  for (std::int64_t tile = blockIdx.x; tile < list.tiles; tile += gridDim.x) {
    const Job& job = job_of(list, tile);
    switch (job.move.change) {
      case Change::none:
        move_unchanged(job, tile);
        break;
      case Change::eight_of_sixteen:
        move_samples<EightOfSixteen>(job, tile);
        break;
      case Change::float_of_eight:
        move_samples<FloatOfEight>(job, tile);
        break;
      case Change::half_of_eight:
        move_samples<HalfOfEight>(job, tile);
        break;
      case Change::gray_of_eight:
        move_to_gray(job, tile);
        break;
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

__global__ void __launch_bounds__(kThreads, 3) convert_kernel(JobList list) {
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
