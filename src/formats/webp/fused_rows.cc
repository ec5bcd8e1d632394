// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// One source, compiled for every instruction set that Highway knows and chosen at run time.
#include "formats/webp/fused_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/webp/fused_rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "pixel/fused_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace glimt::webp {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

FusedRow find_fused_row(ChromaFilter) { return nullptr; }

#else

namespace hn = hwy::HWY_NAMESPACE;
using namespace glimt::HWY_NAMESPACE;

/// RFC 6386 9.2 leaves the matrix to BT.601 with luma of 16 to 235; in the fixed point of libwebp
/// (src/dsp/yuv.h), whose products lose their low 8 bits one by one.
struct Vp8 {
  static constexpr int kOddBias = 8;  // src/dsp/upsampling.c

  static HWY_INLINE VU16 times(VU16 sample, std::uint16_t factor) {
    return hn::MulHigh(hn::ShiftLeft<8>(sample), hn::Set(DU16(), factor));
  }
  static HWY_INLINE V16 plus(VU16 v, int addend) {
    const D16 d;
    return hn::Add(hn::BitCast(d, v), hn::Set(d, static_cast<std::int16_t>(addend)));
  }
  static HWY_INLINE Rgb to_rgb(VU16 luma, VU16 u, VU16 v) {
    const D16 d;
    const VU16 y = times(luma, 19077);
    const VU16 green_parts = hn::Add(times(u, 6419), times(v, 13320));
    // Blue leaves the range of int16_t on its way.
    const VU16 blue =
        hn::SaturatedSub(hn::SaturatedAdd(times(u, 33050), y), hn::Set(DU16(), 17685));
    return {hn::ShiftRight<6>(plus(hn::Add(y, times(v, 26149)), -14234)),
            hn::ShiftRight<6>(plus(hn::Sub(y, green_parts), 8708)),
            hn::BitCast(d, hn::ShiftRight<6>(blue))};
  }
};

FusedRow find_fused_row(ChromaFilter filter) {
  return filter == ChromaFilter::bilinear
             ? glimt::HWY_NAMESPACE::fused_row<Vp8, ChromaFilter::bilinear>
             : glimt::HWY_NAMESPACE::fused_row<Vp8, ChromaFilter::replicate>;
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt::webp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::webp {

HWY_EXPORT(find_fused_row);

FusedRow fused_row(ChromaFilter filter) { return HWY_DYNAMIC_DISPATCH(find_fused_row)(filter); }

}  // namespace glimt::webp
#endif
