// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What else than whole RGB images in rows the GPU decoder gives: channels, orientations, planes,
// windows.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/cuda/parse.h"
#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {
namespace {

using reference::Settings;
using Pixels = std::vector<std::uint8_t>;

/// The first difference.
std::string compare(const Result& got, const Pixels& want) {
  if (!got.status.ok()) return got.status.text();
  if (got.pixels.size() != want.size()) {
    return std::to_string(got.pixels.size()) + " bytes instead of " + std::to_string(want.size());
  }
  const auto area = static_cast<std::size_t>(got.width * got.height);
  const std::size_t channels = area > 0 ? want.size() / area : 1;
  std::size_t count = 0, first = want.size();
  for (std::size_t i = want.size(); i-- > 0;) {
    if (got.pixels[i] == want[i]) continue;
    ++count;
    first = i;
  }
  if (count == 0) return {};
  const auto width = static_cast<std::size_t>(got.width);
  return std::to_string(count) + " of " + std::to_string(want.size()) + " bytes of " +
         std::to_string(got.width) + "x" + std::to_string(got.height) + " differ, first at x " +
         std::to_string(first / channels % width) + " y " +
         std::to_string(first / channels / width) + " channel " + std::to_string(first % channels) +
         ": " + std::to_string(got.pixels[first]) + " instead of " + std::to_string(want[first]);
}

Pixels crop(const Pixels& whole, std::int64_t width, std::size_t channels, const Rect& window) {
  Pixels part;
  for (std::int64_t y = window.y0; y < window.y1; ++y) {
    const auto row = whole.begin() + (y * width + window.x0) * static_cast<std::int64_t>(channels);
    part.insert(part.end(), row, row + window.width() * static_cast<std::int64_t>(channels));
  }
  return part;
}

struct Kind {
  const char* name;
  J_COLOR_SPACE fed, coded, stored;
  bool bare = false;
};
constexpr Kind kKinds[] = {
    {"ycc", JCS_RGB, JCS_YCbCr, JCS_YCbCr},
    {"rgb", JCS_RGB, JCS_RGB, JCS_RGB},
    {"gray", JCS_RGB, JCS_GRAYSCALE, JCS_GRAYSCALE},
    {"cmyk", JCS_CMYK, JCS_CMYK, JCS_CMYK},
    {"bare cmyk", JCS_CMYK, JCS_CMYK, JCS_CMYK, true},
    {"ycck", JCS_CMYK, JCS_YCCK, JCS_YCCK},
};

struct File {
  std::string name;
  const Kind* kind = nullptr;
  std::int64_t width = 0, height = 0;
  Stream stream;
};

File make_file(const Kind& kind, std::int64_t width, std::int64_t height, Settings settings,
               const std::string& sampling, unsigned seed) {
  const bool inks = kind.fed == JCS_CMYK;
  settings.fed = kind.fed;
  settings.coded = kind.coded;
  settings.bare = kind.bare;
  glimt::testing::Picture picture = glimt::testing::make_picture(
      width, height, reference::form_of(inks ? ColorModel::cmyk : ColorModel::rgb, inks ? 4 : 3),
      seed);
  return {std::string(kind.name) + " " + sampling + " " + std::to_string(width) + "x" +
              std::to_string(height) + " interval " + std::to_string(settings.restart_interval) +
              (settings.progressive ? " progressive" : ""),
          &kind, width, height, reference::encode(picture, settings)};
}

/// All kinds in all samplings and random ones.
std::vector<File> files_of_all_kinds(unsigned seed, int most) {
  std::mt19937 random(seed);
  const auto any = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  std::vector<File> files;
  for (const Kind& kind : kKinds) {
    for (const auto& sampling : reference::kSamplings) {
      Settings settings;
      settings.sampling = sampling.factors;
      settings.restart_interval = any(0, 2) == 0 ? static_cast<unsigned>(any(1, 9)) : 0U;
      settings.separate_scans = any(0, 4) == 0;
      settings.optimized = any(0, 3) == 0;
      if (kind.fed == JCS_CMYK) {
        if (any(0, 1) == 0) settings.sampling[3] = settings.sampling[0];
        int blocks = 0;
        for (const auto& f : settings.sampling) blocks += std::max(1, f[0]) * std::max(1, f[1]);
        settings.separate_scans |= blocks > 10;  // more than an MCU may have
      }
      settings.progressive = any(0, 4) == 0 && !settings.separate_scans;
      settings.quality = any(10, 100);
      File file = make_file(kind, any(1, most), any(1, most), settings, sampling.name, seed++);
      CodedImage coded;
      // Many blocks in an MCU, all with the same tables, are left to the CPU.
      if (read_coded(file.stream, coded).code() == Code::unsupported) continue;
      files.push_back(std::move(file));
    }
  }
  EXPECT_GT(files.size(), 60U);
  return files;
}

std::vector<Stream> streams_of(const std::vector<File>& files) {
  std::vector<Stream> streams;
  for (const File& file : files) streams.push_back(file.stream);
  return streams;
}

/// As the CPU decodes it.
Pixels expected(const File& file, Channels channels, bool fancy) {
  if (channels == Channels::stored) {
    return reference::decode(file.stream, {file.kind->stored, fancy, false});
  }
  glimt::testing::DecodeWish wish;
  const bool gray = channels == Channels::gray;
  wish.form = reference::form_of(gray ? ColorModel::gray : ColorModel::rgb, gray ? 1 : 3);
  if (!fancy) wish.options = ":fancy_upsampling=0";
  const auto decoded = glimt::testing::decode(kJpegTurboDecoder, file.stream, wish);
  EXPECT_TRUE(decoded.status.ok()) << file.name << ": " << decoded.status.text();
  return decoded.picture.data;
}

class GpuOutput : public GpuTest {};

TEST_F(GpuOutput, ChannelsOfEveryKindOfFile) {
  const auto files = files_of_all_kinds(1, 150);
  for (const bool fancy : {true, false}) {
    How how;
    how.settings.fancy_upsampling = fancy;
    const auto decoder = make_decoder(how);
    for (const Channels channels : {Channels::stored, Channels::rgb, Channels::gray}) {
      how.channels = channels;
      const auto results = decode_batch(*decoder, streams_of(files), how);
      for (std::size_t i = 0; i < files.size(); ++i) {
        EXPECT_EQ(compare(results[i], expected(files[i], channels, fancy)), "")
            << files[i].name << ", channels " << static_cast<int>(channels) << ", fancy " << fancy;
      }
    }
  }
}

TEST_F(GpuOutput, EveryArrangement) {
  const auto files = files_of_all_kinds(200, 170);
  const auto decoder = make_decoder();
  std::vector<Pixels> want;
  for (const File& file : files) want.push_back(expected(file, Channels::rgb, true));
  for (unsigned bits = 0; bits < 32; ++bits) {
    How how;
    how.arrangement = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
                       (bits & 16) != 0};
    how.arrangement.padding = static_cast<int>(bits % 3) * 2;
    how.arrangement.skew = static_cast<int>(bits % 5);
    const auto results = decode_batch(*decoder, streams_of(files), how);
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(compare(results[i], want[i]), "") << files[i].name << ", arrangement " << bits;
    }
  }
}

TEST_F(GpuOutput, GapsBetweenPixelsStayUntouched) {
  const auto files = files_of_all_kinds(300, 60);
  const auto decoder = make_decoder();
  // Opacity is another's to write: four bytes a pixel, of which three are written.
  for (const File& file : files) {
    const Pixels want = expected(file, Channels::rgb, true);
    const auto area = static_cast<std::size_t>(file.width * file.height);
    gpu::Block block = gpu::take_block(gpu::MemoryKind::device, 0, area * 4).value();
    gpu::Stream stream = gpu::Stream::make().value();
    gpu::fill(block.data(), kPoison, area * 4, stream.get()).check();
    DeviceImage image;
    image.stream = file.stream;
    image.output.pixels = block.data();
    image.output.pixel_bytes = 4;
    image.output.row_bytes = file.width * 4;
    PoolWorker pool;
    ASSERT_TRUE(decoder->submit({&image, 1}, stream.get(), pool.worker).ok());
    ASSERT_TRUE(decoder->collect().ok());
    Pixels host(area * 4);
    gpu::copy_to_host(host.data(), block.data(), host.size(), stream.get()).check();
    gpu::synchronize(stream.get()).check();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < host.size(); ++i) {
      wrong += host[i] != (i % 4 == 3 ? kPoison : want[i / 4 * 3 + i % 4]) ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0U) << file.name;
  }
}

TEST_F(GpuOutput, Windows) {
  const auto files = files_of_all_kinds(400, 400);
  std::vector<Pixels> whole;
  for (const File& file : files) whole.push_back(expected(file, Channels::rgb, true));
  const auto decoder = make_decoder();
  const auto all = decode_batch(*decoder, streams_of(files));
  for (unsigned round = 0; round < 12; ++round) {
    How how;
    how.arrangement.transposed = round % 4 == 3;
    how.arrangement.planar = round % 3 == 2;
    how.settings.slices = 1 + static_cast<int>(round % 3);
    std::mt19937 random(round);
    std::vector<Rect> windows;
    how.window = [&](std::int64_t width, std::int64_t height) {
      const auto most = static_cast<std::int64_t>(round % 2 == 0 ? 40 : 400);
      const std::int64_t across = 1 + random() % std::min(most, width);
      const std::int64_t down = 1 + random() % std::min(most, height);
      const std::int64_t x = random() % (width - across + 1), y = random() % (height - down + 1);
      windows.push_back({x, y, x + across, y + down});
      return windows.back();
    };
    const auto results = decode_batch(*decoder, streams_of(files), how);
    for (std::size_t i = 0; i < files.size(); ++i) {
      const Rect& w = windows[i];
      EXPECT_EQ(compare(results[i], crop(whole[i], files[i].width, 3, w)), "")
          << files[i].name << ", window " << w.x0 << " " << w.y0 << " " << w.x1 << " " << w.y1;
      EXPECT_LE(results[i].units_decoded, all[i].units_decoded) << files[i].name;
    }
  }
}

TEST_F(GpuOutput, WindowsTakeOnlyTheRestartIntervalsTheyMeet) {
  Settings settings;
  settings.sampling = reference::kSamplings[2].factors;
  settings.restart_interval = 25;  // of 50 MCUs in a row
  const File file = make_file(kKinds[0], 800, 640, settings, "420", 1);
  const Pixels whole = expected(file, Channels::rgb, true);
  const auto decoder = make_decoder();
  struct Case {
    Rect window;
    std::uint64_t units;
  };
  // An MCU is 16 x 16 pixels. Filters look one chroma sample, two pixels, further.
  for (const Case& c :
       {Case{{0, 0, 800, 640}, 2000}, Case{{0, 0, 100, 10}, 25}, Case{{20, 20, 120, 30}, 25},
        Case{{20, 17, 120, 31}, 25}, Case{{20, 16, 120, 32}, 75}, Case{{450, 320, 451, 330}, 50},
        Case{{398, 34, 399, 35}, 25}, Case{{399, 34, 400, 35}, 50},
        Case{{0, 620, 800, 640}, 100}}) {
    How how;
    how.window = [&](std::int64_t, std::int64_t) { return c.window; };
    const auto results = decode_batch(*decoder, {file.stream}, how);
    EXPECT_EQ(compare(results[0], crop(whole, 800, 3, c.window)), "");
    EXPECT_EQ(results[0].units_decoded, c.units) << c.window.x0 << " " << c.window.y0;
  }
  How outside;
  outside.window = [](std::int64_t width, std::int64_t height) {
    return Rect{0, 0, width + 1, height};
  };
  EXPECT_EQ(decode_batch(*decoder, {file.stream}, outside)[0].status.code(), Code::bad_argument);
}

TEST_F(GpuOutput, LargeFilesWhoseBlocksShareTheirTables) {
  std::vector<File> files;
  for (const Kind& kind : kKinds) {
    for (const unsigned interval : {0U, 500U}) {
      Settings settings;
      settings.restart_interval = interval;
      settings.quality = 92;
      settings.optimized = interval != 0;
      files.push_back(make_file(kind, 1100, 900, settings, "444", 5));
    }
  }
  const auto decoder = make_decoder();
  for (const Channels channels : {Channels::stored, Channels::rgb}) {
    How how;
    how.channels = channels;
    const auto results = decode_batch(*decoder, streams_of(files), how);
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(compare(results[i], expected(files[i], channels, true)), "") << files[i].name;
    }
  }
}

}  // namespace
}  // namespace glimt::jpeg::cuda::testing
