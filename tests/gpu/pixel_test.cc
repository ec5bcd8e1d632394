// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Conversions, crops with fill and orientations on the GPU against Canvas and Converter, byte for
// byte: the memory around the images included.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gpu/memory.h"
#include "gpu/stream.h"
#include "pixel/canvas.h"
#include "pixel/device.h"
#include "pixel/sample.h"

namespace glimt {
namespace {

using Bytes8 = std::vector<std::uint8_t>;

class GpuPixels : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto count = gpu::device_count();
    if (!count.ok()) GTEST_SKIP() << count.status().text();
  }
};

struct Dice {
  std::mt19937 random;
  explicit Dice(unsigned seed) : random(seed) {}
  int any(int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  }
  bool one_in(int n) { return any(1, n) == 1; }
};

PixelForm any_form(Dice& dice) {
  PixelForm form;
  form.type = static_cast<SampleType>(dice.any(0, 10));
  const int bits = static_cast<int>(sample_bytes(form.type)) * 8;
  form.bit_depth =
      static_cast<std::uint8_t>(is_float(form.type) || !dice.one_in(3) ? bits : dice.any(1, bits));
  if (!is_float(form.type) && dice.one_in(6)) {
    const std::uint64_t most = (std::uint64_t{1} << std::min<int>(form.bit_depth, 31)) - 1;
    form.max_value = static_cast<std::uint32_t>(1 + dice.random() % most);
  }
  form.color = static_cast<ColorModel>(dice.any(0, 5));
  form.alpha = dice.one_in(3);
  if (form.color == ColorModel::other) {
    form.channels = static_cast<std::uint16_t>(dice.any(form.alpha ? 2 : 1, 9));
  } else {
    form.channels = static_cast<std::uint16_t>(color_channels(form) + (form.alpha ? 1U : 0U) +
                                               (dice.one_in(5) ? dice.any(1, 3) : 0));
  }
  form.planar = dice.one_in(3);
  // Marks mean something to some colours only, and may be set for all.
  form.bgr = (form.color == ColorModel::rgb || dice.one_in(5)) && dice.one_in(3);
  form.inverted = (color_channels(form) == 4 || dice.one_in(5)) && dice.one_in(2);
  return form;
}

/// A form that differs little, as most conversions do.
PixelForm near_form(Dice& dice, const PixelForm& form) {
  PixelForm near = form;
  if (dice.one_in(2)) near.planar = !near.planar;
  if (near.color == ColorModel::rgb && dice.one_in(2)) near.bgr = !near.bgr;
  if (near.color == ColorModel::gray && dice.one_in(2)) {
    near.color = ColorModel::rgb;
    near.channels = static_cast<std::uint16_t>(near.channels + 2);
  }
  if (!near.alpha && dice.one_in(3)) {
    near.alpha = true;
    ++near.channels;
  }
  return near;
}

/// Places an image of any strides, downwards or leftwards too, in `bytes` bytes of memory; the
/// view's data is an offset until the memory is known.
PixelView any_view(Dice& dice, std::int64_t width, std::int64_t height, const PixelForm& form,
                   std::size_t& bytes) {
  constexpr std::int64_t kGuard = 64;
  const auto sample = static_cast<std::int64_t>(sample_bytes(form.type));
  // Multiples of the sample's size, but for one in ten.
  const std::int64_t unit = dice.one_in(10) ? 1 : sample;
  PixelView view{nullptr, 0, 0, 0, width, height, form};
  const auto gap = [&](int most) { return dice.one_in(2) ? dice.any(0, most) * unit : 0; };
  if (form.planar) {
    view.pixel_stride = sample + (dice.one_in(5) ? unit : 0);
    view.row_stride = view.pixel_stride * width + gap(20);
    view.channel_stride = view.row_stride * height + gap(20);
  } else {
    view.channel_stride = sample;
    view.pixel_stride = sample * form.channels + (dice.one_in(5) ? unit : 0);
    view.row_stride = view.pixel_stride * width + gap(20);
  }
  const std::int64_t extent = view.channel_stride * (form.channels - 1) +
                              view.row_stride * (height - 1) + view.pixel_stride * (width - 1) +
                              sample;
  std::int64_t offset = kGuard + gap(16);
  bytes = static_cast<std::size_t>(offset + extent + kGuard);
  if (dice.one_in(5)) {
    offset += view.row_stride * (height - 1);
    view.row_stride = -view.row_stride;
  }
  if (dice.one_in(8)) {
    offset += view.pixel_stride * (width - 1);
    view.pixel_stride = -view.pixel_stride;
  }
  view.data = reinterpret_cast<std::uint8_t*>(static_cast<std::uintptr_t>(offset));
  return view;
}

struct Case {
  PixelView view;  // data are offsets in `source` and `before`
  CanvasTarget target;
  Rect rect;
  Bytes8 source, before, want;
  std::size_t source_at = 0, target_at = 0;  // in device memory

  [[nodiscard]] std::string text() const {
    const auto form = [](const PixelForm& f) {
      return "color " + std::to_string(static_cast<int>(f.color)) + " channels " +
             std::to_string(f.channels) + " " + std::string(name_of(f.type)) + "/" +
             std::to_string(f.bit_depth) + " max " + std::to_string(f.max_value) +
             (f.alpha ? " alpha" : "") + (f.planar ? " planar" : "") + (f.bgr ? " bgr" : "") +
             (f.inverted ? " inverted" : "");
    };
    const auto rect_text = [](const Rect& r) {
      return std::to_string(r.x0) + "," + std::to_string(r.y0) + ".." + std::to_string(r.x1) + "," +
             std::to_string(r.y1);
    };
    return form(view.form) + " -> " + form(target.image.form) + ", stored " +
           std::to_string(target.stored_width) + " x " + std::to_string(target.stored_height) +
           " rect " + rect_text(rect) + " window " + rect_text(target.window) + " orientation " +
           std::to_string(static_cast<int>(target.orientation)) + " strides " +
           std::to_string(view.row_stride) + "/" + std::to_string(view.pixel_stride) + " -> " +
           std::to_string(target.image.row_stride) + "/" +
           std::to_string(target.image.pixel_stride);
  }
};

PixelView based(PixelView view, std::uint8_t* memory) {
  view.data = memory + reinterpret_cast<std::uintptr_t>(view.data);
  return view;
}

void fill_source(Dice& dice, Case& made) {
  for (std::uint8_t& byte : made.source) byte = static_cast<std::uint8_t>(dice.random());
  // Floats are mostly of 0..1; the rest may be anything, NaN too.
  if (!is_float(made.view.form.type) || dice.one_in(4)) return;
  const PixelView view = based(made.view, made.source.data());
  for (std::int64_t y = 0; y < view.height; ++y) {
    for (std::int64_t x = 0; x < view.width; ++x) {
      for (int c = 0; c < view.form.channels; ++c) {
        const std::uint64_t bits = fill_bits(view.form.type, dice.any(-100, 1100) / 1000.0);
        std::memcpy(view.at(x, y) + c * view.channel_stride, &bits, sample_bytes(view.form.type));
      }
    }
  }
}

Case any_case(Dice& dice) {
  Case made;
  PixelForm from = any_form(dice), to = any_form(dice);
  if (dice.one_in(3)) to = near_form(dice, from);
  while (!Converter::make(from, to).ok()) {
    from = any_form(dice);
    to = any_form(dice);
  }
  const bool large = dice.one_in(40);
  const std::int64_t width = dice.any(1, large ? 500 : 90), height = dice.any(1, large ? 200 : 40);
  made.target.stored_width = width;
  made.target.stored_height = height;
  made.rect = {0, 0, width, height};
  if (dice.one_in(4)) {
    made.rect.x0 = dice.any(0, static_cast<int>(width) - 1);
    made.rect.y1 = dice.any(1, static_cast<int>(height));
  }
  made.target.window = {0, 0, width, height};
  if (dice.one_in(2)) {
    Rect& window = made.target.window;
    window.x0 = dice.any(-20, static_cast<int>(width));
    window.y0 = dice.any(-20, static_cast<int>(height));
    window.x1 = window.x0 + dice.any(1, 100);
    window.y1 = window.y0 + dice.any(1, 60);
  }
  made.target.orientation = static_cast<Orientation>(dice.one_in(3) ? 1 : dice.any(1, 8));
  for (double& value : made.target.fill) value = dice.any(-50, 700) / (dice.one_in(2) ? 1.0 : 7.0);

  std::size_t source_bytes = 0, target_bytes = 0;
  made.view = any_view(dice, made.rect.width(), made.rect.height(), from, source_bytes);
  const bool swaps = swaps_axes(made.target.orientation);
  const Rect& window = made.target.window;
  made.target.image = any_view(dice, swaps ? window.height() : window.width(),
                               swaps ? window.width() : window.height(), to, target_bytes);
  made.source.resize(source_bytes);
  made.before.resize(target_bytes);
  for (std::uint8_t& byte : made.before) byte = static_cast<std::uint8_t>(dice.random());
  fill_source(dice, made);

  made.want = made.before;
  CanvasTarget target = made.target;
  target.image = based(target.image, made.want.data());
  Canvas canvas(target);
  canvas.start(from).check();
  canvas.fill_outside();
  canvas.put(based(made.view, made.source.data()), made.rect);
  return made;
}

/// All memory of a batch in one block: every image at a multiple of 256.
struct Memory {
  Bytes8 host;
  gpu::Block device;
  std::size_t add(const Bytes8& bytes) {
    const std::size_t at = host.size();
    host.insert(host.end(), bytes.begin(), bytes.end());
    host.resize((host.size() + 255) / 256 * 256);
    return at;
  }
  void upload(gpu::StreamHandle stream) {
    device = gpu::take_block(gpu::MemoryKind::device, 0, host.size()).value();
    gpu::copy_to_device(device.data(), host.data(), host.size(), stream).check();
  }
  void download(gpu::StreamHandle stream) {
    gpu::copy_to_host(host.data(), device.data(), host.size(), stream).check();
    gpu::synchronize(stream).check();
  }
};

std::string difference(const Case& made, const std::uint8_t* got) {
  const auto wrong = std::mismatch(made.want.begin(), made.want.end(), got);
  if (wrong.first == made.want.end()) return {};
  const auto at = wrong.first - made.want.begin();
  const auto offset =
      at - static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(made.target.image.data));
  return made.text() + ": byte " + std::to_string(offset) + " of the image is " +
         std::to_string(*wrong.second) + " instead of " + std::to_string(*wrong.first) + " (was " +
         std::to_string(made.before[static_cast<std::size_t>(at)]) + ")";
}

TEST_F(GpuPixels, AnyFormInAnyLayoutWindowAndOrientationIsExact) {
  DeviceStaging staging = DeviceStaging::make(0).value();
  const gpu::Stream stream = gpu::Stream::make().value();
  Dice dice(11);
  int shown = 0;
  for (int batch = 0; batch < 30 && shown < 10; ++batch) {
    std::vector<Case> cases;
    Memory memory;
    for (int i = 0; i < 250; ++i) {
      cases.push_back(any_case(dice));
      cases.back().source_at = memory.add(cases.back().source);
      cases.back().target_at = memory.add(cases.back().before);
    }
    memory.upload(stream.get());
    std::vector<DevicePut> puts;
    for (const Case& made : cases) {
      DevicePut put{made.target, made.view, made.rect};
      put.view = based(put.view, memory.device.data() + made.source_at);
      put.target.image = based(put.target.image, memory.device.data() + made.target_at);
      puts.push_back(put);
    }
    const Status status = put_on_device(puts, staging, stream.get());
    ASSERT_TRUE(status.ok()) << status.text();
    memory.download(stream.get());
    for (const Case& made : cases) {
      const std::string text = difference(made, memory.host.data() + made.target_at);
      if (text.empty() || shown++ > 10) continue;
      ADD_FAILURE() << text;
    }
  }
}

TEST_F(GpuPixels, ManyCallsShareTheStaging) {
  DeviceStaging staging = DeviceStaging::make(0).value();
  const gpu::Stream first = gpu::Stream::make().value(), second = gpu::Stream::make().value();
  Dice dice(5);
  std::vector<Case> cases;
  Memory memory;
  for (int i = 0; i < 40; ++i) {
    cases.push_back(any_case(dice));
    cases.back().source_at = memory.add(cases.back().source);
    cases.back().target_at = memory.add(cases.back().before);
  }
  memory.upload(first.get());
  gpu::synchronize(first.get()).check();
  bool turn = false;
  for (const Case& made : cases) {
    DevicePut put{made.target, made.view, made.rect};
    put.view = based(put.view, memory.device.data() + made.source_at);
    put.target.image = based(put.target.image, memory.device.data() + made.target_at);
    turn = !turn;
    put_on_device({&put, 1}, staging, (turn ? first : second).get()).check();
  }
  gpu::synchronize(second.get()).check();
  memory.download(first.get());
  for (const Case& made : cases) {
    EXPECT_EQ(difference(made, memory.host.data() + made.target_at), "");
  }
}

TEST_F(GpuPixels, ImagesOfOneSizeAreConverted) {
  DeviceStaging staging = DeviceStaging::make(0).value();
  const gpu::Stream stream = gpu::Stream::make().value();
  PixelForm rgb, planar;
  rgb.channels = planar.channels = 3;
  rgb.color = planar.color = ColorModel::rgb;
  planar.planar = true;
  planar.type = SampleType::f32;
  planar.bit_depth = 32;
  constexpr std::int64_t kWidth = 333, kHeight = 77;
  Bytes8 pixels(packed_bytes(kWidth, kHeight, rgb)), want(packed_bytes(kWidth, kHeight, planar));
  Dice dice(3);
  for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(dice.random());
  Converter::make(rgb, planar)
      ->run(packed_view(pixels.data(), kWidth, kHeight, rgb),
            packed_view(want.data(), kWidth, kHeight, planar));
  Memory memory;
  const std::size_t from_at = memory.add(pixels), to_at = memory.add(Bytes8(want.size()));
  memory.upload(stream.get());
  const DeviceConversion conversion{
      packed_view(memory.device.data() + from_at, kWidth, kHeight, rgb),
      packed_view(memory.device.data() + to_at, kWidth, kHeight, planar)};
  convert_on_device({&conversion, 1}, staging, stream.get()).check();
  memory.download(stream.get());
  EXPECT_TRUE(std::equal(want.begin(), want.end(), memory.host.data() + to_at));
}

TEST_F(GpuPixels, WhatCannotBeIsRefusedBeforeAnythingBegins) {
  DeviceStaging staging = DeviceStaging::make(0).value();
  const gpu::Stream stream = gpu::Stream::make().value();
  PixelForm rgb, cmyk;
  rgb.channels = 3;
  rgb.color = ColorModel::rgb;
  cmyk.channels = 4;
  cmyk.color = ColorModel::cmyk;
  const PixelView no_memory = packed_view(nullptr, 10, 10, rgb);
  const DeviceConversion inks[] = {{no_memory, packed_view(nullptr, 10, 10, cmyk)}};
  EXPECT_EQ(convert_on_device(inks, staging, stream.get()).code(), Code::unsupported);
  const DeviceConversion sizes[] = {{no_memory, packed_view(nullptr, 10, 11, rgb)}};
  EXPECT_EQ(convert_on_device(sizes, staging, stream.get()).code(), Code::bad_argument);
}

}  // namespace
}  // namespace glimt
