// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory of dropped images: handed out again when all streams that used it have passed.
#include "gpu/image_memory.h"

#include <gtest/gtest.h>

namespace glimt::gpu {
namespace {

constexpr std::size_t kBytes = std::size_t{1} << 20;

class GpuImageMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto count = device_count();
    if (!count.ok()) GTEST_SKIP() << count.status().text();
    first_ = Stream::make().value();
    second_ = Stream::make().value();
  }
  /// Marks a stream's point and waits until it is passed.
  static void pass(const Stream& stream) {
    renew_image_memory(0, stream.get());
    synchronize(stream.get()).check();
    renew_image_memory(0, stream.get());
  }

  Stream first_, second_;
};

TEST_F(GpuImageMemory, EveryStreamThatJoinedIsWaitedFor) {
  const std::size_t before = waiting_image_bytes();
  auto memory = ImageMemory::take(0, kBytes, first_.get()).value();
  const std::size_t bytes = memory->size();  // the pool may give more than was asked for
  memory->join(second_.get());
  memory.reset();
  EXPECT_EQ(waiting_image_bytes(), before + bytes);
  pass(first_);
  EXPECT_EQ(waiting_image_bytes(), before + bytes);
  pass(second_);
  EXPECT_EQ(waiting_image_bytes(), before);
}

TEST_F(GpuImageMemory, ManyShortLivedImagesTakeNoMoreThanAFew) {
  const auto allocations = pool_counts(MemoryKind::device).allocations;
  for (int i = 0; i < 1000; ++i) {
    ImageMemory::take(0, kBytes, first_.get()).value()->used_on(second_.get());
    pass(first_);
    pass(second_);
  }
  EXPECT_LE(pool_counts(MemoryKind::device).allocations - allocations, 4U);
}

}  // namespace
}  // namespace glimt::gpu
