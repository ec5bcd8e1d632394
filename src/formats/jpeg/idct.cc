// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/idct.h"

#include <algorithm>
#include <array>

namespace glimt::jpeg {
namespace {

// The algorithm of C. Loeffler, A. Ligtenberg and G. Moschytz (ICASSP 1989) with 12 multiplications
// a row, in fixed point. Constants are cosines of the paper, scaled by 2^13.
constexpr int kConstBits = 13;
constexpr std::int64_t k0_298631336 = 2446, k0_390180644 = 3196, k0_541196100 = 4433,
                       k0_765366865 = 6270, k0_899976223 = 7373, k1_175875602 = 9633,
                       k1_501321110 = 12299, k1_847759065 = 15137, k1_961570560 = 16069,
                       k2_053119869 = 16819, k2_562915447 = 20995, k3_072711026 = 25172;

/// One dimension: outputs scaled up by 2^kConstBits. 64 bits, so that no coefficient overflows.
inline void transform(const std::array<std::int64_t, 8>& in, std::array<std::int64_t, 8>& out) {
  // Even part: the four even coefficients.
  const std::int64_t z1 = (in[2] + in[6]) * k0_541196100;
  const std::int64_t even2 = z1 - in[6] * k1_847759065;
  const std::int64_t even3 = z1 + in[2] * k0_765366865;
  const std::int64_t even0 = (in[0] + in[4]) * (1 << kConstBits);
  const std::int64_t even1 = (in[0] - in[4]) * (1 << kConstBits);
  const std::int64_t sum0 = even0 + even3, sum3 = even0 - even3;
  const std::int64_t sum1 = even1 + even2, sum2 = even1 - even2;

  // Odd part.
  const std::int64_t a = in[7] + in[1], b = in[5] + in[3], c = in[7] + in[3], d = in[5] + in[1];
  const std::int64_t z5 = (c + d) * k1_175875602;
  const std::int64_t za = -a * k0_899976223, zb = -b * k2_562915447;
  const std::int64_t zc = z5 - c * k1_961570560, zd = z5 - d * k0_390180644;
  const std::int64_t odd0 = in[7] * k0_298631336 + za + zc;
  const std::int64_t odd1 = in[5] * k2_053119869 + zb + zd;
  const std::int64_t odd2 = in[3] * k3_072711026 + zb + zc;
  const std::int64_t odd3 = in[1] * k1_501321110 + za + zd;

  out = {sum0 + odd3, sum1 + odd2, sum2 + odd1, sum3 + odd0,
         sum3 - odd0, sum2 - odd1, sum1 - odd2, sum0 - odd3};
}

constexpr std::int64_t rounded_shift(std::int64_t value, int bits) {
  return (value + (std::int64_t{1} << (bits - 1))) >> bits;
}

/// Samples of damaged streams wrap at four times their range before they are clamped, as they do in
/// libjpeg, whose clamp is a table of this size.
template <int kBits>
std::uint16_t to_sample(std::int64_t value) {
  constexpr int kUnused = 64 - (kBits + 2);
  constexpr std::int64_t kCenter = 1 << (kBits - 1), kMax = (1 << kBits) - 1;
  const auto wrapped =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << kUnused) >> kUnused;
  return static_cast<std::uint16_t>(std::clamp(wrapped + kCenter, std::int64_t{0}, kMax));
}

template <int kBits>
void transform_block(const std::int16_t* coefficients, const QuantizationTable& steps,
                     std::uint16_t* samples, std::ptrdiff_t stride) {
  // Fraction bits kept between the passes: as many as fit 32-bit products (jidctint.c).
  constexpr int kPass1Bits = kBits == 8 ? 2 : 1;
  std::array<std::array<std::int32_t, 8>, 8> half;
  std::array<std::int64_t, 8> in, out;
  for (std::size_t x = 0; x < 8; ++x) {
    std::uint16_t any = 0;
    for (std::size_t y = 0; y < 8; ++y) {
      in[y] = std::int64_t{coefficients[y * 8 + x]} * steps[y * 8 + x];
      any |= y == 0 ? 0 : static_cast<std::uint16_t>(coefficients[y * 8 + x]);
    }
    if (any == 0) {
      for (auto& row : half) row[x] = static_cast<std::int32_t>(in[0] * (1 << kPass1Bits));
      continue;
    }
    transform(in, out);
    for (std::size_t y = 0; y < 8; ++y) {
      half[y][x] = static_cast<std::int32_t>(rounded_shift(out[y], kConstBits - kPass1Bits));
    }
  }
  for (const auto& row : half) {
    std::copy(row.begin(), row.end(), in.begin());
    transform(in, out);
    for (std::size_t x = 0; x < 8; ++x) {
      samples[x] = to_sample<kBits>(rounded_shift(out[x], kConstBits + kPass1Bits + 3));
    }
    samples += stride;
  }
}

}  // namespace

InverseDct inverse_dct(int precision) {
  return precision == 8 ? transform_block<8> : transform_block<12>;
}

}  // namespace glimt::jpeg
