// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/psnr.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

namespace glimt::cli {
namespace {

Image flat(SampleType type, unsigned precision, unsigned value) {
  ImageSpec spec;
  spec.width = 5;
  spec.height = 3;
  spec.channels = 2;
  spec.type = type;
  spec.precision = static_cast<std::uint8_t>(precision);
  Image image = Image::make(spec).value();
  for (std::size_t i = 0; i < 30; ++i) {
    const auto word = static_cast<std::uint16_t>(value);
    std::memcpy(image.data() + i * sample_bytes(type), &word, sample_bytes(type));
  }
  return image;
}

TEST(Psnr, EqualImagesAreExact) {
  const double db = psnr_db(flat(SampleType::u8, 8, 77), flat(SampleType::u8, 8, 77)).value();
  EXPECT_TRUE(std::isinf(db));
  EXPECT_EQ(psnr_text(db), "exact");
}

TEST(Psnr, IsTwentyLogOfPeakOverDifference) {
  const double db8 = psnr_db(flat(SampleType::u8, 8, 10), flat(SampleType::u8, 8, 15)).value();
  EXPECT_NEAR(db8, 20 * std::log10(255.0 / 5), 1e-9);
  const double db12 =
      psnr_db(flat(SampleType::u16, 12, 300), flat(SampleType::u16, 12, 310)).value();
  EXPECT_NEAR(db12, 20 * std::log10(4095.0 / 10), 1e-9);
  EXPECT_EQ(psnr_text(34.16), "34.2");
}

TEST(Psnr, ImagesOfOtherShapeAreRefused) {
  const Result<double> psnr = psnr_db(flat(SampleType::u8, 8, 1), flat(SampleType::u16, 16, 1));
  EXPECT_EQ(psnr.status().code(), Code::bad_argument);
  EXPECT_NE(psnr.status().message().find("uint16"), std::string::npos);
}

}  // namespace
}  // namespace glimt::cli
