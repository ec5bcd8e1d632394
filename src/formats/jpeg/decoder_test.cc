// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "codec/sweeps.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using reference::form_of;
using reference::Settings;
using testing::Decoded;
using testing::DecodeWish;
using testing::make_picture;
using testing::Picture;

const PixelForm kRgb = form_of(ColorModel::rgb, 3);
const PixelForm kGray = form_of(ColorModel::gray, 1);

Decoded decode(Bytes data, const DecodeWish& wish = {}) {
  return testing::decode(kJpegDecoder, data, wish);
}

std::vector<std::uint8_t> photo(std::int64_t width, std::int64_t height, Settings settings = {}) {
  Picture picture = make_picture(width, height, kRgb);
  return reference::encode(picture, settings);
}

/// The same coefficients as those of samples of 12 bits.
std::vector<std::uint8_t> as_12_bit(std::vector<std::uint8_t> data) {
  for (const std::uint8_t sof : {0xC0, 0xC1, 0xC2}) {
    if (const std::size_t at = reference::find_segment(data, sof)) {
      data[at] = 12;
      data[at - 3] = sof == 0xC0 ? 0xC1 : sof;
    }
  }
  return data;
}

struct Variant {
  const char* name;
  Settings settings;
};
std::vector<Variant> variants() {
  Settings plain, progressive, restart, separate, optimized, both;
  progressive.progressive = both.progressive = true;
  restart.restart_interval = both.restart_interval = 3;
  separate.separate_scans = true;
  optimized.optimized = true;
  return {{"baseline", plain},      {"progressive", progressive},
          {"restart", restart},     {"separate scans", separate},
          {"optimized", optimized}, {"progressive with restart", both}};
}

// DCT-based frames of 8 bits, which libjpeg can check, go the same way as those of 12.

TEST(JpegDecode, EqualsLibjpegForEveryCodingAndSampling) {
  for (const Variant& variant : variants()) {
    for (const auto& sampling : reference::kSamplings) {
      SCOPED_TRACE(std::string(variant.name) + " " + sampling.name);
      Settings settings = variant.settings;
      settings.sampling = sampling.factors;
      for (const auto& [width, height] : {std::pair{67, 53}, std::pair{16, 17}, std::pair{1, 1}}) {
        const auto data = photo(width, height, settings);
        for (const bool fancy : {true, false}) {
          DecodeWish wish{kRgb, {}, false, fancy ? ":fancy_upsampling=1" : ":fancy_upsampling=0"};
          const Decoded got = decode(data, wish);
          ASSERT_TRUE(got.status.ok()) << got.status.text();
          EXPECT_EQ(got.picture.data, reference::decode(data, {JCS_RGB, fancy, false}));
          EXPECT_EQ(got.note, "");
        }
      }
    }
  }
}

TEST(JpegDecode, EqualsLibjpegForEverySize) {
  for (const std::size_t s : {1U, 2U, 3U}) {
    for (std::int64_t width = 1; width <= 40; ++width) {
      Settings settings;
      settings.sampling = reference::kSamplings[s].factors;
      const auto data = photo(width, 41 - width, settings);
      const Decoded got = decode(data);
      ASSERT_TRUE(got.status.ok()) << got.status.text();
      EXPECT_EQ(got.picture.data, reference::decode(data, {})) << "width " << width;
    }
  }
}

TEST(JpegDecode, EqualsLibjpegForEveryQuality) {
  for (const int quality : {1, 10, 50, 95, 100}) {
    Settings settings;
    settings.quality = quality;
    const auto data = photo(64, 64, settings);
    EXPECT_EQ(decode(data).picture.data, reference::decode(data, {})) << quality;
  }
}

TEST(JpegDecode, EqualsLibjpegForEveryColour) {
  Picture rgb = make_picture(45, 37, kRgb);
  Picture gray = make_picture(45, 37, kGray);
  Picture inks = make_picture(45, 37, form_of(ColorModel::cmyk, 4));
  Picture two = make_picture(45, 37, form_of(ColorModel::other, 2));
  struct Case {
    Picture* picture;
    J_COLOR_SPACE fed, coded, asked;
    PixelForm form;
  };
  PixelForm inverted = form_of(ColorModel::cmyk, 4), ycck = form_of(ColorModel::ycck, 4);
  inverted.inverted = ycck.inverted = true;
  const Case cases[] = {
      {&gray, JCS_GRAYSCALE, JCS_GRAYSCALE, JCS_GRAYSCALE, kGray},
      {&gray, JCS_GRAYSCALE, JCS_GRAYSCALE, JCS_RGB, kRgb},
      {&rgb, JCS_RGB, JCS_RGB, JCS_RGB, kRgb},
      {&rgb, JCS_RGB, JCS_YCbCr, JCS_YCbCr, form_of(ColorModel::ycc, 3)},
      {&rgb, JCS_RGB, JCS_YCbCr, JCS_GRAYSCALE, kGray},
      {&inks, JCS_CMYK, JCS_CMYK, JCS_CMYK, inverted},
      {&inks, JCS_CMYK, JCS_YCCK, JCS_CMYK, inverted},
      {&inks, JCS_CMYK, JCS_YCCK, JCS_YCCK, ycck},
      {&two, JCS_UNKNOWN, JCS_UNKNOWN, JCS_UNKNOWN, form_of(ColorModel::other, 2)},
  };
  for (const Case& c : cases) {
    const auto data = reference::encode(*c.picture, {c.fed, c.coded});
    const Decoded got = decode(data, {c.form, {}, false, {}});
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, reference::decode(data, {c.asked, true, false}))
        << c.coded << " as " << c.asked;
  }
}

TEST(JpegDecode, HeightFromDnl) {
  for (const bool progressive : {false, true}) {
    Settings settings;
    settings.progressive = progressive;
    auto data = photo(40, 30, settings);
    const auto want = reference::decode(data, {});
    const std::size_t frame = reference::find_segment(data, progressive ? 0xC2 : 0xC0);
    data[frame + 1] = data[frame + 2] = 0;
    std::size_t at = reference::find_segment(data, kSos);
    while (!(data[at] == 0xFF && data[at + 1] != 0)) ++at;
    const std::uint8_t dnl[] = {0xFF, kDnl, 0, 4, 0, 30};
    data.insert(data.begin() + static_cast<std::ptrdiff_t>(at), std::begin(dnl), std::end(dnl));
    const Decoded got = decode(data);
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, want);
  }
}

TEST(JpegDecode, TwelveBitsAreNativeAndScaledToEight) {
  // What the values are, tests/reference/files shows: libjpeg-turbo 3 read those.
  const auto data = as_12_bit(photo(45, 37));
  const auto info = kJpegFormat.parse({data}, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->image.type, SampleType::u16);
  EXPECT_EQ(info->image.precision, 12);
  const Decoded deep = decode(data), eight = decode(data, {kRgb, {}, false, {}});
  ASSERT_TRUE(deep.status.ok()) << deep.status.text();
  ASSERT_TRUE(eight.status.ok()) << eight.status.text();
  for (std::size_t i = 0; i < eight.picture.data.size(); ++i) {
    const int value = deep.picture.samples<std::uint16_t>()[i];
    ASSERT_EQ(eight.picture.data[i], (2 * 255 * value + 4095) / (2 * 4095));
  }
}

TEST(JpegDecode, TwelveBitsAreTheSameInEveryCoding) {
  for (const auto& sampling : reference::kSamplings) {
    SCOPED_TRACE(sampling.name);
    std::vector<std::uint8_t> want;
    for (const Variant& variant : variants()) {
      Settings settings = variant.settings;
      settings.sampling = sampling.factors;
      const Decoded got = decode(as_12_bit(photo(61, 50, settings)));
      ASSERT_TRUE(got.status.ok()) << variant.name << ": " << got.status.text();
      if (want.empty()) want = got.picture.data;
      EXPECT_EQ(got.picture.data, want) << variant.name;
    }
  }
}

TEST(JpegDecode, Regions) {
  for (const bool progressive : {false, true}) {
    for (const auto& sampling : reference::kSamplings) {
      for (const char* options : {":fancy_upsampling=1", ":fancy_upsampling=0"}) {
        SCOPED_TRACE(std::string(sampling.name) + options + (progressive ? " progressive" : ""));
        Settings settings;
        settings.sampling = sampling.factors;
        settings.progressive = progressive;
        DecodeWish wish;
        wish.options = options;
        testing::expect_regions(kJpegDecoder, as_12_bit(photo(149, 131, settings)), wish);
        testing::expect_regions(kJpegDecoder, photo(21, 19, settings), wish);
      }
    }
  }
}

TEST(JpegDecode, RegionsDecodeOnlyTheirMcus) {
  // 4:2:0: MCUs of 16 x 16. The filter reaches one pixel past the window.
  Settings settings;
  settings.sampling = reference::kSamplings[2].factors;
  const auto data = photo(640, 480, settings);
  EXPECT_EQ(decode(data).units_decoded, 40U * 30U);
  EXPECT_EQ(decode(data, {kRgb, {164, 164, 172, 172}, false, {}}).units_decoded, 1U);
  EXPECT_EQ(decode(data, {kRgb, {160, 160, 176, 176}, false, {}}).units_decoded, 3U * 3U);
  EXPECT_EQ(decode(data, {kRgb, {160, 160, 176, 176}, false, ":fancy_upsampling=0"}).units_decoded,
            1U);
}

TEST(JpegDecode, CutStreamsAreTruncated) {
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(variant.name);
    auto data = as_12_bit(photo(64, 64, variant.settings));
    data.resize(data.size() * 2 / 3);
    const Decoded strict = decode(data);
    EXPECT_EQ(strict.status.code(), Code::truncated) << strict.status.text();
    EXPECT_NE(strict.status.text(), "");
    DecodeWish wish;
    wish.partial = true;
    const Decoded partial = decode(data, wish);
    EXPECT_TRUE(partial.status.ok()) << partial.status.text();
    EXPECT_EQ(partial.note.substr(0, 9), "truncated") << partial.note;
  }
}

TEST(JpegDecode, AMissingEndMarkerIsNoError) {
  auto data = photo(40, 40);
  const auto want = decode(data).picture.data;
  data.resize(data.size() - 2);
  const Decoded got = decode(data);
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.picture.data, want);
  EXPECT_EQ(got.note, "");
}

TEST(JpegDecode, FindsItsWayByRestartMarkers) {
  Settings settings;
  settings.restart_interval = 4;  // MCUs of 16 x 8; two intervals a row
  settings.sampling = reference::kSamplings[1].factors;
  const auto sound = photo(128, 96, settings);
  const Picture want = decode(sound).picture;
  const std::uint8_t marker[] = {0xFF, kRst0 + 4};
  const auto at = std::search(sound.begin(), sound.end(), std::begin(marker), std::end(marker));
  ASSERT_NE(at, sound.end());
  const auto offset = at - sound.begin();
  struct Case {
    const char* name;
    std::vector<std::uint8_t> data;
  };
  std::vector<Case> cases(3, {"", sound});
  cases[0].name = "marker gone";
  cases[0].data.erase(cases[0].data.begin() + offset, cases[0].data.begin() + offset + 2);
  cases[1].name = "an old marker comes again";
  cases[1].data[static_cast<std::size_t>(offset) + 1] = kRst0 + 3;
  cases[2].name = "another marker";
  cases[2].data[static_cast<std::size_t>(offset) + 1] = kRst0 + 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(decode(c.data).status.code(), Code::corrupt);
    const Decoded got = decode(c.data, {{.channels = 0}, {}, true, ":fancy_upsampling=0"});
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.note.substr(0, 7), "corrupt");
    const Decoded plain = decode(sound, {{.channels = 0}, {}, false, ":fancy_upsampling=0"});
    // Interval 5 begins behind the marker. What is far from it is there.
    for (const Rect& part : {Rect{0, 0, 128, 16}, Rect{0, 48, 128, 96}}) {
      if (c.data.size() == sound.size() && part.y0 > 0 &&
          c.data[static_cast<std::size_t>(offset) + 1] == kRst0 + 3) {
        continue;  // one interval is passed over, so that later ones move up
      }
      EXPECT_EQ(testing::crop_of(got.picture, part).data,
                testing::crop_of(plain.picture, part).data);
    }
  }
}

TEST(JpegDecode, ABrokenSegmentBetweenScansEndsWhatCanBeHad) {
  Settings settings;
  settings.progressive = true;
  auto data = photo(48, 48, settings);
  std::size_t at = reference::find_segment(data, kSos);
  while (!(data[at] == 0xFF && data[at + 1] == kDht)) ++at;
  data[at + 4] = 0x44;  // class 4, table 4
  EXPECT_EQ(decode(data).status.code(), Code::corrupt);
  const Decoded partial = decode(data, {{.channels = 0}, {}, true, {}});
  ASSERT_TRUE(partial.status.ok()) << partial.status.text();
  EXPECT_NE(partial.note.find("DHT"), std::string::npos) << partial.note;
}

TEST(JpegDecode, RefusesWhatItDoesNotRead) {
  Settings arithmetic;
  arithmetic.arithmetic = true;
  EXPECT_EQ(decode(photo(16, 16, arithmetic)).status.code(), Code::unsupported);
  auto odd_depth = photo(16, 16);
  odd_depth[reference::find_segment(odd_depth, 0xC0)] = 10;
  EXPECT_EQ(decode(odd_depth).status.code(), Code::corrupt);
  Settings fractional;
  fractional.sampling = {{{3, 1}, {2, 1}, {1, 1}}};
  auto data = photo(16, 16);
  const std::size_t frame = reference::find_segment(data, 0xC0);
  data[frame + 7] = 0x31;
  data[frame + 10] = 0x21;
  EXPECT_EQ(decode(data).status.code(), Code::unsupported);
}

TEST(JpegDecode, LimitsScansAndMemory) {
  Settings settings;
  settings.progressive = true;
  const auto data = photo(64, 64, settings);
  const auto info = kJpegFormat.parse({data}, {});
  ASSERT_TRUE(info.ok());
  for (const bool memory : {false, true}) {
    Limits limits;
    if (memory) limits.max_image_bytes = 20000;
    if (!memory) limits.max_scans = 3;
    Picture picture = make_picture(64, 64, kRgb);
    CanvasTarget target;
    target.image = picture.view();
    target.window = {0, 0, 64, 64};
    target.stored_width = target.stored_height = 64;
    Canvas canvas(target);
    Arena arena;
    Worker worker{arena, limits, {}};
    const Source source{data};
    DecodeJob job;
    job.info = &*info;
    job.source = &source;
    job.canvas = &canvas;
    auto decoder = kJpegDecoder.open(Options{});
    ASSERT_TRUE(decoder.ok());
    (*decoder)->decode({&job, 1}, worker);
    EXPECT_EQ(job.status.code(), Code::limit) << job.status.text();
  }
}

TEST(JpegDecode, PrefixesAndFlippedBits) {
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(variant.name);
    Settings settings = variant.settings;
    settings.sampling = reference::kSamplings[2].factors;
    settings.quality = 60;
    const auto data = as_12_bit(photo(33, 35, settings));
    EXPECT_GT(testing::sweep_prefixes(kJpegDecoder, data), 0);
    testing::sweep_bit_flips(kJpegDecoder, data, 500);
  }
}

}  // namespace
}  // namespace glimt::jpeg
