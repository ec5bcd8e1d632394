// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// pixel_rule.h over rows of any pair of forms. The fast kernels are tested against this.
#include <cstring>

#include "pixel/pixel_rule.h"
#include "pixel/row_kernels.h"

namespace glimt {
namespace {

template <class T>
double load_as(const std::uint8_t* p) {
  T sample;
  std::memcpy(&sample, p, sizeof sample);
  return value_of(sample);
}
template <class T>
void store_as(std::uint8_t* p, double value) {
  const T sample = sample_of<T>(value);
  std::memcpy(p, &sample, sizeof sample);
}

using Load = double (*)(const std::uint8_t*);
using Store = void (*)(std::uint8_t*, double);
// Rows in the order of SampleType.
constexpr Load kLoads[] = {load_as<std::uint8_t>,  load_as<std::int8_t>,   load_as<std::uint16_t>,
                           load_as<std::int16_t>,  load_as<std::uint32_t>, load_as<std::int32_t>,
                           load_as<std::uint64_t>, load_as<std::int64_t>,  load_as<Half>,
                           load_as<float>,         load_as<double>};
constexpr Store kStores[] = {
    store_as<std::uint8_t>,  store_as<std::int8_t>,   store_as<std::uint16_t>,
    store_as<std::int16_t>,  store_as<std::uint32_t>, store_as<std::int32_t>,
    store_as<std::uint64_t>, store_as<std::int64_t>,  store_as<Half>,
    store_as<float>,         store_as<double>};

}  // namespace

void general_row(const std::uint8_t* from, std::uint8_t* to, std::size_t pixels,
                 const RowContext& context) {
  const PixelRule rule(context.from, context.to);
  const Load load = kLoads[static_cast<std::size_t>(context.from.type)];
  const Store store = kStores[static_cast<std::size_t>(context.to.type)];
  const std::size_t from_sample = sample_bytes(context.from.type);
  const std::size_t to_sample = sample_bytes(context.to.type);
  for (std::size_t i = 0; i < pixels; ++i) {
    convert_pixel(
        rule, [&](std::uint32_t place) { return load(from + from_sample * place); },
        [&](std::uint32_t place, double value) { store(to + to_sample * place, value); });
    from += from_sample * context.from.channels;
    to += to_sample * context.to.channels;
  }
}

}  // namespace glimt
