// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/layout.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg::cuda {
namespace {

using reference::Settings;

std::vector<std::uint8_t> photo(std::int64_t width, std::int64_t height, const Settings& settings) {
  testing::Picture picture =
      testing::make_picture(width, height, reference::form_of(ColorModel::rgb, 3));
  return reference::encode(picture, settings);
}

Settings with_sampling(std::size_t number) {
  Settings settings;
  settings.sampling = reference::kSamplings[number].factors;
  return settings;
}

TEST(GpuParse, FindsScansAndSegments) {
  CodedImage image;
  Settings settings = with_sampling(2);
  const auto plain = photo(200, 100, settings);
  ASSERT_TRUE(read_coded(plain, image).ok());
  ASSERT_EQ(image.scans.size(), 1U);
  ASSERT_EQ(image.segments.size(), 1U);
  EXPECT_EQ(image.segments[0].offset + image.segments[0].bytes, plain.size() - 2);
  EXPECT_EQ(image.scans[0].blocks_in_mcu, 6);
  EXPECT_EQ(image.blocks, 13U * 7 * 6);

  settings.restart_interval = 4;
  const auto restarts = photo(200, 100, settings);
  ASSERT_TRUE(read_coded(restarts, image).ok());
  EXPECT_EQ(image.segments.size(), (13U * 7 + 3) / 4);

  settings.separate_scans = true;
  settings.restart_interval = 0;
  const auto separate = photo(200, 100, settings);
  ASSERT_TRUE(read_coded(separate, image).ok());
  EXPECT_EQ(image.scans.size(), 3U);
  EXPECT_EQ(image.blocks, 25U * 13 + 2 * 13 * 7);
}

TEST(GpuParse, WhatFollowsTheImageIsNoPartOfIt) {
  const auto plain = photo(200, 100, with_sampling(2));
  CodedImage image;
  ASSERT_TRUE(read_coded(plain, image).ok());
  const CodedSegment alone = image.segments[0];

  auto film = plain;  // as of a phone that films around a photograph: no image, but an FF D9 in it
  film.insert(film.end(), {0x00, 0x01, 0xFF, 0xD9, 0x17, 0xFF, 0x00, 0x22});
  ASSERT_TRUE(read_coded(film, image).ok());
  EXPECT_EQ(image.segments[0].offset, alone.offset);
  EXPECT_EQ(image.segments[0].bytes, alone.bytes);

  auto several = reference::with_segment(plain, 0xE2, std::string("MPF\0MM", 6));
  const std::size_t moved = several.size() - plain.size();
  several.insert(several.end(), plain.begin(), plain.end());
  ASSERT_TRUE(read_coded(several, image).ok());
  EXPECT_EQ(image.segments[0].offset, alone.offset + moved);
  EXPECT_EQ(image.segments[0].bytes, alone.bytes);
}

TEST(GpuParse, SaysWhatItLeavesToTheCpu) {
  Settings arithmetic, equal_tables = with_sampling(2);
  arithmetic.arithmetic = true;
  equal_tables.coded = JCS_RGB;
  CodedImage image;
  for (const auto& data : {photo(40, 40, arithmetic), photo(900, 900, equal_tables)}) {
    const Status status = read_coded(data, image);
    EXPECT_EQ(status.code(), Code::unsupported);
    EXPECT_FALSE(status.message().empty());
  }
}

TEST(GpuParse, EveryCutAndChangedByteIsAStatusOrAnImage) {
  Settings settings = with_sampling(2);
  settings.restart_interval = 3;
  settings.separate_scans = true;
  const auto data = photo(60, 50, settings);
  CodedImage image;
  for (std::size_t size = 0; size < data.size(); ++size) {
    EXPECT_FALSE(read_coded(Bytes(data).first(size), image).ok()) << size;
  }
  for (std::size_t at = 0; at < data.size(); ++at) {
    for (const std::uint8_t value : {0x00, 0x01, 0xD9, 0xFF}) {
      auto changed = data;
      changed[at] = value;
      if (!read_coded(changed, image).ok()) continue;
      for (const CodedSegment& segment : image.segments) {
        ASSERT_LE(segment.offset + segment.bytes, changed.size());
      }
    }
  }
}

/// Lays images out and looks at what came of it.
struct LaidOut {
  std::vector<std::vector<std::uint8_t>> streams;
  std::vector<CodedImage> coded;
  std::vector<std::uint8_t> upload;
  SliceLayout layout;

  explicit LaidOut(std::vector<std::vector<std::uint8_t>> given, const Parameters& parameters)
      : streams(std::move(given)), coded(streams.size()) {
    std::vector<SliceImage> images;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      read_coded(streams[i], coded[i]).check();
      images.push_back({&coded[i], streams[i], {}});
    }
    upload.resize(SliceLayout::upload_bound(images) + 256);
    const std::size_t bound = upload.size() - 256;
    std::fill(upload.begin(), upload.end(), std::uint8_t{0x77});
    layout.lay_out(images, true, parameters, upload.data());
    EXPECT_LE(layout.upload_bytes, bound);
    layout.place(upload.data(), nullptr, nullptr, nullptr);
  }
};

std::vector<std::vector<std::uint8_t>> mixed_streams() {
  std::vector<std::vector<std::uint8_t>> streams;
  for (unsigned i = 0; i < 12; ++i) {
    Settings settings = with_sampling(i % 8);
    settings.restart_interval = i % 3 == 0 ? 2 : 0;
    settings.separate_scans = i % 4 == 1;
    settings.optimized = i % 5 == 0;
    streams.push_back(photo(20 + 37 * i, 300 - 20 * i, settings));
  }
  return streams;
}

TEST(GpuLayout, PrefixesAscendAndCoverEverything) {
  LaidOut laid_out(mixed_streams(), {64, 64, 2});
  const Slice& slice = laid_out.layout.slice;
  int subsequences = 0, tiles = 0, groups = 0, chunks = 0;
  std::uint64_t blocks = 0;
  for (int i = 0; i < slice.scan_count; ++i) {
    const ScanLayout& scan = slice.scans[i];
    EXPECT_EQ(scan.first_subsequence, subsequences);
    EXPECT_EQ(scan.first_group, groups);
    EXPECT_EQ(scan.first_chunk, chunks);
    EXPECT_EQ(scan.block0, blocks);
    int own_blocks = 0;
    for (int s = scan.segment0; s < scan.segment0 + scan.segments; ++s) {
      const SegmentLayout& segment = slice.segments[s];
      EXPECT_EQ(segment.scan, i);
      EXPECT_EQ(segment.first_subsequence, subsequences);
      EXPECT_EQ(segment.first_tile, tiles);
      EXPECT_EQ(segment.block0, own_blocks);
      EXPECT_EQ(segment.destuffed % 16, 0U);
      subsequences += std::max(1, (segment.bytes + 63) / 64);
      tiles +=
          std::max(1, (static_cast<int>(segment.source % 16) + segment.bytes + kDestuffTile - 1) /
                          kDestuffTile);
      own_blocks += segment.blocks;
    }
    groups += scan.groups;
    chunks += scan.chunks;
    blocks += static_cast<std::uint64_t>(own_blocks);
  }
  EXPECT_EQ(slice.subsequence_count, subsequences);
  EXPECT_EQ(slice.destuff_tiles, tiles);
  EXPECT_EQ(slice.groups, groups);
  EXPECT_EQ(slice.chunks, chunks);
  EXPECT_EQ(laid_out.layout.blocks, blocks);
  // The same standard tables but for the optimised files, and scans of one component have theirs.
  EXPECT_LT(slice.table_sets, slice.scan_count);
}

TEST(GpuLayout, EveryBlockOfAnImageHasOnePlace) {
  LaidOut laid_out(mixed_streams(), {64, 64, 1});
  for (int i = 0; i < laid_out.layout.slice.image_count; ++i) {
    const ImageLayout& image = laid_out.layout.slice.images[i];
    const CodedImage& coded = laid_out.coded[static_cast<std::size_t>(i)];
    std::set<std::uint32_t> places;
    std::size_t count = 0;
    for (int c = 0; c < image.components; ++c) {
      const ComponentLayout& layout = image.component[c];
      const auto number = static_cast<std::size_t>(c);
      const FrameComponent& own = coded.frame.components[number];
      const bool interleaved = coded.scans[0].scan.interleaved();
      const std::int64_t down = interleaved ? own.padded_down : own.units_down;
      const std::int64_t across = interleaved ? own.padded_across : own.units_across;
      EXPECT_EQ(layout.x1, own.units_across);
      EXPECT_EQ(layout.y1, own.units_down);
      for (std::int64_t y = 0; y < down; ++y) {
        for (std::int64_t x = 0; x < across; ++x) {
          places.insert(
              static_cast<std::uint32_t>(layout.block0 + y / layout.down * layout.row_step +
                                         x / layout.across * layout.column_step +
                                         y % layout.down * layout.across + x % layout.across));
          ++count;
        }
      }
    }
    EXPECT_EQ(places.size(), count);
    EXPECT_EQ(count, coded.blocks);
    EXPECT_EQ(*places.rbegin() + 1, count);
  }
}

TEST(GpuLayout, AWindowLeavesOutWhatItDoesNotMeet) {
  Settings settings = with_sampling(2);
  settings.restart_interval = 13;  // a row of MCUs
  const auto stream = photo(200, 160, settings);
  CodedImage coded;
  ASSERT_TRUE(read_coded(stream, coded).ok());
  SliceImage image{&coded, stream, {}};
  image.output.window = {40, 65, 60, 95};  // MCU rows 4 and 5
  std::vector<std::uint8_t> upload(SliceLayout::upload_bound({&image, 1}));
  SliceLayout layout;
  layout.lay_out({&image, 1}, true, {64, 64, 1}, upload.data());
  EXPECT_EQ(layout.units[0], 2U * 13);
  EXPECT_EQ(layout.blocks, 2U * 13 * 6);
  ASSERT_EQ(layout.pieces.size(), 1U);
  EXPECT_EQ(layout.pieces[0].from, stream.data() + coded.segments[4].offset);
  EXPECT_EQ(layout.pieces[0].bytes,
            coded.segments[5].offset + coded.segments[5].bytes - coded.segments[4].offset);
  layout.place(upload.data(), nullptr, nullptr, nullptr);
  const ImageLayout& laid_out = layout.slice.images[0];
  const ComponentLayout& luma = laid_out.component[0];
  const ComponentLayout& chroma = laid_out.component[1];
  EXPECT_EQ(luma.block0 + 4 * luma.row_step, 0U);  // the block of the first MCU that is there
  EXPECT_EQ(std::vector<int>({luma.x0, luma.y0, luma.x1, luma.y1}),
            std::vector<int>({5, 8, 8, 12}));
  EXPECT_EQ(std::vector<int>({chroma.x0, chroma.y0, chroma.x1, chroma.y1}),
            std::vector<int>({2, 4, 4, 6}));
  EXPECT_EQ(laid_out.tiles_x0, 32);
  EXPECT_EQ(laid_out.tiles_y0, 64);

  image.output.window = {40, 64, 60, 97};  // filters look at the rows above and below
  layout.lay_out({&image, 1}, true, {64, 64, 1}, upload.data());
  EXPECT_EQ(layout.units[0], 4U * 13);
  layout.lay_out({&image, 1}, false, {64, 64, 1}, upload.data());
  EXPECT_EQ(layout.units[0], 3U * 13);
}

TEST(GpuLayout, GrayTakesTheLumaScanAlone) {
  Settings settings = with_sampling(2);
  settings.separate_scans = true;
  const auto stream = photo(200, 160, settings);
  CodedImage coded;
  ASSERT_TRUE(read_coded(stream, coded).ok());
  SliceImage image{&coded, stream, {}};
  image.output.channels = Channels::gray;
  std::vector<std::uint8_t> upload(SliceLayout::upload_bound({&image, 1}));
  SliceLayout layout;
  layout.lay_out({&image, 1}, true, {64, 64, 1}, upload.data());
  EXPECT_EQ(layout.slice.scan_count, 1);
  EXPECT_EQ(layout.units[0], 25U * 20);
}

TEST(GpuLayout, PiecesBringTheScansWhereSegmentsLookForThem) {
  LaidOut laid_out(mixed_streams(), {64, 64, 1});
  std::size_t before = 0;
  for (const StagedPiece& piece : laid_out.layout.pieces) {
    EXPECT_GE(piece.to, before);
    before = piece.to + piece.bytes;
    std::copy_n(piece.from, piece.bytes, laid_out.upload.data() + piece.to);
  }
  EXPECT_LE(before, laid_out.layout.tables_at);
  const Slice& slice = laid_out.layout.slice;
  for (int s = 0; s < slice.segment_count; ++s) {
    const SegmentLayout& layout = slice.segments[s];
    const auto image = static_cast<std::size_t>(slice.scans[layout.scan].image);
    const CodedImage& coded = laid_out.coded[image];
    int first = s;
    while (first > 0 &&
           slice.scans[slice.segments[first - 1].scan].image == static_cast<int>(image)) {
      --first;
    }
    const CodedSegment& segment = coded.segments[static_cast<std::size_t>(s - first)];
    ASSERT_EQ(layout.bytes, static_cast<int>(segment.bytes));
    EXPECT_TRUE(
        std::equal(slice.source + layout.source, slice.source + layout.source + layout.bytes,
                   laid_out.streams[image].begin() + static_cast<std::ptrdiff_t>(segment.offset)));
  }
}

}  // namespace
}  // namespace glimt::jpeg::cuda
