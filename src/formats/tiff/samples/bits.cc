// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/bits.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"
#include "formats/tiff/samples/row_kernels.h"

namespace glimt::tiff {
namespace {

/// Calls work(T*) with the container type of `bits`.
template <class Work>
void with_container(void* samples, std::uint32_t bits, Work work) {
  if (bits <= 8) return work(static_cast<std::uint8_t*>(samples));
  if (bits <= 16) return work(static_cast<std::uint16_t*>(samples));
  if (bits <= 32) return work(static_cast<std::uint32_t*>(samples));
  return work(static_cast<std::uint64_t*>(samples));
}

/// Calls work with the number of bytes, 3, 5, 6 or 7, as a constant.
template <class Work>
void with_size(std::size_t bytes, Work work) {
  if (bytes == 3) return work(std::integral_constant<std::size_t, 3>());
  if (bytes == 5) return work(std::integral_constant<std::size_t, 5>());
  if (bytes == 6) return work(std::integral_constant<std::size_t, 6>());
  return work(std::integral_constant<std::size_t, 7>());
}

template <unsigned Bits>
void unpack_small(const std::uint8_t* packed, std::size_t count, std::uint8_t* out) {
  constexpr unsigned per_byte = 8 / Bits;
  const auto sample = [](std::uint8_t byte, unsigned k) {
    return static_cast<std::uint8_t>(byte >> (8 - Bits * (k + 1)) & ((1U << Bits) - 1));
  };
  const std::size_t bytes = count / per_byte;
  for (std::size_t i = 0; i < bytes; ++i) {
    for (unsigned k = 0; k < per_byte; ++k) out[i * per_byte + k] = sample(packed[i], k);
  }
  for (std::size_t i = bytes * per_byte; i < count; ++i)
    out[i] = sample(packed[bytes], static_cast<unsigned>(i % per_byte));
}

/// A byte of eight bits to eight bytes.
void unpack_single(const std::uint8_t* packed, std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; i += 8) {
    // Each bit lands in the lowest place of its byte, the first in the first.
    const std::uint64_t spread =
        (packed[i / 8] * std::uint64_t{0x8040201008040201}) & 0x8080808080808080;
    const std::uint64_t ordered = spread >> 7;
    if (count - i >= 8) {
      store_le(out + i, ordered);
    } else {
      std::memcpy(out + i, &ordered, count - i);
    }
  }
}

template <class T>
void unpack_any(const std::uint8_t* packed, std::size_t count, unsigned bits, T* out) {
  const std::size_t done =
      bits <= 24 ? unpack_groups(packed, count, bits, reinterpret_cast<std::uint8_t*>(out)) : 0;
  std::uint64_t position = std::uint64_t{done} * bits;
  for (std::size_t i = done; i < count; ++i, position += bits) {
    const std::uint8_t* p = packed + position / 8;
    const unsigned skip = position % 8;
    std::uint64_t value = load_be<std::uint64_t>(p) << skip;
    if (skip + bits > 64) value |= p[8] >> (8 - skip);
    out[i] = static_cast<T>(value >> (64 - bits));
  }
}

}  // namespace

void unpack_bits(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, void* out) {
  auto* bytes = static_cast<std::uint8_t*>(out);
  switch (bits) {
    case 1:
      return unpack_single(packed, count, bytes);
    case 2:
      return unpack_small<2>(packed, count, bytes);
    case 4:
      return unpack_small<4>(packed, count, bytes);
    default:
      with_container(out, bits, [&](auto* samples) { unpack_any(packed, count, bits, samples); });
  }
}

void pack_bits(const void* samples, std::size_t count, std::uint32_t bits, std::uint8_t* packed) {
  with_container(const_cast<void*>(samples), bits, [&](const auto* values) {
    std::uint64_t kept = 0;  // in the highest places
    unsigned held = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t value = std::uint64_t{values[i]} << (64 - bits);
      kept |= value >> held;
      const unsigned fits = 64 - held;
      held += bits;
      if (held < 64) continue;
      store_be(packed, kept);
      packed += 8;
      held -= 64;
      kept = held == 0 ? 0 : value << fits;
    }
    store_be(packed, kept);
  });
}

void unpack_bytes(const std::uint8_t* packed, std::size_t count, std::uint32_t bits,
                  bool big_endian, void* out) {
  with_size(bits / 8, [&](auto size) {
    with_container(out, bits, [&](auto* samples) {
      for (std::size_t i = 0; i < count; ++i, packed += size) {
        std::uint64_t value = 0;
        for (std::size_t b = 0; b < size; ++b)
          value |= std::uint64_t{packed[b]} << 8 * (big_endian ? size - 1 - b : b);
        samples[i] = static_cast<std::remove_reference_t<decltype(samples[0])>>(value);
      }
    });
  });
}

void pack_bytes(const void* samples, std::size_t count, std::uint32_t bits, bool big_endian,
                std::uint8_t* packed) {
  with_size(bits / 8, [&](auto size) {
    with_container(const_cast<void*>(samples), bits, [&](const auto* values) {
      for (std::size_t i = 0; i < count; ++i, packed += size) {
        for (std::size_t b = 0; b < size; ++b) {
          packed[b] = static_cast<std::uint8_t>(std::uint64_t{values[i]} >>
                                                8 * (big_endian ? size - 1 - b : b));
        }
      }
    });
  });
}

void sum_bits(void* samples, std::size_t pixels, std::size_t per_pixel, std::uint32_t bits) {
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  with_container(samples, bits, [&](auto* values) {
    for (std::size_t i = per_pixel; i < pixels * per_pixel; ++i) {
      values[i] = static_cast<std::remove_reference_t<decltype(values[0])>>(
          (std::uint64_t{values[i]} + values[i - per_pixel]) & mask);
    }
  });
}

void subtract_bits(void* samples, std::size_t pixels, std::size_t per_pixel, std::uint32_t bits) {
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  with_container(samples, bits, [&](auto* values) {
    for (std::size_t i = pixels * per_pixel; i-- > per_pixel;) {
      values[i] = static_cast<std::remove_reference_t<decltype(values[0])>>(
          (std::uint64_t{values[i]} - values[i - per_pixel]) & mask);
    }
  });
}

void extend_signs(void* samples, std::size_t count, std::uint32_t bits) {
  const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
  with_container(samples, bits, [&](auto* values) {
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = static_cast<std::remove_reference_t<decltype(values[0])>>(
          (std::uint64_t{values[i]} ^ sign) - sign);
    }
  });
}

void widen_float24(void* samples, std::size_t count) {
  auto* values = static_cast<std::uint32_t*>(samples);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sign = (values[i] & 0x800000) << 8, exponent = values[i] >> 16 & 127;
    const std::uint32_t fraction = values[i] & 0xffff;
    std::uint32_t magnitude = (exponent + 64) << 23 | fraction << 7;
    if (exponent == 0) magnitude = std::bit_cast<std::uint32_t>(std::ldexp(float(fraction), -78));
    if (exponent == 127) magnitude = 0x7f800000 | fraction << 7;
    values[i] = sign | magnitude;
  }
}

void narrow_to_float24(void* samples, std::size_t count) {
  auto* values = static_cast<std::uint32_t*>(samples);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sign = values[i] >> 8 & 0x800000, magnitude = values[i] & 0x7fffffff;
    std::uint32_t narrow = 0;
    if (magnitude > 0x7f800000) {
      narrow = 0x7f8000;  // a quiet NaN
    } else if (magnitude < (65U << 23)) {
      // Less than the least normal number, 2^-62: multiples of 2^-78.
      narrow = static_cast<std::uint32_t>(
          std::nearbyint(std::ldexp(std::bit_cast<float>(magnitude), 78)));
    } else {
      const std::uint32_t rounded = magnitude + 63 + (magnitude >> 7 & 1);
      narrow = std::min<std::uint32_t>((rounded >> 7) - (64U << 16), 127U << 16);
    }
    values[i] = sign | narrow;
  }
}

}  // namespace glimt::tiff
