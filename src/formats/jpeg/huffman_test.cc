// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/huffman.h"

#include <gtest/gtest.h>

#include <vector>

namespace glimt::jpeg {
namespace {

struct Dht {
  std::vector<std::uint8_t> counts = std::vector<std::uint8_t>(16);
  std::vector<std::uint8_t> symbols;
};

Status make(const Dht& dht, HuffmanClass table_class, HuffmanTable& table) {
  return HuffmanTable::make(dht.counts, dht.symbols, table_class, table);
}

/// One code of each length, and one of 16 bits more: 0, 10, 110 ... 1111111111111111.
Dht one_of_each_length() {
  Dht dht;
  dht.counts.assign(16, 1);
  dht.counts[15] = 2;
  for (std::uint8_t i = 0; i < 17; ++i) dht.symbols.push_back(i);
  return dht;
}

TEST(BitReader, GivesBitsInOrderAndZerosPastTheEnd) {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 30U}) {
    std::vector<std::uint8_t> data;
    for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>(0x5B + 37 * i));
    BitReader bits(data);
    const auto bit_at = [&](std::size_t i) {
      return i < 8 * size ? data[i / 8] >> (7 - i % 8) & 1U : 0U;
    };
    std::size_t at = 0;
    for (unsigned count = 1; at < 8 * size + 40; count = count % 16 + 1) {
      bits.refill();
      std::uint32_t want = 0;
      for (unsigned i = 0; i < count; ++i) want = want << 1 | bit_at(at++);
      ASSERT_EQ(bits.take(count), want) << at;
      ASSERT_EQ(bits.overrun(), at > 8 * size) << at << " of " << 8 * size;
    }
  }
}

TEST(Huffman, FindsCodesOfAllLengthsAndTheValueBehind) {
  HuffmanTable table;
  ASSERT_TRUE(make(one_of_each_length(), HuffmanClass::dc, table).ok());
  EXPECT_TRUE(table.defined());
  for (unsigned size = 0; size < 16; ++size) {
    const unsigned length = size + 1;
    const std::uint64_t code = (std::uint64_t{1} << length) - 2;
    for (const int value : {0, 1, -1, (1 << size) - 1, 1 - (1 << size)}) {
      const int magnitude = value < 0 ? -value : value;
      if (size == 0 ? value != 0 : magnitude >> (size - 1) != 1) continue;
      const auto sent = static_cast<std::uint64_t>(value < 0 ? value + (1 << size) - 1 : value);
      const std::uint64_t bits = (code << size | sent) << (64 - length - size);
      const HuffmanCode found = table.find(bits);
      EXPECT_EQ(found.code_bits(), length);
      EXPECT_EQ(found.total_bits(), length + size);
      EXPECT_EQ(found.value(bits), value);
      EXPECT_FALSE(found.is(HuffmanCode::kSpecial));
    }
  }
  const HuffmanCode last = table.find(~std::uint64_t{0});
  EXPECT_TRUE(last.is(HuffmanCode::kHalfRange));
  EXPECT_EQ(last.total_bits(), 16U);
  EXPECT_TRUE(table.lossless_only());
}

TEST(Huffman, AcCodesHaveRuns) {
  Dht dht;
  dht.counts[1] = 3;
  dht.symbols = {0x00, 0xF0, 0x53};
  HuffmanTable table;
  ASSERT_TRUE(make(dht, HuffmanClass::ac, table).ok());
  const HuffmanCode end = table.find(0), zeros = table.find(std::uint64_t{1} << 62);
  EXPECT_TRUE(end.is(HuffmanCode::kNoValue));
  EXPECT_EQ(end.run(), 0U);
  EXPECT_TRUE(zeros.is(HuffmanCode::kNoValue));
  EXPECT_EQ(zeros.run(), 15U);
  const std::uint64_t bits = std::uint64_t{0b10110} << 59;
  const HuffmanCode coded = table.find(bits);
  EXPECT_FALSE(coded.is(HuffmanCode::kSpecial));
  EXPECT_EQ(coded.run(), 5U);
  EXPECT_EQ(coded.value(bits), 6);
  EXPECT_TRUE(table.find(std::uint64_t{3} << 62).is(HuffmanCode::kInvalid));
}

TEST(Huffman, RefusesTablesThatAreNone) {
  HuffmanTable table;
  Dht crowded;
  crowded.counts[0] = 3;
  crowded.symbols = {0, 1, 2};
  EXPECT_EQ(make(crowded, HuffmanClass::dc, table).code(), Code::corrupt);
  Dht large = one_of_each_length();
  large.symbols[4] = 17;
  EXPECT_EQ(make(large, HuffmanClass::dc, table).code(), Code::corrupt);
  EXPECT_FALSE(table.defined());
  EXPECT_TRUE(make(large, HuffmanClass::ac, table).ok());
  EXPECT_TRUE(make({}, HuffmanClass::ac, table).ok());  // a table without codes
  EXPECT_TRUE(table.find(0).is(HuffmanCode::kInvalid));
  EXPECT_TRUE(table.find(~std::uint64_t{0}).is(HuffmanCode::kInvalid));
}

}  // namespace
}  // namespace glimt::jpeg
