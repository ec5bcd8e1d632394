// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/page_pool.h"
#include "base/rect.h"
#include "base/result.h"

namespace glimt {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Status(Code::bad_argument, "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  GLIMT_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryPassesFailuresUp) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).status().code(), Code::bad_argument);
  EXPECT_EQ(quarter(6).status().text(), "bad_argument: odd");
  EXPECT_THROW((void)quarter(5).value(), Error);
}

TEST(Checked, OverflowIsAnAnswer) {
  EXPECT_EQ(checked_size(3U, 5, std::size_t{7}), 105U);
  EXPECT_FALSE(checked_size(std::uint64_t{1} << 33, std::uint64_t{1} << 33).has_value());
  EXPECT_FALSE(checked_add<std::uint8_t>(200, 100).has_value());
}

TEST(ByteReader, StopsAtTheEndAndRemembers) {
  const std::uint8_t data[] = {1, 2, 3, 4, 5};
  ByteReader reader(data);
  EXPECT_EQ(reader.be<std::uint16_t>(), 0x0102);
  EXPECT_EQ(reader.le<std::uint16_t>(), 0x0403);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.be<std::uint32_t>(), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(Rect, Intersects) {
  EXPECT_EQ(intersect({0, 0, 10, 10}, {-5, 3, 4, 20}), (Rect{0, 3, 4, 10}));
  EXPECT_TRUE(intersect({0, 0, 2, 2}, {5, 5, 6, 6}).empty());
}

TEST(PagePool, BlocksAreAlignedAndComeBackWarm) {
  std::uint8_t* first = nullptr;
  {
    const PageBlock block = allocate_pages(36'000'000);
    ASSERT_TRUE(block);
    first = block.data();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % (2 << 20), 0U);
    std::memset(block.data(), 1, block.size());
  }
  rusage before{}, after{};
  getrusage(RUSAGE_THREAD, &before);
  for (int i = 0; i < 20; ++i) {
    const PageBlock block = allocate_pages(36'000'000 - i * 1000);
    EXPECT_EQ(block.data(), first);
    std::memset(block.data(), i, 36'000'000 - 20'000);
  }
  getrusage(RUSAGE_THREAD, &after);
  EXPECT_LT(after.ru_minflt - before.ru_minflt, 50);
}

TEST(PagePool, KeepsNoMoreThanItsLimit) {
  set_page_pool_limit(8 << 20);
  {
    std::vector<PageBlock> blocks;
    for (int i = 0; i < 10; ++i) blocks.push_back(allocate_pages(3 << 20));
  }
  EXPECT_LE(page_pool_stats().kept_bytes, std::size_t{8} << 20);
  set_page_pool_limit(0);
}

TEST(PagePool, RefusesWhatCannotBeHad) {
  EXPECT_FALSE(allocate_pages(SIZE_MAX));
  EXPECT_FALSE(allocate_pages(SIZE_MAX / 4));
}

TEST(PagePool, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        const PageBlock block = allocate_pages(static_cast<std::size_t>(1000 + 997 * i));
        block.data()[0] = static_cast<std::uint8_t>(t);
        block.data()[block.size() - 1] = static_cast<std::uint8_t>(t);
        ASSERT_EQ(block.data()[0], t);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Arena, PiecesAreAlignedAndMarksNest) {
  Arena arena;
  const auto a = arena.take<std::uint8_t>(10);
  const auto mark = arena.mark();
  const auto b = arena.take<double>(100);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data()) % 64, 0U);
  arena.release(mark);
  const auto c = arena.take<double>(100);
  EXPECT_EQ(b.data(), c.data());
  const auto big = arena.take<std::uint8_t>(5'000'000);
  ASSERT_EQ(big.size(), 5'000'000U);
  EXPECT_TRUE(arena.take<std::uint64_t>(SIZE_MAX / 4).empty());
  arena.restart();
  EXPECT_EQ(arena.take<std::uint8_t>(5'000'000).size(), 5'000'000U);
}

}  // namespace
}  // namespace glimt
