// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// The kernel behind fused_row.h for one instruction set: a file that foreach_target.h compiles
// again and again includes it in each round, after highway.h, where Highway has vectors.
#if defined(GLIMT_PIXEL_FUSED_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GLIMT_PIXEL_FUSED_ROW_INL_H_
#undef GLIMT_PIXEL_FUSED_ROW_INL_H_
#else
#define GLIMT_PIXEL_FUSED_ROW_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "pixel/fused_row.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;

// Pixels whose column sums lie in L1; a multiple of every vector.
constexpr std::size_t kRunPixels = 512;

#if HWY_TARGET == HWY_AVX3_DL
/// Where the bytes of three vectors of pixels come from: `of_two` in the first and second channel's
/// vector, `of_third` and `is_third` in the third's.
struct Interleave {
  alignas(64) std::uint8_t of_two[3][64] = {}, of_third[3][64] = {};
  std::uint64_t is_third[3] = {};
};
constexpr Interleave kInterleave = [] {
  Interleave table;
  for (int i = 0; i < 3 * 64; ++i) {
    const int pixel = i / 3, channel = i % 3;
    const int packed = pixel / 16 * 16 + pixel % 2 * 8 + pixel % 16 / 2;
    table.of_two[i / 64][i % 64] = static_cast<std::uint8_t>(packed + (channel == 1 ? 64 : 0));
    table.of_third[i / 64][i % 64] = static_cast<std::uint8_t>(packed);
    if (channel == 2) table.is_third[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  return table;
}();
#endif

using D8 = hn::ScalableTag<std::uint8_t>;
using DHalf = hn::Half<D8>;
using DU16 = hn::RepartitionToWide<D8>;
using D16 = hn::RebindToSigned<DU16>;
using DU32 = hn::RepartitionToWide<DU16>;
using D32 = hn::RebindToSigned<DU32>;
using VU16 = hn::Vec<DU16>;
using V16 = hn::Vec<D16>;
using V8 = hn::Vec<D8>;

/// Samples of the even and of the odd pixels of a stretch, each in 16 bits.
struct Stretch {
  VU16 even, odd;
};

HWY_INLINE Stretch split(V8 samples) {
  const DU16 d;
  const VU16 pairs = hn::BitCast(d, samples);
  return {hn::And(pairs, hn::Set(d, 0xFF)), hn::ShiftRight<8>(pairs)};
}

HWY_INLINE VU16 load(const std::uint8_t* samples) {
  return hn::PromoteTo(DU16(), hn::LoadU(DHalf(), samples));
}

HWY_INLINE VU16 thrice(VU16 v) { return hn::Add(hn::Add(v, v), v); }

/// (a + b + bias) >> Shift
template <int Shift>
HWY_INLINE VU16 mix(VU16 a, VU16 b, int bias) {
  const VU16 rounding = hn::Set(DU16(), static_cast<std::uint16_t>(bias));
  return hn::ShiftRight<Shift>(hn::Add(hn::Add(a, b), rounding));
}

/// The chroma of a row of pixels, Lanes(D8) of them at a time.
/// OddBias: what is added to sixteenths of an odd pixel of `bilinear` before it is cut.
template <ChromaFilter Filter, int OddBias>
class Chroma {
 public:
  HWY_INLINE Chroma(const std::uint8_t* nearer, const std::uint8_t* further)
      : nearer_(nearer), further_(further) {}
  HWY_INLINE void prepare(std::size_t, std::size_t) {}

  HWY_INLINE Stretch at(std::size_t x) const {
    // libjpeg's biases (jdsample.c): 0.5 goes up and down in turn, lest the picture become
    // brighter.
    if constexpr (Filter == ChromaFilter::none) {
      return split(hn::LoadU(D8(), nearer_ + x));
    } else if constexpr (Filter == ChromaFilter::replicate) {
      const VU16 here = load(nearer_ + x / 2);
      return {here, here};
    } else if constexpr (Filter == ChromaFilter::linear) {
      const std::uint8_t* p = nearer_ + x / 2;
      const VU16 here = thrice(load(p));
      return {mix<2>(here, load(p - 1), 1), mix<2>(here, load(p + 1), 2)};
    } else {
      const Stretch a = split(hn::LoadU(D8(), nearer_ + x));
      const Stretch b = split(hn::LoadU(D8(), further_ + x));
      constexpr int bias = Filter == ChromaFilter::above ? 1 : 2;
      return {mix<2>(thrice(a.even), b.even, bias), mix<2>(thrice(a.odd), b.odd, bias)};
    }
  }

 private:
  const std::uint8_t* nearer_;
  const std::uint8_t* further_;
};

/// Columns are summed once, though three sums go into each sample.
template <int OddBias>
class Chroma<ChromaFilter::bilinear, OddBias> {
 public:
  HWY_INLINE Chroma(const std::uint8_t* nearer, const std::uint8_t* further)
      : nearer_(nearer), further_(further) {}

  /// The sums for the pixels [start, end), at most kRunPixels.
  HWY_INLINE void prepare(std::size_t start, std::size_t end) {
    const DU16 d;
    start_ = start;
    const VU16 two = hn::Set(d, 2);  // 3 * 2 + 2 makes the bias of 8
    const std::size_t count = (end - start + 1) / 2 + 2;
    for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
      const std::size_t c = start / 2 + i;
      const VU16 sum = hn::Add(thrice(load(nearer_ + c - 1)), load(further_ + c - 1));
      hn::StoreU(hn::Add(sum, two), d, columns_ + i);
    }
  }
  HWY_INLINE Stretch at(std::size_t x) const {
    const DU16 d;
    const std::uint16_t* p = columns_ + (x - start_) / 2;
    const VU16 here = thrice(hn::LoadU(d, p + 1));
    const VU16 even = hn::Add(here, hn::LoadU(d, p)), odd = hn::Add(here, hn::LoadU(d, p + 2));
    const VU16 less = hn::Set(d, static_cast<std::uint16_t>(8 - OddBias));
    return {hn::ShiftRight<4>(even), hn::ShiftRight<4>(hn::Sub(odd, less))};
  }

 private:
  const std::uint8_t* nearer_;
  const std::uint8_t* further_;
  std::size_t start_ = 0;
  std::uint16_t columns_[kRunPixels / 2 + 2 + HWY_MAX_BYTES];
};

struct Rgb {
  V16 r, g, b;
};

#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
/// Saturated; in each block of 16 the even pixels come before the odd ones.
HWY_INLINE V8 pack(V16 even, V16 odd) {
#if HWY_MAX_BYTES == 64
  return V8{_mm512_packus_epi16(even.raw, odd.raw)};
#elif HWY_MAX_BYTES == 32
  return V8{_mm256_packus_epi16(even.raw, odd.raw)};
#else
  return V8{_mm_packus_epi16(even.raw, odd.raw)};
#endif
}
#endif

/// Even and odd pixels of one channel, saturated, in the order of the row.
HWY_INLINE V8 join(V16 even, V16 odd) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
  alignas(16) static constexpr std::uint8_t zip[16] = {0, 8,  1, 9,  2, 10, 3, 11,
                                                       4, 12, 5, 13, 6, 14, 7, 15};
  return hn::TableLookupBytes(pack(even, odd), hn::LoadDup128(D8(), zip));
#else
  const D16 d;
  const V16 white = hn::Set(d, 255);
  const V16 low = hn::Min(hn::Max(even, hn::Zero(d)), white);
  const V16 high = hn::Min(hn::Max(odd, hn::Zero(d)), white);
  return hn::BitCast(D8(), hn::Or(low, hn::ShiftLeft<8>(high)));
#endif
}

/// Lanes(D8) pixels with channels in the order given.
HWY_INLINE void store(const V16 (&even)[3], const V16 (&odd)[3], std::uint8_t* out) {
#if HWY_TARGET == HWY_AVX3_DL
  // The byte permutation that interleaves the channels puts the packed pixels in order on the way.
  const __m512i first = pack(even[0], odd[0]).raw, second = pack(even[1], odd[1]).raw,
                third = pack(even[2], odd[2]).raw;
  for (int v = 0; v < 3; ++v) {
    const __m512i two =
        _mm512_permutex2var_epi8(first, _mm512_load_si512(kInterleave.of_two[v]), second);
    const __m512i all = _mm512_mask_permutexvar_epi8(
        two, kInterleave.is_third[v], _mm512_load_si512(kInterleave.of_third[v]), third);
    _mm512_storeu_si512(out + 64 * v, all);
  }
#else
  hn::StoreInterleaved3(join(even[0], odd[0]), join(even[1], odd[1]), join(even[2], odd[2]), D8(),
                        out);
#endif
}

/// A row of pixels. Colour::to_rgb(luma, cb, cr) gives the unsaturated Rgb, Colour::kOddBias is of
/// Chroma.
template <class Colour, ChromaFilter Filter>
void fused_row(const FusedInput& input, std::uint8_t* HWY_RESTRICT pixels, std::size_t count) {
  const D8 d8;
  const std::size_t lanes = hn::Lanes(d8);
  constexpr std::size_t channels = 3;
  const bool bgr = input.bgr;
  HWY_ALIGN std::uint8_t tail[HWY_MAX_BYTES * channels];
  Chroma<Filter, Colour::kOddBias> cb_row(input.nearer[0], input.further[0]);
  Chroma<Filter, Colour::kOddBias> cr_row(input.nearer[1], input.further[1]);
  for (std::size_t start = 0; start < count; start += kRunPixels) {
    const std::size_t end = std::min(start + kRunPixels, count);
    cb_row.prepare(start, end);
    cr_row.prepare(start, end);
    for (std::size_t x = start; x < end; x += lanes) {
      const bool whole = count - x >= lanes;
      const Stretch y = split(hn::LoadU(d8, input.luma + x)), cb = cb_row.at(x), cr = cr_row.at(x);
      const Rgb even = Colour::to_rgb(y.even, cb.even, cr.even);
      const Rgb odd = Colour::to_rgb(y.odd, cb.odd, cr.odd);
      const V16 even_channels[3] = {bgr ? even.b : even.r, even.g, bgr ? even.r : even.b};
      const V16 odd_channels[3] = {bgr ? odd.b : odd.r, odd.g, bgr ? odd.r : odd.b};
      store(even_channels, odd_channels, whole ? pixels + x * channels : tail);
      if (!whole) std::memcpy(pixels + x * channels, tail, (count - x) * channels);
    }
  }
}

#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt
HWY_AFTER_NAMESPACE();
#endif
