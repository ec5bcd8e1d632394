// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a machine without a GPU sees; tests/gpu/pixel_test.cc has the rest.
#include "pixel/device.h"

#include <gtest/gtest.h>

namespace glimt {
namespace {

TEST(DevicePixels, WithoutAGpuThereIsNoStaging) {
  if (gpu::device_count().ok()) GTEST_SKIP() << "there is a GPU";
  const auto staging = DeviceStaging::make(0);
  ASSERT_FALSE(staging.ok());
  EXPECT_EQ(staging.status().code(), Code::device);
}

}  // namespace
}  // namespace glimt
