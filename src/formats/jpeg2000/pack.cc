// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/pack.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/jpeg2000/pack.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace glimt::jpeg2000 {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Whole vectors of 1, 3 or 4 channels; returns the pixels done.
template <class T>
std::size_t PackVectors(const std::int32_t* const* rows, std::size_t channels, SampleRange range,
                        std::size_t pixels, T* to) {
  const hn::ScalableTag<std::int32_t> wide;
  const hn::Rebind<T, decltype(wide)> narrow;
  const auto low = hn::Set(wide, range.low), high = hn::Set(wide, range.high);
  const auto load = [&](std::size_t channel, std::size_t i) HWY_ATTR {
    return hn::DemoteTo(narrow, hn::Clamp(hn::LoadU(wide, rows[channel] + i), low, high));
  };
  const std::size_t lanes = hn::Lanes(wide);
  std::size_t i = 0;
  if (channels == 1) {
    for (; i + lanes <= pixels; i += lanes) hn::StoreU(load(0, i), narrow, to + i);
  } else if (channels == 3) {
    for (; i + lanes <= pixels; i += lanes) {
      hn::StoreInterleaved3(load(0, i), load(1, i), load(2, i), narrow, to + 3 * i);
    }
  } else if (channels == 4) {
    for (; i + lanes <= pixels; i += lanes) {
      hn::StoreInterleaved4(load(0, i), load(1, i), load(2, i), load(3, i), narrow, to + 4 * i);
    }
  }
  return i;
}

std::size_t PackU8(const std::int32_t* const* rows, std::size_t channels, SampleRange range,
                   std::size_t pixels, std::uint8_t* to) {
  return PackVectors(rows, channels, range, pixels, to);
}
std::size_t PackU16(const std::int32_t* const* rows, std::size_t channels, SampleRange range,
                    std::size_t pixels, std::uint16_t* to) {
  return PackVectors(rows, channels, range, pixels, to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace glimt::jpeg2000
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::jpeg2000 {
namespace {

HWY_EXPORT(PackU8);
HWY_EXPORT(PackU16);

/// Types without a vector kernel do all pixels one by one.
template <class T>
std::size_t pack_vectors(std::span<const std::int32_t* const>, SampleRange, std::size_t, T*) {
  return 0;
}
template <>
std::size_t pack_vectors(std::span<const std::int32_t* const> rows, SampleRange range,
                         std::size_t pixels, std::uint8_t* to) {
  return HWY_DYNAMIC_DISPATCH(PackU8)(rows.data(), rows.size(), range, pixels, to);
}
template <>
std::size_t pack_vectors(std::span<const std::int32_t* const> rows, SampleRange range,
                         std::size_t pixels, std::uint16_t* to) {
  return HWY_DYNAMIC_DISPATCH(PackU16)(rows.data(), rows.size(), range, pixels, to);
}

template <class T>
T clamped(std::int32_t value, SampleRange range) {
  return static_cast<T>(std::clamp(value, range.low, range.high));
}

}  // namespace

template <class T>
void pack_row(std::span<const std::int32_t* const> rows, SampleRange range, std::size_t pixels,
              std::uint8_t* to_bytes) {
  T* to = reinterpret_cast<T*>(to_bytes);
  std::size_t i = pack_vectors<T>(rows, range, pixels, to);
  to += i * rows.size();
  for (; i < pixels; ++i) {
    for (const std::int32_t* row : rows) *to++ = clamped<T>(row[i], range);
  }
}

template <class T>
void pack_channel(const std::int32_t* row, SampleRange range, std::size_t pixels, std::uint8_t* to,
                  std::ptrdiff_t pixel_stride) {
  if (pixel_stride == static_cast<std::ptrdiff_t>(sizeof(T))) {
    return pack_row<T>({&row, 1}, range, pixels, to);
  }
  for (std::size_t i = 0; i < pixels; ++i, to += pixel_stride) {
    const T value = clamped<T>(row[i], range);
    std::memcpy(to, &value, sizeof value);
  }
}

template void pack_row<std::uint8_t>(std::span<const std::int32_t* const>, SampleRange, std::size_t,
                                     std::uint8_t*);
template void pack_row<std::int8_t>(std::span<const std::int32_t* const>, SampleRange, std::size_t,
                                    std::uint8_t*);
template void pack_row<std::uint16_t>(std::span<const std::int32_t* const>, SampleRange,
                                      std::size_t, std::uint8_t*);
template void pack_row<std::int16_t>(std::span<const std::int32_t* const>, SampleRange, std::size_t,
                                     std::uint8_t*);
template void pack_row<std::uint32_t>(std::span<const std::int32_t* const>, SampleRange,
                                      std::size_t, std::uint8_t*);
template void pack_row<std::int32_t>(std::span<const std::int32_t* const>, SampleRange, std::size_t,
                                     std::uint8_t*);
template void pack_channel<std::uint8_t>(const std::int32_t*, SampleRange, std::size_t,
                                         std::uint8_t*, std::ptrdiff_t);
template void pack_channel<std::int8_t>(const std::int32_t*, SampleRange, std::size_t,
                                        std::uint8_t*, std::ptrdiff_t);
template void pack_channel<std::uint16_t>(const std::int32_t*, SampleRange, std::size_t,
                                          std::uint8_t*, std::ptrdiff_t);
template void pack_channel<std::int16_t>(const std::int32_t*, SampleRange, std::size_t,
                                         std::uint8_t*, std::ptrdiff_t);
template void pack_channel<std::uint32_t>(const std::int32_t*, SampleRange, std::size_t,
                                          std::uint8_t*, std::ptrdiff_t);
template void pack_channel<std::int32_t>(const std::int32_t*, SampleRange, std::size_t,
                                         std::uint8_t*, std::ptrdiff_t);

}  // namespace glimt::jpeg2000
#endif  // HWY_ONCE
