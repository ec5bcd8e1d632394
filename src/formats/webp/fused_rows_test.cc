// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/fused_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include <hwy/targets.h>

namespace glimt::webp {
namespace {

constexpr std::size_t kPad = 128;

/// src/dsp/yuv.h of libwebp, a pixel at a time.
std::array<std::uint8_t, 3> plain_rgb(int y, int u, int v) {
  const auto times = [](int sample, int factor) { return (sample * factor) >> 8; };
  const auto clip = [](int value) {
    return static_cast<std::uint8_t>(std::clamp(value >> 6, 0, 255));
  };
  const int luma = times(y, 19077);
  return {clip(luma + times(v, 26149) - 14234),
          clip(luma - times(u, 6419) - times(v, 13320) + 8708),
          clip(luma + times(u, 33050) - 17685)};
}

/// src/dsp/upsampling.c: 9/16 of the nearest sample, 3/16 of its two neighbours, 1/16 of the
/// fourth.
int plain_chroma(ChromaFilter filter, const std::uint8_t* nearer, const std::uint8_t* further,
                 int x, int samples) {
  const int i = x / 2, next = std::clamp(x % 2 == 0 ? i - 1 : i + 1, 0, samples - 1);
  if (filter == ChromaFilter::replicate) return nearer[i];
  return (9 * nearer[i] + 3 * nearer[next] + 3 * further[i] + further[next] + 8) >> 4;
}

std::vector<std::uint8_t> random_row(std::mt19937& random, int samples) {
  std::vector<std::uint8_t> row(static_cast<std::size_t>(samples) + 2 * kPad);
  for (std::uint8_t& v : row) v = static_cast<std::uint8_t>(random());
  row[kPad - 1] = row[kPad];
  row[kPad + static_cast<std::size_t>(samples)] = row[kPad + static_cast<std::size_t>(samples) - 1];
  return row;
}

void check_row(std::mt19937& random, ChromaFilter filter, int width, bool bgr) {
  const int samples = (width + 1) / 2;
  const auto luma = random_row(random, width);
  const std::vector<std::uint8_t> rows[] = {
      random_row(random, samples), random_row(random, samples), random_row(random, samples),
      random_row(random, samples)};
  const auto at = [&](int i) { return rows[i].data() + kPad; };
  const FusedInput input{luma.data() + kPad, {at(0), at(1)}, {at(2), at(3)}, bgr};
  std::vector<std::uint8_t> pixels(3 * static_cast<std::size_t>(width) + 1, 0xA5);
  fused_row(filter)(input, pixels.data(), static_cast<std::size_t>(width));
  ASSERT_EQ(pixels.back(), 0xA5) << "a byte past the row, width " << width;
  for (int x = 0; x < width; ++x) {
    auto want = plain_rgb(input.luma[x], plain_chroma(filter, at(0), at(2), x, samples),
                          plain_chroma(filter, at(1), at(3), x, samples));
    if (bgr) std::swap(want[0], want[2]);
    ASSERT_TRUE(std::equal(want.begin(), want.end(), &pixels[3 * static_cast<std::size_t>(x)]))
        << "filter " << static_cast<int>(filter) << " width " << width << " x " << x;
  }
}

TEST(WebpFusedRows, EqualLibwebpsFormulasForEveryWidthOrderAndTarget) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (target == HWY_SCALAR) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    std::mt19937 random(7);
    for (int width = 1; width <= 1300; width += width < 140 ? 1 : 97) {
      for (const ChromaFilter filter : {ChromaFilter::replicate, ChromaFilter::bilinear}) {
        for (const bool bgr : {false, true}) check_row(random, filter, width, bgr);
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace glimt::webp
