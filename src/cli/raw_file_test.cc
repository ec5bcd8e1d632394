// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/raw_file.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

/// 2 x 2 pixels of two uint16 channels, in memory where rows and channels are apart.
Image scattered(std::vector<std::uint16_t>& memory) {
  memory.assign(64, 0xEEEE);
  ImageSpec spec;
  spec.width = spec.height = 2;
  spec.channels = 2;
  spec.type = SampleType::u16;
  for (std::size_t y = 0; y < 2; ++y) {
    for (std::size_t x = 0; x < 2; ++x) {
      for (std::size_t c = 0; c < 2; ++c) {
        memory[c * 32 + y * 8 + x] = static_cast<std::uint16_t>(100 * y + 10 * x + c);
      }
    }
  }
  return Image::wrap(spec, {16, 2, 64}, memory.data(), nullptr, 128);
}

std::string file_made_by(Status (*write)(const std::string&, const Image&), const Image& image) {
  const auto path =
      std::filesystem::temp_directory_path() / ("glimt-raw-" + std::to_string(::getpid()));
  write(path.string(), image).check();
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  return bytes;
}

TEST(RawFile, SamplesArePackedRowByRow) {
  std::vector<std::uint16_t> memory;
  const std::string bytes = file_made_by(write_raw, scattered(memory));
  const std::vector<std::uint16_t> expected = {0, 1, 10, 11, 100, 101, 110, 111};
  ASSERT_EQ(bytes.size(), 16U);
  EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), 16), 0);
}

TEST(RawFile, NumpyHeaderIsAlignedAndTellsShapeAndType) {
  std::vector<std::uint16_t> memory;
  const std::string bytes = file_made_by(write_npy, scattered(memory));
  ASSERT_EQ(bytes.size() % 64, 16U);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_NE(bytes.find("'descr': '<u2'"), std::string::npos);
  EXPECT_NE(bytes.find("'shape': (2, 2, 2)"), std::string::npos);
  EXPECT_EQ(bytes[bytes.size() - 17], '\n');
}

}  // namespace
}  // namespace glimt::cli
