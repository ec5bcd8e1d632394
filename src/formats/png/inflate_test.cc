// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/inflate.h"

#include <gtest/gtest.h>

#include <string>

#include "formats/png/fixtures_for_test.h"

namespace glimt::png {
namespace {

std::vector<std::uint8_t> wavy(std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    raw[i] = static_cast<std::uint8_t>((i * i / 700) ^ (i % 97 < 30 ? 0 : i));
  }
  return raw;
}

struct Made {
  std::vector<std::uint8_t> bytes;
  Status defect;
};

Made inflated(std::size_t isal_limit, Bytes file, std::size_t wanted, bool to_end) {
  const auto inflater = Inflater::make(isal_limit);
  EXPECT_TRUE(inflater.ok());
  Arena arena;
  std::vector<std::uint8_t> out(wanted + Inflater::kSlack);
  const Inflated made = inflater->inflate(file, 8, wanted, to_end, out, arena);
  out.resize(made.bytes);
  return {std::move(out), made.defect};
}

/// ISA-L and libdeflate, to which images beyond 4 GiB go, are one inflater to the outside.
class InflaterTest : public ::testing::TestWithParam<int> {};

TEST_P(InflaterTest, BothLibrariesGiveTheSameBytes) {
  const auto raw = wavy(300000);
  const auto file = Builder().chunk("IDAT", deflated(raw, GetParam())).chunk("IEND", {}).file;
  for (const std::size_t wanted : {std::size_t{1}, std::size_t{1000}, std::size_t{65536},
                                   std::size_t{123456}, std::size_t{299999}, raw.size()}) {
    for (const std::size_t limit : {std::size_t{0}, Inflater::kIsalLimit}) {
      const Made result = inflated(limit, file, wanted, wanted == raw.size());
      EXPECT_TRUE(result.defect.ok()) << result.defect.text();
      EXPECT_EQ(result.bytes, std::vector<std::uint8_t>(
                                  raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(wanted)))
          << wanted;
    }
  }
}

TEST_P(InflaterTest, BothLibrariesJudgeDamageAlike) {
  const auto raw = wavy(3000);
  const auto stream = deflated(raw, GetParam());
  for (std::size_t bit = 0; bit < stream.size() * 8; bit += 7) {
    auto damaged = stream;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto file = Builder().chunk("IDAT", damaged).chunk("IEND", {}).file;
    const Made one = inflated(0, file, raw.size(), true),
               other = inflated(Inflater::kIsalLimit, file, raw.size(), true);
    EXPECT_EQ(one.defect.text(), other.defect.text()) << "bit " << bit;
    EXPECT_EQ(one.bytes, other.bytes) << "bit " << bit;
  }
}

INSTANTIATE_TEST_SUITE_P(Level, InflaterTest, ::testing::Values(0, 1, 6, 9));

}  // namespace
}  // namespace glimt::png
