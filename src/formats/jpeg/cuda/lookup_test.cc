// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of the GPU's look-up tables against the CPU decoder's Huffman tables.
#include "formats/jpeg/cuda/lookup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "formats/jpeg/huffman.h"

namespace glimt::jpeg::cuda {
namespace {

struct Code {
  std::vector<std::uint8_t> counts, symbols;
};

/// T.81 table K.5 cut short: codes of 2 to 16 bits.
Code random_code(std::mt19937& random, bool dc) {
  std::vector<std::uint8_t> all(dc ? 12 : 256);
  std::iota(all.begin(), all.end(), std::uint8_t{0});
  if (!dc)
    std::erase_if(all, [](std::uint8_t s) {
      return (s & 15) > 10 || (s > 0x0F && (s & 15) == 0 && s != 0xF0);
    });
  std::shuffle(all.begin(), all.end(), random);
  Code code{std::vector<std::uint8_t>(16), {}};
  std::uint32_t left = 1;  // free codes of the length
  for (std::size_t length = 1; length <= 16 && code.symbols.size() < all.size(); ++length) {
    left *= 2;
    const std::uint32_t most = length == 16 ? left - 1 : left / 2;  // none is all ones
    const auto wanted = static_cast<std::uint32_t>(all.size() - code.symbols.size());
    const std::uint32_t count = std::min({most, wanted, std::uint32_t{length < 5 ? 1U : 60U}});
    code.counts[length - 1] = static_cast<std::uint8_t>(count);
    for (std::uint32_t i = 0; i < count; ++i) code.symbols.push_back(all[code.symbols.size()]);
    left -= count;
  }
  return code;
}

std::uint32_t field(std::uint32_t entry, unsigned shift, std::uint32_t mask) {
  return entry >> shift & mask;
}

TEST(GpuLookup, FirstCodesAreThoseOfTheCpu) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    const bool dc = round % 2 == 0;
    const CodeKind kind = dc ? CodeKind::dc : CodeKind::ac;
    const Code code = random_code(random, dc);
    HuffmanTable table;
    ASSERT_TRUE(HuffmanTable::make(code.counts, code.symbols,
                                   dc ? HuffmanClass::dc : HuffmanClass::ac, table)
                    .ok());
    CodeBook book;
    book.build(code.counts.data());
    std::vector<std::uint8_t> symbols(256);
    std::copy(code.symbols.begin(), code.symbols.end(), symbols.begin());
    for (std::uint32_t prefix = 0; prefix < 65536; prefix += 3) {
      std::uint32_t entry = lookup_entry(book, symbols.data(), kind, LookupUse::write, prefix >> 6);
      if (entry == 0) entry = escape_entry(book, symbols.data(), kind, prefix);
      const HuffmanCode want = table.find(std::uint64_t{prefix} << 48);
      if (want.is(HuffmanCode::kInvalid)) {
        ASSERT_EQ(entry, kInvalidEntry);
        continue;
      }
      const auto found = book.find(prefix << 16, 16, symbols.data());
      ASSERT_EQ(entry >> kEntryCodeShift, static_cast<std::uint32_t>(found.length));
      ASSERT_EQ(field(entry, kEntryFirstShift, kEntryBits), found.length + (found.symbol & 15U));
    }
  }
}

TEST(GpuLookup, GroupsAreTheCodesOneAfterTheOther) {
  std::mt19937 random(6);
  const Code code = random_code(random, false);
  CodeBook book;
  book.build(code.counts.data());
  std::vector<std::uint8_t> symbols(256);
  std::copy(code.symbols.begin(), code.symbols.end(), symbols.begin());
  int grouped = 0;
  for (std::uint32_t prefix = 0; prefix < kLookupSize; ++prefix) {
    const std::uint32_t entry =
        lookup_entry(book, symbols.data(), CodeKind::ac, LookupUse::synchronise, prefix);
    if (entry == 0) continue;
    // The same by single steps, as far as the group goes.
    CodeStep sum;
    const std::uint32_t bits = prefix << (32 - kLookupBits);
    while (sum.bits < field(entry, 0, kEntryBits)) {
      const auto found = book.find(bits << sum.bits, 16, symbols.data());
      ASSERT_NE(found.length, 0);
      const CodeStep step = step_of(CodeKind::ac, found);
      ASSERT_FALSE(sum.ends);
      sum = {sum.bits + step.bits, sum.advance + step.advance, step.ends, false};
    }
    ASSERT_EQ(sum.bits, field(entry, 0, kEntryBits));
    ASSERT_EQ(sum.advance, field(entry, kEntryAdvanceShift, kEntryAdvance));
    ASSERT_EQ(sum.ends, (entry & kEntryEnd) != 0);
    grouped += field(entry, 0, kEntryBits) != field(entry, kEntryFirstShift, kEntryBits) ? 1 : 0;
  }
  EXPECT_GT(grouped, 0);
}

TEST(GpuLookup, RunsOfEndedBlocksStandAlone) {
  // Symbols by length of their codes: 1 bit 0x01, 2 bits EOB0, 3 bits EOB4, 12 bits EOB14.
  std::vector<std::uint8_t> counts(16), symbols(256);
  counts[0] = counts[1] = counts[2] = counts[11] = 1;
  symbols = {0x01, 0x00, 0x40, 0xE0};
  symbols.resize(256);
  CodeBook book;
  book.build(counts.data());
  const auto entry_of = [&](std::uint32_t prefix) {
    const std::uint32_t entry =
        lookup_entry(book, symbols.data(), CodeKind::band, LookupUse::synchronise, prefix >> 6);
    return entry != 0 ? entry : escape_entry(book, symbols.data(), CodeKind::band, prefix);
  };
  const std::uint32_t four = entry_of(0xC000);  // 110
  EXPECT_NE(four & kEntryRun, 0U);
  EXPECT_NE(four & kEntryEnd, 0U);
  EXPECT_EQ(field(four, 0, kEntryBits), 3U + 4);
  EXPECT_EQ(field(four, kEntryCodeShift, 31), 3U);
  const std::uint32_t fourteen = entry_of(0xE000);  // 1110 0000 0000
  EXPECT_NE(fourteen & kEntryRun, 0U);
  EXPECT_EQ(field(fourteen, 0, kEntryBits), 12U + 14);
  // A coefficient and EOB0 go together, a coefficient and EOB4 do not.
  const std::uint32_t with_end = entry_of(0x2000);  // 0 0 10
  EXPECT_EQ(field(with_end, 0, kEntryBits), 4U);
  EXPECT_EQ(with_end & (kEntryEnd | kEntryRun), kEntryEnd);
  const std::uint32_t before_run = entry_of(0x3000);  // 0 0 110
  EXPECT_EQ(field(before_run, 0, kEntryBits), 2U);
  EXPECT_EQ(before_run & (kEntryEnd | kEntryRun), 0U);
}

TEST(GpuLookup, EscapesCoverEveryLongCode) {
  std::mt19937 random(7);
  for (int round = 0; round < 10; ++round) {
    const Code code = random_code(random, false);
    CodeBook book;
    book.build(code.counts.data());
    std::vector<std::uint8_t> symbols(256);
    std::copy(code.symbols.begin(), code.symbols.end(), symbols.begin());
    for (std::uint32_t prefix = 0; prefix < 65536; ++prefix) {
      const bool is_long = book.find(prefix << 16, 16, symbols.data()).length > int{kLookupBits};
      const bool covered =
          prefix >= book.escape_base() && prefix < book.escape_base() + book.escape_count();
      ASSERT_LE(is_long, covered);
    }
  }
}

}  // namespace
}  // namespace glimt::jpeg::cuda
