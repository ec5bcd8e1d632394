// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes batches on the GPU for tests: outputs lie between guard bytes that must survive.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
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
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  ///< packed
};

enum class Order { rgb, bgr, planar_rgb, planar_bgr, gray };

struct How {
  BatchDecoder::Settings settings;
  Order order = Order::rgb;
  int row_padding = 0;
  int skew = 0;  ///< of the first pixel against an aligned address
};

inline int channels_of(Order order) { return order == Order::gray ? 1 : 3; }
inline bool is_planar(Order order) { return order >= Order::planar_rgb; }

/// Pixels in that order from `pixels` on, rows of `row_bytes`.
inline Output output_of(Order order, std::uint8_t* pixels, std::int64_t row_bytes,
                        std::int64_t height) {
  Output output;
  output.channels = order == Order::gray ? Channels::gray : Channels::rgb;
  output.pixels = pixels;
  output.row_bytes = row_bytes;
  output.pixel_bytes = is_planar(order) ? 1 : 3;
  output.channel_bytes = is_planar(order) ? row_bytes * height : 1;
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

struct Place {
  std::size_t offset = 0;
  std::int64_t row_bytes = 0, rows = 0, used = 0;  ///< bytes of a row in use
};

constexpr std::uint8_t kPoison = 0xA5;
constexpr std::size_t kGuard = 512;

inline std::vector<Place> place_outputs(const std::vector<Stream>& streams, const How& how,
                                        std::vector<Result>& results, std::size_t& bytes) {
  std::vector<Place> places(streams.size());
  bytes = kGuard;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    Header header;
    if (!read_header(streams[i], header).ok()) continue;
    results[i].width = header.width;
    results[i].height = header.height;
    Place& place = places[i];
    place.used = header.width * (is_planar(how.order) ? 1 : 3);
    place.rows = header.height * (is_planar(how.order) ? channels_of(how.order) : 1);
    place.row_bytes = place.used + how.row_padding;
    place.offset = bytes + static_cast<std::size_t>(how.skew);
    bytes += (static_cast<std::size_t>(place.row_bytes * place.rows) + 2 * kGuard) / 256 * 256;
  }
  return places;
}

/// Decodes all streams as one batch. Fails the test where memory outside the images was written.
inline std::vector<Result> decode_batch(BatchDecoder& decoder, const std::vector<Stream>& streams,
                                        const How& how = {}) {
  std::vector<Result> results(streams.size());
  std::size_t bytes = 0;
  const std::vector<Place> places = place_outputs(streams, how, results, bytes);
  gpu::Block block = gpu::take_block(gpu::MemoryKind::device, 0, bytes).value();
  gpu::Stream stream = gpu::Stream::make().value();
  gpu::fill(block.data(), kPoison, bytes, stream.get()).check();
  std::vector<DeviceImage> images(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Place& place = places[i];
    images[i].stream = streams[i];
    images[i].output =
        output_of(how.order, block.data() + place.offset, place.row_bytes, results[i].height);
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
    const Place& place = places[i];
    Result& result = results[i];
    result.status = images[i].status;
    result.pixels.resize(static_cast<std::size_t>(place.used * place.rows));
    for (std::int64_t y = 0; y < place.rows; ++y) {
      std::uint8_t* row = host.data() + place.offset + y * place.row_bytes;
      std::copy_n(row, place.used, result.pixels.data() + y * place.used);
      std::fill_n(row, place.used, kPoison);
    }
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
