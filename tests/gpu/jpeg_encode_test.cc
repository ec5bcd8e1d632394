// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG files made on the GPU against libjpeg-turbo's, byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "formats/jpeg/cuda/batch_encoder.h"
#include "formats/jpeg/cuda/file_memory.h"
#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using glimt::testing::Picture;

enum class Content { picture, noise, flat, edges, tiled };
constexpr int kContents = 5;

Picture make_pixels(std::int64_t width, std::int64_t height, ColorModel color, Content content,
                    unsigned seed) {
  const std::uint16_t channels = color == ColorModel::gray ? 1 : 3;
  Picture picture =
      glimt::testing::make_picture(width, height, reference::form_of(color, channels), seed);
  std::mt19937 random(seed);
  std::vector<std::uint8_t> tile(8 * 8 * channels);
  for (std::uint8_t& sample : tile) sample = static_cast<std::uint8_t>(random());
  for (std::size_t i = 0; i < picture.data.size(); ++i) {
    std::uint8_t& sample = picture.data[i];
    if (content == Content::noise) sample = static_cast<std::uint8_t>(random());
    if (content == Content::flat) sample = 200;
    if (content == Content::edges) sample = (random() & 1) != 0 ? 255 : 0;
    if (content == Content::tiled) {
      const std::size_t pixel = i / channels, row = static_cast<std::size_t>(width);
      sample = tile[((pixel / row % 8) * 8 + pixel % row % 8) * channels + i % channels];
    }
  }
  return picture;
}

/// How the pixels lie in device memory.
struct Layout {
  std::int64_t pixel_stride = 0;  ///< 0: the channels of the picture
  std::int64_t row_padding = 0, skew = 0;
  bool planar = false, bgr = false, mirrored = false, flipped = false;
};

struct Case {
  Picture picture;
  Layout layout;
  EncodeSettings settings;
  std::string name;
};

struct Sampling {
  ChromaSubsampling name;
  const char* text;
  std::array<std::array<int, 2>, 4> factors;
};
const Sampling kSamplings[] = {{ChromaSubsampling::css_444, "444", {{{1, 1}}}},
                               {ChromaSubsampling::css_422, "422", {{{2, 1}}}},
                               {ChromaSubsampling::css_420, "420", {{{2, 2}}}},
                               {ChromaSubsampling::css_440, "440", {{{1, 2}}}},
                               {ChromaSubsampling::css_411, "411", {{{4, 1}}}},
                               {ChromaSubsampling::css_410, "410", {{{4, 2}}}},
                               {ChromaSubsampling::css_410v, "410V", {{{2, 4}}}}};
constexpr std::size_t kSamplingCount = std::size(kSamplings);

std::string name_of(const Case& one) {
  const EncodeSettings& s = one.settings;
  const auto* sampling = std::find_if(std::begin(kSamplings), std::end(kSamplings),
                                      [&](const Sampling& k) { return k.name == s.subsampling; });
  return one.name + " " + std::to_string(one.picture.width) + "x" +
         std::to_string(one.picture.height) + " color " +
         std::to_string(static_cast<int>(one.picture.form.color)) + " as " +
         std::to_string(static_cast<int>(s.color)) + " " +
         (sampling != std::end(kSamplings) ? sampling->text : "gray") + " quality " +
         std::to_string(s.quality) + (s.optimized_huffman ? " optimized" : "") +
         (s.progressive ? " progressive" : "") + " interval " + std::to_string(s.restart_interval) +
         " strides " + std::to_string(one.layout.pixel_stride) +
         (one.layout.planar ? " planar" : "") + (one.layout.bgr ? " bgr" : "");
}

std::vector<std::uint8_t> reference_of(Case& one) {
  constexpr J_COLOR_SPACE coded[] = {JCS_GRAYSCALE, JCS_YCbCr, JCS_RGB};
  reference::Settings settings;
  settings.fed = one.picture.form.color == ColorModel::gray  ? JCS_GRAYSCALE
                 : one.picture.form.color == ColorModel::ycc ? JCS_YCbCr
                                                             : JCS_RGB;
  const EncodeSettings& s = one.settings;
  settings.coded = coded[static_cast<int>(s.color)];
  if (s.subsampling == ChromaSubsampling::css_gray) settings.coded = JCS_GRAYSCALE;
  for (const Sampling& sampling : kSamplings) {
    const bool gray = settings.coded == JCS_GRAYSCALE;
    if (sampling.name == s.subsampling && !gray) settings.sampling = sampling.factors;
  }
  settings.quality = s.quality;
  settings.optimized = s.optimized_huffman;
  settings.progressive = s.progressive;
  settings.restart_interval = s.restart_interval;
  return reference::encode(one.picture, settings);
}

/// The pixels of all cases in device memory.
struct DevicePixels {
  gpu::Block block;
  std::vector<PixelView> views;
};

DevicePixels upload(std::vector<Case>& cases) {
  DevicePixels pixels;
  std::vector<std::size_t> starts;
  std::vector<std::uint8_t> host;
  for (const Case& one : cases) {
    const Layout& layout = one.layout;
    const std::int64_t width = one.picture.width, height = one.picture.height;
    const std::int64_t channels = one.picture.form.channels;
    PixelView view;
    view.width = width;
    view.height = height;
    view.form = one.picture.form;
    view.form.planar = layout.planar;
    view.form.bgr = layout.bgr;
    view.pixel_stride = layout.planar ? 1 : std::max(layout.pixel_stride, channels);
    view.row_stride = view.pixel_stride * width + layout.row_padding;
    view.channel_stride = layout.planar ? view.row_stride * height : 1;
    if (layout.pixel_stride == 4 && channels == 3) {
      view.form.channels = 4;
      view.form.alpha = true;
    }
    const std::int64_t bytes = view.row_stride * height * (layout.planar ? channels : 1);
    std::size_t start = (host.size() + 255) / 256 * 256 + static_cast<std::size_t>(layout.skew);
    host.resize(start + static_cast<std::size_t>(bytes), kPoison);
    if (layout.mirrored) {
      start += static_cast<std::size_t>((width - 1) * view.pixel_stride);
      view.pixel_stride = -view.pixel_stride;
    }
    if (layout.flipped) {
      start += static_cast<std::size_t>((height - 1) * view.row_stride);
      view.row_stride = -view.row_stride;
    }
    const std::uint8_t* from = one.picture.data.data();
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        for (std::int64_t c = 0; c < channels; ++c) {
          const std::int64_t to_channel = layout.bgr ? channels - 1 - c : c;
          host[start + static_cast<std::size_t>(y * view.row_stride + x * view.pixel_stride +
                                                to_channel * view.channel_stride)] = *from++;
        }
      }
    }
    starts.push_back(start);
    pixels.views.push_back(view);
  }
  pixels.block = gpu::take_block(gpu::MemoryKind::device, 0, host.size()).value();
  const gpu::Stream stream = gpu::Stream::make().value();
  gpu::copy_to_device(pixels.block.data(), host.data(), host.size(), stream.get()).check();
  gpu::synchronize(stream.get()).check();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    pixels.views[i].data = pixels.block.data() + starts[i];
  }
  return pixels;
}

struct File {
  Status status;
  std::vector<std::uint8_t> bytes;
};

std::vector<File> encode_batch(BatchEncoder& encoder, std::vector<Case>& cases,
                               const Embedded& embedded = {}) {
  const DevicePixels pixels = upload(cases);
  const gpu::Stream stream = gpu::Stream::make().value();
  std::vector<Sink> sinks(cases.size());
  std::vector<DeviceSource> sources(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    sources[i].image = pixels.views[i];
    sources[i].settings = cases[i].settings;
    sources[i].sink = &sinks[i];
    sources[i].embedded = embedded;
  }
  PoolWorker pool;
  const Status submitted = encoder.submit(sources, stream.get(), pool.worker);
  EXPECT_TRUE(submitted.ok()) << submitted.text();
  const Status collected = encoder.collect();
  EXPECT_TRUE(collected.ok()) << collected.text();
  std::vector<File> files(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    files[i].status = sources[i].status;
    const auto bytes = sinks[i].written();
    files[i].bytes.assign(bytes.begin(), bytes.end());
  }
  return files;
}

std::unique_ptr<BatchEncoder> make_encoder(int slices = 0, bool direct = false) {
  BatchEncoder::Settings settings;
  settings.slices = slices;
  if (direct) settings.pixels_for_direct_files = 0;
  return std::move(BatchEncoder::make(settings)).value();
}

std::string compare(const File& got, const std::vector<std::uint8_t>& want) {
  if (!got.status.ok()) return got.status.text();
  if (got.bytes == want) return {};
  const auto [at, expected] =
      std::mismatch(got.bytes.begin(), got.bytes.end(), want.begin(), want.end());
  const auto show = [](auto from, auto end) {
    std::string text;
    for (int i = 0; i < 6 && from != end; ++i, ++from) text += " " + std::to_string(*from);
    return text;
  };
  return std::to_string(got.bytes.size()) + " bytes instead of " + std::to_string(want.size()) +
         ", first difference at " + std::to_string(at - got.bytes.begin()) + ":" +
         show(at, got.bytes.end()) + " instead of" + show(expected, want.end());
}

void expect_libjpegs_files(BatchEncoder& encoder, std::vector<Case>& cases) {
  const auto files = encode_batch(encoder, cases);
  int differing = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string difference = compare(files[i], reference_of(cases[i]));
    if (difference.empty() || ++differing > 12) continue;
    ADD_FAILURE() << name_of(cases[i]) << ": " << difference;
  }
  EXPECT_EQ(differing, 0) << "of " << cases.size() << " files";
}

Case random_case(std::mt19937& random, int index) {
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  Case one;
  one.name = std::to_string(index);
  constexpr ColorModel colors[] = {ColorModel::rgb, ColorModel::rgb, ColorModel::rgb,
                                   ColorModel::ycc, ColorModel::gray};
  const ColorModel color = colors[any(0, 4)];
  EncodeSettings& settings = one.settings;
  settings.subsampling = kSamplings[static_cast<std::size_t>(index) % kSamplingCount].name;
  if (color == ColorModel::gray || any(0, 7) == 0) settings.color = CodedColor::gray;
  if (any(0, 15) == 0) settings.subsampling = ChromaSubsampling::css_gray;
  if (color == ColorModel::rgb && any(0, 9) == 0) {
    settings.color = CodedColor::rgb;
    settings.subsampling = ChromaSubsampling::css_444;
  }
  settings.quality = any(0, 3) == 0 ? any(1, 100) : any(14, 20) * 5;
  settings.optimized_huffman = any(0, 3) == 0;
  settings.progressive = any(0, 3) == 0;
  constexpr unsigned intervals[] = {0, 0, 0, 1, 2, 3, 7, 40, 61, 250};
  settings.restart_interval = intervals[any(0, 9)];
  one.picture = make_pixels(any(1, 140), any(1, 140), color,
                            static_cast<Content>(any(0, kContents - 1)), random());
  Layout& layout = one.layout;
  layout.pixel_stride = any(0, 3) == 0 ? 4 : 0;
  layout.planar = any(0, 4) == 0;
  layout.bgr = color == ColorModel::rgb && any(0, 3) == 0;
  layout.mirrored = any(0, 7) == 0;
  layout.flipped = any(0, 7) == 0;
  layout.row_padding = any(0, 1) == 0 ? 0 : any(0, 9);
  layout.skew = any(0, 2) == 0 ? any(0, 7) : 0;
  return one;
}

class GpuJpegEncode : public GpuTest {};

TEST_F(GpuJpegEncode, SmallFilesOfAllKindsEqualLibjpegs) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::mt19937 random(seed);
    std::vector<Case> cases;
    for (int i = 0; i < 150; ++i) cases.push_back(random_case(random, i));
    for (const bool direct : {false, true}) {
      const auto encoder = make_encoder(static_cast<int>(seed) * 2 - 1, direct);
      expect_libjpegs_files(*encoder, cases);
    }
  }
}

TEST_F(GpuJpegEncode, EverySizeAndSampling) {
  const auto encoder = make_encoder();
  for (const bool optimized : {false, true}) {
    std::vector<Case> cases;
    for (int size = 1; size <= 70; ++size) {
      for (const Sampling& sampling : kSamplings) {
        Case one;
        one.settings.subsampling = sampling.name;
        one.settings.quality = 90;
        one.settings.optimized_huffman = optimized;
        one.picture = make_pixels(size, 71 - size, ColorModel::rgb, Content::picture, 1);
        cases.push_back(std::move(one));
      }
    }
    expect_libjpegs_files(*encoder, cases);
  }
}

TEST_F(GpuJpegEncode, EveryQuality) {
  const auto encoder = make_encoder();
  std::vector<Case> cases;
  for (int quality = 1; quality <= 100; ++quality) {
    for (const Content content : {Content::picture, Content::edges, Content::noise}) {
      Case one;
      one.settings.subsampling = ChromaSubsampling::css_420;
      one.settings.quality = quality;
      one.settings.progressive = quality % 10 == 0;
      one.picture = make_pixels(67, 45, ColorModel::rgb, content, static_cast<unsigned>(quality));
      cases.push_back(std::move(one));
    }
  }
  expect_libjpegs_files(*encoder, cases);
}

/// Files of many chunks in each coding.
std::vector<Case> large_cases(std::int64_t width, std::int64_t height) {
  std::vector<Case> cases;
  unsigned seed = 1;
  for (const Sampling& sampling : kSamplings) {
    for (int coding = 0; coding < 3; ++coding) {
      for (const unsigned interval : {0U, 1U, 13U, 700U}) {
        Case one;
        one.settings.subsampling = sampling.name;
        one.settings.quality = coding == 1 ? 95 : 90;
        one.settings.optimized_huffman = coding == 1;
        one.settings.progressive = coding == 2;
        one.settings.restart_interval = interval;
        one.picture = make_pixels(width, height, ColorModel::rgb,
                                  static_cast<Content>(seed % kContents), seed);
        ++seed;
        cases.push_back(std::move(one));
      }
    }
  }
  return cases;
}

TEST_F(GpuJpegEncode, LargeFilesEqualLibjpegsHoweverTheBatchIsCut) {
  std::vector<Case> cases = large_cases(811, 603);
  for (const int slices : {1, 4, 0}) {
    const auto encoder = make_encoder(slices);
    expect_libjpegs_files(*encoder, cases);
  }
}

// Runs of empty bands: longer than 32767 blocks, and with more correction bits than libjpeg keeps.
TEST_F(GpuJpegEncode, LongRunsOfProgressiveFiles) {
  std::vector<Case> cases;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    Case one;
    one.settings.color = CodedColor::gray;
    one.settings.progressive = true;
    one.settings.quality = 100;
    one.settings.restart_interval = seed % 3 == 0 ? 1000 : 0;
    one.picture = make_pixels(600, 300, ColorModel::gray, Content::tiled, seed);
    cases.push_back(one);
  }
  for (const Content content : {Content::flat, Content::tiled}) {
    Case one;
    one.settings.color = CodedColor::gray;
    one.settings.progressive = true;
    one.settings.quality = content == Content::flat ? 90 : 100;
    one.picture = make_pixels(2304, 1000, ColorModel::gray, content, 5);
    if (content == Content::flat) one.picture.data[one.picture.data.size() - 1] = 0;
    cases.push_back(std::move(one));
  }
  const auto encoder = make_encoder();
  expect_libjpegs_files(*encoder, cases);
}

// More bytes than were guessed: room is made, and the next batch has it.
TEST_F(GpuJpegEncode, NoiseNeedsMoreRoomThanWasGuessed) {
  std::vector<Case> cases(3);
  for (Case& one : cases) {
    one.settings.quality = 100;
    one.settings.optimized_huffman = &one == &cases[1];
    one.picture = make_pixels(500, 400, ColorModel::rgb, Content::noise, 3);
  }
  for (const bool direct : {false, true}) {
    const auto encoder = make_encoder(1, direct);
    for (int round = 0; round < 2; ++round) expect_libjpegs_files(*encoder, cases);
  }
}

TEST_F(GpuJpegEncode, OrdersAndStridesOfPixels) {
  const auto encoder = make_encoder();
  std::vector<Case> cases;
  for (const std::int64_t width : {64, 75, 203}) {
    for (const int kind : {0, 1, 2, 3}) {  // packed, four channels, planar, five bytes a pixel
      for (unsigned bits = 0; bits < 32; ++bits) {
        Case one;
        one.settings.subsampling = ChromaSubsampling::css_420;
        one.layout.pixel_stride = kind == 1 ? 4 : kind == 3 ? 5 : 0;
        one.layout.planar = kind == 2;
        one.layout.bgr = (bits & 1) != 0;
        one.layout.mirrored = (bits & 2) != 0;
        one.layout.flipped = (bits & 4) != 0;
        one.layout.row_padding = (bits & 8) != 0 ? 3 : 0;
        one.layout.skew = (bits & 16) != 0 ? 1 : 0;
        one.picture = make_pixels(width, 37, ColorModel::rgb, Content::picture, bits);
        cases.push_back(std::move(one));
      }
    }
  }
  expect_libjpegs_files(*encoder, cases);
}

TEST_F(GpuJpegEncode, MetadataAndEarlierBytesOfTheSink) {
  const std::vector<std::uint8_t> profile(70000, 1), exif(100, 2), xmp(50, 3);
  Embedded embedded;
  embedded.icc = profile;
  embedded.exif = exif;
  embedded.xmp = xmp;
  std::vector<Case> cases(1);
  cases[0].picture = make_pixels(50, 40, ColorModel::rgb, Content::picture, 1);
  const auto encoder = make_encoder();
  const auto plain = encode_batch(*encoder, cases);
  const auto files = encode_batch(*encoder, cases, embedded);
  ASSERT_TRUE(files[0].status.ok()) << files[0].status.text();
  const std::size_t behind_jfif = 20, added = files[0].bytes.size() - plain[0].bytes.size();
  EXPECT_GT(added, profile.size());
  std::vector<std::uint8_t> without = files[0].bytes;
  without.erase(without.begin() + behind_jfif,
                without.begin() + static_cast<std::ptrdiff_t>(behind_jfif + added));
  EXPECT_EQ(without, plain[0].bytes);
}

TEST_F(GpuJpegEncode, WhatCannotBeEncodedIsSaidAndTheRestIsEncoded) {
  std::vector<Case> cases(4);
  for (Case& one : cases) {
    one.picture = make_pixels(50, 40, ColorModel::rgb, Content::picture, 1);
  }
  cases[0].settings.quality = 101;
  cases[2].settings.color = CodedColor::rgb;
  cases[2].settings.subsampling = ChromaSubsampling::css_420;
  const auto encoder = make_encoder();
  const auto files = encode_batch(*encoder, cases);
  EXPECT_EQ(files[0].status.code(), Code::bad_argument);
  EXPECT_EQ(files[2].status.code(), Code::unsupported);
  for (const std::size_t good : {1, 3}) {
    EXPECT_EQ(compare(files[good], reference_of(cases[good])), "");
  }
}

TEST_F(GpuJpegEncode, FilesThatAreKeptPinOnlySoMuchMemory) {
  const std::size_t before = file_memory_in_use();
  std::vector<EncodedBytes> kept;
  kept.push_back(take_file_memory(kMostFileMemory / 2).value());
  EXPECT_GE(file_memory_in_use(), before + kMostFileMemory / 2);
  EXPECT_EQ(take_file_memory(kMostFileMemory).status().code(), Code::limit);
  EXPECT_EQ(take_file_memory(~std::size_t{0}).status().code(), Code::limit);
  for (auto more = take_file_memory(1 << 20); more.ok(); more = take_file_memory(1 << 20)) {
    kept.push_back(*std::move(more));
  }
  std::vector<Case> cases = large_cases(900, 700);
  const auto encoder = make_encoder(0, true);
  expect_libjpegs_files(*encoder, cases);
  kept.clear();
  EXPECT_EQ(file_memory_in_use(), before);
  expect_libjpegs_files(*encoder, cases);
}

TEST_F(GpuJpegEncode, NoMemoryIsAllocatedInTheSteadyState) {
  std::vector<Case> cases = large_cases(400, 300);
  const auto encoder = make_encoder(0, true);
  for (int i = 0; i < 2; ++i) encode_batch(*encoder, cases);
  const auto device = gpu::pool_counts(gpu::MemoryKind::device);
  const auto pinned = gpu::pool_counts(gpu::MemoryKind::pinned);
  for (int i = 0; i < 5; ++i) encode_batch(*encoder, cases);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::device).allocations, device.allocations);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::pinned).allocations, pinned.allocations);
  EXPECT_EQ(gpu::pool_counts(gpu::MemoryKind::device).bytes_in_use, device.bytes_in_use);
}

TEST_F(GpuJpegEncode, EncodersOfSeveralThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      std::vector<Case> cases = large_cases(300, 200);
      const auto encoder = make_encoder();
      for (int round = 0; round < 2; ++round) expect_libjpegs_files(*encoder, cases);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
