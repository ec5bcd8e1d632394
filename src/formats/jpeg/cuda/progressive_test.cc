// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Which progressive streams the GPU takes, and how a slice of them is laid out.
#include "formats/jpeg/cuda/progressive.h"

#include <gtest/gtest.h>

#include <vector>

#include "formats/jpeg/cuda/layout.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg::cuda {
namespace {

using reference::Settings;
using Stream = std::vector<std::uint8_t>;

Stream photo(std::int64_t width, std::int64_t height, const Settings& settings) {
  testing::Picture picture =
      testing::make_picture(width, height, reference::form_of(ColorModel::rgb, 3));
  return reference::encode(picture, settings);
}

Settings progressive(unsigned restart_interval = 0) {
  Settings settings;
  settings.sampling = reference::kSamplings[2].factors;
  settings.restart_interval = restart_interval;
  settings.progressive = true;
  return settings;
}

TEST(GpuProgressive, FindsTheUsualScans) {
  CodedImage image;
  const Stream stream = photo(200, 100, progressive());
  ASSERT_TRUE(read_coded(stream, image).ok());
  ASSERT_EQ(image.scans.size(), 6U);
  ASSERT_EQ(image.refinements.size(), 4U);
  EXPECT_EQ(image.scans[0].kind, ScanKind::dc_first);
  EXPECT_EQ(image.scans[0].blocks_in_mcu, 6);
  EXPECT_EQ(image.scans[5].kind, ScanKind::dc_refinement);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(image.scans[i].kind, ScanKind::ac_first);
  EXPECT_EQ(image.blocks, 13U * 7 * 6);
  EXPECT_EQ(image.refinements[0].scan.low, 1);
  EXPECT_EQ(image.refinements[3].scan.low, 0);
}

TEST(GpuProgressive, RestartIntervalsCountTheScansOwnMcus) {
  CodedImage image;
  const Stream stream = photo(200, 100, progressive(10));
  ASSERT_TRUE(read_coded(stream, image).ok());
  EXPECT_EQ(image.scans[0].segments, (13U * 7 + 9) / 10);
  EXPECT_EQ(image.scans[1].segments, (25U * 13 + 9) / 10);
  EXPECT_EQ(image.refinements[3].segments, (25U * 13 + 9) / 10);
}

TEST(GpuProgressive, LeavesUnusualScriptsToTheCpu) {
  struct Case {
    const char* name;
    std::vector<jpeg_scan_info> script;
  };
  const Case cases[] = {
      {"bits left out",
       {{3, {0, 1, 2, 0}, 0, 0, 0, 1},
        {1, {0}, 1, 63, 0, 0},
        {1, {1}, 1, 63, 0, 0},
        {1, {2}, 1, 63, 0, 0}}},
      {"coefficients left out",
       {{3, {0, 1, 2, 0}, 0, 0, 0, 0},
        {1, {0}, 1, 63, 0, 0},
        {1, {1}, 1, 63, 0, 0},
        {1, {2}, 1, 62, 0, 0}}},
  };
  for (const Case& one : cases) {
    Settings settings = progressive();
    settings.script = one.script;
    CodedImage image;
    EXPECT_EQ(read_coded(photo(80, 80, settings), image).code(), Code::unsupported) << one.name;
  }
}

TEST(GpuProgressive, LeavesManyRefinementsToTheCpu) {
  Settings settings = progressive();
  settings.coded = JCS_GRAYSCALE;
  for (const int low : {6, 7}) {
    settings.script = {{1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 63, 0, low}};
    for (int bit = low; bit > 0; --bit) settings.script.push_back({1, {0}, 1, 63, bit, bit - 1});
    CodedImage image;
    EXPECT_EQ(read_coded(photo(80, 80, settings), image).code(),
              low == 6 ? Code::ok : Code::unsupported);
  }
}

TEST(GpuProgressive, LeavesManyRestartIntervalsToTheCpu) {
  Settings settings = progressive(1);
  settings.coded = JCS_GRAYSCALE;
  settings.script = {{1, {0}, 0, 0, 0, 0}};
  for (const int first : {1, 5, 9, 13, 17, 21, 25}) {
    settings.script.push_back({1, {0}, first, first == 25 ? 63 : first + 3, 0, 0});
  }
  for (const std::int64_t height : {992, 1000}) {  // 264 blocks across, 8 scans
    CodedImage image;
    EXPECT_EQ(read_coded(photo(2112, height, settings), image).code(),
              height == 992 ? Code::ok : Code::unsupported);
  }
}

/// The stream without its n-th scan.
Stream without_scan(const Stream& stream, std::size_t number) {
  std::vector<std::size_t> starts;
  SegmentWalk walk(stream, 2);
  for (Segment segment; walk.next(segment);) {
    if (segment.marker == kSos) starts.push_back(segment.offset - 4);
    if (segment.marker == kEoi) starts.push_back(segment.offset - 2);
  }
  Stream cut = stream;
  cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(starts[number]),
            cut.begin() + static_cast<std::ptrdiff_t>(starts[number + 1]));
  return cut;
}

TEST(GpuProgressive, LeavesMissingScansToTheCpu) {
  const Stream stream = photo(80, 80, progressive());
  for (std::size_t i = 0; i < 10; ++i) {
    CodedImage image;
    const Stream cut = without_scan(stream, i);
    ASSERT_LT(cut.size(), stream.size());
    EXPECT_FALSE(read_coded(cut, image).ok()) << "scan " << i;
  }
}

TEST(GpuProgressive, CutStreamsAreTruncated) {
  const Stream stream = photo(80, 80, progressive());
  for (std::size_t size = stream.size() / 2; size < stream.size() - 2; size += 7) {
    CodedImage image;
    const Status status = read_coded(Bytes(stream).first(size), image);
    EXPECT_FALSE(status.ok()) << size;
  }
}

TEST(GpuProgressive, LaysOutPlanesAndBands) {
  CodedImage image;
  const Stream stream = photo(200, 100, progressive());
  ASSERT_TRUE(read_coded(stream, image).ok());
  const std::vector<SliceImage> images = {{&image, stream, {}}, {&image, stream, {}}};
  std::vector<std::uint8_t> upload(SliceLayout::upload_bound(images));
  SliceLayout layout;
  layout.lay_out(images, true, {}, upload.data());
  EXPECT_LE(layout.upload_bytes, upload.size());
  EXPECT_EQ(layout.blocks, 2 * image.blocks);
  const Slice& slice = layout.slice;
  EXPECT_EQ(slice.plane_count, 6);
  EXPECT_EQ(slice.band_count, 12);
  const auto& planes = layout.progressive.planes;
  EXPECT_EQ(planes[0].row_blocks, 26);
  EXPECT_EQ(planes[0].across, 25);
  EXPECT_EQ(planes[0].refinements, 2);
  EXPECT_EQ(planes[3].block0, image.blocks);
  EXPECT_EQ(slice.mask_count, 2 * (25U * 13 + 2 * 13 * 7));
  EXPECT_EQ(slice.record_words, 2 * 3 * (2 * 25U * 13 + 2 * 13 * 7));
  const auto& host = layout.progressive.host;
  ASSERT_EQ(host.size(), 8U);
  EXPECT_EQ(host[0].predecessor, -1);
  EXPECT_EQ(host[1].predecessor, 0);
  EXPECT_EQ(host[4].predecessor, -1);
  EXPECT_EQ(host[5].predecessor, 4);
  // DC refinements are decoded without the stages that find their codes.
  EXPECT_EQ(slice.dc_tiles, 4);
}

}  // namespace
}  // namespace glimt::jpeg::cuda
