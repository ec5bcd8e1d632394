// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The chip's JPEG engine against libjpeg-turbo. Skipped, saying why, without nvJPEG or an engine.
#include "formats/jpeg/cuda/engine_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "formats/jpeg/reference_test.h"
#include "gpu/memory.h"
#include "gpu/stream.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using glimt::testing::Picture;
using reference::Settings;

/// Opening an engine takes most of a second: all tests share two.
class GpuEngine : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const bool fancy : {true, false}) {
      auto made = EngineDecoder::make({.device = 0, .fancy_upsampling = fancy, .library = {}});
      if (!made.ok()) {
        missing_ = made.status();
        return;
      }
      (fancy ? fancy_ : plain_) = std::move(*made);
    }
  }
  static void TearDownTestSuite() {
    fancy_.reset();
    plain_.reset();
  }
  void SetUp() override {
    if (!missing_.ok()) GTEST_SKIP() << missing_.text();
  }

  static inline std::unique_ptr<EngineDecoder> fancy_, plain_;
  static inline Status missing_;
};

Stream encode(std::int64_t width, std::int64_t height, const Settings& settings,
              unsigned seed = 1) {
  Picture picture =
      glimt::testing::make_picture(width, height, reference::form_of(ColorModel::rgb, 3), seed);
  return reference::encode(picture, settings);
}

/// Output of a kind in guarded memory: one allocation for all images of a batch.
struct Canvases {
  std::size_t each = 0;
  gpu::Block block;
  gpu::Stream stream = gpu::Stream::make().value();
  std::vector<std::uint8_t> host;

  Canvases(std::size_t count, std::size_t bytes_each) : each(bytes_each) {
    block = gpu::take_block(gpu::MemoryKind::device, 0, count * each).value();
    gpu::fill(block.data(), kPoison, count * each, stream.get()).check();
    host.resize(count * each);
  }
  [[nodiscard]] std::uint8_t* at(std::size_t i) const { return block.data() + i * each + kGuard; }
  void download() {
    gpu::copy_to_host(host.data(), block.data(), host.size(), stream.get()).check();
    gpu::synchronize(stream.get()).check();
  }
  [[nodiscard]] const std::uint8_t* pixels(std::size_t i) const {
    return host.data() + i * each + kGuard;
  }
  /// Nothing but [0, used) of image i has been written.
  [[nodiscard]] bool guarded(std::size_t i, std::size_t used) const {
    const std::uint8_t* begin = host.data() + i * each;
    const auto poison = [](std::uint8_t b) { return b == kPoison; };
    return std::all_of(begin, begin + kGuard, poison) &&
           std::all_of(begin + kGuard + used, begin + each, poison);
  }
};

void decode(EngineDecoder& decoder, std::vector<DeviceImage>& images, Canvases& canvases) {
  PoolWorker pool;
  const Status submitted = decoder.submit(images, canvases.stream.get(), pool.worker);
  EXPECT_TRUE(submitted.ok()) << submitted.text();
  const Status collected = decoder.collect();
  EXPECT_TRUE(collected.ok()) << collected.text();
  canvases.download();
}

struct Difference {
  int most = 0;
  double share = 0;  ///< of samples that differ
};

Difference difference(const std::uint8_t* got, const std::vector<std::uint8_t>& want) {
  Difference found;
  std::size_t count = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const int d = std::abs(got[i] - want[i]);
    found.most = std::max(found.most, d);
    count += d != 0 ? 1U : 0U;
  }
  found.share = static_cast<double>(count) / static_cast<double>(want.size());
  return found;
}

/// What the engine's fancy upsampling may differ by; its plain one does not.
struct Sampling {
  std::size_t number;  // in reference::kSamplings
  int most;
  double share;
};
constexpr Sampling kSamplings[] = {{0, 0, 0.0}, {1, 1, 0.0005}, {2, 1, 0.0005}};

TEST_F(GpuEngine, BatchesAreThoseOfLibjpegTurboUpToTheUpsampling) {
  constexpr std::int64_t sizes[][2] = {{1, 1},    {7, 9},     {16, 16},   {33, 70},
                                       {130, 64}, {641, 427}, {1000, 777}};
  for (const bool fancy : {true, false}) {
    EngineDecoder& decoder = fancy ? *fancy_ : *plain_;
    std::vector<Stream> streams;
    std::vector<std::string> names;
    std::vector<Sampling> limits;
    for (const auto& [width, height] : sizes) {
      for (const Sampling& sampling : kSamplings) {
        for (const unsigned interval : {0U, 3U}) {
          Settings settings;
          settings.sampling = reference::kSamplings[sampling.number].factors;
          settings.restart_interval = interval;
          settings.optimized = interval != 0;
          settings.quality = 60 + 5 * static_cast<int>(streams.size() % 8);
          streams.push_back(encode(width, height, settings, static_cast<unsigned>(streams.size())));
          names.push_back(std::to_string(width) + "x" + std::to_string(height) + " " +
                          reference::kSamplings[sampling.number].name);
          limits.push_back(sampling);
        }
      }
      Settings gray;
      gray.coded = JCS_GRAYSCALE;
      streams.push_back(encode(width, height, gray));
      names.push_back(std::to_string(width) + " gray");
      limits.push_back({0, 0, 0.0});
    }
    Canvases canvases(streams.size(), 1000 * 777 * 3 + 2 * kGuard);
    std::vector<DeviceImage> images(streams.size());
    std::vector<std::vector<std::uint8_t>> want;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      want.push_back(reference::decode(streams[i], {JCS_RGB, fancy, false}));
      Header header;
      read_header(streams[i], header).check();
      images[i].stream = streams[i];
      images[i].output = output_of(Order::rgb, canvases.at(i), header.width * 3, header.height);
    }
    decode(decoder, images, canvases);
    Difference worst;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      ASSERT_TRUE(images[i].status.ok()) << names[i] << ": " << images[i].status.text();
      EXPECT_GT(images[i].units_decoded, 0U);
      const Difference d = difference(canvases.pixels(i), want[i]);
      worst = {std::max(worst.most, d.most), std::max(worst.share, d.share)};
      EXPECT_LE(d.most, fancy ? limits[i].most : 0) << names[i] << (fancy ? "" : " plain");
      EXPECT_LE(d.share, limits[i].share) << names[i] << (fancy ? "" : " plain");
      EXPECT_TRUE(canvases.guarded(i, want[i].size())) << names[i];
    }
    RecordProperty(fancy ? "fancy_most" : "plain_most", worst.most);
    RecordProperty(fancy ? "fancy_share" : "plain_share", std::to_string(worst.share));
  }
}

TEST_F(GpuEngine, EveryArrangementHoldsTheSamePixels) {
  constexpr std::int64_t kWidth = 131, kHeight = 77;
  Settings settings;
  settings.sampling = reference::kSamplings[0].factors;
  const Stream stream = encode(kWidth, kHeight, settings);
  const auto want = reference::decode(stream, {JCS_RGB, true, false});
  const Rect window{20, 10, 120, 60};
  std::vector<DeviceImage> images(6);
  Canvases canvases(images.size(), kWidth * kHeight * 6 + 2 * kGuard);
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i].stream = stream;
    const auto order = static_cast<Order>(std::min<std::size_t>(i, 4));
    images[i].output = output_of(order, canvases.at(i), kWidth * 3 + 5, kHeight);
  }
  images[4].output.pixel_bytes = 1;
  // A window, upside down.
  Output& turned = images[5].output;
  turned = output_of(Order::rgb, canvases.at(5) + 49 * 300, -300, 50);
  turned.window = window;
  decode(*fancy_, images, canvases);
  const auto luma = reference::decode(stream, {JCS_GRAYSCALE, true, false});
  for (std::size_t i = 0; i < images.size(); ++i) {
    ASSERT_TRUE(images[i].status.ok()) << i << ": " << images[i].status.text();
    const Output& output = images[i].output;
    const std::uint8_t* first = canvases.pixels(i) + (output.pixels - canvases.at(i));
    const Rect part = output.window.empty() ? Rect{0, 0, kWidth, kHeight} : output.window;
    for (std::int64_t y = part.y0; y < part.y1; ++y) {
      for (std::int64_t x = part.x0; x < part.x1; ++x) {
        const std::uint8_t* got =
            first + (y - part.y0) * output.row_bytes + (x - part.x0) * output.pixel_bytes;
        const std::size_t pixel = static_cast<std::size_t>(y * kWidth + x);
        if (output.channels == Channels::gray) {
          ASSERT_EQ(int{*got}, int{luma[pixel]}) << x << "," << y;
          continue;
        }
        for (int c = 0; c < 3; ++c) {
          ASSERT_EQ(int{got[c * output.channel_bytes]},
                    int{want[pixel * 3 + static_cast<std::size_t>(c)]})
              << "arrangement " << i << " at " << x << "," << y;
        }
      }
    }
  }
}

TEST_F(GpuEngine, WhatTheEngineDoesNotDecodeIsSaidAndTheRestDecoded) {
  constexpr std::int64_t kWidth = 200, kHeight = 100;
  Settings plain, progressive, rgb, arithmetic, odd;
  plain.sampling = reference::kSamplings[0].factors;
  progressive.progressive = true;
  rgb.coded = JCS_RGB;
  arithmetic.arithmetic = true;
  odd.sampling = reference::kSamplings[5].factors;
  Picture inks =
      glimt::testing::make_picture(kWidth, kHeight, reference::form_of(ColorModel::cmyk, 4));
  std::vector<Stream> streams = {encode(kWidth, kHeight, plain),
                                 encode(kWidth, kHeight, progressive),
                                 encode(kWidth, kHeight, rgb),
                                 encode(kWidth, kHeight, arithmetic),
                                 encode(kWidth, kHeight, odd),
                                 reference::encode(inks, {.fed = JCS_CMYK, .coded = JCS_CMYK}),
                                 encode(kWidth, kHeight, plain),
                                 encode(kWidth, kHeight, plain),
                                 Stream(100),
                                 encode(kWidth, kHeight, plain)};
  streams[6].resize(streams[6].size() / 2);
  constexpr Code codes[] = {
      Code::ok,          Code::unsupported, Code::unsupported, Code::unsupported, Code::unsupported,
      Code::unsupported, Code::truncated,   Code::unsupported, Code::corrupt,     Code::ok};
  Canvases canvases(streams.size(), kWidth * kHeight * 3 + 2 * kGuard);
  std::vector<DeviceImage> images(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    images[i].stream = streams[i];
    images[i].output = output_of(Order::rgb, canvases.at(i), kWidth * 3, kHeight);
  }
  images[7].output.channels = Channels::stored;
  decode(*fancy_, images, canvases);
  const auto want = reference::decode(streams[0], {JCS_RGB, true, false});
  for (std::size_t i = 0; i < streams.size(); ++i) {
    EXPECT_EQ(images[i].status.code(), codes[i]) << i << ": " << images[i].status.text();
    if (codes[i] == Code::ok) {
      EXPECT_EQ(difference(canvases.pixels(i), want).most, 0) << i;
    } else {
      EXPECT_TRUE(canvases.guarded(i, 0)) << i << " was written";
    }
  }
}

TEST_F(GpuEngine, AStreamThatNvjpegObjectsToDoesNotSpoilItsBatch) {
  Settings settings;
  settings.sampling = reference::kSamplings[0].factors;
  std::vector<Stream> streams(3, encode(300, 200, settings));
  // Its Huffman tables are not legal: too many codes of one bit.
  const std::size_t tables = reference::find_segment(streams[1], kDht);
  ASSERT_NE(tables, 0U);
  streams[1][tables + 1] = 200;
  Canvases canvases(streams.size(), 300 * 200 * 3 + 2 * kGuard);
  std::vector<DeviceImage> images(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    images[i].stream = streams[i];
    images[i].output = output_of(Order::rgb, canvases.at(i), 300 * 3, 200);
  }
  for (int round = 0; round < 2; ++round) {
    decode(*fancy_, images, canvases);
    EXPECT_FALSE(images[1].status.ok());
    const auto want = reference::decode(streams[0], {JCS_RGB, true, false});
    for (const std::size_t i : {0U, 2U}) {
      ASSERT_TRUE(images[i].status.ok()) << images[i].status.text();
      EXPECT_EQ(difference(canvases.pixels(i), want).most, 0) << i;
    }
  }
}

TEST_F(GpuEngine, WorkOnTheStreamComesBeforeAndBehindTheBatch) {
  Settings settings;
  settings.sampling = reference::kSamplings[0].factors;
  const Stream stream = encode(1000, 777, settings);
  const auto want = reference::decode(stream, {JCS_RGB, true, false});
  Canvases canvases(1, 1000 * 777 * 3 + 2 * kGuard);
  DeviceImage image;
  image.stream = stream;
  image.output = output_of(Order::rgb, canvases.at(0), 1000 * 3, 777);
  PoolWorker pool;
  for (int round = 0; round < 5; ++round) {
    gpu::fill(canvases.at(0), 7, want.size(), canvases.stream.get()).check();
    fancy_->submit({&image, 1}, canvases.stream.get(), pool.worker).check();
    std::vector<std::uint8_t> got(want.size());
    gpu::copy_to_host(got.data(), canvases.at(0), got.size(), canvases.stream.get()).check();
    gpu::synchronize(canvases.stream.get()).check();
    EXPECT_EQ(got, want) << "round " << round;
    fancy_->collect().check();
  }
}

TEST(GpuEngineMissing, IsAnErrorThatNamesTheLibrary) {
  const auto count = gpu::device_count();
  if (!count.ok()) GTEST_SKIP() << count.status().text();
  const auto made =
      EngineDecoder::make({.device = 0, .fancy_upsampling = true, .library = "no.so"});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::device);
  EXPECT_NE(made.status().message().find("no.so"), std::string::npos) << made.status().text();
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
