// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/lettering.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "cli/table.h"

namespace glimt::cli {
namespace {

constexpr Rgb kWhite = {255, 255, 255};
constexpr Rgb kBlack = {0, 0, 0};

TEST(Lettering, DrawsInkWithinItsWidthAboutTheBaseline) {
  Lettering lettering = Lettering::open("").value();
  const std::int64_t width = lettering.width("HHHH", 20);
  EXPECT_GT(width, 40);
  EXPECT_LT(width, 80);
  Picture picture(120, 40, kWhite);
  lettering.draw(picture, 10, 30, "HHHH", 20, kBlack);
  std::int64_t left = 120, right = -1, top = 40, bottom = -1;
  for (std::int64_t y = 0; y < 40; ++y) {
    for (std::int64_t x = 0; x < 120; ++x) {
      if (picture.pixel(x, y)[0] > 128) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  EXPECT_GE(left, 10);
  EXPECT_LT(right, 10 + width);
  EXPECT_EQ(bottom, 29);
  EXPECT_NEAR(static_cast<double>(top), 15, 2);  // capitals are about 0.73 em high
}

TEST(Lettering, TextThatFitsStaysAndLongTextKeepsBothEnds) {
  Lettering lettering = Lettering::open("").value();
  EXPECT_EQ(lettering.fit("short.png", 16, 400), "short.png");
  const std::string fitted = lettering.fit("a_rather_long_n\u00e4me_of_a_file.png", 16, 150);
  EXPECT_LE(lettering.width(fitted, 16), 150);
  EXPECT_GT(lettering.width(fitted, 16), 120);
  EXPECT_TRUE(fitted.starts_with("a_rat"));
  EXPECT_TRUE(fitted.ends_with(".png"));
  EXPECT_NE(fitted.find("\u2026"), std::string::npos);
}

TEST(Lettering, BytesThatAreNoUtf8ShowAsQuestionMarks) {
  Lettering lettering = Lettering::open("").value();
  EXPECT_EQ(lettering.width("a\xe9"
                            "b\xc3",
                            20),
            lettering.width("a?b?", 20));
  EXPECT_EQ(columns_of(lettering.fit("\xff\xff\xff\xff\xff\xff\xff\xff", 20, 45)), 3U);
}

TEST(Lettering, AMissingFontIsNamed) {
  const Result<Lettering> lettering = Lettering::open("no/such/font.ttf");
  EXPECT_EQ(lettering.status().code(), Code::bad_argument);
  EXPECT_NE(lettering.status().message().find("no/such/font.ttf"), std::string::npos);
}

}  // namespace
}  // namespace glimt::cli
