// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "codec/sweeps.h"
#include "formats/pnm/backends.h"
#include "formats/pnm/format.h"
#include "formats/pnm/testing.h"

namespace glimt {
namespace {

using pnm::Raster;
using pnm::samples_of;
using testing::decode;
using testing::DecodeWish;

constexpr std::uint32_t kMaxvals[] = {1,   2,   3,    15,   63,   100,   127,   254,
                                      255, 256, 1000, 1023, 4095, 30000, 65534, 65535};

/// Full scale of what decoding gives at native depth.
std::uint32_t native_scale(std::uint32_t maxval) {
  if ((maxval & (maxval + 1)) == 0) return maxval;
  return maxval > 255 ? 65535 : 255;
}

TEST(PnmDecoder, ReadsEveryKindMaxvalAndWidth) {
  for (const std::uint32_t maxval : kMaxvals) {
    for (const int kind : {2, 3, 5, 6}) {
      for (std::uint32_t width = 1; width <= 40; width += maxval == 255 ? 1 : 13) {
        const auto raster = Raster::random(width, 4, kind % 3 == 0 ? 3 : 1, maxval, width);
        const auto file = raster.pnm(kind);
        const auto native = decode(kPnmDecoder, file);
        ASSERT_TRUE(native.status.ok()) << native.status.text();
        EXPECT_EQ(samples_of(native.picture), raster.scaled(native_scale(maxval)))
            << "P" << kind << " maxval " << maxval << " width " << width;
        DecodeWish wish;
        wish.form = native.picture.form;
        wish.form.type = SampleType::u8;
        wish.form.bit_depth = 8;
        const auto eight = decode(kPnmDecoder, file, wish);
        ASSERT_TRUE(eight.status.ok());
        EXPECT_EQ(samples_of(eight.picture), raster.scaled(255)) << "P" << kind << " " << maxval;
      }
    }
  }
}

TEST(PnmDecoder, ReadsBits) {
  for (std::uint32_t width = 1; width <= 40; ++width) {
    const auto raster = Raster::random(width, 5, 1, 1, width);
    for (const int kind : {1, 4}) {
      const auto file = raster.pnm(kind);
      const auto native = decode(kPnmDecoder, file);
      ASSERT_TRUE(native.status.ok()) << native.status.text();
      EXPECT_EQ(native.picture.form.bit_depth, 1);
      EXPECT_EQ(samples_of(native.picture), raster.samples) << "P" << kind << " width " << width;
      DecodeWish wish;
      wish.form = {};
      EXPECT_EQ(samples_of(decode(kPnmDecoder, file, wish).picture), raster.scaled(255));
      testing::expect_regions(kPnmDecoder, file);
    }
  }
}

TEST(PnmDecoder, ReadsPam) {
  struct Row {
    std::uint32_t depth;
    std::string type;
  };
  const Row rows[] = {{1, "BLACKANDWHITE"}, {1, "GRAYSCALE"},           {2, "GRAYSCALE_ALPHA"},
                      {3, "RGB"},           {4, "RGB_ALPHA"},           {4, "CMYK"},
                      {6, "SPECTRUM"},      {2, "BLACKANDWHITE_ALPHA"}, {3, ""}};
  for (const Row& row : rows) {
    for (const std::uint32_t maxval : {1U, 255U, 1000U, 65535U}) {
      const auto raster = Raster::random(17, 6, row.depth, maxval);
      const auto file = raster.pam(row.type);
      const auto decoded = decode(kPnmDecoder, file);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      EXPECT_EQ(decoded.picture.form.channels, row.depth);
      EXPECT_EQ(samples_of(decoded.picture), raster.scaled(native_scale(maxval))) << row.type;
      testing::expect_regions(kPnmDecoder, file);
    }
  }
}

TEST(PnmDecoder, DeliversRegionsOfTheirOwnRows) {
  for (const int kind : {2, 3, 5, 6}) {
    for (const std::uint32_t maxval : {15U, 255U, 65535U}) {
      const auto file = Raster::random(29, 21, kind % 3 == 0 ? 3 : 1, maxval).pnm(kind);
      testing::expect_regions(kPnmDecoder, file);
      DecodeWish wish;
      wish.window = {3, 7, 20, 12};
      EXPECT_EQ(decode(kPnmDecoder, file, wish).units_decoded, 5U);
    }
  }
}

TEST(PnmDecoder, ClampsSamplesAboveMaxvalWhenBinary) {
  for (const std::uint32_t maxval : {100U, 127U, 1000U, 4095U}) {
    auto raster = Raster::random(5, 2, 1, maxval);
    auto file = raster.pnm(5);
    file.back() = 0xff;
    if (maxval > 255) file[file.size() - 2] = 0xff;
    raster.samples.back() = static_cast<std::uint16_t>(maxval);
    const auto decoded = decode(kPnmDecoder, file);
    EXPECT_EQ(samples_of(decoded.picture), raster.scaled(native_scale(maxval)));
  }
}

TEST(PnmDecoder, RefusesPlainTextThatIsWrong) {
  const auto status_of = [](const std::string& text, bool partial) {
    DecodeWish wish;
    wish.partial = partial;
    return decode(kPnmDecoder,
                  Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), wish);
  };
  struct Row {
    std::string text;
    Code code;
  };
  const Row rows[] = {{"P2 2 2 9\n1 2 3", Code::truncated},  {"P2 2 2 9\n1 2 3 x", Code::corrupt},
                      {"P2 2 2 9\n1 2 10 3", Code::corrupt}, {"P2 2 2 9\n1 2 -3 3", Code::corrupt},
                      {"P1 2 2\n1012", Code::corrupt},       {"P1 2 2\n101", Code::truncated},
                      {"P3 1 1 255\n1 2 3.5", Code::corrupt}};
  for (const Row& row : rows) {
    EXPECT_EQ(status_of(row.text, false).status.code(), row.code) << row.text;
    const auto partial = status_of(row.text, true);
    EXPECT_TRUE(partial.status.ok()) << row.text;
    EXPECT_NE(partial.note, "") << row.text;
  }
  const auto some = status_of(rows[0].text, true);
  EXPECT_EQ(samples_of(some.picture), (std::vector<std::uint16_t>{28, 57, 85, 0}));
  const auto noted = status_of("P2 2 1 9 # in\n7 # between\n 0", false);
  EXPECT_EQ(samples_of(noted.picture), (std::vector<std::uint16_t>{198, 0}));
}

TEST(PnmDecoder, SurvivesDamage) {
  for (const int kind : {1, 2, 3, 4, 5, 6}) {
    const std::uint32_t maxval = kind % 3 == 1 ? 1 : kind == 5 ? 255 : 1000;
    const auto file = Raster::random(9, 5, kind % 3 == 0 ? 3 : 1, maxval).pnm(kind);
    EXPECT_GT(testing::sweep_prefixes(kPnmDecoder, file), 0) << kind;
    testing::sweep_bit_flips(kPnmDecoder, file);
  }
  const auto pam = Raster::random(5, 5, 4, 255).pam("RGB_ALPHA");
  EXPECT_GT(testing::sweep_prefixes(kPnmDecoder, pam), 0);
  testing::sweep_bit_flips(kPnmDecoder, pam);
}

}  // namespace
}  // namespace glimt
