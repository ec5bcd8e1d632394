// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/limits.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace glimt {
namespace {

/// A variable for as long as the object lives.
class Setting {
 public:
  Setting(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Setting() { ::unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

Limits limits(std::string_view options, const CodecConfig& config = {}) {
  return limits_of(config, Options::parse(options));
}

TEST(Limits, EnvironmentReplacesDefaultsOnly) {
  const Setting peer("NVIMGCODEC_MAX_IMAGE_SIZE", "1000");
  EXPECT_EQ(limits("").max_image_bytes, 1000U);
  const Setting ours("GLIMT_MAX_IMAGE_SIZE", "2000");
  EXPECT_EQ(limits("").max_image_bytes, 2000U);
  CodecConfig config;
  config.limits.max_image_bytes = 7;
  EXPECT_EQ(limits("", config).max_image_bytes, 7U);
  const Setting scans("NVIMGCODEC_MAX_JPEG_SCANS", "9");
  EXPECT_EQ(limits("").max_scans, 9U);
}

TEST(Limits, OptionsStandAboveAll) {
  const Setting ours("GLIMT_MAX_IMAGE_SIZE", "2000");
  EXPECT_EQ(limits(":max_image_bytes=3000").max_image_bytes, 3000U);
  EXPECT_EQ(limits("glimt:max_pixels=12").max_pixels, 12U);
  EXPECT_EQ(limits("other:max_pixels=12").max_pixels, Limits().max_pixels);
  EXPECT_EQ(limits(":max_scans=99999999999").max_scans, 0xffffffffU);
}

TEST(Limits, WhatIsNoNumberChangesNothing) {
  for (const char* text : {"x", "-1", "1k", "0x10", " 5", "99999999999999999999999"}) {
    const Setting ours("GLIMT_MAX_IMAGE_SIZE", text);
    EXPECT_EQ(limits("").max_image_bytes, Limits().max_image_bytes) << text;
  }
}

TEST(Limits, ListsOfCpus) {
  EXPECT_EQ(cpu_list("3"), std::vector<int>({3}));
  EXPECT_EQ(cpu_list("0,2-4,1"), std::vector<int>({0, 2, 3, 4, 1}));
  for (const char* text : {"", "a", "1,,2", "3-1", "-1", "1-", "99999", "1;2"}) {
    EXPECT_FALSE(cpu_list(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace glimt
