// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "pixel/canvas.h"

#include <gtest/gtest.h>

#include <vector>

#include "codec/testing.h"

namespace glimt {
namespace {

using testing::make_picture;
using testing::Picture;

PixelForm rgb() {
  PixelForm form;
  form.channels = 3;
  form.color = ColorModel::rgb;
  return form;
}

Picture blank(std::int64_t width, std::int64_t height, const PixelForm& form,
              std::uint8_t value = 77) {
  return {width, height, form, std::vector<std::uint8_t>(packed_bytes(width, height, form), value)};
}

/// Feeds a stored picture to a canvas in strips of `rows` rows, as a codec does.
void feed(Canvas& canvas, Picture& stored, std::int64_t rows) {
  Arena arena;
  ASSERT_TRUE(canvas.start(stored.form).ok());
  for (std::int64_t y = 0; y < stored.height; y += rows) {
    const Rect rect{0, y, stored.width, std::min(y + rows, stored.height)};
    if (!canvas.wants(rect)) continue;
    auto strip = canvas.begin(rect, arena);
    ASSERT_TRUE(strip.ok());
    for (std::int64_t r = 0; r < rect.height(); ++r) {
      for (std::int64_t x = 0; x < rect.width(); ++x) {
        for (std::uint32_t c = 0; c < stored.form.channels; ++c) {
          strip->view.at(x, r)[c * strip->view.channel_stride] =
              stored.view().at(x, y + r)[c * stored.view().channel_stride];
        }
      }
    }
    canvas.end(*strip);
  }
}

CanvasTarget target_of(Picture& out, const Picture& stored, Rect window,
                       Orientation orientation = Orientation::top_left) {
  CanvasTarget target;
  target.image = out.view();
  target.window = window;
  target.stored_width = stored.width;
  target.stored_height = stored.height;
  target.orientation = orientation;
  return target;
}

/// Where stored (x, y) of a w x h image belongs, straight from the table of Exif 2.32, 4.6.4.
std::pair<std::int64_t, std::int64_t> place(int orientation, std::int64_t x, std::int64_t y,
                                            std::int64_t w, std::int64_t h) {
  switch (orientation) {
    case 2:
      return {w - 1 - x, y};
    case 3:
      return {w - 1 - x, h - 1 - y};
    case 4:
      return {x, h - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {h - 1 - y, x};
    case 7:
      return {h - 1 - y, w - 1 - x};
    case 8:
      return {y, w - 1 - x};
    default:
      return {x, y};
  }
}

TEST(Canvas, PutsEveryPixelWhereTheOrientationSays) {
  Picture stored = make_picture(70, 33, rgb());
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool swaps = orientation >= 5;
    Picture out = blank(swaps ? 33 : 70, swaps ? 70 : 33, rgb());
    Canvas canvas(target_of(out, stored, {0, 0, 70, 33}, static_cast<Orientation>(orientation)));
    feed(canvas, stored, 16);
    for (std::int64_t y = 0; y < 33; ++y) {
      for (std::int64_t x = 0; x < 70; ++x) {
        const auto [ox, oy] = place(orientation, x, y, 70, 33);
        ASSERT_EQ(0, memcmp(out.view().at(ox, oy), stored.view().at(x, y), 3))
            << orientation << " at " << x << "," << y;
      }
    }
  }
}

TEST(Canvas, UprightEqualFormsAreWrittenInPlace) {
  Picture stored = make_picture(20, 20, rgb()), out = blank(20, 20, rgb());
  Canvas canvas(target_of(out, stored, {0, 0, 20, 20}));
  ASSERT_TRUE(canvas.start(rgb()).ok());
  EXPECT_TRUE(canvas.direct());
  Arena arena;
  const auto strip = canvas.begin({0, 4, 20, 8}, arena);
  ASSERT_TRUE(strip.ok());
  EXPECT_EQ(strip->view.data, out.view().at(0, 4));
}

TEST(Canvas, WindowsCropAndFillPerChannel) {
  Picture stored = make_picture(40, 30, rgb());
  for (const Rect window : {Rect{5, 6, 25, 20}, Rect{-7, -3, 10, 12}, Rect{30, 20, 55, 41},
                            Rect{-5, -5, 45, 35}, Rect{100, 100, 110, 105}}) {
    Picture out = blank(window.width(), window.height(), rgb());
    CanvasTarget target = target_of(out, stored, window);
    target.fill = {1.0, 2.4, 300.0, 0, 0};
    Canvas canvas(target);
    canvas.fill_outside();
    feed(canvas, stored, 7);
    for (std::int64_t y = window.y0; y < window.y1; ++y) {
      for (std::int64_t x = window.x0; x < window.x1; ++x) {
        const bool inside = x >= 0 && y >= 0 && x < 40 && y < 30;
        const std::uint8_t fill[3] = {1, 2, 255};
        const std::uint8_t* want = inside ? stored.view().at(x, y) : fill;
        ASSERT_EQ(0, memcmp(out.view().at(x - window.x0, y - window.y0), want, 3)) << x << "," << y;
      }
    }
  }
}

TEST(Canvas, WindowsAreCutInStoredSpaceAndThenOriented) {
  Picture stored = make_picture(40, 30, rgb());
  const Rect window{-2, 3, 12, 34};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool swaps = orientation >= 5;
    Picture out = blank(swaps ? window.height() : window.width(),
                        swaps ? window.width() : window.height(), rgb());
    Canvas canvas(target_of(out, stored, window, static_cast<Orientation>(orientation)));
    canvas.fill_outside();
    feed(canvas, stored, 5);
    for (std::int64_t y = 0; y < window.height(); ++y) {
      for (std::int64_t x = 0; x < window.width(); ++x) {
        const auto [ox, oy] = place(orientation, x, y, window.width(), window.height());
        const std::int64_t sx = x + window.x0, sy = y + window.y0;
        const bool inside = sx >= 0 && sy < 30;
        const std::uint8_t black[3] = {};
        const std::uint8_t* want = inside ? stored.view().at(sx, sy) : black;
        ASSERT_EQ(0, memcmp(out.view().at(ox, oy), want, 3)) << orientation;
      }
    }
  }
}

TEST(Canvas, StripsGiveTheirScratchBack) {
  Picture stored = make_picture(64, 64, rgb());
  PixelForm gray;
  Picture out = blank(64, 64, gray);
  Canvas canvas(target_of(out, stored, {0, 0, 64, 64}));
  ASSERT_TRUE(canvas.start(rgb()).ok());
  Arena arena;
  const std::uint8_t* first = nullptr;
  for (std::int64_t y = 0; y < 64; y += 8) {
    const auto strip = canvas.begin({0, y, 64, y + 8}, arena);
    ASSERT_TRUE(strip.ok());
    if (first == nullptr) first = strip->view.data;
    EXPECT_EQ(strip->view.data, first);
    canvas.end(*strip);
  }
}

TEST(PixelSource, HandsOutTheCallersMemoryOrConverts) {
  Picture picture = make_picture(33, 9, rgb());
  Arena arena;
  PixelSource same(picture.view());
  ASSERT_TRUE(same.start(rgb()).ok());
  EXPECT_EQ(same.read({0, 2, 33, 5}, arena)->data, picture.view().at(0, 2));
  PixelForm bgr = rgb();
  bgr.bgr = true;
  PixelSource swapped(picture.view());
  ASSERT_TRUE(swapped.start(bgr).ok());
  const auto rows = swapped.read({1, 2, 33, 5}, arena);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->at(0, 0)[0], picture.view().at(1, 2)[2]);
  EXPECT_EQ(rows->at(31, 2)[2], picture.view().at(32, 4)[0]);
}

/// Gray pixels 10 y + x of an image of 10 x 8.
Picture counted() {
  Picture picture{10, 8, {}, std::vector<std::uint8_t>(80)};
  for (std::size_t i = 0; i < 80; ++i) picture.data[i] = static_cast<std::uint8_t>(i);
  return picture;
}

TEST(Canvas, InsetsPutTheirImagesWhereTheyLie) {
  // Four images of 6 x 5 pixels make one of 10 x 8, whose window [2, 9) x [1, 7) is wanted.
  Picture whole = counted();
  for (const Orientation orientation : {Orientation::top_left, Orientation::right_top}) {
    for (const bool captured : {false, true}) {
      const bool turned = orientation == Orientation::right_top && !captured;
      Picture out{turned ? 6 : 7, turned ? 7 : 6, rgb(), std::vector<std::uint8_t>(7 * 6 * 3)};
      CanvasTarget target;
      target.image = out.view();
      target.window = {2, 1, 9, 7};
      target.stored_width = 10;
      target.stored_height = 8;
      target.orientation = orientation;
      if (captured && orientation != Orientation::top_left) continue;
      std::vector<std::uint8_t> memory;
      Capture capture{[&](std::size_t bytes) {
                        memory.resize(bytes);
                        return Result<std::uint8_t*>(memory.data());
                      },
                      {}};
      Canvas canvas = captured ? Canvas(target, capture) : Canvas(target);
      ASSERT_TRUE(canvas.start(rgb()).ok());
      for (std::int64_t y = 0; y < 8; y += 5) {
        for (std::int64_t x = 0; x < 10; x += 6) {
          Canvas inset = canvas.inset({x, y, x + 6, y + 5}, {x, y, x + 6, y + 5});
          ASSERT_TRUE(inset.start({}).ok());  // gray, which becomes RGB on the way
          EXPECT_TRUE((Rect{0, 0, 6, 5}).contains(inset.wanted()));
          Picture part{6, 5, {}, std::vector<std::uint8_t>(30)};
          for (std::int64_t i = 0; i < 30; ++i) {
            part.data[static_cast<std::size_t>(i)] =
                static_cast<std::uint8_t>(10 * (y + i / 6) + x + i % 6);
          }
          inset.put(part.view(), {0, 0, 6, 5});
        }
      }
      const PixelView view = captured ? capture.view : out.view();
      for (std::int64_t y = 1; y < 7; ++y) {
        for (std::int64_t x = 2; x < 9; ++x) {
          // right_top: stored row 0 is the right column.
          const std::uint8_t* pixel = turned ? view.at(6 - y, x - 2) : view.at(x - 2, y - 1);
          EXPECT_EQ(pixel[0], whole.data[static_cast<std::size_t>(10 * y + x)]);
          EXPECT_EQ(pixel[2], pixel[0]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace glimt
