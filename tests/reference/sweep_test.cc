// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Every sample, damaged: cut at many lengths and with flipped bits. Nothing may crash, and a
// failure must say what is wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

#include "glimt/glimt.h"

namespace glimt {
namespace {

std::vector<std::filesystem::path> samples() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(GLIMT_SOURCE_DIR "/samples")) {
    if (entry.path().extension() != ".md") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Sample : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    stream_ = CodeStream::open(GetParam().string()).value();
    decoder_ = Decoder::make({.max_num_cpu_threads = 1}).value();
  }

  /// Decodes damaged bytes strictly and tolerantly; both may fail, but only with a reason.
  void decode_damaged(std::vector<std::uint8_t> bytes) {
    const auto owner = std::make_shared<std::vector<std::uint8_t>>(std::move(bytes));
    const CodeStream stream = CodeStream::from_bytes(*owner, owner);
    for (const Errors errors : {Errors::strict, Errors::partial}) {
      DecodeParams params;
      params.errors = errors;
      const auto image = decoder_.decode(stream, params);
      if (image.ok()) {
        EXPECT_FALSE(image->empty());
      } else {
        EXPECT_FALSE(image.status().message().empty());
      }
    }
  }

  CodeStream stream_;
  Decoder decoder_;
};

TEST_P(Sample, Decodes) {
  const auto image = decoder_.decode(stream_);
  ASSERT_TRUE(image.ok()) << image.status().text();
  const auto info = stream_.info();
  ASSERT_TRUE(info.ok());
  const bool swaps = swaps_axes(info->orientation);
  EXPECT_EQ(image->spec().width, swaps ? info->height : info->width);
  EXPECT_EQ(image->spec().height, swaps ? info->width : info->height);
}

TEST_P(Sample, SurvivesBeingCut) {
  const Bytes bytes = stream_.bytes();
  for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 80); ++size) {
    decode_damaged({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  constexpr int cuts = 8;
  for (std::size_t cut = 1; cut <= cuts; ++cut) {
    const std::size_t size = bytes.size() * cut / cuts - 1;
    decode_damaged({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  }
}

TEST_P(Sample, SurvivesFlippedBits) {
  std::mt19937 random(7);
  const Bytes bytes = stream_.bytes();
  for (int round = 0; round < 8; ++round) {
    std::vector<std::uint8_t> damaged(bytes.begin(), bytes.end());
    // Half of the rounds hit the headers, where sizes are.
    const std::size_t reach =
        round % 2 == 0 ? std::min<std::size_t>(200, damaged.size()) : damaged.size();
    for (int flip = 0; flip < 4; ++flip) {
      damaged[random() % reach] ^= static_cast<std::uint8_t>(1U << random() % 8);
    }
    decode_damaged(std::move(damaged));
  }
}

TEST_P(Sample, RegionsEqualCrops) {
  const auto info = stream_.info().value();
  DecodeParams params;
  params.apply_exif_orientation = false;
  const Image whole = decoder_.decode(stream_, params).value();
  const auto w = static_cast<std::int32_t>(info.width), h = static_cast<std::int32_t>(info.height);
  for (const Region region :
       {Region{h / 3, w / 3, h / 3 + 37, w / 3 + 41, {}}, Region{0, 0, 1, 1, {}},
        Region{h - 9, w - 17, h, w, {}}, Region{-5, w - 20, 30, w + 11, {9, 9, 9, 9, 9}}}) {
    StreamView view;
    view.region = region;
    const auto part = decoder_.decode(stream_.sub_stream(view).value(), params);
    ASSERT_TRUE(part.ok()) << part.status().text();
    for (std::int32_t y = region.start_y; y < region.end_y; ++y) {
      for (std::int32_t x = region.start_x; x < region.end_x; ++x) {
        const bool inside = y >= 0 && x >= 0 && y < h && x < w;
        const std::uint8_t fill[3] = {9, 9, 9};
        const auto* want = inside ? whole.data() + y * whole.strides().row + x * 3 : fill;
        const auto* got =
            part->data() + (y - region.start_y) * part->strides().row + (x - region.start_x) * 3;
        ASSERT_TRUE(std::equal(got, got + 3, want)) << "at row " << y << ", column " << x;
      }
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.filename().string();
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Samples, Sample, ::testing::ValuesIn(samples()), test_name);

}  // namespace
}  // namespace glimt
