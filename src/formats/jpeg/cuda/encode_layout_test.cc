// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/encode_layout.h"

#include <gtest/gtest.h>

#include "codec/testing.h"

namespace glimt::jpeg::cuda {
namespace {

PixelForm form_of(ColorModel color, std::uint16_t channels) {
  PixelForm form;
  form.color = color;
  form.channels = channels;
  return form;
}

/// Every unit lies in one chunk, chunks do not pass segments in part, and markers are counted.
void expect_cut(std::int32_t units, int unit_blocks, std::uint32_t interval) {
  SCOPED_TRACE(std::to_string(units) + " units of " + std::to_string(unit_blocks) +
               " blocks, interval " + std::to_string(interval));
  const Cut cut = cut_scan(units, unit_blocks, interval);
  std::int32_t next = 0, markers = 0;
  const std::int32_t every = interval == 0 ? units : static_cast<std::int32_t>(interval);
  for (std::int32_t chunk = 0; chunk < cut.chunks; ++chunk) {
    const std::int32_t first = cut.first_unit(chunk), end = cut.end_unit(chunk);
    ASSERT_EQ(first, next);
    ASSERT_GT(end, first);
    ASSERT_LE((end - first) * unit_blocks, kChunkBlocks);
    next = end;
    EXPECT_EQ(cut.starts_segment(chunk), first % every == 0);
    EXPECT_EQ(cut.ends_segment(chunk), end % every == 0 || end == units);
    if ((end - 1) / every != first / every) {
      EXPECT_TRUE(cut.inner_markers);
      EXPECT_EQ(first % every, 0);
    }
    markers += (end - 1) / every - first / every;
    if (cut.ends_with_marker(chunk)) ++markers;
  }
  EXPECT_EQ(next, units);
  EXPECT_EQ(markers, (units - 1) / every);
}

TEST(EncodeLayout, ChunksCoverEveryUnitOnce) {
  for (const int blocks : {1, 3, 4, 6, 10}) {
    for (const std::uint32_t interval : {0U, 1U, 2U, 7U, 39U, 40U, 41U, 100U, 240U, 250U, 65535U}) {
      for (const std::int32_t units : {1, 2, 39, 40, 41, 239, 240, 241, 1000, 46875}) {
        expect_cut(units, blocks, interval);
      }
    }
  }
}

TEST(EncodeLayout, StoredImagesComeFirstAndGroupsHoldOneSampling) {
  glimt::testing::Picture picture =
      glimt::testing::make_picture(100, 50, form_of(ColorModel::rgb, 3));
  std::vector<EncodeSettings> settings(6);
  settings[1].subsampling = settings[4].subsampling = ChromaSubsampling::css_420;
  settings[2].progressive = true;
  settings[3].color = CodedColor::gray;
  settings[4].optimized_huffman = true;
  settings[5].quality = 90;
  std::vector<FilePlan> plans(settings.size());
  std::vector<PlannedImage> images;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    ASSERT_TRUE(plan_file(picture.view(), settings[i], plans[i]).ok());
    images.push_back({picture.view(), &plans[i]});
  }
  std::vector<std::uint8_t> upload(EncodeLayout::upload_bound(images) + 256);
  EncodeLayout layout;
  layout.lay_out(images, upload.data());
  EXPECT_LE(layout.upload_bytes, upload.size() - 256);
  EXPECT_EQ(layout.slice.image_count, 6);
  EXPECT_EQ(layout.slice.scan_count, 15);
  EXPECT_EQ(layout.slice.stored_scans, 11);
  EXPECT_EQ(layout.slice.tables, 4 + 2 + 8);
  EXPECT_TRUE(layout.slice.has_runs);
  // 4:2:0 optimized; progressive; gray; 4:4:4; 4:2:0.
  ASSERT_EQ(layout.groups.size(), 5U);
  std::int32_t tile = 0, image = 0;
  for (const TransformGroup& group : layout.groups) {
    EXPECT_EQ(group.stored, image < 2);
    EXPECT_EQ(group.first_tile, tile);
    EXPECT_EQ(group.first_image, image);
    tile += group.tiles;
    image += group.images;
  }
  EXPECT_EQ(image, 6);
  std::vector<std::uint8_t> work(layout.work_bytes), report(layout.report_bytes);
  layout.place(upload.data(), work.data(), work.data(), report.data());
  std::int32_t chunks = 0;
  for (std::int32_t i = 0; i < layout.slice.scan_count; ++i) {
    const EncodeScan& scan = layout.slice.scans[i];
    EXPECT_EQ(scan.first_chunk, chunks);
    chunks += scan.cut.chunks;
  }
  EXPECT_EQ(chunks, layout.slice.chunks);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const EncodeScan& scan = layout.slice.scans[layout.first_scan[i]];
    EXPECT_EQ(scan.kind, plans[i].scans[0].kind);
  }
}

TEST(EncodeLayout, PixelsAreReadByTheWidestLoads) {
  alignas(4) std::uint8_t memory[64] = {};
  PixelView view;
  view.data = memory;
  view.width = 4;
  view.height = 1;
  view.form = form_of(ColorModel::rgb, 3);
  const auto layout_of = [&](std::ptrdiff_t row, std::ptrdiff_t pixel, std::ptrdiff_t channel,
                             int skew) {
    view.data = memory + skew;
    view.row_stride = row;
    view.pixel_stride = pixel;
    view.channel_stride = channel;
    EncodeImage image;
    describe_pixels(view, CodedColor::ycc, image);
    return image.layout;
  };
  EXPECT_EQ(layout_of(12, 3, 1, 0), PixelLayout::packed_rgb);
  EXPECT_EQ(layout_of(-12, 3, 1, 0), PixelLayout::packed_rgb);
  EXPECT_EQ(layout_of(13, 3, 1, 0), PixelLayout::packed_rgb);
  EXPECT_EQ(layout_of(12, 3, 1, 1), PixelLayout::packed_rgb);
  view.form.bgr = true;
  EXPECT_EQ(layout_of(12, 3, 1, 0), PixelLayout::packed);
  view.form.bgr = false;
  EXPECT_EQ(layout_of(8, 1, 16, 0), PixelLayout::planes);
  EXPECT_EQ(layout_of(8, 1, 15, 0), PixelLayout::bytes);
  EXPECT_EQ(layout_of(16, 4, 1, 0), PixelLayout::bytes);
  EXPECT_EQ(layout_of(12, -3, 1, 0), PixelLayout::bytes);
  view.form = form_of(ColorModel::gray, 1);
  EXPECT_EQ(layout_of(8, 1, 1, 0), PixelLayout::planes);
}

TEST(EncodeLayout, SlicesGrowWithTheBatch) {
  EXPECT_EQ(count_encode_slices(2'000'000, 1), 1);
  EXPECT_EQ(count_encode_slices(12'000'000, 1), 1);
  EXPECT_EQ(count_encode_slices(48'000'000, 4), 3);
  EXPECT_EQ(count_encode_slices(66'000'000, 32), 3);
  EXPECT_EQ(count_encode_slices(192'000'000, 16), 5);
  EXPECT_EQ(count_encode_slices(3'000'000, 64), 1);
}

}  // namespace
}  // namespace glimt::jpeg::cuda
