// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/psnr.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace glimt::cli {
namespace {

template <class Sample>
double square_sum(const Image& a, const Image& b) {
  const ImageSpec& spec = a.spec();
  const auto at = [](const Image& image, std::int64_t y, std::int64_t x, std::uint32_t c) {
    const Strides& strides = image.strides();
    Sample sample;
    std::memcpy(&sample, image.data() + y * strides.row + x * strides.pixel + c * strides.channel,
                sizeof sample);
    return static_cast<double>(sample);
  };
  double sum = 0;
  for (std::int64_t y = 0; y < spec.height; ++y) {
    for (std::int64_t x = 0; x < spec.width; ++x) {
      for (std::uint32_t c = 0; c < spec.channels; ++c) {
        const double difference = at(a, y, x, c) - at(b, y, x, c);
        sum += difference * difference;
      }
    }
  }
  return sum;
}

}  // namespace

Result<double> psnr_db(const Image& a, const Image& b) {
  const ImageSpec &first = a.spec(), &second = b.spec();
  if (first.width != second.width || first.height != second.height ||
      first.channels != second.channels || first.type != second.type) {
    return {Code::bad_argument,
            fmt::format("images differ: {} x {} x {} {} and {} x {} x {} {}", first.height,
                        first.width, first.channels, glimt::name_of(first.type), second.height,
                        second.width, second.channels, glimt::name_of(second.type))};
  }
  const bool bytes = first.type == SampleType::u8;
  if (!bytes && first.type != SampleType::u16) {
    return {Code::bad_argument, "PSNR is for uint8 and uint16 images"};
  }
  const double sum = bytes ? square_sum<std::uint8_t>(a, b) : square_sum<std::uint16_t>(a, b);
  if (sum == 0) return std::numeric_limits<double>::infinity();
  const unsigned precision = first.precision != 0 ? first.precision : bytes ? 8 : 16;
  const double peak = std::exp2(precision) - 1;
  const double samples = static_cast<double>(first.width) * static_cast<double>(first.height) *
                         static_cast<double>(first.channels);
  return 10 * std::log10(peak * peak * samples / sum);
}

std::string psnr_text(double db) { return std::isinf(db) ? "exact" : fmt::format("{:.1f}", db); }

}  // namespace glimt::cli
