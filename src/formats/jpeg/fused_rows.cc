// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// One source, compiled for every instruction set that Highway knows and chosen at run time.
#include "formats/jpeg/fused_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/jpeg/fused_rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "pixel/fused_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace glimt::jpeg {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

FusedRow find_fused_row(ChromaFilter) { return nullptr; }

#else

namespace hn = hwy::HWY_NAMESPACE;
using namespace glimt::HWY_NAMESPACE;

// JFIF 1.02 in 16-bit fixed point as jdcolor.c has it; factors above 1/2 are split into whole parts
// and a rest, so that products stay in 16 bits:
//   R = Y + Cr + 0.40200 Cr    G = Y - Cr - 0.34414 Cb + 0.28586 Cr    B = Y + 2 Cb - 0.22800 Cb
// Of 15 bits, 13175 rounds 0.40200 Cr as 26345 of 16 bits does for every Cr; -7471 is -14942 / 2.
constexpr std::int16_t kRed15 = 13175, kBlue15 = -7471;
constexpr std::int16_t kGreenCb16 = -22554, kGreenCr16 = 18734;

/// round((-0.34414 Cb + 0.28586 Cr) / 2^16): the sum is rounded, not its terms.
HWY_INLINE V16 green_rest(V16 cb, V16 cr) {
  const D16 d;
  const D32 d32;
  const DU32 du32;
  const V16 factors = hn::OddEven(hn::Set(d, kGreenCr16), hn::Set(d, kGreenCb16));
  const auto half = hn::Set(d32, 1 << 15);
  // Pairs (Cb, Cr) of the even lanes, then those of the odd ones.
  const V16 even = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<16>(hn::BitCast(du32, cr))), cb);
  const V16 odd = hn::OddEven(cr, hn::BitCast(d, hn::ShiftRight<16>(hn::BitCast(du32, cb))));
  const auto sum = [&](V16 pairs) HWY_ATTR {
    auto rest = hn::Zero(d32);
    const auto first = hn::ReorderWidenMulAccumulate(d32, pairs, factors, half, rest);
    return hn::RearrangeToOddPlusEven(first, rest);
  };
  const auto low = hn::BitCast(d, hn::ShiftRight<16>(sum(even)));
  return hn::OddEven(hn::BitCast(d, sum(odd)), low);
}

struct Jfif {
  static constexpr int kOddBias = 7;  // jdsample.c
  static HWY_INLINE Rgb to_rgb(VU16 luma, VU16 cb_sample, VU16 cr_sample) {
    const D16 d;
    const V16 center = hn::Set(d, 128);
    const V16 y = hn::BitCast(d, luma);
    const V16 cb = hn::Sub(hn::BitCast(d, cb_sample), center);
    const V16 cr = hn::Sub(hn::BitCast(d, cr_sample), center);
    const V16 red = hn::MulFixedPoint15(cr, hn::Set(d, kRed15));
    const V16 blue = hn::MulFixedPoint15(cb, hn::Set(d, kBlue15));
    return {hn::Add(y, hn::Add(cr, red)), hn::Add(y, hn::Sub(green_rest(cb, cr), cr)),
            hn::Add(y, hn::Add(hn::Add(cb, cb), blue))};
  }
};

FusedRow find_fused_row(ChromaFilter filter) {
  // Rows in the order of ChromaFilter.
  constexpr FusedRow rows[] = {glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::none>,
                               glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::replicate>,
                               glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::linear>,
                               glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::bilinear>,
                               glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::above>,
                               glimt::HWY_NAMESPACE::fused_row<Jfif, ChromaFilter::below>};
  return rows[static_cast<std::size_t>(filter)];
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt::jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::jpeg {

HWY_EXPORT(find_fused_row);

FusedRow fused_row(ChromaFilter filter) { return HWY_DYNAMIC_DISPATCH(find_fused_row)(filter); }

}  // namespace glimt::jpeg
#endif
