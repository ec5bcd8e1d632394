// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes batches on the GPU for tests: outputs lie between guard bytes that must survive.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "engine/pool.h"
#include "formats/jpeg/cuda/batch_decoder.h"
#include "formats/jpeg/format.h"
#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::jpeg::cuda::testing {

using Stream = std::vector<std::uint8_t>;

class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto count = gpu::device_count();
    if (!count.ok()) GTEST_SKIP() << count.status().text();
  }
};

struct Result {
  Status status;
  std::int64_t width = 0, height = 0;  ///< of the window
  std::vector<std::uint8_t> pixels;    ///< packed: rows of interleaved pixels, as stored
  std::uint64_t units_decoded = 0;
};

/// How pixels lie in memory.
struct Arrangement {
  bool planar = false, reversed = false;  ///< reversed: the last channel comes first
  bool transposed = false, mirrored_x = false, mirrored_y = false;
  int padding = 0;  ///< bytes behind each row
  int skew = 0;     ///< of the first pixel against an aligned address
};

struct How {
  BatchDecoder::Settings settings;
  Channels channels = Channels::rgb;
  Arrangement arrangement;
  /// The window for an image of some size; none: all.
  std::function<Rect(std::int64_t, std::int64_t)> window;
};

enum class Order { rgb, bgr, planar_rgb, planar_bgr, gray };

/// Pixels in that order from `pixels` on, rows of `row_bytes`.
inline Output output_of(Order order, std::uint8_t* pixels, std::int64_t row_bytes,
                        std::int64_t height) {
  const bool planar = order >= Order::planar_rgb;
  Output output;
  output.channels = order == Order::gray ? Channels::gray : Channels::rgb;
  output.pixels = pixels;
  output.row_bytes = row_bytes;
  output.pixel_bytes = planar ? 1 : 3;
  output.channel_bytes = planar ? row_bytes * height : 1;
  if (order == Order::bgr || order == Order::planar_bgr) {
    output.pixels += 2 * output.channel_bytes;
    output.channel_bytes = -output.channel_bytes;
  }
  return output;
}

/// A worker of the process's pool.
struct PoolWorker {
  Arena arena;
  Limits limits;
  Worker worker{arena, limits, [this](std::size_t count, const Worker::Piece& piece) {
                  run_on_pool(count, available_cores(), [&](std::size_t i) { piece(i, worker); });
                }};
};

constexpr std::uint8_t kPoison = 0xA5;
constexpr std::size_t kGuard = 512;

struct Place {
  std::size_t bytes = 0;     ///< that the arranged pixels take
  std::ptrdiff_t first = 0;  ///< offset of the window's top left pixel
  std::ptrdiff_t row_bytes = 0, pixel_bytes = 0, channel_bytes = 0;
  std::int64_t width = 0, height = 0;
  int channels = 0;

  /// visit(offset, count) for the samples in the order of packed rows, as many at once as lie
  /// together.
  template <class Visit>
  void each_run(const Visit& visit) const {
    const bool together = channel_bytes == 1 && pixel_bytes == channels;
    for (std::int64_t y = 0; y < height; ++y) {
      if (together) {
        visit(first + y * row_bytes, width * channels);
        continue;
      }
      for (std::int64_t x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          visit(first + y * row_bytes + x * pixel_bytes + c * channel_bytes, std::int64_t{1});
        }
      }
    }
  }
};

inline Place arrange(std::int64_t width, std::int64_t height, int channels,
                     const Arrangement& how) {
  Place place;
  place.width = width;
  place.height = height;
  place.channels = channels;
  const std::int64_t across = how.transposed ? height : width;
  const std::int64_t down = how.transposed ? width : height;
  std::ptrdiff_t step = how.planar ? 1 : channels;
  std::ptrdiff_t line = across * step + how.padding;
  place.channel_bytes = how.planar ? line * down : 1;
  place.bytes = static_cast<std::size_t>(line * down * (how.planar ? channels : 1) + how.skew);
  place.first = how.skew;
  if (how.mirrored_x) place.first += (across - 1) * std::exchange(step, -step);
  if (how.mirrored_y) place.first += (down - 1) * std::exchange(line, -line);
  if (how.reversed) {
    place.first += (channels - 1) * std::exchange(place.channel_bytes, -place.channel_bytes);
  }
  place.row_bytes = how.transposed ? step : line;
  place.pixel_bytes = how.transposed ? line : step;
  return place;
}

inline std::vector<Place> place_outputs(const std::vector<Stream>& streams, const How& how,
                                        std::vector<DeviceImage>& images, std::size_t& bytes) {
  std::vector<Place> places(streams.size());
  bytes = kGuard;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    images[i].stream = streams[i];
    Header header;
    if (!read_header(streams[i], header).ok()) continue;
    Rect window{0, 0, header.width, header.height};
    if (how.window) window = images[i].output.window = how.window(header.width, header.height);
    const int channels = how.channels == Channels::stored ? header.component_count
                         : how.channels == Channels::rgb  ? 3
                                                          : 1;
    Place& place = places[i];
    place = arrange(window.width(), window.height(), channels, how.arrangement);
    place.first += static_cast<std::ptrdiff_t>(bytes);
    bytes += (place.bytes + 2 * kGuard) / 256 * 256;
  }
  return places;
}

/// Decodes all streams as one batch. Fails the test where memory outside the images was written.
inline std::vector<Result> decode_batch(BatchDecoder& decoder, const std::vector<Stream>& streams,
                                        const How& how = {}) {
  std::vector<Result> results(streams.size());
  std::vector<DeviceImage> images(streams.size());
  std::size_t bytes = 0;
  const std::vector<Place> places = place_outputs(streams, how, images, bytes);
  gpu::Block block = gpu::take_block(gpu::MemoryKind::device, 0, bytes).value();
  gpu::Stream stream = gpu::Stream::make().value();
  gpu::fill(block.data(), kPoison, bytes, stream.get()).check();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Place& place = places[i];
    Output& output = images[i].output;
    output.pixels = block.data() + place.first;
    output.row_bytes = place.row_bytes;
    output.pixel_bytes = place.pixel_bytes;
    output.channel_bytes = place.channel_bytes;
    output.channels = how.channels;
  }
  PoolWorker pool;
  const Status submitted = decoder.submit(images, stream.get(), pool.worker);
  EXPECT_TRUE(submitted.ok()) << submitted.text();
  const Status collected = decoder.collect();
  EXPECT_TRUE(collected.ok()) << collected.text();
  std::vector<std::uint8_t> host(bytes);
  gpu::copy_to_host(host.data(), block.data(), bytes, stream.get()).check();
  gpu::synchronize(stream.get()).check();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    Result& result = results[i];
    result.status = images[i].status;
    result.units_decoded = images[i].units_decoded;
    result.width = places[i].width;
    result.height = places[i].height;
    result.pixels.resize(static_cast<std::size_t>(result.width * result.height) *
                         static_cast<std::size_t>(places[i].channels));
    std::uint8_t* pixel = result.pixels.data();
    places[i].each_run([&](std::ptrdiff_t at, std::int64_t count) {
      pixel = std::copy_n(host.data() + at, count, pixel);
    });
  }
  for (const Place& place : places) {
    place.each_run([&](std::ptrdiff_t at, std::int64_t count) {
      std::fill_n(host.data() + at, count, kPoison);
    });
  }
  const auto spoilt = std::find_if(host.begin(), host.end(), [](auto b) { return b != kPoison; });
  EXPECT_EQ(spoilt - host.begin(), static_cast<std::ptrdiff_t>(bytes))
      << "a byte outside the images was written";
  return results;
}

/// Differing bytes, and where the first is.
inline std::string compare(const Result& got, const std::vector<std::uint8_t>& want,
                           int pixel_bytes) {
  if (got.pixels.size() != want.size()) return "sizes differ";
  std::size_t count = 0, first = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (got.pixels[i] == want[i]) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return {};
  const std::size_t pixel = first / static_cast<std::size_t>(pixel_bytes);
  const auto width = static_cast<std::size_t>(got.width);
  return std::to_string(count) + " of " + std::to_string(want.size()) +
         " bytes differ, first at x " + std::to_string(pixel % width) + " y " +
         std::to_string(pixel / width) + ": " + std::to_string(got.pixels[first]) + " instead of " +
         std::to_string(want[first]);
}

inline std::unique_ptr<BatchDecoder> make_decoder(const How& how = {}) {
  return std::move(BatchDecoder::make(how.settings)).value();
}

}  // namespace glimt::jpeg::cuda::testing
