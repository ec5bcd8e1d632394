// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
// One source, compiled for every instruction set that Highway knows and chosen at run time.
#include "formats/tiff/samples/row_kernels.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/tiff/samples/row_kernels.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

#include "base/bytes.h"

HWY_BEFORE_NAMESPACE();
namespace glimt::tiff {
namespace HWY_NAMESPACE {
namespace {

template <class T>
T number_at(const std::uint8_t* p, bool swap) {
  return swap ? load_be<T>(p) : load_le<T>(p);
}
template <class T>
void put_number(T value, bool swap, std::uint8_t* p) {
  swap ? store_be(p, value) : store_le(p, value);
}

/// From sample `first` on.
template <class T>
void sum_plainly(const std::uint8_t* in, std::size_t count, std::size_t samples, bool swap,
                 std::size_t first, std::uint8_t* out) {
  for (std::size_t i = first; i < count; ++i) {
    const T left = i < samples ? T{0} : load_le<T>(out + (i - samples) * sizeof(T));
    store_le(out + i * sizeof(T), static_cast<T>(number_at<T>(in + i * sizeof(T), swap) + left));
  }
}

#if HWY_TARGET == HWY_SCALAR

template <class T>
void sum(const std::uint8_t* in, std::size_t pixels, std::size_t samples, bool swap,
         std::uint8_t* out) {
  sum_plainly<T>(in, pixels * samples, samples, swap, 0, out);
}
void interleave(const std::uint8_t*, std::size_t, std::size_t, std::uint8_t*, std::size_t&) {}
void separate(const std::uint8_t*, std::size_t, std::size_t, std::uint8_t*, std::size_t&) {}
std::size_t unpack_eights(const std::uint8_t*, std::size_t, std::uint32_t, std::uint8_t*) {
  return 0;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// A block of 16 bytes at a time: the sums of a block wait for those of the block before, two
// instructions, and wider blocks would only lengthen what has to be shifted.
using D8 = hn::FixedTag<std::uint8_t, 16>;
using V8 = hn::Vec<D8>;

template <std::size_t Bytes>
V8 swap_pattern() {
  alignas(16) std::uint8_t pattern[16];
  for (std::size_t i = 0; i < 16; ++i)
    pattern[i] = static_cast<std::uint8_t>(i / Bytes * Bytes + (Bytes - 1 - i % Bytes));
  return hn::Load(D8(), pattern);
}

/// Spreads the last of `Pixels` pixels over all.
template <std::size_t PixelBytes, std::size_t Pixels>
V8 last_pattern() {
  alignas(16) std::uint8_t pattern[16];
  for (std::size_t i = 0; i < 16; ++i) {
    pattern[i] = static_cast<std::uint8_t>(
        i < PixelBytes * Pixels ? (Pixels - 1) * PixelBytes + i % PixelBytes : 0x80);
  }
  return hn::Load(D8(), pattern);
}

template <class T, std::size_t Samples, bool Swap>
void sum_blocks(const std::uint8_t* in, std::size_t pixels, std::uint8_t* out) {
  constexpr std::size_t pixel_bytes = sizeof(T) * Samples, block_pixels = 16 / pixel_bytes;
  constexpr std::size_t step = pixel_bytes * block_pixels;
  static_assert(block_pixels > 0);
  const D8 d8;
  const hn::Repartition<T, D8> d;
  const auto add = [&](V8 a, V8 b) {
    return hn::BitCast(d8, hn::Add(hn::BitCast(d, a), hn::BitCast(d, b)));
  };
  const V8 last = last_pattern<pixel_bytes, block_pixels>();
  const V8 swapped = swap_pattern<sizeof(T)>();
  V8 carry = hn::Zero(d8);
  const std::size_t size = pixels * pixel_bytes;
  std::size_t at = 0;
  for (; at + 16 <= size; at += step) {
    V8 v = hn::LoadU(d8, in + at);
    if constexpr (Swap) v = hn::TableLookupBytes(v, swapped);
    if constexpr (block_pixels > 1) v = add(v, hn::ShiftLeftBytes<pixel_bytes>(d8, v));
    if constexpr (block_pixels > 2) v = add(v, hn::ShiftLeftBytes<2 * pixel_bytes>(d8, v));
    if constexpr (block_pixels > 4) v = add(v, hn::ShiftLeftBytes<4 * pixel_bytes>(d8, v));
    if constexpr (block_pixels > 8) v = add(v, hn::ShiftLeftBytes<8 * pixel_bytes>(d8, v));
    v = add(v, carry);
    carry = hn::TableLookupBytesOr0(v, last);
    hn::StoreU(v, d8, out + at);
  }
  // The rest one by one. Bytes put together for a last vector would make its load wait until all
  // stores before it have reached memory.
  sum_plainly<T>(in, pixels * Samples, Samples, Swap, at / sizeof(T), out);
}

template <class T, std::size_t Samples>
void sum_samples(const std::uint8_t* in, std::size_t pixels, bool swap, std::uint8_t* out) {
  swap && sizeof(T) > 1 ? sum_blocks<T, Samples, true>(in, pixels, out)
                        : sum_blocks<T, Samples, false>(in, pixels, out);
}

template <class T>
void sum(const std::uint8_t* in, std::size_t pixels, std::size_t samples, bool swap,
         std::uint8_t* out) {
  if constexpr (sizeof(T) <= 4) {
    if (samples == 3) return sum_samples<T, 3>(in, pixels, swap, out);
    if (samples == 4) return sum_samples<T, 4>(in, pixels, swap, out);
  }
  if (samples == 1) return sum_samples<T, 1>(in, pixels, swap, out);
  if (samples == 2) return sum_samples<T, 2>(in, pixels, swap, out);
  sum_plainly<T>(in, pixels * samples, samples, swap, 0, out);
}

/// Where four numbers lie in the bytes from that of the first on.
struct FourNumbers {
  explicit FourNumbers(std::uint32_t bits, std::uint32_t first) : start(first * bits / 8) {
    alignas(16) std::uint8_t bytes[16];
    alignas(16) std::uint32_t shifts[4];
    for (std::uint32_t i = 0; i < 4; ++i) {
      const std::uint32_t bit = (first + i) * bits - start * 8;
      shifts[i] = bit % 8;
      for (std::uint32_t b = 0; b < 4; ++b)
        bytes[4 * i + 3 - b] = static_cast<std::uint8_t>(bit / 8 + b);
    }
    pattern = hn::Load(D8(), bytes);
    drop = hn::Load(hn::FixedTag<std::uint32_t, 4>(), shifts);
  }
  /// The numbers, each in the lowest places of 32 bits.
  hn::Vec<hn::FixedTag<std::uint32_t, 4>> take(const std::uint8_t* group, int spare) const {
    const hn::FixedTag<std::uint32_t, 4> d32;
    const V8 spread = hn::TableLookupBytes(hn::LoadU(D8(), group + start), pattern);
    return hn::ShiftRightSame(hn::Shl(hn::BitCast(d32, spread), drop), spare);
  }

  std::uint32_t start;
  V8 pattern;
  hn::Vec<hn::FixedTag<std::uint32_t, 4>> drop;
};

/// Eight numbers are as many bytes as one has bits, so that all groups look the same.
std::size_t unpack_eights(const std::uint8_t* in, std::size_t count, std::uint32_t bits,
                          std::uint8_t* out) {
  const hn::FixedTag<std::uint16_t, 4> d16;
  const hn::FixedTag<std::uint8_t, 4> d8;
  const hn::FixedTag<std::uint32_t, 4> d32;
  const FourNumbers low(bits, 0), high(bits, 4);
  const int spare = static_cast<int>(32 - bits);
  const std::size_t groups = count / 8;
  for (std::size_t i = 0; i < groups; ++i, in += bits) {
    const auto a = low.take(in, spare), b = high.take(in, spare);
    if (bits <= 8) {
      hn::StoreU(hn::DemoteTo(d8, hn::BitCast(hn::RebindToSigned<decltype(d32)>(), a)), d8, out);
      hn::StoreU(hn::DemoteTo(d8, hn::BitCast(hn::RebindToSigned<decltype(d32)>(), b)), d8,
                 out + 4);
      out += 8;
    } else if (bits <= 16) {
      auto* to = reinterpret_cast<std::uint16_t*>(out);
      hn::StoreU(hn::DemoteTo(d16, hn::BitCast(hn::RebindToSigned<decltype(d32)>(), a)), d16, to);
      hn::StoreU(hn::DemoteTo(d16, hn::BitCast(hn::RebindToSigned<decltype(d32)>(), b)), d16,
                 to + 4);
      out += 16;
    } else {
      auto* to = reinterpret_cast<std::uint32_t*>(out);
      hn::StoreU(a, d32, to);
      hn::StoreU(b, d32, to + 4);
      out += 32;
    }
  }
  return groups * 8;
}

/// Numbers of 2, 4 and 8 bytes, as far as whole vectors go; moves `done` on.
void interleave(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out,
                std::size_t& done) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  if (bytes == 2) {
    for (; done + lanes <= count; done += lanes) {
      hn::StoreInterleaved2(hn::LoadU(d, in + count + done), hn::LoadU(d, in + done), d,
                            out + 2 * done);
    }
  } else if (bytes == 4) {
    for (; done + lanes <= count; done += lanes) {
      hn::StoreInterleaved4(hn::LoadU(d, in + 3 * count + done),
                            hn::LoadU(d, in + 2 * count + done), hn::LoadU(d, in + count + done),
                            hn::LoadU(d, in + done), d, out + 4 * done);
    }
  } else if (bytes == 8) {
    const D8 d8;
    const hn::Repartition<std::uint16_t, D8> d16;
    const auto plane = [&](std::size_t b) { return hn::LoadU(d8, in + (7 - b) * count + done); };
    for (; done + 16 <= count; done += 16) {
      const V8 p[8] = {plane(0), plane(1), plane(2), plane(3),
                       plane(4), plane(5), plane(6), plane(7)};
      const auto low = [&](std::size_t b) {
        return hn::BitCast(d16, hn::InterleaveLower(d8, p[b], p[b + 1]));
      };
      const auto high = [&](std::size_t b) {
        return hn::BitCast(d16, hn::InterleaveUpper(d8, p[b], p[b + 1]));
      };
      auto* to = reinterpret_cast<std::uint16_t*>(out + 8 * done);
      hn::StoreInterleaved4(low(0), low(2), low(4), low(6), d16, to);
      hn::StoreInterleaved4(high(0), high(2), high(4), high(6), d16, to + 32);
    }
  }
}

/// The other way round, of 2 and 4 bytes.
void separate(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out,
              std::size_t& done) {
  const hn::ScalableTag<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> b0, b1, b2, b3;
  if (bytes == 2) {
    for (; done + lanes <= count; done += lanes) {
      hn::LoadInterleaved2(d, in + 2 * done, b0, b1);
      hn::StoreU(b1, d, out + done);
      hn::StoreU(b0, d, out + count + done);
    }
  } else if (bytes == 4) {
    for (; done + lanes <= count; done += lanes) {
      hn::LoadInterleaved4(d, in + 4 * done, b0, b1, b2, b3);
      hn::StoreU(b3, d, out + done);
      hn::StoreU(b2, d, out + count + done);
      hn::StoreU(b1, d, out + 2 * count + done);
      hn::StoreU(b0, d, out + 3 * count + done);
    }
  }
}

#endif

template <class T>
void swap_all(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i)
    store_le(out + i * sizeof(T), load_be<T>(in + i * sizeof(T)));
}

template <class T>
void subtract(const std::uint8_t* in, std::size_t pixels, std::size_t samples, bool swap,
              std::uint8_t* out) {
  const std::size_t first = std::min(samples, pixels * samples), count = pixels * samples;
  for (std::size_t i = 0; i < first; ++i)
    put_number(load_le<T>(in + i * sizeof(T)), swap, out + i * sizeof(T));
  const auto difference = [&](std::size_t i) {
    return static_cast<T>(load_le<T>(in + i * sizeof(T)) -
                          load_le<T>(in + (i - samples) * sizeof(T)));
  };
  if (swap) {
    for (std::size_t i = first; i < count; ++i) store_be(out + i * sizeof(T), difference(i));
  } else {
    for (std::size_t i = first; i < count; ++i) store_le(out + i * sizeof(T), difference(i));
  }
}

void swap_rows(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  if (bytes == 1) std::memcpy(out, in, count);
  if (bytes == 2) swap_all<std::uint16_t>(in, count, out);
  if (bytes == 4) swap_all<std::uint32_t>(in, count, out);
  if (bytes == 8) swap_all<std::uint64_t>(in, count, out);
}

void sum_rows(const std::uint8_t* in, std::size_t pixels, std::size_t samples, std::size_t bytes,
              bool swap, std::uint8_t* out) {
  if (bytes == 1) sum<std::uint8_t>(in, pixels, samples, swap, out);
  if (bytes == 2) sum<std::uint16_t>(in, pixels, samples, swap, out);
  if (bytes == 4) sum<std::uint32_t>(in, pixels, samples, swap, out);
  if (bytes == 8) sum<std::uint64_t>(in, pixels, samples, swap, out);
}

void subtract_rows(const std::uint8_t* in, std::size_t pixels, std::size_t samples,
                   std::size_t bytes, bool swap, std::uint8_t* out) {
  if (bytes == 1) subtract<std::uint8_t>(in, pixels, samples, swap, out);
  if (bytes == 2) subtract<std::uint16_t>(in, pixels, samples, swap, out);
  if (bytes == 4) subtract<std::uint32_t>(in, pixels, samples, swap, out);
  if (bytes == 8) subtract<std::uint64_t>(in, pixels, samples, swap, out);
}

void join(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  std::size_t done = 0;
  interleave(in, count, bytes, out, done);
  const std::size_t slot = bytes == 3 ? 4 : bytes;
  for (; done < count; ++done) {
    for (std::size_t b = 0; b < bytes; ++b)
      out[done * slot + b] = in[(bytes - 1 - b) * count + done];
    if (bytes == 3) out[done * slot + 3] = 0;
  }
}

void split(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  std::size_t first = 0;
  separate(in, count, bytes, out, first);
  const std::size_t slot = bytes == 3 ? 4 : bytes;
  for (std::size_t b = 0; b < bytes; ++b) {
    std::uint8_t* plane = out + (bytes - 1 - b) * count;
    for (std::size_t i = first; i < count; ++i) plane[i] = in[i * slot + b];
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt::tiff
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::tiff {

HWY_EXPORT(swap_rows);
HWY_EXPORT(sum_rows);
HWY_EXPORT(subtract_rows);
HWY_EXPORT(join);
HWY_EXPORT(split);
HWY_EXPORT(unpack_eights);

void swap_numbers(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(swap_rows)(in, count, bytes, out);
}

void undo_horizontal(const std::uint8_t* in, std::size_t pixels, std::size_t samples,
                     std::size_t bytes, bool swap, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(sum_rows)(in, pixels, samples, bytes, swap, out);
}

void apply_horizontal(const std::uint8_t* in, std::size_t pixels, std::size_t samples,
                      std::size_t bytes, bool swap, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(subtract_rows)(in, pixels, samples, bytes, swap, out);
}

void join_planes(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(join)(in, count, bytes, out);
}

void split_planes(const std::uint8_t* in, std::size_t count, std::size_t bytes, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(split)(in, count, bytes, out);
}

std::size_t unpack_groups(const std::uint8_t* in, std::size_t count, std::uint32_t bits,
                          std::uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(unpack_eights)(in, count, bits, out);
}

}  // namespace glimt::tiff
#endif
