// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "codec/sweeps.h"
#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/test_files.h"

namespace glimt::jpeg2000 {
namespace {

using testing::decode;
using testing::Decoded;
using testing::DecodeWish;

/// The sample of channel c at (x, y), whatever the type.
std::int64_t sample(const testing::Picture& picture, std::int64_t x, std::int64_t y,
                    std::size_t c) {
  const auto i = static_cast<std::size_t>(y * picture.width + x) * picture.form.channels + c;
  switch (picture.form.type) {
    case SampleType::u8:
      return picture.samples<std::uint8_t>()[i];
    case SampleType::i8:
      return picture.samples<std::int8_t>()[i];
    case SampleType::u16:
      return picture.samples<std::uint16_t>()[i];
    case SampleType::i16:
      return picture.samples<std::int16_t>()[i];
    case SampleType::u32:
      return picture.samples<std::uint32_t>()[i];
    default:
      return picture.samples<std::int32_t>()[i];
  }
}

/// The value of the component nearest to a grid point, by the definition of replication.
std::int64_t replicated(const TestComponent& c, std::int64_t grid_x, std::int64_t grid_y) {
  const std::int64_t x = std::clamp(grid_x / c.dx - c.x0, std::int64_t{0}, c.width - 1);
  const std::int64_t y = std::clamp(grid_y / c.dy - c.y0, std::int64_t{0}, c.height - 1);
  return c.samples[static_cast<std::size_t>(y * c.width + x)];
}

TEST(OpenjpegDecoder, DeliversEveryDepthAndSign) {
  for (const bool is_signed : {false, true}) {
    for (const std::uint32_t depth : {1U, 2U, 5U, 7U, 8U, 9U, 12U, 15U, 16U, 17U, 20U, 24U}) {
      if (is_signed && depth == 1) continue;
      std::vector<TestComponent> components(3, {.depth = depth, .is_signed = is_signed});
      const ByteVector data = make_codestream(components, {.x1 = 23, .y1 = 17});
      const Decoded decoded = decode(kOpenjpegDecoder, data);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text() << " at " << depth;
      ASSERT_EQ(decoded.picture.form.bit_depth, depth);
      for (std::int64_t i = 0; i < 23 * 17; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
          ASSERT_EQ(sample(decoded.picture, i % 23, i / 23, c),
                    components[c].samples[static_cast<std::size_t>(i)])
              << depth << " bits, signed " << is_signed;
        }
      }
    }
  }
}

TEST(OpenjpegDecoder, DeliversAnyNumberOfComponents) {
  for (const std::size_t count : {1, 2, 3, 4, 5, 7, 20}) {
    std::vector<TestComponent> components(count);
    const ByteVector data = make_codestream(components, {.x1 = 19, .y1 = 9});
    const Decoded decoded = decode(kOpenjpegDecoder, data);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    ASSERT_EQ(decoded.picture.form.channels, count);
    for (std::int64_t i = 0; i < 19 * 9; ++i) {
      for (std::size_t c = 0; c < count; ++c) {
        ASSERT_EQ(sample(decoded.picture, i % 19, i / 19, c),
                  components[c].samples[static_cast<std::size_t>(i)]);
      }
    }
  }
}

TEST(OpenjpegDecoder, DeliversOddSizes) {
  for (std::uint32_t width = 1; width <= 40; ++width) {
    for (const std::uint32_t height : {1U, 2U, 5U}) {
      std::vector<TestComponent> components(width % 2 == 0 ? 3 : 1);
      const int resolutions = std::bit_width(std::min(width, height));
      const ByteVector data =
          make_codestream(components, {.x1 = width, .y1 = height, .resolutions = resolutions});
      const Decoded decoded = decode(kOpenjpegDecoder, data);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      for (std::int64_t i = 0; i < std::int64_t{width} * height; ++i) {
        ASSERT_EQ(sample(decoded.picture, i % width, i / width, 0),
                  components[0].samples[static_cast<std::size_t>(i)])
            << width << " x " << height;
      }
    }
  }
}

TEST(OpenjpegDecoder, ReplicatesSubsampledComponents) {
  struct Case {
    std::uint32_t dx, dy, x0, y0;
  };
  for (const Case& s : {Case{2, 1, 0, 0}, Case{2, 2, 0, 0}, Case{1, 2, 0, 0}, Case{4, 1, 0, 0},
                        Case{2, 2, 1, 1}, Case{3, 2, 2, 5}}) {
    std::vector<TestComponent> components{{}, {.dx = s.dx, .dy = s.dy}, {.dx = s.dx, .dy = s.dy}};
    const TestGrid grid{.x0 = s.x0, .y0 = s.y0, .x1 = 41, .y1 = 31};
    const ByteVector file = jp2_file({color_box(16)}, make_codestream(components, grid));
    const Decoded decoded = decode(kOpenjpegDecoder, file);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    for (std::int64_t y = 0; y < decoded.picture.height; ++y) {
      for (std::int64_t x = 0; x < decoded.picture.width; ++x) {
        for (std::size_t c = 0; c < 3; ++c) {
          ASSERT_EQ(sample(decoded.picture, x, y, c), replicated(components[c], x + s.x0, y + s.y0))
              << s.dx << "," << s.dy << " at " << x << "," << y << " channel " << c;
        }
      }
    }
    testing::expect_regions(kOpenjpegDecoder, file);
  }
}

TEST(OpenjpegDecoder, BringsComponentsToTheDepthOfTheFirst) {
  std::vector<TestComponent> components{
      {.depth = 8}, {.depth = 5}, {.depth = 12}, {.depth = 8, .is_signed = true}};
  const ByteVector data = make_codestream(components, {});
  const Decoded decoded = decode(kOpenjpegDecoder, data);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  const double top[] = {255, 31, 4095, 255};
  const double low[] = {0, 0, 0, -128};
  for (std::int64_t i = 0; i < 40 * 30; ++i) {
    for (std::size_t c = 0; c < 4; ++c) {
      const double value = components[c].samples[static_cast<std::size_t>(i)] - low[c];
      ASSERT_EQ(sample(decoded.picture, i % 40, i / 40, c), std::lround(value * 255 / top[c]));
    }
  }
}

TEST(OpenjpegDecoder, ExpandsPalettes) {
  std::vector<TestComponent> components(1, {.depth = 2});
  const ByteVector codestream = make_codestream(components, {});
  ByteVector palette = {0, 4, 3, 7, 7, 7};
  const std::uint8_t colors[4][3] = {{1, 2, 3}, {40, 50, 60}, {255, 0, 128}, {9, 8, 7}};
  for (const auto& color : colors) append(palette, color);
  const ByteVector mapping = {0, 0, 1, 2, 0, 0, 1, 1, 0, 0, 1, 0};  // blue first
  const ByteVector file = jp2_file({color_box(16), box("pclr", palette), box("cmap", mapping),
                                    definition_box({0, 0, 3, 1, 0, 2, 2, 0, 1})},
                                   codestream);
  const Decoded decoded = decode(kOpenjpegDecoder, file);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  ASSERT_EQ(decoded.picture.form.channels, 3);
  EXPECT_EQ(decoded.picture.form.bit_depth, 8);
  for (std::int64_t i = 0; i < 40 * 30; ++i) {
    const auto index = static_cast<std::size_t>(components[0].samples[static_cast<std::size_t>(i)]);
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_EQ(sample(decoded.picture, i % 40, i / 40, c), colors[index][c]);
    }
  }
  testing::expect_regions(kOpenjpegDecoder, file);
}

TEST(OpenjpegDecoder, OrdersChannelsByDefinition) {
  std::vector<TestComponent> components(4);
  const ByteVector codestream = make_codestream(components, {});
  // Alpha first, then blue, green, red.
  const ByteVector file =
      jp2_file({color_box(16), definition_box({0, 1, 0, 1, 0, 3, 2, 0, 2, 3, 0, 1})}, codestream);
  const Decoded decoded = decode(kOpenjpegDecoder, file);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  ASSERT_TRUE(decoded.picture.form.alpha);
  const std::size_t source[] = {3, 2, 1, 0};
  for (std::int64_t i = 0; i < 40 * 30; ++i) {
    for (std::size_t c = 0; c < 4; ++c) {
      ASSERT_EQ(sample(decoded.picture, i % 40, i / 40, c),
                components[source[c]].samples[static_cast<std::size_t>(i)]);
    }
  }
}

TEST(OpenjpegDecoder, DeliversOtherLayoutsOfTheSamePixels) {
  std::vector<TestComponent> components(4);
  const ByteVector data = make_codestream(components, {});
  const Decoded natural = decode(kOpenjpegDecoder, data);
  ASSERT_TRUE(natural.status.ok());
  const PixelForm forms[] = {
      {.channels = 4, .color = ColorModel::rgb, .alpha = true, .planar = true},
      {.channels = 3, .color = ColorModel::rgb},
      {.channels = 3, .color = ColorModel::rgb, .bgr = true},
      {.channels = 3, .color = ColorModel::rgb, .planar = true}};
  for (const PixelForm& form : forms) {
    DecodeWish wish;
    wish.form = form;
    Decoded other = decode(kOpenjpegDecoder, data, wish);
    ASSERT_TRUE(other.status.ok()) << other.status.text();
    const PixelView view = other.picture.view();
    for (std::int64_t y = 0; y < 30; ++y) {
      for (std::int64_t x = 0; x < 40; ++x) {
        for (std::size_t c = 0; c < form.channels; ++c) {
          const std::size_t from = form.bgr ? 2 - c : c;
          ASSERT_EQ(view.at(x, y)[static_cast<std::ptrdiff_t>(c) * view.channel_stride],
                    sample(natural.picture, x, y, from));
        }
      }
    }
  }
}

TEST(OpenjpegDecoder, WindowsEqualCrops) {
  for (const bool irreversible : {false, true}) {
    for (const bool tiled : {false, true}) {
      std::vector<TestComponent> components(3);
      const TestGrid grid{.x0 = 7,
                          .y0 = 3,
                          .x1 = 140,
                          .y1 = 101,
                          .tile_width = tiled ? 32U : 0U,
                          .tile_height = tiled ? 24U : 0U,
                          .tile_x0 = 5,
                          .tile_y0 = 1,
                          .irreversible = irreversible,
                          .resolutions = 4};
      testing::expect_regions(kOpenjpegDecoder, make_codestream(components, grid));
    }
  }
}

TEST(OpenjpegDecoder, DecodesOnlyTheTilesOfAWindow) {
  std::vector<TestComponent> components(1);
  const ByteVector data =
      make_codestream(components, {.x1 = 128, .y1 = 96, .tile_width = 32, .tile_height = 32});
  DecodeWish wish;
  EXPECT_EQ(decode(kOpenjpegDecoder, data, wish).units_decoded, 12U);
  wish.window = {40, 40, 60, 60};
  EXPECT_EQ(decode(kOpenjpegDecoder, data, wish).units_decoded, 1U);
  wish.window = {31, 31, 33, 33};
  EXPECT_EQ(decode(kOpenjpegDecoder, data, wish).units_decoded, 4U);
}

TEST(OpenjpegDecoder, EqualsTheLibraryOnLossyFiles) {
  std::vector<TestComponent> components(3, {.depth = 10});
  const ByteVector data = make_codestream(components, {.x1 = 90, .y1 = 70, .irreversible = true});
  const auto planes = reference_planes(data);
  const Decoded decoded = decode(kOpenjpegDecoder, data);
  ASSERT_TRUE(decoded.status.ok());
  ASSERT_EQ(planes.size(), 3U);
  for (std::int64_t i = 0; i < 90 * 70; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_EQ(sample(decoded.picture, i % 90, i / 90, c), planes[c][static_cast<std::size_t>(i)]);
    }
  }
}

TEST(OpenjpegDecoder, SurvivesDamage) {
  std::vector<TestComponent> components(3);
  const ByteVector codestream =
      make_codestream(components, {.x1 = 34, .y1 = 20, .tile_width = 20, .tile_height = 20});
  const ByteVector file = jp2_file({color_box(16)}, codestream);
  EXPECT_GT(testing::sweep_prefixes(kOpenjpegDecoder, file), 100);
  testing::sweep_bit_flips(kOpenjpegDecoder, file);
}

TEST(OpenjpegDecoder, RefusesAFileThatEndsBetweenTiles) {
  std::vector<TestComponent> components(1);
  const ByteVector data =
      make_codestream(components, {.x1 = 64, .y1 = 32, .tile_width = 32, .tile_height = 32});
  std::size_t second = data.size();
  for (std::size_t i = data.size() - 12; i > 0 && second == data.size(); --i) {
    if (data[i] == 0xFF && data[i + 1] == 0x90 && data[i + 5] == 1) second = i;
  }
  ASSERT_LT(second, data.size());
  const Bytes first = Bytes(data).first(second);
  EXPECT_EQ(decode(kOpenjpegDecoder, first).status.code(), Code::truncated);
  DecodeWish wish;
  wish.partial = true;
  const Decoded partial = decode(kOpenjpegDecoder, first, wish);
  ASSERT_TRUE(partial.status.ok()) << partial.status.text();
  EXPECT_NE(partial.note, "");
  wish.partial = false;
  wish.window = {0, 0, 32, 32};
  EXPECT_TRUE(decode(kOpenjpegDecoder, first, wish).status.ok()) << "the tile that is there";
}

TEST(OpenjpegDecoder, MissesNoEndMarker) {
  std::vector<TestComponent> components(1);
  const ByteVector data = make_codestream(components, {});
  const Decoded whole = decode(kOpenjpegDecoder, data);
  for (std::size_t cut = 1; cut <= 2; ++cut) {
    const Decoded decoded = decode(kOpenjpegDecoder, Bytes(data).first(data.size() - cut));
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
    EXPECT_EQ(decoded.picture.data, whole.picture.data);
  }
}

TEST(OpenjpegDecoder, ObeysTheLimits) {
  std::vector<TestComponent> components(3);
  const ByteVector data = make_codestream(components, {.x1 = 100, .y1 = 100});
  const Source source{data};
  const auto info = kOpenjpegDecoder.format->parse(source, {});
  ASSERT_TRUE(info.ok());
  std::vector<std::uint8_t> pixels(100 * 100 * 3);
  CanvasTarget target;
  target.image = packed_view(pixels.data(), 100, 100, info->form);
  target.window = {0, 0, 100, 100};
  target.stored_width = target.stored_height = 100;
  Canvas canvas(target);
  Limits limits;
  limits.max_image_bytes = 100 * 100 * 3;  // the result fits, the planes do not
  Arena arena;
  Worker worker{arena, limits, {}};
  DecodeJob job;
  job.info = &*info;
  job.source = &source;
  job.canvas = &canvas;
  auto decoder = kOpenjpegDecoder.open(Options{});
  ASSERT_TRUE(decoder.ok());
  (*decoder)->decode({&job, 1}, worker);
  EXPECT_EQ(job.status.code(), Code::limit) << job.status.text();
}

}  // namespace
}  // namespace glimt::jpeg2000
