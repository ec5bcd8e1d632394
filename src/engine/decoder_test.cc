// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine through its public face.
#include "glimt/decoder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "codec/testing.h"
#include "glimt/glimt.h"

namespace glimt {
namespace {

Image picture(std::int64_t width, std::int64_t height, unsigned seed = 1) {
  PixelForm form;
  form.channels = 3;
  form.color = ColorModel::rgb;
  const auto made = testing::make_picture(width, height, form, seed);
  Image image =
      Image::make({width, height, 3, SampleType::u8, 0, SampleFormat::i_rgb, ColorSpec::srgb})
          .value();
  std::memcpy(image.data(), made.data.data(), made.data.size());
  return image;
}

CodeStream stream_of(const Image& image, std::string_view codec = "bmp") {
  const EncodedBytes bytes = Encoder::make().value().encode(image, codec).value();
  return CodeStream::from_bytes(bytes.bytes(), bytes.owner());
}

bool same_pixels(const Image& a, const Image& b) {
  return a.spec().width == b.spec().width && a.spec().height == b.spec().height &&
         a.size_bytes() == b.size_bytes() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

std::filesystem::path scratch_folder() {
  const auto folder =
      std::filesystem::temp_directory_path() / ("glimt-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(Decoder, GivesBackWhatWasEncoded) {
  const Image image = picture(61, 47);
  const auto decoded = Decoder::make().value().decode(stream_of(image));
  ASSERT_TRUE(decoded.ok()) << decoded.status().text();
  EXPECT_TRUE(same_pixels(image, *decoded));
}

TEST(Decoder, BatchesKeepOrderAndSurviveBadItems) {
  const Decoder decoder = Decoder::make({.max_num_cpu_threads = 4}).value();
  std::vector<Image> images;
  std::vector<Decoder::Item> items;
  const std::uint8_t junk[] = "no image at all";
  for (unsigned i = 0; i < 24; ++i) {
    images.push_back(picture(10 + i * 5, 90 - i * 3, i));
    items.push_back(
        {i % 5 == 3 ? CodeStream::from_bytes(junk, nullptr) : stream_of(images[i]), nullptr, {}});
  }
  items.push_back({});
  const auto results = decoder.decode(items);
  ASSERT_EQ(results.size(), 25U);
  for (unsigned i = 0; i < 24; ++i) {
    if (i % 5 == 3) {
      EXPECT_TRUE(results[i].image.empty());
      EXPECT_EQ(results[i].status.code(), Code::unsupported);
    } else {
      ASSERT_TRUE(results[i].status.ok()) << results[i].status.text();
      EXPECT_TRUE(same_pixels(images[i], results[i].image)) << i;
      ASSERT_FALSE(results[i].attempts.empty());
      EXPECT_TRUE(results[i].attempts.back().status.ok());
    }
  }
  EXPECT_EQ(results[24].status.code(), Code::bad_argument);
}

TEST(Decoder, ServesManyThreadsAtOnce) {
  const Decoder decoder = Decoder::make({.max_num_cpu_threads = 3}).value();
  const Image image = picture(120, 80);
  const CodeStream stream = stream_of(image);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const std::vector<Decoder::Item> items(6, Decoder::Item{stream, nullptr, {}});
        for (const auto& result : decoder.decode(items)) right += same_pixels(result.image, image);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 10 * 6);
}

TEST(Decoder, DecodesIntoTheMemoryThatItIsGiven) {
  const Image image = picture(40, 30);
  const Decoder decoder = Decoder::make().value();
  std::vector<std::uint8_t> buffer(50 * 60 * 3, 9);
  const ImageSpec spec{50, 60, 3, SampleType::u8, 0, SampleFormat::i_rgb, ColorSpec::srgb};
  const Image reuse =
      Image::wrap(spec, packed_strides(spec), buffer.data(), nullptr, buffer.size());
  const Decoder::Item item{stream_of(image), nullptr, reuse};
  const auto results = decoder.decode(std::span(&item, 1));
  ASSERT_TRUE(results[0].status.ok());
  EXPECT_EQ(results[0].image.data(), buffer.data());
  EXPECT_EQ(results[0].image.strides().row, 150);
  EXPECT_EQ(0, std::memcmp(&buffer[150 * 7], image.data() + 120 * 7, 120));
  EXPECT_EQ(buffer[120], 9);

  const Image large = picture(100, 100);
  const Decoder::Item too_large{stream_of(large), nullptr, reuse};
  EXPECT_EQ(decoder.decode(std::span(&too_large, 1))[0].status.code(), Code::bad_argument);
}

TEST(Decoder, RegionsOfASharedStreamEqualCrops) {
  const Image image = picture(90, 70);
  const CodeStream whole = stream_of(image);
  const Decoder decoder = Decoder::make({.max_num_cpu_threads = 4}).value();
  std::vector<Decoder::Item> items;
  for (int i = 0; i < 12; ++i) {
    StreamView view;
    view.region = Region{i * 4, i * 5, i * 4 + 20, i * 5 + 30, {}};
    items.push_back({whole.sub_stream(view).value(), nullptr, {}});
  }
  const auto results = decoder.decode(items);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(results[i].status.ok());
    for (int y = 0; y < 20; ++y) {
      const auto* want = image.data() + ((i * 4 + y) * 90 + i * 5) * 3;
      ASSERT_EQ(0, std::memcmp(results[i].image.data() + y * 90, want, 90)) << i;
    }
  }
}

TEST(CodeStream, FilesAreReadAndMissingOnesNamed) {
  const Image image = picture(300, 800);
  const auto path = scratch_folder() / "a.bmp";
  ASSERT_TRUE(Encoder::make().value().write(path.string(), image).ok());
  const auto stream = CodeStream::open(path.string());
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(stream->info()->width, 300U);
  EXPECT_TRUE(same_pixels(image, Decoder::make().value().decode(*stream).value()));
  const auto missing = CodeStream::open((scratch_folder() / "none.bmp").string());
  EXPECT_EQ(missing.status().code(), Code::bad_argument);
  EXPECT_NE(missing.status().message().find("none.bmp"), std::string::npos);
  EXPECT_FALSE(CodeStream::open(scratch_folder().string()).ok());
  std::filesystem::remove_all(scratch_folder());
}

TEST(CodeStream, SubStreamsCheckTheirIndexAndNesting) {
  const CodeStream whole = stream_of(picture(20, 20));
  EXPECT_EQ(whole.sub_stream({1, {}, 0, 0}).status().code(), Code::bad_argument);
  StreamView view;
  view.region = Region{0, 0, 5, 5, {}};
  const CodeStream child = whole.sub_stream(view).value();
  EXPECT_FALSE(child.sub_stream(view).ok());
  EXPECT_TRUE(child.sub_stream({}).ok());
}

TEST(Encoder, WritesWholeFilesOrNone) {
  const auto folder = scratch_folder();
  const Encoder encoder = Encoder::make().value();
  const auto path = folder / "x.bmp";
  std::ofstream(path) << "before";
  ImageSpec spec{4, 4, 3, SampleType::f64, 0, SampleFormat::i_rgb, ColorSpec::srgb};
  EXPECT_FALSE(encoder.write(path.string(), Image::make(spec).value()).ok());
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "before");
  EXPECT_FALSE(encoder.write((folder / "no" / "x.bmp").string(), picture(4, 4)).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(Encoder, CodecsAreFoundByNameAndExtension) {
  EXPECT_EQ(codec_of("bmp")->codec, "bmp");
  EXPECT_EQ(codec_of(".BMP")->codec, "bmp");
  const auto unknown = codec_of(".xyz");
  EXPECT_EQ(unknown.status().code(), Code::bad_argument);
  EXPECT_NE(unknown.status().message().find("bmp"), std::string::npos);
}

TEST(Encoder, ReusesTheMemoryThatItIsGiven) {
  const Encoder encoder = Encoder::make().value();
  const EncodedBytes room = EncodedBytes::allocate(1 << 20).value();
  const Encoder::Item items[] = {{picture(50, 50), room}};
  const auto results = encoder.encode(items, "bmp");
  ASSERT_TRUE(results[0].status.ok());
  EXPECT_EQ(results[0].bytes.data(), room.data());
}

}  // namespace
}  // namespace glimt
