// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/idct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace glimt::jpeg {
namespace {

using Block = std::array<std::int16_t, 64>;

/// T.81 A.3.3, by its formula.
double sample_by_formula(const Block& block, const QuantizationTable& steps, int x, int y) {
  double sum = 0;
  for (int v = 0; v < 8; ++v) {
    for (int u = 0; u < 8; ++u) {
      const auto k = static_cast<std::size_t>(8 * v + u);
      const double scale =
          (u == 0 ? std::numbers::sqrt2 / 2 : 1) * (v == 0 ? std::numbers::sqrt2 / 2 : 1);
      sum += scale * block[k] * steps[k] * std::cos((2 * x + 1) * u * std::numbers::pi / 16) *
             std::cos((2 * y + 1) * v * std::numbers::pi / 16);
    }
  }
  return sum / 4;
}

TEST(InverseDct, IsTheFormulaWithinOneLevel) {
  std::mt19937 random(11);
  for (const int precision : {8, 12}) {
    const int center = 1 << (precision - 1), max = 2 * center - 1;
    double most = 0;
    for (int round = 0; round < 400; ++round) {
      Block block{};
      QuantizationTable steps;
      for (std::size_t k = 0; k < 64; ++k) {
        steps[k] = static_cast<std::uint16_t>(1 + random() % 12);
        const int range = center / static_cast<int>(k + 1);
        if (round % 4 == 0 && k > 0 && random() % 4 != 0) continue;
        block[k] =
            static_cast<std::int16_t>((static_cast<int>(random() % (2 * range + 1)) - range) / 8);
      }
      if (round == 0) block.fill(0);
      std::array<std::uint16_t, 64> samples;
      inverse_dct(precision)(block.data(), steps, samples.data(), 8);
      for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 8; ++x) {
          const double exact = std::clamp(sample_by_formula(block, steps, x, y) + center, 0.0,
                                          static_cast<double>(max));
          most = std::max(most, std::abs(exact - samples[static_cast<std::size_t>(8 * y + x)]));
        }
      }
    }
    EXPECT_LT(most, 1.0) << precision;
    EXPECT_GE(most, 0.4) << precision;  // it has looked
  }
}

TEST(InverseDct, AnyCoefficientsGiveSamplesInRange) {
  std::mt19937 random(12);
  for (const int precision : {8, 12}) {
    for (int round = 0; round < 200; ++round) {
      Block block;
      QuantizationTable steps;
      for (auto& c : block) c = static_cast<std::int16_t>(random());
      steps.fill(static_cast<std::uint16_t>(round == 0 ? 65535 : random()));
      if (round == 0) block.fill(-32768);
      std::array<std::uint16_t, 64> samples;
      inverse_dct(precision)(block.data(), steps, samples.data(), 8);
      EXPECT_LT(*std::max_element(samples.begin(), samples.end()), 1U << precision);
    }
  }
}

}  // namespace
}  // namespace glimt::jpeg
