// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "base/page_pool.h"
#include "codec/sweeps.h"
#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/reference_test.h"

namespace glimt::jpeg {
namespace {

using reference::Decoding;
using reference::form_of;
using reference::Settings;
using testing::Decoded;
using testing::DecodeWish;
using testing::make_picture;
using testing::Picture;

const PixelForm kRgb = form_of(ColorModel::rgb, 3);
const PixelForm kGray = form_of(ColorModel::gray, 1);

Decoded decode(Bytes data, const DecodeWish& wish = {}) {
  return testing::decode(kJpegTurboDecoder, data, wish);
}

std::vector<std::uint8_t> photo(std::int64_t width, std::int64_t height, Settings settings = {}) {
  Picture picture = make_picture(width, height, kRgb);
  return reference::encode(picture, settings);
}

Settings sampled(const reference::NamedSampling& sampling) {
  Settings settings;
  settings.sampling = sampling.factors;
  return settings;
}

std::vector<std::uint8_t> crop(const Picture& whole, const Rect& window) {
  return testing::crop_of(whole, window).data;
}

/// Where the first marker behind the first scan's data begins.
std::size_t end_of_first_scan(const std::vector<std::uint8_t>& data) {
  std::size_t at = reference::find_segment(data, kSos);
  while (!(data[at] == 0xFF && data[at + 1] != 0 && (data[at + 1] & 0xF8) != kRst0)) ++at;
  return at;
}

struct Variant {
  const char* name;
  Settings settings;
};
std::vector<Variant> variants() {
  Settings plain, progressive, arithmetic, both, restart, separate, optimized;
  progressive.progressive = true;
  arithmetic.arithmetic = true;
  both.progressive = both.arithmetic = true;
  restart.restart_interval = 3;
  separate.separate_scans = true;
  optimized.optimized = true;
  return {{"baseline", plain},        {"progressive", progressive},
          {"arithmetic", arithmetic}, {"progressive arithmetic", both},
          {"restart", restart},       {"separate scans", separate},
          {"optimized", optimized}};
}

TEST(TurboDecode, EqualsLibjpegForEveryCodingAndSampling) {
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

TEST(TurboDecode, EqualsLibjpegForEverySize) {
  for (const auto* name : {"420", "422", "440"}) {
    for (std::int64_t width = 1; width <= 40; ++width) {
      Settings settings;
      for (const auto& s : reference::kSamplings) {
        if (s.name == std::string(name)) settings.sampling = s.factors;
      }
      const auto data = photo(width, 41 - width, settings);
      const Decoded got = decode(data);
      ASSERT_TRUE(got.status.ok()) << got.status.text();
      EXPECT_EQ(got.picture.data, reference::decode(data, {})) << name << " width " << width;
    }
  }
}

TEST(TurboDecode, DeliversEveryFormThatTheLibraryHas) {
  struct Case {
    PixelForm form;
    J_COLOR_SPACE space;
  };
  PixelForm bgr = kRgb, rgba = form_of(ColorModel::rgb, 4), bgra = rgba;
  bgr.bgr = bgra.bgr = true;
  rgba.alpha = bgra.alpha = true;
  const Case cases[] = {{kRgb, JCS_RGB},        {bgr, JCS_EXT_BGR},
                        {rgba, JCS_EXT_RGBA},   {bgra, JCS_EXT_BGRA},
                        {kGray, JCS_GRAYSCALE}, {form_of(ColorModel::ycc, 3), JCS_YCbCr}};
  const auto data = photo(45, 37, sampled(reference::kSamplings[2]));
  for (const Case& c : cases) {
    const Decoded got = decode(data, {c.form, {}, false, {}});
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, reference::decode(data, {c.space, true, false}));
  }
}

TEST(TurboDecode, FastIdctIsAnOption) {
  const auto data = photo(64, 64);
  const auto accurate = reference::decode(data, {});
  const auto fast = reference::decode(data, {JCS_RGB, true, true});
  ASSERT_NE(accurate, fast);
  EXPECT_EQ(decode(data).picture.data, accurate);
  for (const char* module : {"", "libjpeg_turbo_decoder", "opencv_jpeg_decoder"}) {
    const Decoded got = decode(data, {kRgb, {}, false, std::string(module) + ":fast_idct=1"});
    EXPECT_EQ(got.picture.data, fast) << module;
  }
}

TEST(TurboDecode, GrayImages) {
  for (const int factor : {1, 2}) {
    Settings settings{JCS_GRAYSCALE, JCS_GRAYSCALE};
    settings.sampling[0] = {factor, factor};
    Picture picture = make_picture(53, 47, kGray);
    const auto data = reference::encode(picture, settings);
    EXPECT_EQ(decode(data).picture.data, reference::decode(data, {JCS_GRAYSCALE, true, false}));
    EXPECT_EQ(decode(data, {kRgb, {}, false, {}}).picture.data, reference::decode(data, {}));
    const Picture whole = decode(data).picture;
    for (const Rect window : {Rect{9, 9, 10, 10}, Rect{17, 33, 53, 47}, Rect{0, 5, 40, 6}}) {
      EXPECT_EQ(decode(data, {kGray, window, false, {}}).picture.data, crop(whole, window));
    }
  }
}

TEST(TurboDecode, RgbCodedByAdobeMarkerOrByComponentNames) {
  Picture picture = make_picture(33, 21, kRgb);
  for (const bool bare : {false, true}) {
    Settings settings{JCS_RGB, JCS_RGB};
    settings.bare = bare;  // the component ids are R, G, B
    const auto data = reference::encode(picture, settings);
    const auto info = kJpegFormat.parse({data}, {});
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->image.color_spec, ColorSpec::srgb);
    EXPECT_EQ(info->image.sample_format, SampleFormat::p_rgb);
    EXPECT_EQ(info->form.color, ColorModel::rgb);
    EXPECT_EQ(decode(data).picture.data, reference::decode(data, {}));
    EXPECT_EQ(decode(data, {kGray, {}, false, {}}).picture.data,
              reference::decode(data, {JCS_GRAYSCALE, true, false}));
  }
}

TEST(TurboDecode, CmykAndYcck) {
  PixelForm raw = form_of(ColorModel::cmyk, 4);
  Picture picture = make_picture(37, 29, raw);
  for (const J_COLOR_SPACE coded : {JCS_CMYK, JCS_YCCK}) {
    for (const bool bare : {false, true}) {
      if (bare && coded == JCS_YCCK) continue;  // nothing but the marker tells YCCK
      Settings settings{JCS_CMYK, coded};
      settings.bare = bare;
      if (coded == JCS_YCCK) settings.sampling = {{{2, 2}, {1, 1}, {1, 1}, {2, 2}}};
      const auto data = reference::encode(picture, settings);
      const auto info = kJpegFormat.parse({data}, {});
      ASSERT_TRUE(info.ok());
      EXPECT_EQ(info->form.inverted, !bare);
      EXPECT_EQ(info->form.color, coded == JCS_YCCK ? ColorModel::ycck : ColorModel::cmyk);

      const Decoded stored = decode(data);  // the four channels as they are coded
      ASSERT_TRUE(stored.status.ok()) << stored.status.text();
      EXPECT_EQ(stored.picture.data, reference::decode(data, {coded, true, false}));

      const auto inks = reference::decode(data, {JCS_CMYK, true, false});
      const Decoded rgb = decode(data, {kRgb, {}, false, {}});
      ASSERT_TRUE(rgb.status.ok()) << rgb.status.text();
      int most = 0;
      for (std::size_t i = 0; i < inks.size() / 4; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
          const int ink = bare ? 255 - inks[4 * i + c] : inks[4 * i + c];
          const int black = bare ? 255 - inks[4 * i + 3] : inks[4 * i + 3];
          const int want = (ink * black + 127) / 255;
          most = std::max(most, std::abs(want - rgb.picture.data[3 * i + c]));
        }
      }
      EXPECT_EQ(most, 0);
      EXPECT_TRUE(decode(data, {kGray, {}, false, {}}).status.ok());
    }
  }
}

TEST(TurboDecode, TwoComponentsAreTwoChannels) {
  Picture picture = make_picture(25, 18, form_of(ColorModel::other, 2));
  const auto data = reference::encode(picture, {JCS_UNKNOWN, JCS_UNKNOWN});
  const Decoded got = decode(data);
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.picture.form.channels, 2);
  EXPECT_EQ(got.picture.data, reference::decode(data, {JCS_UNKNOWN, true, false}));
}

TEST(TurboDecode, RegionsEqualTheCropOfTheWholeImage) {
  std::mt19937 random(7);
  for (const bool progressive : {false, true}) {
    for (const auto& sampling : reference::kSamplings) {
      for (const char* options : {":fancy_upsampling=1", ":fancy_upsampling=0"}) {
        SCOPED_TRACE(std::string(sampling.name) + options + (progressive ? " progressive" : ""));
        Settings settings = sampled(sampling);
        settings.progressive = progressive;
        const auto data = photo(149, 131, settings);
        const Picture whole = decode(data, {kRgb, {}, false, options}).picture;
        std::vector<Rect> windows = {{0, 0, 1, 1},       {148, 130, 149, 131}, {0, 130, 149, 131},
                                     {148, 0, 149, 131}, {16, 16, 32, 32},     {17, 15, 31, 33},
                                     {0, 0, 149, 64},    {64, 64, 65, 65},     {0, 1, 149, 131},
                                     {1, 0, 149, 131}};
        for (int i = 0; i < 60; ++i) {
          const auto x0 = static_cast<std::int64_t>(random() % 149);
          const auto y0 = static_cast<std::int64_t>(random() % 131);
          windows.push_back({x0, y0, x0 + 1 + static_cast<std::int64_t>(random() % (149 - x0)),
                             y0 + 1 + static_cast<std::int64_t>(random() % (131 - y0))});
        }
        for (const Rect& window : windows) {
          const Decoded got = decode(data, {kRgb, window, false, options});
          ASSERT_TRUE(got.status.ok()) << got.status.text();
          ASSERT_EQ(got.picture.data, crop(whole, window))
              << window.x0 << "," << window.y0 << " .. " << window.x1 << "," << window.y1;
        }
      }
    }
  }
}

TEST(TurboDecode, RegionsOfNarrowImages) {
  for (const char* options : {":fancy_upsampling=1", ":fancy_upsampling=0"}) {
    for (const std::size_t s : {1U, 2U, 3U}) {
      for (std::int64_t width = 1; width <= 40; ++width) {
        const auto data = photo(width, 35, sampled(reference::kSamplings[s]));
        const Picture whole = decode(data, {kRgb, {}, false, options}).picture;
        for (std::int64_t x = 0; x < width; ++x) {
          const Rect window{x, (x * 7) % 33, std::min(width, x + 1 + x % 5), (x * 7) % 33 + 2};
          const Decoded got = decode(data, {kRgb, window, false, options});
          ASSERT_TRUE(got.status.ok()) << got.status.text();
          ASSERT_EQ(got.picture.data, crop(whole, window))
              << reference::kSamplings[s].name << " width " << width << " x " << x << options;
        }
      }
    }
  }
}

TEST(TurboDecode, RegionsOfAnUnfinishedProgression) {
  // libjpeg smooths blocks whose AC coefficients have not come: a DC-only image has them all.
  Settings settings = sampled(reference::kSamplings[2]);
  settings.progressive = true;
  auto data = photo(160, 144, settings);
  data.resize(end_of_first_scan(data));
  data.insert(data.end(), {0xFF, kEoi});
  const auto whole_samples = reference::decode(data, {});
  const Decoded whole = decode(data);
  ASSERT_TRUE(whole.status.ok()) << whole.status.text();
  ASSERT_EQ(whole.picture.data, whole_samples);
  for (std::int64_t x = 0; x < 150; x += 7) {
    const Rect window{x, x / 2, x + 9, x / 2 + 11};
    const Decoded got = decode(data, {kRgb, window, false, {}});
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    ASSERT_EQ(got.picture.data, crop(whole.picture, window)) << x;
  }
}

TEST(TurboDecode, RegionsCrossingTheEdgeAndOutside) {
  const auto data = photo(50, 40, sampled(reference::kSamplings[2]));
  const Picture whole = decode(data).picture;
  const Rect window{-5, 30, 10, 45};
  const Decoded got = decode(data, {kRgb, window, false, {}});
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.picture.data, crop(whole, window));
  const Decoded outside = decode(data, {kRgb, {60, 60, 70, 70}, false, {}});
  EXPECT_TRUE(outside.status.ok()) << outside.status.text();
  EXPECT_EQ(outside.units_decoded, 0U);
}

TEST(TurboDecode, RegionsDecodeOnlyTheirMcus) {
  // 4:2:0: MCUs of 16 x 16. The filter reaches one chroma sample past the window.
  const auto data = photo(640, 480, sampled(reference::kSamplings[2]));
  EXPECT_EQ(decode(data).units_decoded, 40U * 30U);
  EXPECT_EQ(decode(data, {kRgb, {164, 164, 172, 172}, false, {}}).units_decoded, 1U);
  EXPECT_EQ(decode(data, {kRgb, {160, 160, 176, 176}, false, {}}).units_decoded, 3U * 3U);
  // Without the filter a MCU row needs no neighbour; the columns keep the margin.
  EXPECT_EQ(decode(data, {kRgb, {160, 160, 176, 176}, false, ":fancy_upsampling=0"}).units_decoded,
            3U);
  EXPECT_EQ(decode(data, {kRgb, {0, 0, 640, 16}, false, ":fancy_upsampling=0"}).units_decoded, 40U);
}

TEST(TurboDecode, HeightFromDnl) {
  for (const auto& variant : variants()) {
    SCOPED_TRACE(variant.name);
    auto data = photo(40, 30, variant.settings);
    const auto want = reference::decode(data, {});
    std::size_t frame = 0;
    for (const std::uint8_t sof : {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}) {
      if (frame == 0) frame = reference::find_segment(data, sof);
    }
    ASSERT_NE(frame, 0U);
    data[frame + 1] = data[frame + 2] = 0;
    const auto without = kJpegFormat.parse({data}, {});
    EXPECT_EQ(without.status().code(), Code::corrupt);
    const std::uint8_t dnl[] = {0xFF, kDnl, 0, 4, 0, 30};
    data.insert(data.begin() + static_cast<std::ptrdiff_t>(end_of_first_scan(data)),
                std::begin(dnl), std::end(dnl));
    const auto info = kJpegFormat.parse({data}, {});
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->image.height, 30U);
    const Decoded got = decode(data);
    ASSERT_TRUE(got.status.ok()) << got.status.text();
    EXPECT_EQ(got.picture.data, want);
  }
}

TEST(TurboDecode, BytesAfterTheImageAndAMissingEndAreNoErrors) {
  for (const auto& variant : variants()) {
    SCOPED_TRACE(variant.name);
    auto data = photo(40, 30, variant.settings);
    const auto want = reference::decode(data, {});
    auto longer = data;
    longer.insert(longer.end(), 1000, 0x5A);
    EXPECT_EQ(decode(longer).picture.data, want);
    auto shorter = data;
    shorter.resize(data.size() - 2);
    const Decoded got = decode(shorter);
    if (variant.settings.arithmetic) {
      // Zeros at the end of arithmetic data may be left out: its end cannot be told from a cut.
      EXPECT_EQ(got.status.code(), Code::truncated);
    } else {
      ASSERT_TRUE(got.status.ok()) << got.status.text();
      EXPECT_EQ(got.picture.data, want);
    }
  }
}

TEST(TurboDecode, EveryPrefixFailsOrIsNoted) {
  for (const auto& variant : variants()) {
    SCOPED_TRACE(variant.name);
    Settings settings = variant.settings;
    settings.sampling = reference::kSamplings[2].factors;
    const auto data = photo(48, 40, settings);
    const auto want = reference::decode(data, {});
    std::size_t partial_images = 0, compared = 0;
    for (std::size_t size = 0; size < data.size() - 2; ++size) {
      const Bytes prefix(data.data(), size);
      const Decoded strict = decode(prefix);
      if (strict.status.ok()) {
        ASSERT_EQ(strict.picture.data, want) << size << " of " << data.size();
      } else {
        const Code code = strict.status.code();
        ASSERT_TRUE(code == Code::truncated || code == Code::corrupt) << strict.status.text();
        ASSERT_FALSE(strict.status.message().empty());
      }
      const Decoded partial = decode(prefix, {kRgb, {}, true, {}});
      if (!partial.status.ok()) continue;
      ++partial_images;
      ASSERT_TRUE(strict.status.ok() || !partial.note.empty()) << size;
      // libjpeg reads the end-of-image marker that it makes up as part of a cut segment.
      const auto by_library = reference::decode(prefix, {});
      if (by_library.empty()) continue;
      ASSERT_EQ(partial.picture.data, by_library) << size;
      ++compared;
    }
    // From the first scan on there is something to see.
    EXPECT_GT(partial_images, (data.size() - reference::find_segment(data, kSos)) * 9 / 10);
    EXPECT_GT(compared, partial_images / 2);
  }
}

TEST(TurboDecode, TruncationSaysHowFar) {
  const auto data = photo(64, 320, sampled(reference::kSamplings[2]));
  const Bytes half(data.data(), data.size() / 2);
  const Decoded got = decode(half);
  EXPECT_EQ(got.status.code(), Code::truncated);
  EXPECT_NE(got.status.message().find("of 20"), std::string::npos) << got.status.message();
  const Decoded partial = decode(half, {kRgb, {}, true, {}});
  ASSERT_TRUE(partial.status.ok());
  EXPECT_EQ(partial.note.rfind("truncated: the data ends in MCU row ", 0), 0U) << partial.note;
}

TEST(TurboDecode, PartialKeepsWhatCameBeforeABrokenSegment) {
  Settings settings = sampled(reference::kSamplings[2]);
  settings.progressive = true;
  auto data = photo(64, 64, settings);
  // The last scan's header names a component that does not exist: libjpeg gives up there.
  std::size_t last = 0;
  for (std::size_t i = 0; i + 1 < data.size(); ++i) {
    if (data[i] == 0xFF && data[i + 1] == kSos) last = i;
  }
  auto shortened = data;
  shortened.resize(last);
  data[last + 5] = 99;
  EXPECT_EQ(decode(data).status.code(), Code::corrupt);
  const Decoded got = decode(data, {kRgb, {}, true, {}});
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.note.rfind("corrupt: ", 0), 0U) << got.note;
  EXPECT_EQ(got.picture.data, reference::decode(shortened, {}));
}

TEST(TurboDecode, FlippedBitsNeverCrash) {
  std::mt19937 random(11);
  for (const auto& variant : variants()) {
    Settings settings = variant.settings;
    settings.sampling = reference::kSamplings[2].factors;
    const auto data = photo(40, 40, settings);
    for (int i = 0; i < 800; ++i) {
      auto flipped = data;
      flipped[random() % flipped.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
      for (const bool partial : {false, true}) {
        const auto info = kJpegFormat.parse({flipped}, {});
        if (info.ok() && std::uint64_t{info->image.width} * info->image.height > 4'000'000)
          continue;
        const Decoded got = decode(flipped, {{}, {}, partial, {}});
        ASSERT_TRUE(got.status.ok() || !got.status.message().empty());
        ASSERT_NE(got.status.code(), Code::internal) << got.status.text();
      }
    }
  }
}

TEST(TurboDecode, OddHeadersAreNotedNotRefused) {
  auto data = photo(24, 24);
  const auto want = reference::decode(data, {});
  const std::uint8_t junk[] = {1, 2, 3};
  data.insert(data.begin() + static_cast<std::ptrdiff_t>(reference::find_segment(data, kDht)) - 4,
              std::begin(junk), std::end(junk));
  const Decoded got = decode(data);
  ASSERT_TRUE(got.status.ok()) << got.status.text();
  EXPECT_EQ(got.picture.data, want);
  EXPECT_NE(got.note.find("3 extraneous bytes"), std::string::npos) << got.note;
}

TEST(TurboDecode, RefusesWhatTheLibraryLacksWithAReason) {
  struct Case {
    const char* name;
    std::size_t offset;  // from the frame header's marker
    std::uint8_t value;
  };
  const Case cases[] = {{"12 bit", 4, 12}, {"lossless", 1, 0xC3}, {"differential", 1, 0xC5}};
  for (const Case& c : cases) {
    auto data = photo(24, 24);
    data[reference::find_segment(data, 0xC0) - 4 + c.offset] = c.value;
    const auto info = kJpegFormat.parse({data}, {});
    ASSERT_TRUE(info.ok()) << c.name << info.status().text();
    const bool by_caps = info->form.bit_depth > kJpegTurboDecoder.caps.max_bit_depth ||
                         (kJpegTurboDecoder.caps.codings >> info->coding & 1) == 0;
    EXPECT_TRUE(by_caps) << c.name;
    const Decoded got = decode(data, {kRgb, {}, false, {}});
    EXPECT_EQ(got.status.code(), Code::unsupported) << c.name << ": " << got.status.text();
    EXPECT_FALSE(got.status.message().empty());
  }
}

TEST(TurboDecode, EndlessScansMeetTheLimit) {
  Settings settings;
  settings.progressive = true;
  auto data = photo(16, 16, settings);
  // The first scan again and again: the DC coefficients are set anew each time.
  const std::size_t first = reference::find_segment(data, kSos) - 4, end = end_of_first_scan(data);
  const std::vector<std::uint8_t> scan(data.begin() + static_cast<std::ptrdiff_t>(first),
                                       data.begin() + static_cast<std::ptrdiff_t>(end));
  const std::vector<std::uint8_t> rest(data.begin() + static_cast<std::ptrdiff_t>(end), data.end());
  for (const int scans : {900, 1100}) {
    data.resize(first);
    for (int i = 0; i < scans; ++i) data.insert(data.end(), scan.begin(), scan.end());
    data.insert(data.end(), rest.begin(), rest.end());
    const Decoded got = decode(data);
    EXPECT_EQ(got.status.code(), scans < 1000 ? Code::ok : Code::limit) << got.status.text();
  }
}

/// One decoder for a row of images, as the engine keeps it.
class Session {
 public:
  Session() { decoder_ = std::move(kJpegTurboDecoder.open({}).value()); }

  Status decode(Bytes data, Picture& out, const Limits& limits = {}) {
    const Source source{data};
    const auto info = kJpegFormat.parse(source, {});
    if (!info.ok()) return info.status();
    out = {info->image.width, info->image.height, kRgb, {}};
    out.data.assign(static_cast<std::size_t>(out.width * out.height) * 3, 0);
    CanvasTarget target;
    target.image = out.view();
    target.window = {0, 0, out.width, out.height};
    target.stored_width = out.width;
    target.stored_height = out.height;
    Canvas canvas(target);
    Worker worker{arena_, limits, {}};
    arena_.restart();
    DecodeJob job;
    job.info = &*info;
    job.source = &source;
    job.canvas = &canvas;
    decoder_->decode({&job, 1}, worker);
    return job.status;
  }

 private:
  std::unique_ptr<ImageDecoder> decoder_;
  Arena arena_;
};

TEST(TurboDecode, OneDecoderServesImagesOfAllKindsInAnyOrder) {
  Session session;
  std::vector<std::vector<std::uint8_t>> files;
  for (const auto& variant : variants()) {
    for (const std::size_t s : {0U, 2U, 6U}) {
      Settings settings = variant.settings;
      settings.sampling = reference::kSamplings[s].factors;
      files.push_back(photo(50 + static_cast<std::int64_t>(s), 60, settings));
    }
  }
  files.push_back({files[0].begin(), files[0].begin() + 400});  // a failure in between
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const auto& data = files[random() % files.size()];
    Picture got;
    const Status status = session.decode(data, got);
    if (&data == &files.back()) {
      EXPECT_FALSE(status.ok());
    } else {
      ASSERT_TRUE(status.ok()) << status.text();
      ASSERT_EQ(got.data, reference::decode(data, {}));
    }
  }
}

TEST(TurboDecode, TablesOfAnEarlierImageAreNotUsed) {
  Settings optimized;
  optimized.optimized = true;
  const auto first = photo(64, 64, optimized);
  const auto strip = [](std::vector<std::uint8_t> data, std::uint8_t marker) {
    for (std::size_t at; (at = reference::find_segment(data, marker)) != 0;) {
      const std::size_t length = static_cast<std::size_t>(data[at - 2] << 8 | data[at - 1]);
      const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at) - 4;
      data.erase(begin, begin + 2 + static_cast<std::ptrdiff_t>(length));
    }
    return data;
  };
  const auto whole = photo(40, 40);
  Session session;
  Picture got;
  ASSERT_TRUE(session.decode(first, got).ok());
  // Motion JPEG leaves out the standard Huffman tables: those of K.3 are meant, not the last ones.
  ASSERT_TRUE(session.decode(strip(whole, kDht), got).ok());
  EXPECT_EQ(got.data, reference::decode(whole, {}));
  EXPECT_EQ(session.decode(strip(whole, 0xDB), got).code(), Code::corrupt);
}

TEST(TurboDecode, SteadyStateTakesNoMemoryFromTheSystem) {
  Settings progressive;
  progressive.progressive = true;
  const std::vector<std::uint8_t> files[] = {photo(500, 375), photo(640, 480, progressive)};
  Session session;
  Picture got;
  std::uint64_t before = 0;
  for (int round = 0; round < 6; ++round) {
    if (round == 3) before = page_pool_stats().fresh_blocks;
    for (const auto& data : files) ASSERT_TRUE(session.decode(data, got).ok());
  }
  EXPECT_EQ(page_pool_stats().fresh_blocks, before);
}

TEST(TurboDecode, CoefficientsAreBoundedByTheLimits) {
  Settings progressive;
  progressive.progressive = true;
  const auto data = photo(256, 256, progressive);
  Limits limits;
  limits.max_image_bytes = 200'000;  // the pixels would fit, the coefficients (384 KiB) do not
  Session session;
  Picture got;
  const Status status = session.decode(data, got, limits);
  EXPECT_EQ(status.code(), Code::limit) << status.text();
  EXPECT_TRUE(session.decode(data, got).ok());
}

TEST(TurboDecode, OrientationIsApplied) {
  // The decoder knows nothing of it: the canvas turns strips, here every other row of MCUs.
  const auto data = photo(40, 24, sampled(reference::kSamplings[2]));
  const Picture whole = decode(data).picture;
  const Source source{data};
  const auto info = kJpegFormat.parse(source, {});
  Picture turned{24, 40, kRgb, std::vector<std::uint8_t>(whole.data.size())};
  CanvasTarget target{turned.view(), {0, 0, 40, 24}, 40, 24, Orientation::right_top, {}};
  Canvas canvas(target);
  auto decoder = std::move(kJpegTurboDecoder.open({}).value());
  Arena arena;
  const Limits limits;
  Worker worker{arena, limits, {}};
  DecodeJob job;
  job.info = &*info;
  job.source = &source;
  job.canvas = &canvas;
  decoder->decode({&job, 1}, worker);
  ASSERT_TRUE(job.status.ok()) << job.status.text();
  for (std::int64_t y = 0; y < 24; ++y) {
    for (std::int64_t x = 0; x < 40; ++x) {
      ASSERT_EQ(turned.view().at(23 - y, x)[0], Picture(whole).view().at(x, y)[0]);
    }
  }
}

}  // namespace
}  // namespace glimt::jpeg
