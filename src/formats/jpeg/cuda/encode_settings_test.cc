// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/encode_settings.h"

#include <gtest/gtest.h>

#include <cstring>

#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg::cuda {
namespace {

using glimt::testing::make_picture;
using glimt::testing::Picture;
using reference::form_of;
using reference::Settings;

struct Row {
  ChromaSubsampling name;
  std::array<std::array<int, 2>, 4> factors;
};
const Row kRows[] = {
    {ChromaSubsampling::css_444, {{{1, 1}}}}, {ChromaSubsampling::css_422, {{{2, 1}}}},
    {ChromaSubsampling::css_420, {{{2, 2}}}}, {ChromaSubsampling::css_440, {{{1, 2}}}},
    {ChromaSubsampling::css_411, {{{4, 1}}}}, {ChromaSubsampling::css_410, {{{4, 2}}}},
    {ChromaSubsampling::css_410v, {{{2, 4}}}}};

/// The Huffman tables and the entropy-coded data of each scan of a file.
struct ScanParts {
  std::vector<CodeSpec> codes;
  Bytes data;
};
std::vector<ScanParts> scans_of(Bytes file) {
  std::vector<ScanParts> scans(1);
  for (std::size_t at = 2; at + 4 <= file.size() && file[at + 1] != kEoi;) {
    const std::uint8_t marker = file[at + 1];
    const std::size_t end = at + 2 + load_be<std::uint16_t>(file.data() + at + 2);
    if (marker == kDht) {
      for (std::size_t table = at + 5; table < end;) {
        CodeSpec code{};
        std::memcpy(code.counts, file.data() + table, 16);
        std::size_t symbols = 0;
        for (const std::uint8_t count : code.counts) symbols += count;
        std::memcpy(code.symbols, file.data() + table + 16, symbols);
        table += 17 + symbols;
        scans.back().codes.push_back(code);
      }
    }
    at = end;
    if (marker != kSos) continue;
    while (file[at] != 0xFF || file[at + 1] == 0 ||
           (file[at + 1] >= kRst0 && file[at + 1] <= kRst7)) {
      ++at;
    }
    scans.back().data = file.subspan(end, at - end);
    scans.emplace_back();
  }
  scans.pop_back();
  return scans;
}

void expect_headers_of(Picture& picture, const EncodeSettings& settings,
                       const Settings& reference) {
  const auto want = reference::encode(picture, reference);
  const auto scans = scans_of(want);
  FilePlan plan;
  ASSERT_TRUE(plan_file(picture.view(), settings, plan).ok());
  ASSERT_EQ(scans.size(), plan.scans.size());
  Sink sink;
  ASSERT_TRUE(append_file_header(plan, {}, sink).ok());
  std::size_t data_bytes = 2;
  for (std::size_t i = 0; i < scans.size(); ++i) {
    ASSERT_EQ(scans[i].codes.size(), static_cast<std::size_t>(plan.tables_in(plan.scans[i])));
    if (!plan.own_tables) {
      for (std::size_t k = 0; k < scans[i].codes.size(); ++k) {
        EXPECT_EQ(
            std::memcmp(&scans[i].codes[k], &standard_code(static_cast<int>(k)), sizeof(CodeSpec)),
            0);
      }
    }
    ASSERT_TRUE(append_scan_header(plan, i, scans[i].codes.data(), sink).ok());
    ASSERT_TRUE(sink.append(scans[i].data).ok());
    data_bytes += scans[i].data.size();
  }
  ASSERT_TRUE(sink.append_be(std::uint16_t{0xFFD9}).ok());
  EXPECT_LE(sink.size(), data_bytes + header_bound(plan, {}));
  const auto got = sink.written();
  EXPECT_EQ(std::vector(got.begin(), got.end()), want);
}

TEST(EncodeHeaders, EqualLibjpegsForEveryCodingAndSampling) {
  Picture picture = make_picture(61, 75, form_of(ColorModel::rgb, 3));
  for (const Row& row : kRows) {
    for (unsigned bits = 0; bits < 8; ++bits) {
      SCOPED_TRACE(std::to_string(static_cast<int>(row.name)) + " bits " + std::to_string(bits));
      EncodeSettings settings;
      Settings reference;
      settings.quality = reference.quality = static_cast<int>(bits) * 14 + 1;
      settings.subsampling = row.name;
      reference.sampling = row.factors;
      settings.progressive = reference.progressive = (bits & 1) != 0;
      settings.optimized_huffman = reference.optimized = (bits & 2) != 0;
      settings.restart_interval = reference.restart_interval = (bits & 4) != 0 ? 5 : 0;
      expect_headers_of(picture, settings, reference);
    }
  }
}

TEST(EncodeHeaders, EqualLibjpegsForGrayAndRgb) {
  Picture gray = make_picture(61, 75, form_of(ColorModel::gray, 1));
  Picture rgb = make_picture(61, 75, form_of(ColorModel::rgb, 3));
  for (const bool progressive : {false, true}) {
    EncodeSettings settings;
    Settings reference;
    settings.quality = reference.quality = 85;
    settings.progressive = reference.progressive = progressive;
    settings.color = CodedColor::gray;
    reference.fed = reference.coded = JCS_GRAYSCALE;
    expect_headers_of(gray, settings, reference);
    settings.color = CodedColor::rgb;
    reference.fed = reference.coded = JCS_RGB;
    expect_headers_of(rgb, settings, reference);
  }
}

TEST(EncodeHeaders, QualitiesGiveLibjpegsSteps) {
  Picture picture = make_picture(9, 9, form_of(ColorModel::rgb, 3));
  for (int quality = 1; quality <= 100; ++quality) {
    EncodeSettings settings;
    Settings reference;
    settings.quality = reference.quality = quality;
    expect_headers_of(picture, settings, reference);
  }
}

TEST(EncodeHeaders, MetadataFollowsTheJfifSegment) {
  Picture picture = make_picture(9, 9, form_of(ColorModel::rgb, 3));
  FilePlan plan;
  ASSERT_TRUE(plan_file(picture.view(), {}, plan).ok());
  const std::vector<std::uint8_t> profile(70000, 1), exif(100, 2), xmp(50, 3);
  Embedded embedded;
  embedded.icc = profile;
  embedded.exif = exif;
  embedded.xmp = xmp;
  Sink sink;
  ASSERT_TRUE(append_file_header(plan, embedded, sink).ok());
  EXPECT_LE(sink.size(), header_bound(plan, embedded));
  SegmentWalk walk(sink.written().subspan(2));
  std::vector<int> markers;
  for (Segment segment; walk.next(segment);) markers.push_back(segment.marker);
  EXPECT_EQ(markers, (std::vector<int>{kApp0, kApp1, kApp1, kApp2, kApp2, kDqt, kDqt, kSof0}));
}

TEST(EncodeSettings, WhatCannotBeCodedIsSaid) {
  Picture picture = make_picture(20, 10, form_of(ColorModel::rgb, 3));
  const PixelView view = picture.view();
  FilePlan plan;
  const auto code = [&](PixelView image, const EncodeSettings& settings) {
    return plan_file(image, settings, plan).code();
  };
  EncodeSettings settings;
  EXPECT_EQ(code(view, settings), Code::ok);
  for (const int quality : {0, 101, -5}) {
    settings.quality = quality;
    EXPECT_EQ(code(view, settings), Code::bad_argument);
  }
  settings = {};
  settings.restart_interval = 65536;
  EXPECT_EQ(code(view, settings), Code::bad_argument);
  settings = {};
  settings.color = CodedColor::rgb;
  settings.subsampling = ChromaSubsampling::css_420;
  EXPECT_EQ(code(view, settings), Code::unsupported);
  settings = {};
  PixelView odd = view;
  odd.width = 0;
  EXPECT_EQ(code(odd, settings), Code::bad_argument);
  odd.width = 65501;
  EXPECT_EQ(code(odd, settings), Code::unsupported);
  odd = view;
  odd.row_stride = std::ptrdiff_t{1} << 31;
  EXPECT_EQ(code(odd, settings), Code::unsupported);
  odd = view;
  odd.form.type = SampleType::u16;
  EXPECT_EQ(code(odd, settings), Code::unsupported);
  odd = view;
  odd.form.color = ColorModel::cmyk;
  EXPECT_EQ(code(odd, settings), Code::unsupported);
}

}  // namespace
}  // namespace glimt::jpeg::cuda
