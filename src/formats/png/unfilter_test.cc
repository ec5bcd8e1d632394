// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/unfilter.h"

#include <gtest/gtest.h>

#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_DL)  // as in unfilter.cc
#include <hwy/highway.h>

#include <random>
#include <vector>

namespace glimt::png {
namespace {

/// A filtered image of random bytes, small ones being likely as in real residuals.
struct Sample {
  std::size_t pixel_bytes, row_bytes, rows;
  std::vector<std::uint8_t> filtered, zeros;

  Sample(std::size_t pixel, std::size_t width, std::size_t height, int filter, std::mt19937& random)
      : pixel_bytes(pixel),
        row_bytes(pixel * width),
        rows(height),
        filtered((row_bytes + 1) * rows + kUnfilterSlack),
        zeros(row_bytes) {
    for (auto& byte : filtered) {
      byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 9 - 4);
    }
    for (std::size_t y = 0; y < rows; ++y) {
      filtered[y * (row_bytes + 1)] = static_cast<std::uint8_t>(
          filter < 0 ? random() % kFilters : static_cast<unsigned>(filter));
    }
  }
  [[nodiscard]] FilteredRows into(std::uint8_t* out, std::ptrdiff_t stride) const {
    return {filtered.data(), row_bytes + 1, zeros.data(), out,
            stride,          row_bytes,     rows,         pixel_bytes};
  }
};

class UnfilterOnTarget : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override { choose(0); }
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_P(UnfilterOnTarget, EqualsTheStandardForEveryWidthAndFilter) {
  std::mt19937 random(7);
  constexpr std::uint8_t guard = 0xA5;
  for (const std::size_t pixel : {1, 2, 3, 4, 6, 8}) {
    for (int filter = -1; filter < kFilters; ++filter) {
      for (std::size_t width = 1; width <= 40; ++width) {
        for (const std::size_t height : {1, 7, 17}) {
          const Sample sample(pixel, width, height, filter, random);
          const std::size_t bytes = sample.row_bytes * height;
          std::vector<std::uint8_t> expected(bytes + 1, guard), actual(bytes + 1, guard);
          const auto stride = static_cast<std::ptrdiff_t>(sample.row_bytes);
          unfilter_plainly(sample.into(expected.data(), stride));
          unfilter(sample.into(actual.data(), stride));
          ASSERT_EQ(actual, expected)
              << "pixel " << pixel << " filter " << filter << " size " << width << " x " << height;
        }
      }
    }
  }
}

TEST_P(UnfilterOnTarget, WorksInPlace) {
  std::mt19937 random(8);
  for (const std::size_t pixel : {1, 2, 3, 4, 6, 8}) {
    for (const std::size_t width : {1, 5, 16, 33, 100}) {
      Sample sample(pixel, width, 21, -1, random);
      const auto stride = static_cast<std::ptrdiff_t>(sample.row_bytes + 1);
      std::vector<std::uint8_t> expected(sample.filtered.size());
      unfilter_plainly(sample.into(expected.data() + 1, stride));
      unfilter(sample.into(sample.filtered.data() + 1, stride));
      for (std::size_t y = 0; y < sample.rows; ++y) {
        for (std::size_t i = 0; i < sample.row_bytes; ++i) {
          const std::size_t at = y * (sample.row_bytes + 1) + 1 + i;
          ASSERT_EQ(sample.filtered[at], expected[at])
              << pixel << " " << width << " " << y << " " << i;
        }
      }
    }
  }
}

TEST_P(UnfilterOnTarget, FollowsAnUpwardStrideAndStopsWithinTheRow) {
  std::mt19937 random(9);
  Sample sample(3, 50, 17, -1, random);
  std::vector<std::uint8_t> expected(150 * 17), actual(150 * 17, 0xEE);
  unfilter_plainly(sample.into(expected.data(), 150));
  FilteredRows part = sample.into(actual.data() + 150 * 16, -150);
  part.row_bytes = 3 * 31;
  unfilter(part);
  for (std::size_t y = 0; y < 17; ++y) {
    for (std::size_t i = 0; i < 150; ++i) {
      ASSERT_EQ(actual[150 * (16 - y) + i], i < 93 ? expected[150 * y + i] : 0xEE) << y << " " << i;
    }
  }
}

std::uint8_t paeth(int a, int b, int c) {
  const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  return static_cast<std::uint8_t>(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/// All that Paeth can meet: left, above and above-left of 256 values each (a part of it on all
/// targets but the best).
TEST_P(UnfilterOnTarget, PaethIsExactForAllTriples) {
  constexpr std::size_t width = 512;
  std::vector<std::uint8_t> filtered(2 * (width + 1) + kUnfilterSlack), zeros(width),
      out(2 * width);
  std::uint8_t* top = filtered.data() + 1;
  std::uint8_t* bottom = top + width + 1;
  bottom[-1] = static_cast<std::uint8_t>(Filter::paeth);
  const bool best = GetParam() == hwy::SupportedAndGeneratedTargets().front();
  for (int c = 0; c < 256; c += best ? 1 : 51) {
    for (int a = 0; a < 256; ++a) {
      // Pixel pairs: above-left over left, then above over what is to be predicted.
      int before = 0, above_before = 0;
      for (int b = 0; b < 256; ++b) {
        top[2 * b] = static_cast<std::uint8_t>(c);
        top[2 * b + 1] = static_cast<std::uint8_t>(b);
        bottom[2 * b] = static_cast<std::uint8_t>(a - paeth(before, c, above_before));
        before = paeth(a, b, c);
        above_before = b;
      }
      unfilter({filtered.data(), width + 1, zeros.data(), out.data(), width, width, 2, 1});
      for (int b = 0; b < 256; ++b) {
        ASSERT_EQ(out[width + static_cast<std::size_t>(2 * b) + 1], paeth(a, b, c))
            << a << " " << b << " " << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, UnfilterOnTarget,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

}  // namespace
}  // namespace glimt::png
