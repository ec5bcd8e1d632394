// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

TEST(Text, BytesInDecimalUnitsWithThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.00 kB");
  EXPECT_EQ(bytes_text(23'449), "23.4 kB");
  EXPECT_EQ(bytes_text(999'400), "999 kB");
  EXPECT_EQ(bytes_text(999'600), "1.00 MB");
  EXPECT_EQ(bytes_text(5'000'000'000), "5.00 GB");
}

TEST(Text, NumbersWithThreeDigits) {
  EXPECT_EQ(number_text(0.4213), "0.42");
  EXPECT_EQ(number_text(9.996), "10.0");
  EXPECT_EQ(number_text(99.96), "100");
  EXPECT_EQ(number_text(1234.5), "1234");
}

TEST(Text, SamplesNameThePrecisionWhereItIsLess) {
  EXPECT_EQ(samples_text(SampleType::u8, 8, 3), "uint8 x 3");
  EXPECT_EQ(samples_text(SampleType::u8, 0, 3), "uint8 x 3");
  EXPECT_EQ(samples_text(SampleType::u16, 12, 1), "uint16/12 x 1");
}

}  // namespace
}  // namespace glimt::cli
