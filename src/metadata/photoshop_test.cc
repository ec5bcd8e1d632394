// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/photoshop.h"

#include <gtest/gtest.h>

#include <string>

namespace glimt {
namespace {

using namespace std::string_literals;

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// A resolution, a named resource of odd size with its pad, and the record.
const std::string kBefore =
    "8BIM\x03\xED\0\0\0\0\0\x02xy"s + "8BIM\x04\x0C\x03" + "abc\0\0\0\x03xyz\0"s;
const std::string kRecord = "8BIM\x04\x04\0\0\0\0\0\x05\x1C\x02\x05\0\0"s;

TEST(Photoshop, TheRecordIsFoundBehindOtherResources) {
  EXPECT_EQ(text_of(find_iptc(bytes_of(kRecord))), "\x1C\x02\x05\0\0"s);
  EXPECT_EQ(text_of(find_iptc(bytes_of(kBefore + kRecord))), "\x1C\x02\x05\0\0"s);
  EXPECT_TRUE(find_iptc(bytes_of(kBefore)).empty());
}

TEST(Photoshop, EveryPrefixIsSafe) {
  const std::string all = kBefore + kRecord;
  for (std::size_t size = 0; size < all.size(); ++size) {
    EXPECT_TRUE(find_iptc(bytes_of(all.substr(0, size))).empty()) << size;
  }
}

TEST(Photoshop, WhatIsWrittenIsFound) {
  for (const std::string& record : {"x"s, "xy"s, std::string(1001, 'r')}) {
    const auto resources = resources_of_iptc(bytes_of(record));
    EXPECT_EQ(resources.size() % 2, 0U);
    EXPECT_EQ(text_of(find_iptc(resources)), record);
  }
}

}  // namespace
}  // namespace glimt
