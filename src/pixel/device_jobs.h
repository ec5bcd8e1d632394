// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What host and kernels tell each other: a list of jobs, flattened over the tiles of all images, so
// that a thread block finds its job by binary search over first_tile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gpu/runtime.h"
#include "pixel/pixel_rule.h"

namespace glimt::device {

constexpr int kTileFast = 64;  ///< pixels of a tile along the target's shorter stride
constexpr int kTileSlow = 32;  ///< ... along the other
constexpr int kMoveEntries = 5;

/// What little may happen to a sample on its way, or to three of them.
enum class Change : std::uint8_t {
  none,
  eight_of_sixteen,  ///< u16 of 65535 to u8 of 255
  float_of_eight,    ///< u8 of 255 to f32
  half_of_eight,     ///< u8 of 255 to f16
  gray_of_eight,     ///< u8: red, green and blue, at source[0..2], to the one channel there is
};

/// Samples that are moved, or set: channel by channel.
struct Move {
  Change change = Change::none;
  std::uint8_t sample_bytes = 1;  ///< 1, 2, 4, 8 or 16; with Change::none in both
  bool whole = false;             ///< channel c from channel c, however many there are
  std::uint16_t channels = 1;
  /// The source's channel; kConstant: `constant` instead. The last entry serves all further ones.
  std::int8_t source[kMoveEntries] = {};
  std::uint64_t constant[kMoveEntries] = {};
};
constexpr std::int8_t kConstant = -1;

/// Strides in bytes; fast and slow are the target's shorter and longer way through the image.
struct Lattice {
  std::uint8_t* data = nullptr;
  std::int64_t fast = 0, slow = 0, channel = 0;
};

struct Job {
  Lattice from, to;
  std::int32_t fast = 0, slow = 0;  ///< pixels
  std::int32_t tiles_fast = 0;
  bool aligned = false;  ///< samples lie at multiples of their size, in both
  std::int64_t first_tile = 0;
  PixelRule rule;
  Move move;
};

/// The jobs of one launch, in device memory.
struct JobList {
  const Job* jobs = nullptr;
  std::int32_t count = 0;
  std::int64_t tiles = 0;
};

/// Puts the kernels on the stream; gpu::launch_status() has what goes wrong.
void move_pixels(const JobList& list, gpu::StreamHandle stream);
void convert_pixels(const JobList& list, gpu::StreamHandle stream);

}  // namespace glimt::device
