// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/slide.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "glimt/decoder.h"
#include "glimt/tiff_writer.h"
#include "slide/pyramid.h"

namespace glimt {
namespace {

namespace fs = std::filesystem;

class Slides : public ::testing::Test {
 protected:
  Slides() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("glimt-slides-") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Slides() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

ImageSpec gray(std::int64_t width, std::int64_t height) {
  ImageSpec spec;
  spec.width = width;
  spec.height = height;
  spec.channels = 1;
  return spec;
}

/// Equal in each two by two, whose mean is known.
Image ramp(std::int64_t width, std::int64_t height) {
  Image image = Image::make(gray(width, height)).value();
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      image.data()[y * width + x] = static_cast<std::uint8_t>(x / 2 * 2 + y / 2 * 3);
    }
  }
  return image;
}

TiffPage tiled() {
  TiffPage page;
  page.params.tile_width = page.params.tile_height = 16;
  return page;
}

TEST_F(Slides, LevelsOfAWrittenPyramid) {
  auto writer = TiffWriter::open(path("a.tif")).value();
  TiffPage page = tiled();
  page.resolution = {20'000, 10'000};
  const std::uint32_t first = writer.write_page(page, ramp(61, 40)).value();
  page = tiled();
  page.parent = first;
  page.reduced = true;
  ASSERT_TRUE(writer.write_page(page, ramp(31, 20)).ok());
  ASSERT_TRUE(writer.close().ok());
  ASSERT_TRUE(writer.close().ok());

  const auto info = slide_info(CodeStream::open(path("a.tif")).value());
  ASSERT_TRUE(info.ok()) << info.status().text();
  EXPECT_EQ(info->vendor, "generic-tiff");
  ASSERT_EQ(info->levels.size(), 2U);
  EXPECT_EQ(info->levels[1].width, 31U);
  EXPECT_EQ(info->levels[1].tile_width, 16U);
  EXPECT_FALSE(info->levels[1].image_idx);
  EXPECT_DOUBLE_EQ(*info->mpp_x, 0.5);
  EXPECT_DOUBLE_EQ(*info->mpp_y, 1);
  const Image level = Decoder::make().value().decode(info->levels[1].stream).value();
  EXPECT_EQ(level.spec().width, 31);
}

TEST_F(Slides, NothingIsLeftOfAWriterThatIsNotClosed) {
  {
    auto writer = TiffWriter::open(path("a.tif")).value();
    ASSERT_TRUE(writer.write_page(tiled(), ramp(20, 20)).ok());
    EXPECT_FALSE(fs::exists(path("a.tif")));
    EXPECT_FALSE(fs::is_empty(folder_));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  auto writer = TiffWriter::open(path("a.tif")).value();
  TiffPage page = tiled();
  page.spec = gray(100, 100);
  ASSERT_TRUE(writer.add_page(page).ok());
  EXPECT_EQ(writer.close().code(), Code::bad_argument);  // no tile was written
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Slides, APyramidIsMadeOfMeans) {
  auto writer = TiffWriter::open(path("in.tif")).value();
  ASSERT_TRUE(writer.write_page(tiled(), ramp(60, 50)).ok());
  ASSERT_TRUE(writer.close().ok());
  slide::PyramidRequest request;
  request.params = tiled().params;
  std::uint64_t last = 0, all = 0;
  const auto summary =
      slide::write_pyramid(CodeStream::open(path("in.tif")).value(), path("out.tif"), request,
                           [&](std::uint64_t done, std::uint64_t total) {
                             EXPECT_GT(done, last);
                             last = done;
                             all = total;
                             return true;
                           });
  ASSERT_TRUE(summary.ok()) << summary.status().text();
  EXPECT_EQ(last, all);
  EXPECT_EQ(summary->levels, 3U);
  EXPECT_EQ(summary->last_width, 15U);
  const auto info = slide_info(CodeStream::open(path("out.tif")).value()).value();
  ASSERT_EQ(info.levels.size(), 3U);
  DecodeParams params;
  params.color_spec = ColorSpec::unchanged;
  const Image half = Decoder::make().value().decode(info.levels[1].stream, params).value();
  ASSERT_EQ(half.spec(), [&] {
    ImageSpec spec = half.spec();
    spec.width = 30;
    spec.height = 25;
    return spec;
  }());
  for (std::int64_t y = 0; y < 25; ++y) {
    for (std::int64_t x = 0; x < 30; ++x) {
      ASSERT_EQ(half.copy_to({}).value().data()[y * 30 + x],
                static_cast<std::uint8_t>(2 * x + 3 * y));
    }
  }
}

TEST_F(Slides, GivenUpHalfway) {
  auto writer = TiffWriter::open(path("in.tif")).value();
  ASSERT_TRUE(writer.write_page(tiled(), ramp(60, 50)).ok());
  ASSERT_TRUE(writer.close().ok());
  slide::PyramidRequest request;
  request.params = tiled().params;
  const auto summary =
      slide::write_pyramid(CodeStream::open(path("in.tif")).value(), path("out.tif"), request,
                           [](std::uint64_t, std::uint64_t) { return false; });
  EXPECT_FALSE(summary.ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace glimt
