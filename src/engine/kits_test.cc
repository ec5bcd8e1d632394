// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kits.h"

#include <gtest/gtest.h>

namespace glimt {
namespace {

struct Codec {};
struct Row {
  static inline int opened = 0;
  Result<std::unique_ptr<Codec>> (*open)(const Options&) = [](const Options&) {
    ++opened;
    return Result<std::unique_ptr<Codec>>(std::make_unique<Codec>());
  };
};
using TestKits = Kits<Codec, Row>;

TEST(Kits, TheOneWithTheCodecOpenIsFoundAmongOthers) {
  const Row wanted, other;
  const Options options;
  TestKits kits;
  Row::opened = 0;
  {
    TestKits::Lease first(kits), second(kits), third(kits);
    ASSERT_TRUE(second->codec(wanted, options).ok());
    ASSERT_TRUE(third->codec(other, options).ok());
  }
  for (int i = 0; i < 5; ++i) {
    TestKits::Lease one(kits, &wanted), two(kits, &other);
    ASSERT_TRUE(one->codec(wanted, options).ok());
    ASSERT_TRUE(two->codec(other, options).ok());
  }
  EXPECT_EQ(Row::opened, 2);
}

TEST(Kits, WithoutAWishTheLastOneGivenBackComesFirst) {
  const Row row;
  const Options options;
  TestKits kits;
  Row::opened = 0;
  for (int i = 0; i < 5; ++i) {
    TestKits::Lease lease(kits);
    ASSERT_TRUE(lease->codec(row, options).ok());
  }
  EXPECT_EQ(Row::opened, 1);
}

}  // namespace
}  // namespace glimt
