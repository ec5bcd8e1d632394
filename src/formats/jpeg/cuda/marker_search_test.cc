// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/marker_search.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace glimt::jpeg::cuda {
namespace {

std::size_t find_plainly(Bytes data, std::size_t from) {
  for (std::size_t at = from; at + 1 < data.size(); ++at) {
    if (data[at] == 0xFF && data[at + 1] != 0) return at;
  }
  return data.size();
}

TEST(MarkerSearch, FindsTheFirstFromAnyPlace) {
  std::mt19937 random(4);
  for (std::size_t size = 0; size < 200; ++size) {
    // A vector of just that size, so that a sanitizer sees reads behind it.
    std::vector<std::uint8_t> data(size);
    constexpr std::uint8_t values[] = {0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    for (auto& byte : data) byte = values[random() % std::size(values)];
    for (std::size_t from = 0; from <= size; ++from) {
      ASSERT_EQ(find_marker(data, from), find_plainly(data, from)) << size << " from " << from;
    }
  }
}

TEST(MarkerSearch, PartsFindWhatTheWholeHas) {
  std::mt19937 random(5);
  for (std::size_t size = 0; size < 120; ++size) {
    std::vector<std::uint8_t> data(size);
    constexpr std::uint8_t values[] = {0xFF, 0xFF, 0, 0, 0, 1};
    for (auto& byte : data) byte = values[random() % std::size(values)];
    const Markers whole{Bytes(data)};
    Markers divided;  // and used again
    for (const std::size_t part_bytes : {1U, 7U, 40U, 500U}) {
      const std::size_t count = divided.divide(data, part_bytes);
      for (std::size_t i = count; i-- > 0;) divided.look(i);
      for (std::size_t from = 0; from <= size; ++from) {
        ASSERT_EQ(divided.first_from(from), whole.first_from(from)) << size << " from " << from;
      }
    }
  }
}

TEST(MarkerSearch, StuffedBytesAndALoneEndAreNone) {
  std::vector<std::uint8_t> data(1000, 0);
  for (std::size_t i = 0; i < data.size(); i += 2) data[i] = 0xFF;
  data.back() = 0xFF;
  EXPECT_EQ(find_marker(data, 0), 998U) << "FF FF at the end";
  data[998] = 1;
  EXPECT_EQ(find_marker(data, 0), data.size());
}

}  // namespace
}  // namespace glimt::jpeg::cuda
