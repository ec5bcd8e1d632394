// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a machine without a GPU sees; tests/gpu has those that need one.
#include <gtest/gtest.h>

#include "gpu/memory.h"
#include "gpu/stream.h"

namespace glimt::gpu {
namespace {

TEST(Gpu, AMissingGpuIsAnErrorThatSaysWhatToDo) {
  const auto count = device_count();
  if (count.ok()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(count.status().code(), Code::device);
  const std::string text = count.status().message();
  EXPECT_TRUE(text.find("driver") != std::string::npos || text.find("GPU") != std::string::npos)
      << text;
}

TEST(Gpu, NothingCanBeHadFromAMissingGpu) {
  if (device_count().ok()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(take_block(MemoryKind::device, 0, 1000).status().code(), Code::device);
  EXPECT_EQ(take_block(MemoryKind::pinned, 0, 1000).status().code(), Code::device);
  EXPECT_EQ(Stream::make().status().code(), Code::device);
  EXPECT_EQ(Event::make().status().code(), Code::device);
  EXPECT_EQ(describe(0).status().code(), Code::device);
  EXPECT_EQ(pool_counts(MemoryKind::device).allocations, 0U);
  trim_pools();
}

}  // namespace
}  // namespace glimt::gpu
