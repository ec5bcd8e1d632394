// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG on the GPU against libjpeg-turbo, bit for bit.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>

#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using glimt::testing::Picture;
using reference::Settings;

enum class Content { picture, noise, flat, edges };

Picture make_content(std::int64_t width, std::int64_t height, Content content, unsigned seed) {
  Picture picture =
      glimt::testing::make_picture(width, height, reference::form_of(ColorModel::rgb, 3), seed);
  std::mt19937 random(seed);
  for (std::uint8_t& sample : picture.data) {
    if (content == Content::noise) sample = static_cast<std::uint8_t>(random());
    if (content == Content::flat) sample = 200;
    if (content == Content::edges) sample = (random() & 1) != 0 ? 255 : 0;
  }
  return picture;
}

Stream encode(std::int64_t width, std::int64_t height, const Settings& settings,
              Content content = Content::picture, unsigned seed = 1) {
  Picture picture = make_content(width, height, content, seed);
  return reference::encode(picture, settings);
}

struct Named {
  std::string name;
  Stream stream;
  std::vector<std::uint8_t> want = {};  ///< of fancy upsampling; none: not known yet
};

void expect_exact(BatchDecoder& decoder, const std::vector<Named>& files, const How& how) {
  std::vector<Stream> streams;
  for (const Named& file : files) streams.push_back(file.stream);
  const auto results = decode_batch(decoder, streams, how);
  int shown = 0;
  for (std::size_t i = 0; i < files.size() && shown < 20; ++i) {
    const bool known = !files[i].want.empty() && how.settings.fancy_upsampling;
    const auto want =
        known ? files[i].want
              : reference::decode(streams[i], {JCS_RGB, how.settings.fancy_upsampling, false});
    const std::string difference =
        results[i].status.ok() ? compare(results[i], want, 3) : results[i].status.text();
    if (difference.empty()) continue;
    ADD_FAILURE() << files[i].name << ": " << difference;
    ++shown;
  }
}

std::vector<Named> small_files(unsigned seed, int count) {
  std::mt19937 random(seed);
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  std::vector<Named> files;
  for (int i = 0; i < count; ++i) {
    Settings settings;
    const auto& sampling =
        reference::kSamplings[static_cast<std::size_t>(i) % std::size(reference::kSamplings)];
    settings.sampling = sampling.factors;
    const bool gray = i % 10 == 9;
    if (gray) settings.coded = JCS_GRAYSCALE;
    settings.quality = any(1, 20) * 5;
    settings.optimized = any(0, 3) == 0;
    constexpr unsigned intervals[] = {0, 0, 1, 2, 3, 7, 40};
    settings.restart_interval = intervals[any(0, 6)];
    settings.separate_scans = any(0, 5) == 0;
    const int width = any(1, 130), height = any(1, 130);
    const auto content = static_cast<Content>(any(0, 3));
    files.push_back({std::to_string(width) + "x" + std::to_string(height) + " " +
                         (gray ? "gray" : sampling.name) + " quality " +
                         std::to_string(settings.quality) + " interval " +
                         std::to_string(settings.restart_interval) +
                         (settings.separate_scans ? " separate scans" : "") + " content " +
                         std::to_string(static_cast<int>(content)),
                     encode(width, height, settings, content, static_cast<unsigned>(i) + seed)});
  }
  return files;
}

constexpr Parameters kParameters[] = {{64, 64, 1},       {64, 64, 2},       {64, 128, 3},
                                      {64, 128, 4},      {128, 192, 4},     {32, 0, 1},
                                      {32, 32, 1, true}, {64, 64, 2, true}, {64, 128, 3, true}};

class GpuJpeg : public GpuTest {};

TEST_F(GpuJpeg, SmallFilesOfAllKindsAreExact) {
  unsigned seed = 100;
  for (const Parameters& parameters : kParameters) {
    for (const bool fancy : {true, false}) {
      How how;
      how.settings.parameters = &parameters;
      how.settings.fancy_upsampling = fancy;
      how.settings.slices = 1 + static_cast<int>(seed % 4);
      how.arrangement.padding = static_cast<int>(seed % 7);
      how.arrangement.skew = static_cast<int>(seed % 3);
      const auto decoder = make_decoder(how);
      expect_exact(*decoder, small_files(seed++, 150), how);
    }
  }
}

TEST_F(GpuJpeg, EverySizeUpTo130IsExact) {
  for (const bool fancy : {true, false}) {
    How how;
    how.settings.fancy_upsampling = fancy;
    std::vector<Named> files;
    for (int size = 1; size <= 130; ++size) {
      Settings settings;
      settings.sampling = reference::kSamplings[static_cast<std::size_t>(size) % 4].factors;
      files.push_back({std::to_string(size) + " wide", encode(size, 131 - size, settings)});
    }
    const auto decoder = make_decoder(how);
    expect_exact(*decoder, files, how);
  }
}

/// Files of many groups, which must be mended across them.
std::vector<Named> large_files() {
  std::vector<Named> files;
  unsigned seed = 1;
  for (const std::size_t sampling : {0, 1, 2, 3, 4}) {
    for (const unsigned interval : {0U, 250U}) {
      for (const Content content : {Content::picture, Content::noise, Content::flat}) {
        Settings settings;
        settings.sampling = reference::kSamplings[sampling].factors;
        settings.restart_interval = interval;
        settings.quality = content == Content::noise ? 90 : 95;
        files.push_back({std::string(reference::kSamplings[sampling].name) + " interval " +
                             std::to_string(interval) + " content " +
                             std::to_string(static_cast<int>(content)),
                         encode(1501, 1003, settings, content, seed++)});
      }
    }
  }
  Settings gray, separate;
  gray.coded = JCS_GRAYSCALE;
  separate.separate_scans = true;
  separate.sampling = reference::kSamplings[2].factors;
  files.push_back({"gray", encode(2000, 1500, gray)});
  files.push_back({"separate scans", encode(2000, 1500, separate)});
  for (Named& file : files) file.want = reference::decode(file.stream, {JCS_RGB, true, false});
  return files;
}

TEST_F(GpuJpeg, LargeFilesAreExactHoweverTheyAreCut) {
  const auto files = large_files();
  for (const Parameters& parameters : kParameters) {
    How how;
    how.settings.parameters = &parameters;
    how.settings.slices = parameters.run;
    const auto decoder = make_decoder(how);
    expect_exact(*decoder, files, how);
  }
  const auto decoder = make_decoder();
  expect_exact(*decoder, files, {});
}

TEST_F(GpuJpeg, WhatTheKernelsDoNotDecodeIsSaid) {
  Settings arithmetic, equal_tables;
  arithmetic.arithmetic = true;
  equal_tables.coded = JCS_RGB;
  equal_tables.sampling = reference::kSamplings[2].factors;
  const std::vector<Stream> streams = {encode(50, 40, arithmetic), encode(900, 700, equal_tables)};
  const auto decoder = make_decoder();
  for (const Result& result : decode_batch(*decoder, streams)) {
    EXPECT_EQ(result.status.code(), Code::unsupported) << result.status.text();
    EXPECT_FALSE(result.status.message().empty());
  }
}

TEST_F(GpuJpeg, NoMemoryIsAllocatedInTheSteadyState) {
  const auto files = large_files();
  std::vector<Stream> streams;
  for (const Named& file : files) streams.push_back(file.stream);
  const auto decoder = make_decoder();
  for (int i = 0; i < 2; ++i) decode_batch(*decoder, streams);
  const auto device = gpu::pool_counts(gpu::MemoryKind::device);
  const auto pinned = gpu::pool_counts(gpu::MemoryKind::pinned);
  for (int i = 0; i < 5; ++i) decode_batch(*decoder, streams);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::device).allocations, device.allocations);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::pinned).allocations, pinned.allocations);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::device).bytes_in_use, device.bytes_in_use);
}

TEST_F(GpuJpeg, DecodersOfTwoThreadsDoNotDisturbEachOther) {
  const auto files = large_files();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&files] {
      const auto decoder = make_decoder();
      for (int round = 0; round < 2; ++round) expect_exact(*decoder, files, {});
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
