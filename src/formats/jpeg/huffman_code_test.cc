// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/huffman_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "formats/jpeg/huffman.h"

namespace glimt::jpeg {
namespace {

/// The decoder's table finds every word again.
void expect_readable(const HuffmanCodeList& list) {
  HuffmanTable table;
  const Status status = HuffmanTable::make(list.counts, list.symbols, HuffmanClass::ac, table);
  ASSERT_TRUE(status.ok()) << status.text();
  const auto words = huffman_words(list);
  for (const std::uint8_t symbol : list.symbols) {
    const HuffmanWord word = words[symbol];
    ASSERT_GE(word.length, 1);
    ASSERT_LE(word.length, 16);
    EXPECT_NE(word.bits, (1U << word.length) - 1) << "ones alone";
    const HuffmanCode code = table.find(std::uint64_t{word.bits} << (64 - word.length));
    EXPECT_EQ(code.code_bits(), word.length);
    EXPECT_EQ(code.run(), symbol >> 4U);
    EXPECT_EQ(code.value_bits(), symbol & 15U);
  }
}

TEST(HuffmanCode, IsNearTheEntropy) {
  std::mt19937 random(3);
  for (const std::size_t size : {2U, 17U, 100U, 256U}) {
    std::vector<std::uint64_t> frequencies(size);
    for (auto& f : frequencies) f = 1000 + random() % 100000;
    const HuffmanCodeList list = make_huffman_code(frequencies);
    ASSERT_EQ(list.symbols.size(), size);
    expect_readable(list);
    const auto total = static_cast<double>(
        std::accumulate(frequencies.begin(), frequencies.end(), std::uint64_t{0}));
    const auto words = huffman_words(list);
    double bits = 0, entropy = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto f = static_cast<double>(frequencies[i]);
      bits += f * words[i].length;
      entropy -= f * std::log2(f / total);
    }
    EXPECT_LT(bits / total, entropy / total + 1);
    EXPECT_GE(bits / total, entropy / total);
  }
}

TEST(HuffmanCode, KeepsWithin16Bits) {
  // Frequencies of Fibonacci give the longest codes there are.
  for (const std::size_t size : {12U, 17U, 30U, 60U}) {
    SCOPED_TRACE(size);
    std::vector<std::uint64_t> frequencies = {1, 1};
    while (frequencies.size() < size) {
      frequencies.push_back(frequencies.back() + frequencies[frequencies.size() - 2]);
    }
    const HuffmanCodeList list = make_huffman_code(frequencies);
    EXPECT_EQ(std::accumulate(list.counts.begin(), list.counts.end(), 0U), size);
    EXPECT_EQ(list.counts[15] > 0, size > 17);  // shorter ones need no limit
    expect_readable(list);
  }
}

TEST(HuffmanCode, FewSymbols) {
  EXPECT_TRUE(make_huffman_code({}).symbols.empty());
  const std::uint64_t one[] = {0, 0, 7};
  const HuffmanCodeList list = make_huffman_code(one);
  EXPECT_EQ(list.symbols, std::vector<std::uint8_t>{2});
  EXPECT_EQ(list.counts[0], 1);
  expect_readable(list);
}

}  // namespace
}  // namespace glimt::jpeg
