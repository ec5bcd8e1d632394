// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Damaged JPEG on the GPU: a status for each image, nothing of an earlier batch in its pixels, and
// no effect on the images beside it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "damage.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using glimt::testing::make_picture;
using glimt::testing::Picture;
using reference::Settings;

Stream encode(std::int64_t width, std::int64_t height, const Settings& settings,
              unsigned seed = 1) {
  Picture picture = make_picture(width, height, reference::form_of(ColorModel::rgb, 3), seed);
  return reference::encode(picture, settings);
}

Settings settings_of(unsigned number) {
  Settings settings;
  settings.sampling = reference::kSamplings[number % 4].factors;
  settings.restart_interval = number % 3 == 0 ? 5 : 0;
  settings.optimized = number % 5 == 0;
  settings.separate_scans = number % 7 == 0;
  return settings;
}

class GpuDamage : public GpuTest {};

TEST_F(GpuDamage, WhatIsAcceptedEqualsTheCpuAndNeighboursAreUntouched) {
  std::mt19937 random(11);
  const Stream whole = encode(333, 222, settings_of(2));
  const auto want = reference::decode(whole, {});
  const auto decoder = make_decoder();
  int accepted = 0, refused = 0, refused_though_fine = 0;
  for (unsigned batch = 0; batch < 25; ++batch) {
    std::vector<Stream> streams;
    for (unsigned i = 0; i < 80; ++i) {
      const Stream stream = encode(40 + random() % 300, 40 + random() % 200, settings_of(i), i);
      streams.push_back(i % 3 == 0 ? cut(stream, random)
                                   : flipped(stream, random, 1 + static_cast<int>(random() % 4)));
      if (i % 20 == 0) streams.push_back(whole);
    }
    const auto results = decode_batch(*decoder, streams);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i] == whole) {
        ASSERT_TRUE(results[i].status.ok()) << results[i].status.text();
        ASSERT_EQ(results[i].pixels, want);
        continue;
      }
      const auto cpu = glimt::testing::decode(kJpegTurboDecoder, streams[i]);
      if (!results[i].status.ok()) {
        ++refused;
        refused_though_fine += cpu.status.ok() ? 1 : 0;
        continue;
      }
      ++accepted;
      EXPECT_TRUE(cpu.status.ok()) << cpu.status.text();
      if (plausible(streams[i])) {
        EXPECT_EQ(results[i].pixels, reference::decode(streams[i], {}));
      }
    }
  }
  RecordProperty("accepted", accepted);
  RecordProperty("refused", refused);
  RecordProperty("refused_though_fine", refused_though_fine);
  EXPECT_GT(accepted, 10);
  EXPECT_GT(refused, 100);
}

TEST_F(GpuDamage, NothingOfAnEarlierBatchShowsThrough) {
  const auto decoder = make_decoder();
  Settings settings;
  settings.sampling = reference::kSamplings[2].factors;
  const Stream noisy = encode(640, 480, settings, 5);
  const std::vector<Stream> before(8, noisy);
  for (const unsigned interval : {0U, 20U}) {
    decode_batch(*decoder, before);
    settings.restart_interval = interval;
    Stream stream = encode(640, 480, settings, 6);
    const std::size_t begin = scan_offset(stream);
    if (interval == 0) {
      stream.resize(begin + (stream.size() - begin) / 3);
      stream.insert(stream.end(), {0xFF, 0xD9});
    } else {
      // Empties the last interval: nothing between its marker and EOI.
      std::size_t last = stream.size() - 2;
      while (!(stream[last] == 0xFF && (stream[last + 1] & 0xF8) == 0xD0)) --last;
      stream.erase(stream.begin() + static_cast<std::ptrdiff_t>(last) + 2, stream.end() - 2);
    }
    const std::vector<Stream> damaged(8, stream);
    for (const Result& result : decode_batch(*decoder, damaged)) {
      EXPECT_EQ(result.status.code(), Code::corrupt);
      // The last rows have no data: medium gray.
      for (std::size_t i = result.pixels.size() - 64; i < result.pixels.size(); ++i) {
        ASSERT_EQ(result.pixels[i], 128) << "interval " << interval;
      }
    }
  }
}

TEST_F(GpuDamage, AMarkerWithinAScanIsSeen) {
  Stream stream = encode(640, 480, settings_of(2));
  const std::size_t middle = (scan_offset(stream) + stream.size()) / 2;
  stream[middle] = 0xFF;
  stream[middle + 1] = 0xC8;
  const auto decoder = make_decoder();
  const auto results = decode_batch(*decoder, {stream});
  EXPECT_EQ(results[0].status.code(), Code::corrupt);
  EXPECT_NE(results[0].status.message().find("marker"), std::string::npos)
      << results[0].status.text();
}

/// A header for a large image with other data behind it.
Stream with_data(std::int64_t width, std::int64_t height, std::size_t bytes, int kind) {
  Settings settings;
  settings.sampling = reference::kSamplings[2].factors;
  Stream stream = encode(width, height, settings);
  stream.resize(scan_offset(stream));
  std::mt19937 random(3);
  for (std::size_t i = 0; i < bytes; ++i) {
    const auto any = static_cast<std::uint8_t>(random());
    const std::uint8_t patterns[] = {any, 0x00, 0xAA, 0xFE, static_cast<std::uint8_t>(any & 0x11)};
    stream.push_back(patterns[kind]);
    if (stream.back() == 0xFF) stream.push_back(0);
  }
  stream.insert(stream.end(), {0xFF, 0xD9});
  return stream;
}

/// Decodes streams of such data and says how long that took.
void expect_bounded(BatchDecoder& decoder, const std::vector<Stream>& streams,
                    const std::string& name) {
  decode_batch(decoder, streams);
  const auto start = std::chrono::steady_clock::now();
  const auto results = decode_batch(decoder, streams);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  ::testing::Test::RecordProperty("milliseconds_" + name, static_cast<int>(seconds.count() * 1e3));
  EXPECT_LT(seconds.count(), 1.0) << name;
  for (const Result& result : results) EXPECT_FALSE(result.status.ok()) << name;
}

TEST_F(GpuDamage, HostileDataIsBounded) {
  const auto decoder = make_decoder();
  for (int kind = 0; kind < 5; ++kind) {
    const std::vector<Stream> streams(4, with_data(3000, 2000, 4 << 20, kind));
    expect_bounded(*decoder, streams, "kind_" + std::to_string(kind));
  }
}

TEST_F(GpuDamage, LittleHostileDataIsBounded) {
  const auto decoder = make_decoder();  // small slices are probed first
  for (int kind = 0; kind < 5; ++kind) {
    expect_bounded(*decoder, {with_data(1000, 900, 300 << 10, kind)},
                   "little_" + std::to_string(kind));
  }
}

TEST_F(GpuDamage, DamagedHeadersAreAStatus) {
  std::mt19937 random(17);
  const auto decoder = make_decoder();
  for (int batch = 0; batch < 10; ++batch) {
    std::vector<Stream> streams;
    for (unsigned i = 0; i < 60; ++i) {
      Stream stream = encode(64 + random() % 64, 64, settings_of(i), i);
      const std::size_t header = scan_offset(stream);
      Header parsed;
      const std::size_t at = 2 + random() % (header - 2);
      Stream changed = stream;
      changed[at] = static_cast<std::uint8_t>(random());
      // The outputs are made for the size that the header says: keep it small.
      const bool small =
          read_header(changed, parsed).ok() && parsed.width < 4096 && parsed.height < 4096;
      streams.push_back(small ? changed : stream);
    }
    decode_batch(*decoder, streams);
  }
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
