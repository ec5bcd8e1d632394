// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// Vectors of each channel of interleaved pixels, one to four channels, for one instruction set: a
// file that foreach_target.h compiles again and again includes it in each round, after highway.h.
#if defined(GLIMT_PIXEL_CHANNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GLIMT_PIXEL_CHANNELS_INL_H_
#undef GLIMT_PIXEL_CHANNELS_INL_H_
#else
#define GLIMT_PIXEL_CHANNELS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <int Channels, class D, class T, class V>
HWY_INLINE void load_channels(D d, const T* from, V (&v)[4]) {
  if constexpr (Channels == 1) v[0] = hn::LoadU(d, from);
  if constexpr (Channels == 2) hn::LoadInterleaved2(d, from, v[0], v[1]);
  if constexpr (Channels == 3) hn::LoadInterleaved3(d, from, v[0], v[1], v[2]);
  if constexpr (Channels == 4) hn::LoadInterleaved4(d, from, v[0], v[1], v[2], v[3]);
}

template <int Channels, class D, class T, class V>
HWY_INLINE void store_channels(D d, T* to, const V (&v)[4]) {
  if constexpr (Channels == 1) hn::StoreU(v[0], d, to);
  if constexpr (Channels == 2) hn::StoreInterleaved2(v[0], v[1], d, to);
  if constexpr (Channels == 3) hn::StoreInterleaved3(v[0], v[1], v[2], d, to);
  if constexpr (Channels == 4) hn::StoreInterleaved4(v[0], v[1], v[2], v[3], d, to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt
HWY_AFTER_NAMESPACE();
#endif
