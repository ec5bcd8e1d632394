// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/filter.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/png/filter.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt::png {
namespace HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR

static void filter_bytes(Filter filter, const UnfilteredRow& row, std::uint8_t* out) {
  filter_row_plainly(filter, row, out);
}
static Filter least_sum(const UnfilteredRow& row) { return best_filter_plainly(row); }

#else
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<std::uint8_t>;
using V = hn::Vec<D>;

/// What a byte is predicted from.
struct Neighbours {
  V left, above, above_left;
};
HWY_INLINE Neighbours neighbours_at(const UnfilteredRow& row, std::size_t i) {
  const D d;
  return {hn::LoadU(d, row.row + i - row.pixel_bytes), hn::LoadU(d, row.above + i),
          hn::LoadU(d, row.above + i - row.pixel_bytes)};
}

HWY_INLINE V average_of(const Neighbours& n) {
  const V odd = hn::And(hn::Xor(n.left, n.above), hn::Set(D(), 1));
  return hn::Sub(hn::AverageRound(n.left, n.above), odd);
}
/// As step() of unfilter.cc explains.
HWY_INLINE V paeth_of(const Neighbours& n) {
  const V low = hn::Min(n.left, n.above), high = hn::Max(n.left, n.above);
  const V u = hn::SaturatedSub(n.above_left, low), v = hn::SaturatedSub(high, n.above_left);
  const V or_high =
      hn::IfThenElse(hn::Eq(hn::Max(hn::SaturatedAdd(u, u), v), v), high, n.above_left);
  return hn::IfThenElse(hn::Eq(hn::Max(hn::SaturatedAdd(v, v), u), u), low, or_high);
}
HWY_INLINE V predict(Filter filter, const Neighbours& n) {
  switch (filter) {
    case Filter::sub:
      return n.left;
    case Filter::up:
      return n.above;
    case Filter::average:
      return average_of(n);
    case Filter::paeth:
      return paeth_of(n);
    case Filter::none:
      break;
  }
  return hn::Zero(D());
}

template <Filter kFilter>
void filter_with(const UnfilteredRow& row, std::uint8_t* HWY_RESTRICT out) {
  const D d;
  for (std::size_t i = 0; i < row.bytes; i += hn::Lanes(d)) {
    const V prediction = predict(kFilter, neighbours_at(row, i));
    hn::StoreU(hn::Sub(hn::LoadU(d, row.row + i), prediction), d, out + i);
  }
}

static void filter_bytes(Filter filter, const UnfilteredRow& row, std::uint8_t* out) {
  switch (filter) {
    case Filter::none:
      std::memcpy(out, row.row, row.bytes);
      return;
    case Filter::sub:
      return filter_with<Filter::sub>(row, out);
    case Filter::up:
      return filter_with<Filter::up>(row, out);
    case Filter::average:
      return filter_with<Filter::average>(row, out);
    case Filter::paeth:
      return filter_with<Filter::paeth>(row, out);
  }
}

static Filter least_sum(const UnfilteredRow& row) {
  const D d;
  const hn::Repartition<std::uint64_t, D> d64;
  using Sum = hn::Vec<decltype(d64)>;
  Sum none = hn::Zero(d64), sub = none, up = none, average = none, paeth = none;
  const auto add = [&](std::size_t i, auto inside) {
    const V current = hn::LoadU(d, row.row + i);
    const Neighbours n = neighbours_at(row, i);
    const auto size_of = [&](V prediction) {
      const V residual = hn::Sub(current, prediction);
      return hn::SumsOf8(inside(hn::Min(residual, hn::Sub(hn::Zero(d), residual))));
    };
    none = hn::Add(none, size_of(hn::Zero(d)));
    sub = hn::Add(sub, size_of(n.left));
    up = hn::Add(up, size_of(n.above));
    average = hn::Add(average, size_of(average_of(n)));
    paeth = hn::Add(paeth, size_of(paeth_of(n)));
  };
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= row.bytes; i += hn::Lanes(d)) add(i, [](V v) { return v; });
  if (i < row.bytes) {
    const auto rest = hn::FirstN(d, row.bytes - i);
    add(i, [&](V v) { return hn::IfThenElseZero(rest, v); });
  }
  const auto total = [&](Sum sum) { return hn::GetLane(hn::SumOfLanes(d64, sum)); };
  const std::uint64_t sums[kFilters] = {total(none), total(sub), total(up), total(average),
                                        total(paeth)};
  return static_cast<Filter>(std::min_element(sums, sums + kFilters) - sums);
}

#endif
}  // namespace HWY_NAMESPACE
}  // namespace glimt::png
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::png {
HWY_EXPORT(filter_bytes);
HWY_EXPORT(least_sum);

void filter_row(Filter filter, const UnfilteredRow& row, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(filter_bytes)(filter, row, out);
}
Filter best_filter(const UnfilteredRow& row) { return HWY_DYNAMIC_DISPATCH(least_sum)(row); }

namespace {

std::uint8_t residual_at(Filter filter, const UnfilteredRow& row, std::size_t i) {
  const int a = *(row.row + i - row.pixel_bytes), b = row.above[i],
            c = *(row.above + i - row.pixel_bytes);
  const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  const int predictions[kFilters] = {0, a, b, (a + b) / 2, paeth};
  return static_cast<std::uint8_t>(row.row[i] - predictions[static_cast<std::size_t>(filter)]);
}

}  // namespace

void filter_row_plainly(Filter filter, const UnfilteredRow& row, std::uint8_t* out) {
  for (std::size_t i = 0; i < row.bytes; ++i) out[i] = residual_at(filter, row, i);
}

Filter best_filter_plainly(const UnfilteredRow& row) {
  std::uint64_t sums[kFilters] = {};
  for (std::uint8_t filter = 0; filter < kFilters; ++filter) {
    for (std::size_t i = 0; i < row.bytes; ++i) {
      const int residual =
          static_cast<std::int8_t>(residual_at(static_cast<Filter>(filter), row, i));
      sums[filter] += static_cast<std::uint64_t>(std::abs(residual));
    }
  }
  return static_cast<Filter>(std::min_element(sums, sums + kFilters) - sums);
}

}  // namespace glimt::png
#endif
