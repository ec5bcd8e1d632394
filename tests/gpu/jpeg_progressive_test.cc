// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Progressive JPEG on the GPU against libjpeg-turbo, bit for bit.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "damage.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using glimt::testing::make_picture;
using glimt::testing::Picture;
using reference::Settings;

/// Noise, flat areas and gentle slopes: few coefficients here, many there. Kind 4 has little
/// colour, as photographs have: the tables of its components differ.
Stream encode(std::int64_t width, std::int64_t height, const Settings& settings, unsigned seed) {
  Picture picture = make_picture(width, height, reference::form_of(ColorModel::rgb, 3), seed);
  std::mt19937 random(seed);
  const unsigned kind = seed % 5;
  for (std::uint8_t& sample : picture.data) {
    if (kind == 1) sample = static_cast<std::uint8_t>(random());
    if (kind == 2) sample = 200;
    if (kind == 3) sample = static_cast<std::uint8_t>(sample / 8 + 100);
  }
  for (std::size_t i = 0; kind == 4 && i + 2 < picture.data.size(); i += 3) {
    for (const std::size_t k : {i + 1, i + 2}) {
      picture.data[k] = static_cast<std::uint8_t>((picture.data[i] * 7 + picture.data[k]) / 8);
    }
  }
  return reference::encode(picture, settings);
}

struct Script {
  const char* name;
  std::vector<jpeg_scan_info> scans;  ///< empty: the usual one of libjpeg
};

/// Of three components.
const std::vector<Script>& scripts() {
  static const std::vector<Script> all = {
      {"usual", {}},
      {"spectral selection",
       {{3, {0, 1, 2, 0}, 0, 0, 0, 0},
        {1, {0}, 1, 2, 0, 0},
        {1, {0}, 3, 20, 0, 0},
        {1, {0}, 21, 63, 0, 0},
        {1, {2}, 1, 63, 0, 0},
        {1, {1}, 1, 1, 0, 0},
        {1, {1}, 2, 63, 0, 0}}},
      {"successive approximation",
       {{3, {0, 1, 2, 0}, 0, 0, 0, 3},
        {3, {0, 1, 2, 0}, 0, 0, 3, 2},
        {1, {0}, 1, 63, 0, 3},
        {1, {1}, 1, 63, 0, 1},
        {1, {2}, 1, 63, 0, 2},
        {3, {0, 1, 2, 0}, 0, 0, 2, 1},
        {1, {0}, 1, 63, 3, 2},
        {1, {0}, 1, 63, 2, 1},
        {1, {0}, 1, 63, 1, 0},
        {1, {2}, 1, 63, 2, 1},
        {1, {2}, 1, 63, 1, 0},
        {1, {1}, 1, 63, 1, 0},
        {3, {0, 1, 2, 0}, 0, 0, 1, 0}}},
      {"components apart",
       {{1, {0}, 0, 0, 0, 1},
        {2, {1, 2, 0, 0}, 0, 0, 0, 0},
        {1, {0}, 1, 63, 0, 2},
        {1, {0}, 1, 10, 2, 1},
        {1, {0}, 11, 63, 2, 1},
        {1, {0}, 1, 63, 1, 0},
        {1, {0}, 0, 0, 1, 0},
        {1, {1}, 1, 63, 0, 0},
        {1, {2}, 1, 5, 0, 1},
        {1, {2}, 6, 63, 0, 0},
        {1, {2}, 1, 5, 1, 0}}},
  };
  return all;
}

struct Named {
  std::string name;
  Stream stream;
};

// Of reference::kSamplings those that the kernels decode.
constexpr std::size_t kDecodable[] = {0, 1, 2, 3, 4, 5, 6, 7, 9};

std::vector<Named> small_files(unsigned seed, int count) {
  std::mt19937 random(seed);
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  std::vector<Named> files;
  for (int i = 0; i < count; ++i) {
    Settings settings;
    const auto& sampling = reference::kSamplings[kDecodable[any(0, 8)]];
    settings.sampling = sampling.factors;
    const bool gray = any(0, 9) == 0;
    if (gray) settings.coded = JCS_GRAYSCALE;
    settings.progressive = any(0, 7) != 0;  // some sequential ones in between
    const auto& script = scripts()[static_cast<std::size_t>(any(0, 3))];
    if (settings.progressive && !gray) settings.script = script.scans;
    settings.quality = any(1, 20) * 5;
    constexpr unsigned intervals[] = {0, 0, 0, 1, 2, 7, 40};
    settings.restart_interval = intervals[any(0, 6)];
    const bool tiny = any(0, 3) == 0;
    const int width = any(1, tiny ? 20 : 260), height = any(1, tiny ? 20 : 200);
    const auto number = static_cast<unsigned>(i) + seed;
    files.push_back({std::to_string(width) + "x" + std::to_string(height) + " " +
                         (gray ? "gray" : sampling.name) + " quality " +
                         std::to_string(settings.quality) + " interval " +
                         std::to_string(settings.restart_interval) + " content " +
                         std::to_string(number % 5) + " script " +
                         (!settings.progressive ? "none"
                          : gray                ? "gray"
                                                : script.name),
                     encode(width, height, settings, number)});
  }
  return files;
}

void expect_exact(BatchDecoder& decoder, const std::vector<Named>& files, const How& how) {
  std::vector<Stream> streams;
  for (const Named& file : files) streams.push_back(file.stream);
  const auto results = decode_batch(decoder, streams, how);
  int shown = 0;
  for (std::size_t i = 0; i < files.size() && shown < 20; ++i) {
    const auto want =
        reference::decode(streams[i], {JCS_RGB, how.settings.fancy_upsampling, false});
    const std::string difference =
        results[i].status.ok() ? compare(results[i], want, 3) : results[i].status.text();
    if (difference.empty()) continue;
    ADD_FAILURE() << files[i].name << ": " << difference;
    ++shown;
  }
}

class GpuProgressive : public GpuTest {};

TEST_F(GpuProgressive, SmallFilesOfAllKindsAreExact) {
  constexpr Parameters parameters[] = {{64, 64, 1}, {64, 128, 3}, {128, 192, 4}, {32, 0, 1}};
  unsigned seed = 500;
  for (const Parameters& chosen : parameters) {
    for (const bool fancy : {true, false}) {
      How how;
      how.settings.parameters = &chosen;
      how.settings.fancy_upsampling = fancy;
      how.settings.slices = 1 + static_cast<int>(seed % 3) * 3;  // up to 7: more than contexts
      const auto decoder = make_decoder(how);
      expect_exact(*decoder, small_files(seed, 120), how);
      seed += 1000;
    }
  }
}

TEST_F(GpuProgressive, LargerFilesAreExact) {
  const auto decoder = make_decoder();
  std::vector<Named> files;
  for (unsigned i = 0; i < 12; ++i) {
    Settings settings;
    settings.progressive = true;
    settings.sampling = reference::kSamplings[i % 4].factors;
    settings.script = scripts()[i % 3].scans;
    settings.quality = i % 2 == 0 ? 92 : 97;
    settings.restart_interval = i >= 8 ? 500 : 0;
    files.push_back({"large " + std::to_string(i), encode(1920, 1083, settings, 5 * i + 4)});
  }
  expect_exact(*decoder, files, {});
  expect_exact(*decoder, files, {});  // memory in use before
}

TEST_F(GpuProgressive, ComponentsThatShareTheirTablesAreExact) {
  Settings settings;
  settings.progressive = true;
  settings.coded = JCS_RGB;
  const auto decoder = make_decoder();
  std::vector<Named> files;
  for (const auto& script : {scripts()[0], scripts()[2]}) {
    settings.script = script.scans;
    files.push_back({std::string("RGB, ") + script.name, encode(1900, 1000, settings, 4)});
  }
  expect_exact(*decoder, files, {});
}

TEST_F(GpuProgressive, WindowsAreExact) {
  constexpr std::int64_t width = 1920, height = 1083;
  const auto decoder = make_decoder();
  for (const Rect& window :
       {Rect{0, 0, 64, 64}, Rect{700, 500, 900, 701}, Rect{1919, 1082, 1920, 1083}}) {
    std::vector<Stream> streams;
    for (const unsigned interval : {0U, 100U, 2000U}) {
      for (const auto& script : {scripts()[0], scripts()[2]}) {
        Settings settings;
        settings.progressive = true;
        settings.sampling = reference::kSamplings[2].factors;
        settings.restart_interval = interval;
        settings.script = script.scans;
        streams.push_back(encode(width, height, settings, 4));
      }
    }
    How how;
    how.window = [&](std::int64_t, std::int64_t) { return window; };
    const auto results = decode_batch(*decoder, streams, how);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      ASSERT_TRUE(results[i].status.ok()) << results[i].status.text();
      const auto whole = reference::decode(streams[i], {});
      std::vector<std::uint8_t> want;
      for (std::int64_t y = window.y0; y < window.y1; ++y) {
        const auto row = whole.begin() + (y * width + window.x0) * 3;
        want.insert(want.end(), row, row + window.width() * 3);
      }
      EXPECT_EQ(compare(results[i], want, 3), "") << "file " << i << " window x " << window.x0;
    }
  }
}

TEST_F(GpuProgressive, AnyLengthOfRunsOfEndedBlocks) {
  // One spot in a flat picture: runs of up to 32767 blocks, in front of it and behind.
  std::vector<Named> files;
  for (const std::int64_t height : {40, 400, 1500}) {
    Picture picture = make_picture(1600, height, reference::form_of(ColorModel::gray, 1), 1);
    for (std::uint8_t& sample : picture.data) sample = 128;
    picture.data[picture.data.size() * 2 / 3] = 0;
    for (const unsigned interval : {0U, 3000U}) {
      Settings settings;
      settings.progressive = true;
      settings.fed = settings.coded = JCS_GRAYSCALE;
      settings.restart_interval = interval;
      files.push_back(
          {"flat, height " + std::to_string(height), reference::encode(picture, settings)});
    }
  }
  const auto decoder = make_decoder();
  expect_exact(*decoder, files, {});
}

Settings settings_of(unsigned number) {
  Settings settings;
  settings.progressive = true;
  settings.sampling = reference::kSamplings[number % 4].factors;
  settings.restart_interval = number % 3 == 0 ? 11 : 0;
  settings.script = scripts()[number / 4 % 4].scans;
  return settings;
}

TEST_F(GpuProgressive, WhatIsAcceptedOfDamagedOnesEqualsTheCpu) {
  std::mt19937 random(23);
  const Stream whole = encode(333, 222, settings_of(2), 4);
  const auto want = reference::decode(whole, {});
  const auto decoder = make_decoder();
  int accepted = 0, refused = 0;
  for (unsigned batch = 0; batch < 15; ++batch) {
    std::vector<Stream> streams;
    for (unsigned i = 0; i < 80; ++i) {
      const Stream stream = encode(40 + random() % 300, 40 + random() % 200, settings_of(i), i);
      streams.push_back(i % 5 == 0 ? cut(stream, random)
                                   : flipped(stream, random, 1 + static_cast<int>(random() % 3)));
      if (i % 20 == 0) streams.push_back(whole);
    }
    const auto results = decode_batch(*decoder, streams);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i] == whole) {
        ASSERT_TRUE(results[i].status.ok()) << results[i].status.text();
        ASSERT_EQ(compare(results[i], want, 3), "");
        continue;
      }
      if (!results[i].status.ok()) {
        ++refused;
        continue;
      }
      ++accepted;
      const auto cpu = glimt::testing::decode(kJpegTurboDecoder, streams[i]);
      EXPECT_TRUE(cpu.status.ok()) << cpu.status.text();
      if (plausible(streams[i])) {
        EXPECT_EQ(compare(results[i], reference::decode(streams[i], {}), 3), "");
      }
    }
  }
  RecordProperty("accepted", accepted);
  RecordProperty("refused", refused);
  EXPECT_GT(accepted, 20);
  EXPECT_GT(refused, 100);
}

/// Where the data of each scan lies.
std::vector<std::pair<std::size_t, std::size_t>> scan_data(const Stream& stream) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  SegmentWalk walk(stream, 2);
  for (Segment segment; walk.next(segment);) {
    if (segment.marker != kSos) continue;
    const std::size_t begin = segment.offset + segment.payload.size();
    std::size_t end = begin;
    while (!(stream[end] == 0xFF && stream[end + 1] != 0)) ++end;
    all.emplace_back(begin, end);
  }
  return all;
}

TEST_F(GpuProgressive, HostileDataIsBounded) {
  Settings settings;
  settings.progressive = true;
  settings.sampling = reference::kSamplings[2].factors;
  const Stream model = encode(3000, 2000, settings, 0);
  const auto decoder = make_decoder();
  std::mt19937 random(3);
  for (int kind = 0; kind < 5; ++kind) {
    Stream stream = model;
    for (const auto& [begin, end] : scan_data(model)) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto any = static_cast<std::uint8_t>(random() % 255);
        const std::uint8_t patterns[] = {any, 0x00, 0xAA, 0xFE,
                                         static_cast<std::uint8_t>(any & 0x11)};
        stream[i] = patterns[kind];
      }
    }
    const std::vector<Stream> streams(4, stream);
    decode_batch(*decoder, streams);
    const auto start = std::chrono::steady_clock::now();
    const auto results = decode_batch(*decoder, streams);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    RecordProperty("milliseconds_" + std::to_string(kind), static_cast<int>(seconds.count() * 1e3));
    EXPECT_LT(seconds.count(), 1.0) << "kind " << kind;
    for (const Result& result : results) EXPECT_FALSE(result.status.ok()) << "kind " << kind;
  }
}

TEST_F(GpuProgressive, EachDamagedScanIsSeen) {
  const Stream whole = encode(640, 480, settings_of(2), 4);
  const auto decoder = make_decoder();
  std::vector<Stream> streams;
  for (const auto& [begin, end] : scan_data(whole)) {
    Stream cut = whole;  // a third of the scan is gone
    cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(begin + (end - begin) / 3),
              cut.begin() + static_cast<std::ptrdiff_t>(begin + (end - begin) * 2 / 3));
    streams.push_back(cut);
  }
  ASSERT_EQ(streams.size(), 10U);
  const auto results = decode_batch(*decoder, streams);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    EXPECT_FALSE(results[i].status.ok()) << "scan " << i;
  }
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
