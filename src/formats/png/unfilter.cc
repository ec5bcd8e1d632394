// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/unfilter.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

// AVX-512 compares into mask registers, which lengthens the wait of each pixel for its left one: a
// seventh slower than AVX2.
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/png/unfilter.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt::png {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

static void unfilter_rows(const FilteredRows& rows) { unfilter_plainly(rows); }

#else
namespace hn = hwy::HWY_NAMESPACE;

// Two 16-byte blocks where vectors are that long: wider ones would only lengthen the lag.
using D8 = hn::CappedTag<std::uint8_t, 32>;
using D32 = hn::Repartition<std::uint32_t, D8>;
using D64 = hn::Repartition<std::uint64_t, D8>;
using Block = hn::FixedTag<std::uint8_t, 16>;
using V8 = hn::Vec<D8>;
using VBlock = hn::Vec<Block>;
constexpr std::size_t kBlocks = HWY_MAX_BYTES >= 32 ? 2 : 1;

/// How pixels lie in vectors: each in a slot of 4 or 8 bytes.
template <std::size_t PixelBytes>
struct Slots {
  static constexpr std::size_t bytes = PixelBytes <= 4 ? 4 : 8;
  /// Slots of a block: the rows that it holds, and the steps of one round.
  static constexpr std::size_t count = 16 / bytes;
  static constexpr std::size_t rows = count * kBlocks;
  static constexpr std::size_t round_bytes = count * PixelBytes;
  /// How many pixels the first row of a block is behind that of the block before: its row above
  /// leaves the other block at the end of a round.
  static constexpr std::size_t block_lag = 2 * count - 1;
  static constexpr std::size_t lag(std::size_t row) {
    return row / count * block_lag + row % count;
  }
  static constexpr std::size_t most_lag = lag(rows - 1);

  static VBlock spread_pattern() {
    HWY_ALIGN std::uint8_t pattern[16];
    for (std::size_t i = 0; i < 16; ++i) {
      const std::size_t byte = i % bytes;
      pattern[i] =
          static_cast<std::uint8_t>(byte < PixelBytes ? i / bytes * PixelBytes + byte : 0x80);
    }
    return hn::Load(Block(), pattern);
  }
  static VBlock pack_pattern() {
    HWY_ALIGN std::uint8_t pattern[16];
    for (std::size_t i = 0; i < 16; ++i) {
      const std::size_t slot = i / PixelBytes;
      pattern[i] = static_cast<std::uint8_t>(slot < count ? slot * bytes + i % PixelBytes : 0x80);
    }
    return hn::Load(Block(), pattern);
  }
};

/// A vector of two blocks, or the first where a vector has one.
HWY_INLINE V8 join([[maybe_unused]] VBlock first, [[maybe_unused]] VBlock second) {
#if HWY_MAX_BYTES >= 32
  return hn::Combine(D8(), second, first);
#else
  return first;
#endif
}
template <std::size_t B>
HWY_INLINE VBlock block_of(V8 v) {
#if HWY_MAX_BYTES >= 32
  return B == 0 ? hn::LowerHalf(v) : hn::UpperHalf(Block(), v);
#else
  return v;
#endif
}

/// Exchanges rows and steps within each block: slot j of v[s] becomes slot s of v[j].
HWY_INLINE void transpose(V8 (&v)[4]) {
  const D8 d8;
  const D32 d32;
  const D64 d64;
  const auto a = hn::BitCast(d32, v[0]), b = hn::BitCast(d32, v[1]);
  const auto c = hn::BitCast(d32, v[2]), d = hn::BitCast(d32, v[3]);
  const auto ab_low = hn::BitCast(d64, hn::InterleaveLower(d32, a, b));
  const auto ab_high = hn::BitCast(d64, hn::InterleaveUpper(d32, a, b));
  const auto cd_low = hn::BitCast(d64, hn::InterleaveLower(d32, c, d));
  const auto cd_high = hn::BitCast(d64, hn::InterleaveUpper(d32, c, d));
  v[0] = hn::BitCast(d8, hn::InterleaveLower(d64, ab_low, cd_low));
  v[1] = hn::BitCast(d8, hn::InterleaveUpper(d64, ab_low, cd_low));
  v[2] = hn::BitCast(d8, hn::InterleaveLower(d64, ab_high, cd_high));
  v[3] = hn::BitCast(d8, hn::InterleaveUpper(d64, ab_high, cd_high));
}
HWY_INLINE void transpose(V8 (&v)[2]) {
  const D8 d8;
  const D64 d64;
  const auto a = hn::BitCast(d64, v[0]), b = hn::BitCast(d64, v[1]);
  v[0] = hn::BitCast(d8, hn::InterleaveLower(d64, a, b));
  v[1] = hn::BitCast(d8, hn::InterleaveUpper(d64, a, b));
}

/// What a group of rows carries from one round to the next.
template <std::size_t PixelBytes>
struct Group {
  using S = Slots<PixelBytes>;

  const std::uint8_t* filtered[S::rows];
  std::uint8_t* out[S::rows];  ///< null where the image has no such row
  const std::uint8_t* above;
  std::ptrdiff_t row_bytes;

  V8 spread, pack;
  V8 use_left, use_above, use_average, use_paeth;  ///< bytes of the rows that have the filter
  V8 left, above_left;
  VBlock carried;  ///< the last row of the first block, for the block after
};

/// The bytes of [offset, offset + 16) that lie in the row; zeros for the others.
HWY_INLINE VBlock load_inside(const std::uint8_t* row, std::ptrdiff_t offset, std::ptrdiff_t end) {
  HWY_ALIGN std::uint8_t bytes[16] = {};
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(offset, 0);
  const std::ptrdiff_t last = std::min<std::ptrdiff_t>(offset + 16, end);
  if (first < last)
    std::memcpy(bytes + (first - offset), row + first, static_cast<std::size_t>(last - first));
  return hn::Load(Block(), bytes);
}

template <std::size_t Bytes>
HWY_INLINE void store_part(VBlock v, std::uint8_t* to) {
  const hn::FixedTag<std::uint64_t, 2> d64;
  if constexpr (Bytes == 16) {
    hn::StoreU(v, Block(), to);
  } else {
    const auto words = hn::BitCast(d64, v);
    const std::uint64_t low = hn::GetLane(words);
    std::memcpy(to, &low, std::min<std::size_t>(Bytes, 8));
    if constexpr (Bytes > 8) {
      const std::uint64_t high = hn::GetLane(hn::UpperHalf(hn::Half<decltype(d64)>(), words));
      std::memcpy(to + 8, &high, Bytes - 8);
    }
  }
}
template <std::size_t Bytes>
HWY_INLINE VBlock load_part(const std::uint8_t* from) {
  if constexpr (Bytes == 16) {
    return hn::LoadU(Block(), from);
  } else {
    std::uint64_t words[2] = {};
    std::memcpy(words, from, std::min<std::size_t>(Bytes, 8));
    if constexpr (Bytes > 8) std::memcpy(words + 1, from + 8, Bytes - 8);
    const hn::FixedTag<std::uint64_t, 2> d64;
    const hn::Half<decltype(d64)> half;
    return hn::BitCast(Block(), hn::Combine(d64, hn::Set(half, words[1]), hn::Set(half, words[0])));
  }
}

/// One pixel of every row. `over` holds the pixel above the first row of each block in its last
/// slot.
///
/// Paeth takes of left, above and above-left the one nearest to p = left + above - above_left.
/// With low <= high the first two, u = above_left - low and v = high - above_left (both at least
/// 0): p is nearest to low where 2 v <= u, to high where 2 u <= v, else to above_left; ties as
/// in 9.4.
template <std::size_t SlotBytes, bool PaethOnly, class G>
HWY_INLINE V8 step(G& group, V8 filtered, V8 over) {
  const D8 d;
  const V8 left = group.left, above_left = group.above_left;
  const V8 above = hn::CombineShiftRightBytes<16 - SlotBytes>(d, left, over);
  const V8 low = hn::Min(left, above), high = hn::Max(left, above);
  const V8 u = hn::SaturatedSub(above_left, low), v = hn::SaturatedSub(high, above_left);
  const V8 u2 = hn::SaturatedAdd(u, u), v2 = hn::SaturatedAdd(v, v);
  const auto is_low = hn::Eq(hn::Max(v2, u), u), is_high = hn::Eq(hn::Max(u2, v), v);
  V8 base, to_low = hn::Sub(low, above_left), to_high = hn::Sub(high, above_left);
  if constexpr (PaethOnly) {
    base = hn::Add(filtered, above_left);
  } else {
    const V8 odd = hn::And(hn::Xor(left, above), hn::Set(d, 1));
    const V8 average = hn::Sub(hn::AverageRound(left, above), odd);
    const V8 other = hn::Or(hn::And(left, group.use_left), hn::And(above, group.use_above));
    const V8 middle =
        hn::Or(hn::And(average, group.use_average), hn::And(above_left, group.use_paeth));
    base = hn::Add(filtered, hn::Or(other, middle));
    to_low = hn::And(to_low, group.use_paeth);
    to_high = hn::And(to_high, group.use_paeth);
  }
  // Where both hold, low, high and above_left are equal and both differences zero.
  const V8 nearest =
      hn::Or(hn::IfThenElseZero(is_low, to_low), hn::IfThenElseZero(is_high, to_high));
  group.left = hn::Add(base, nearest);
  group.above_left = above;
  return group.left;
}

/// Pixels [x, x + Slots::count) of the first row, those behind by its lag of every other row.
template <std::size_t PixelBytes, bool PaethOnly, bool Inside>
HWY_INLINE void round(Group<PixelBytes>& group, std::ptrdiff_t x) {
  using S = Slots<PixelBytes>;
  constexpr std::size_t n = S::count;
  const D8 d;
  const auto load = [&](std::size_t row) {
    const auto offset =
        (x - static_cast<std::ptrdiff_t>(S::lag(row))) * static_cast<std::ptrdiff_t>(PixelBytes);
    return Inside ? hn::LoadU(Block(), group.filtered[row] + offset)
                  : load_inside(group.filtered[row], offset, group.row_bytes);
  };
  V8 pixels[n];
  for (std::size_t j = 0; j < n; ++j) {
    pixels[j] =
        hn::TableLookupBytesOr0(join(load(j), load(kBlocks == 2 ? n + j : j)), group.spread);
  }
  transpose(pixels);

  const auto first = x * static_cast<std::ptrdiff_t>(PixelBytes);
  const VBlock memory = Inside ? load_part<S::round_bytes>(group.above + first)
                               : load_inside(group.above, first, group.row_bytes);
  const VBlock spread = hn::TableLookupBytesOr0(memory, block_of<0>(group.spread));
  const V8 over = join(spread, group.carried);
  if constexpr (n == 4) {
    pixels[0] = step<S::bytes, PaethOnly>(group, pixels[0], hn::ShiftLeftBytes<12>(d, over));
    pixels[1] = step<S::bytes, PaethOnly>(group, pixels[1], hn::ShiftLeftBytes<8>(d, over));
    pixels[2] = step<S::bytes, PaethOnly>(group, pixels[2], hn::ShiftLeftBytes<4>(d, over));
    pixels[3] = step<S::bytes, PaethOnly>(group, pixels[3], over);
  } else {
    pixels[0] = step<S::bytes, PaethOnly>(group, pixels[0], hn::ShiftLeftBytes<8>(d, over));
    pixels[1] = step<S::bytes, PaethOnly>(group, pixels[1], over);
  }
  transpose(pixels);
  group.carried = block_of<0>(pixels[n - 1]);

  const auto store = [&](VBlock v, std::size_t row) {
    if (group.out[row] == nullptr) return;
    const auto offset =
        (x - static_cast<std::ptrdiff_t>(S::lag(row))) * static_cast<std::ptrdiff_t>(PixelBytes);
    if constexpr (Inside) {
      store_part<S::round_bytes>(v, group.out[row] + offset);
    } else {
      HWY_ALIGN std::uint8_t bytes[16];
      hn::Store(v, Block(), bytes);
      const auto from = std::max<std::ptrdiff_t>(offset, 0);
      const auto to = std::min<std::ptrdiff_t>(offset + static_cast<std::ptrdiff_t>(S::round_bytes),
                                               group.row_bytes);
      if (from < to)
        std::memcpy(group.out[row] + from, bytes + (from - offset),
                    static_cast<std::size_t>(to - from));
    }
  };
  for (std::size_t j = 0; j < n; ++j) {
    const V8 packed = hn::TableLookupBytesOr0(pixels[j], group.pack);
    store(block_of<0>(packed), j);
    if constexpr (kBlocks == 2) store(block_of<kBlocks - 1>(packed), n + j);
  }
}

template <std::size_t PixelBytes, bool PaethOnly>
void run_group(Group<PixelBytes>& group) {
  using S = Slots<PixelBytes>;
  constexpr auto n = static_cast<std::ptrdiff_t>(S::count);
  constexpr auto lag = static_cast<std::ptrdiff_t>(S::most_lag);
  const std::ptrdiff_t width = group.row_bytes / static_cast<std::ptrdiff_t>(PixelBytes);
  // The state lives in registers only while the compiler sees that nobody else has its address.
  Group<PixelBytes> state = group;
  std::ptrdiff_t x = 0;
  for (; x < lag && x < width + lag; x += n) round<PixelBytes, PaethOnly, false>(state, x);
  for (; x + n <= width; x += n) round<PixelBytes, PaethOnly, true>(state, x);
  for (; x < width + lag; x += n) round<PixelBytes, PaethOnly, false>(state, x);
}

/// As many rows as a group takes, or fewer at the end; returns their number.
template <std::size_t PixelBytes>
std::size_t unfilter_group(const FilteredRows& rows, std::size_t first, const std::uint8_t* above) {
  using S = Slots<PixelBytes>;
  const D8 d;
  const std::size_t count = std::min(S::rows, rows.rows - first);
  Group<PixelBytes> group;
  HWY_ALIGN std::uint8_t use[kFilters][16 * kBlocks] = {};
  bool paeth_only = true;
  for (std::size_t i = 0; i < S::rows; ++i) {
    const std::size_t row = first + std::min(i, count - 1);
    const std::uint8_t* filtered = rows.filtered + row * rows.filtered_stride;
    group.filtered[i] = filtered + 1;
    group.out[i] =
        i < count ? rows.out + static_cast<std::ptrdiff_t>(row) * rows.out_stride : nullptr;
    std::memset(use[filtered[0]] + i * S::bytes, 0xFF, S::bytes);
    paeth_only = paeth_only && filtered[0] == static_cast<std::uint8_t>(Filter::paeth);
  }
  group.above = above;
  group.row_bytes = static_cast<std::ptrdiff_t>(rows.row_bytes);
  group.spread = join(S::spread_pattern(), S::spread_pattern());
  group.pack = join(S::pack_pattern(), S::pack_pattern());
  group.use_left = hn::Load(d, use[1]);
  group.use_above = hn::Load(d, use[2]);
  group.use_average = hn::Load(d, use[3]);
  group.use_paeth = hn::Load(d, use[4]);
  group.left = group.above_left = hn::Zero(d);
  group.carried = hn::Zero(Block());
  if (paeth_only) {
    run_group<PixelBytes, true>(group);
  } else {
    run_group<PixelBytes, false>(group);
  }
  return count;
}

/// Prefix sums of the pixels of a block, then the carry of the block before.
template <std::size_t PixelBytes>
void unfilter_sub(const std::uint8_t* filtered, std::uint8_t* out, std::size_t bytes) {
  const Block d;
  constexpr std::size_t used = 16 / PixelBytes * PixelBytes;
  HWY_ALIGN std::uint8_t pattern[16];
  for (std::size_t i = 0; i < 16; ++i) {
    pattern[i] = static_cast<std::uint8_t>(used - PixelBytes + i % PixelBytes);
  }
  const VBlock last_pixel = hn::Load(d, pattern);
  VBlock carry = hn::Zero(d);
  VBlock next = hn::LoadU(d, filtered);
  std::size_t i = 0;
  for (; i + 16 <= bytes; i += used) {
    VBlock v = next;
    // Loaded before the store, which spoils the byte behind a block of 15 when working in place.
    next = hn::LoadU(d, filtered + i + used);
    v = hn::Add(v, hn::ShiftLeftBytes<PixelBytes>(d, v));
    if constexpr (2 * PixelBytes < 16) v = hn::Add(v, hn::ShiftLeftBytes<2 * PixelBytes>(d, v));
    if constexpr (4 * PixelBytes < 16) v = hn::Add(v, hn::ShiftLeftBytes<4 * PixelBytes>(d, v));
    if constexpr (8 * PixelBytes < 16) v = hn::Add(v, hn::ShiftLeftBytes<8 * PixelBytes>(d, v));
    v = hn::Add(v, carry);
    carry = hn::TableLookupBytes(v, last_pixel);
    hn::StoreU(v, d, out + i);
  }
  HWY_ALIGN std::uint8_t rest[16];
  hn::Store(next, d, rest);
  for (std::size_t k = 0; i < bytes; ++i, ++k) {
    out[i] = static_cast<std::uint8_t>(rest[k] + (i >= PixelBytes ? out[i - PixelBytes] : 0));
  }
}

void unfilter_up(const std::uint8_t* filtered, const std::uint8_t* above, std::uint8_t* out,
                 std::size_t bytes) {
  const D8 d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= bytes; i += hn::Lanes(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, filtered + i), hn::LoadU(d, above + i)), d, out + i);
  }
  for (; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(filtered[i] + above[i]);
}

template <std::size_t PixelBytes>
void unfilter_pixels(const FilteredRows& rows) {
  const std::uint8_t* above = rows.above;
  for (std::size_t y = 0; y < rows.rows;) {
    const std::uint8_t* filtered = rows.filtered + y * rows.filtered_stride;
    std::uint8_t* out = rows.out + static_cast<std::ptrdiff_t>(y) * rows.out_stride;
    std::size_t done = 1;
    switch (static_cast<Filter>(filtered[0])) {
      case Filter::none:
        if (out != filtered + 1) std::memcpy(out, filtered + 1, rows.row_bytes);
        break;
      case Filter::sub:
        unfilter_sub<PixelBytes>(filtered + 1, out, rows.row_bytes);
        break;
      case Filter::up:
        unfilter_up(filtered + 1, above, out, rows.row_bytes);
        break;
      case Filter::average:
      case Filter::paeth:
        done = unfilter_group<PixelBytes>(rows, y, above);
        break;
    }
    y += done;
    above = rows.out + (static_cast<std::ptrdiff_t>(y) - 1) * rows.out_stride;
  }
}

static void unfilter_rows(const FilteredRows& rows) {
  switch (rows.pixel_bytes) {
    case 1:
      return unfilter_pixels<1>(rows);
    case 2:
      return unfilter_pixels<2>(rows);
    case 3:
      return unfilter_pixels<3>(rows);
    case 4:
      return unfilter_pixels<4>(rows);
    case 6:
      return unfilter_pixels<6>(rows);
    default:
      return unfilter_pixels<8>(rows);
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace glimt::png
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::png {
HWY_EXPORT(unfilter_rows);

void unfilter(const FilteredRows& rows) { HWY_DYNAMIC_DISPATCH(unfilter_rows)(rows); }

void unfilter_plainly(const FilteredRows& rows) {
  const std::uint8_t* above = rows.above;
  for (std::size_t y = 0; y < rows.rows; ++y) {
    const std::uint8_t* filtered = rows.filtered + y * rows.filtered_stride;
    std::uint8_t* out = rows.out + static_cast<std::ptrdiff_t>(y) * rows.out_stride;
    for (std::size_t i = 0; i < rows.row_bytes; ++i) {
      const bool first = i < rows.pixel_bytes;
      const int a = first ? 0 : out[i - rows.pixel_bytes], b = above[i];
      const int c = first ? 0 : above[i - rows.pixel_bytes];
      const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
      const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const int predictions[kFilters] = {0, a, b, (a + b) / 2, paeth};
      out[i] = static_cast<std::uint8_t>(filtered[1 + i] + predictions[filtered[0]]);
    }
    above = out;
  }
}

}  // namespace glimt::png
#endif
