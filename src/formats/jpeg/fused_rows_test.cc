// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/fused_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include <hwy/targets.h>

namespace glimt::jpeg {
namespace {

constexpr ChromaFilter kFilters[] = {ChromaFilter::none,   ChromaFilter::replicate,
                                     ChromaFilter::linear, ChromaFilter::bilinear,
                                     ChromaFilter::above,  ChromaFilter::below};
constexpr std::size_t kPad = 128;

/// Runs the check for every instruction set that this processor has.
template <class Check>
void on_every_target(Check check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target == HWY_SCALAR) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// jdsample.c: the chroma of pixel x of `row` (n: this row of samples, f: the one next to it).
int plain_chroma(ChromaFilter filter, const std::uint8_t* n, const std::uint8_t* f, int x,
                 int samples) {
  const auto at = [&](const std::uint8_t* row, int i) {
    return static_cast<int>(row[std::clamp(i, 0, samples - 1)]);
  };
  const int i = x / 2, next = x % 2 == 0 ? i - 1 : i + 1;
  switch (filter) {
    case ChromaFilter::none:
      return n[x];
    case ChromaFilter::replicate:
      return n[i];
    case ChromaFilter::linear:
      return (3 * at(n, i) + at(n, next) + (x % 2 == 0 ? 1 : 2)) >> 2;
    case ChromaFilter::bilinear: {
      const int here = 3 * at(n, i) + at(f, i), there = 3 * at(n, next) + at(f, next);
      return (3 * here + there + (x % 2 == 0 ? 8 : 7)) >> 4;
    }
    case ChromaFilter::above:
      return (3 * n[x] + f[x] + 1) >> 2;
    case ChromaFilter::below:
      return (3 * n[x] + f[x] + 2) >> 2;
  }
  return 0;
}

/// jdcolor.c
std::array<std::uint8_t, 3> plain_rgb(int y, int cb, int cr) {
  const auto saturated = [](int v) { return static_cast<std::uint8_t>(std::clamp(v, 0, 255)); };
  const int b = cb - 128, r = cr - 128;
  return {saturated(y + ((91881 * r + 32768) >> 16)),
          saturated(y + ((-22554 * b - 46802 * r + 32768) >> 16)),
          saturated(y + ((116130 * b + 32768) >> 16))};
}

/// A row of random samples with copies of the outermost ones beside it.
std::vector<std::uint8_t> random_row(std::mt19937& random, int samples) {
  std::vector<std::uint8_t> row(static_cast<std::size_t>(samples) + 2 * kPad);
  for (std::uint8_t& v : row) v = static_cast<std::uint8_t>(random());
  row[kPad - 1] = row[kPad];
  row[kPad + static_cast<std::size_t>(samples)] = row[kPad + static_cast<std::size_t>(samples) - 1];
  return row;
}

TEST(FusedRows, EqualTheTwoStepsOfLibjpegForEveryWidthAndOrder) {
  on_every_target([] {
    std::mt19937 random(9);
    for (const ChromaFilter filter : kFilters) {
      const bool half = filter == ChromaFilter::replicate || filter == ChromaFilter::linear ||
                        filter == ChromaFilter::bilinear;
      for (int width = 1; width <= 1300; width += width < 140 ? 1 : 97) {
        const int samples = half ? (width + 1) / 2 : width;
        const auto luma = random_row(random, width);
        const std::vector<std::uint8_t> rows[] = {
            random_row(random, samples), random_row(random, samples), random_row(random, samples),
            random_row(random, samples)};
        const auto at = [&](int i) { return rows[i].data() + kPad; };
        for (const bool bgr : {false, true}) {
          const FusedInput input{luma.data() + kPad, {at(0), at(1)}, {at(2), at(3)}, bgr};
          const std::size_t bytes = 3 * static_cast<std::size_t>(width);
          std::vector<std::uint8_t> pixels(bytes + 1, 0xA5);
          fused_row(filter)(input, pixels.data(), static_cast<std::size_t>(width));
          ASSERT_EQ(pixels[bytes], 0xA5) << "a byte past the row, width " << width;
          for (int x = 0; x < width; ++x) {
            auto want = plain_rgb(luma[kPad + static_cast<std::size_t>(x)],
                                  plain_chroma(filter, at(0), at(2), x, samples),
                                  plain_chroma(filter, at(1), at(3), x, samples));
            if (bgr) std::swap(want[0], want[2]);
            ASSERT_TRUE(
                std::equal(want.begin(), want.end(), &pixels[3 * static_cast<std::size_t>(x)]))
                << "filter " << static_cast<int>(filter) << " width " << width << " x " << x;
          }
        }
      }
    }
  });
}

TEST(FusedRows, EveryColour) {
  on_every_target([] {
    std::vector<std::uint8_t> luma(256 + 2 * kPad), cb(luma.size()), cr(luma.size());
    std::vector<std::uint8_t> pixels(256 * 3);
    const FusedInput input{luma.data() + kPad,
                           {cb.data() + kPad, cr.data() + kPad},
                           {cb.data() + kPad, cr.data() + kPad},
                           false};
    const FusedRow row = fused_row(ChromaFilter::none);
    for (const int y : {0, 1, 100, 128, 254, 255}) {
      std::fill(luma.begin(), luma.end(), static_cast<std::uint8_t>(y));
      for (int b = 0; b < 256; ++b) {
        std::fill(cb.begin(), cb.end(), static_cast<std::uint8_t>(b));
        for (int r = 0; r < 256; ++r) {
          cr[kPad + static_cast<std::size_t>(r)] = static_cast<std::uint8_t>(r);
        }
        row(input, pixels.data(), 256);
        for (int r = 0; r < 256; ++r) {
          const auto want = plain_rgb(y, b, r);
          ASSERT_TRUE(
              std::equal(want.begin(), want.end(), &pixels[3 * static_cast<std::size_t>(r)]))
              << y << " " << b << " " << r;
        }
      }
    }
  });
}

}  // namespace
}  // namespace glimt::jpeg
