// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/share.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace glimt {
namespace {

using enum BackendKind;
using enum LoadHintPolicy;

constexpr BackendKind kBoth[] = {gpu_only, cpu_only};

std::vector<Turn> divide(LoadShares& shares, std::size_t count,
                         std::span<const BackendKind> kinds = kBoth,
                         std::string_view codec = "jpeg") {
  std::vector<Turn> turns(count);
  std::vector<Turn*> pointers;
  pointers.reserve(count);
  for (Turn& turn : turns) pointers.push_back(&turn);
  shares.divide(codec, kinds, pointers);
  return turns;
}

/// How many images are offered to each of the kinds first.
std::vector<int> first_offers(const std::vector<Turn>& turns, std::span<const BackendKind> kinds) {
  std::vector<int> offers(kinds.size());
  for (const Turn& turn : turns) {
    std::size_t at = 0;
    while ((turn.last & kind_bit(kinds[at])) != 0) ++at;
    ++offers[at];
  }
  return offers;
}

int gpu_offers(LoadShares& shares, std::size_t count, std::string_view codec = "jpeg") {
  return first_offers(divide(shares, count, kBoth, codec), kBoth)[0];
}

struct Row {
  float hint;
  LoadHintPolicy policy;
  std::size_t images;
  int offered;
};

TEST(LoadShares, AShareOfTheBatchRoundedUp) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const Row rows[] = {
      {1.0F, fixed, 10, 10},
      {0.5F, fixed, 10, 5},
      {0.5F, fixed, 11, 6},
      {0.01F, fixed, 10, 1},
      {0.0F, fixed, 10, 0},
      {-1.0F, fixed, 10, 0},
      {2.0F, fixed, 10, 10},
      {nan, fixed, 10, 10},
      {0.5F, ignore, 10, 10},
      {0.0F, ignore, 10, 10},
      {0.5F, fixed, 1, 1},
      {0.25F, adaptive_minimize_idle_time, 8, 2},
      {0.0F, adaptive_minimize_idle_time, 8, 1},
      {0.99F, adaptive_minimize_idle_time, 8, 7},
  };
  for (const Row& row : rows) {
    const Backend backends[] = {{gpu_only, row.hint, row.policy}, {cpu_only, 1.0F, fixed}};
    LoadShares shares(backends);
    EXPECT_EQ(gpu_offers(shares, row.images), row.offered)
        << row.hint << " of " << row.images << ", policy " << static_cast<int>(row.policy);
  }
}

TEST(LoadShares, FixedIsANumberOfImagesFoundWithTheFirstBatch) {
  const Backend backends[] = {{gpu_only, 0.5F, fixed}};
  LoadShares shares(backends);
  EXPECT_EQ(gpu_offers(shares, 1), 1);  // a single image finds nothing
  EXPECT_EQ(gpu_offers(shares, 10), 5);
  EXPECT_EQ(gpu_offers(shares, 100), 5);
  EXPECT_EQ(gpu_offers(shares, 4), 4);
  EXPECT_EQ(gpu_offers(shares, 100, "tiff"), 50);  // each codec has its own
}

TEST(LoadShares, TheLastKindTakesTheRest) {
  const Backend backends[] = {
      {hw_gpu_only, 0.5F, fixed}, {hybrid_cpu_gpu, 0.5F, fixed}, {cpu_only, 0.1F, fixed}};
  constexpr BackendKind chain[] = {hw_gpu_only, hybrid_cpu_gpu, hybrid_cpu_gpu, cpu_only, cpu_only};
  LoadShares shares(backends);
  constexpr BackendKind kinds[] = {hw_gpu_only, hybrid_cpu_gpu, cpu_only};
  EXPECT_EQ(first_offers(divide(shares, 8, chain), kinds), std::vector<int>({4, 2, 2}));
  constexpr BackendKind alone[] = {cpu_only};
  EXPECT_EQ(first_offers(divide(shares, 8, alone, "png"), alone), std::vector<int>({8}));
}

TEST(LoadShares, OfAKindListedTwiceTheFirstCounts) {
  const Backend backends[] = {{gpu_only, 0.5F, fixed}, {gpu_only, 0.1F, fixed}};
  LoadShares shares(backends);
  EXPECT_EQ(gpu_offers(shares, 10), 5);
  const Backend whole[] = {{gpu_only, 1.0F, fixed}, {gpu_only, 0.1F, fixed}};
  LoadShares all(whole);
  EXPECT_FALSE(all.counts());
  EXPECT_EQ(gpu_offers(all, 10), 10);
}

/// Batches of 100 whose images take these times on either side.
int offers_after(LoadShares& shares, int batches, double gpu_seconds, double cpu_seconds) {
  for (int i = 0; i < batches; ++i) {
    std::vector<Turn> turns = divide(shares, 100);
    for (Turn& turn : turns) {
      turn.kind = turn.last == 0 ? gpu_only : cpu_only;
      turn.seconds = turn.last == 0 ? gpu_seconds : cpu_seconds;
    }
    shares.learn(turns);
  }
  return gpu_offers(shares, 100);
}

TEST(LoadShares, AdaptiveEndsWhereBothSidesEndTogether) {
  const Backend backends[] = {{gpu_only, 0.5F, adaptive_minimize_idle_time}};
  LoadShares shares(backends);
  EXPECT_EQ(offers_after(shares, 0, 1, 1), 50);
  EXPECT_EQ(offers_after(shares, 1, 1, 3), 63);        // half of the way from 50 to 75
  EXPECT_NEAR(offers_after(shares, 30, 1, 3), 75, 1);  // three times as fast: three of four
  EXPECT_NEAR(offers_after(shares, 30, 4, 1), 20, 1);  // and back
  EXPECT_EQ(offers_after(shares, 30, 1, 1e9), 99);
}

TEST(LoadShares, NothingIsLearntFromOneSide) {
  const Backend backends[] = {{gpu_only, 0.5F, adaptive_minimize_idle_time}};
  LoadShares shares(backends);
  std::vector<Turn> turns = divide(shares, 10);
  for (Turn& turn : turns) {
    turn.kind = cpu_only;
    turn.seconds = 1;
  }
  shares.learn(turns);
  EXPECT_EQ(gpu_offers(shares, 10), 5);
}

}  // namespace
}  // namespace glimt
