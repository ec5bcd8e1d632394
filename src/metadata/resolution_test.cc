// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/resolution.h"

#include <gtest/gtest.h>

#include <string_view>

namespace glimt {
namespace {

using Unit = Resolution::Unit;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Resolution, JsonReadsBack) {
  for (const Unit unit : {Unit::unknown, Unit::inch, Unit::centimetre, Unit::metre}) {
    const auto back = parse_resolution_json(bytes_of(resolution_json({72.5, 300, unit})));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->x, 72.5);
    EXPECT_EQ(back->y, 300);
    EXPECT_EQ(back->unit, unit);
  }
  EXPECT_EQ(resolution_json({300, 300, Unit::inch}), R"({"x":300,"y":300,"unit":"inch"})");
}

TEST(Resolution, OtherJsonIsRefused) {
  for (const char* json : {"", "[]", R"({"x":1,"y":1})", R"({"x":1,"y":1,"unit":"mile"})",
                           R"({"x":"1","y":1,"unit":"inch"})", R"({"x":0,"y":1,"unit":"inch"})",
                           R"({"x":1,"y":-1,"unit":"inch"})", R"({"x":1,"y":1,"unit":2})"}) {
    EXPECT_EQ(parse_resolution_json(bytes_of(json)).status().code(), Code::bad_argument) << json;
  }
}

TEST(Resolution, ChangesItsUnit) {
  const Resolution inch{300, 72, Unit::inch};
  EXPECT_NEAR(inch.in(Unit::metre).x, 11811.0236, 1e-3);
  EXPECT_NEAR(inch.in(Unit::centimetre).y, 28.3465, 1e-3);
  const Resolution proportion{2, 1, Unit::unknown};
  EXPECT_EQ(proportion.in(Unit::metre).unit, Unit::unknown);
  EXPECT_EQ(proportion.in(Unit::metre).x, 2);
}

TEST(Resolution, OneToOneOfNothingTellsNothing) {
  EXPECT_FALSE((Resolution{1, 1, Unit::unknown}.useful()));
  EXPECT_FALSE((Resolution{0, 0, Unit::inch}.useful()));
  EXPECT_FALSE((Resolution{-1, 1, Unit::inch}.useful()));
  EXPECT_TRUE((Resolution{1, 2, Unit::unknown}.useful()));
  EXPECT_TRUE((Resolution{1, 1, Unit::metre}.useful()));
}

}  // namespace
}  // namespace glimt
