// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Samples of any number of bits in containers of 1, 2, 4 or 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glimt::tiff {

/// Bytes that unpack_bits() may read, and pack_bits() write, behind a row.
inline constexpr std::size_t kBitSlack = 16;

/// `bits` 1 to 64, the first bit in the highest place; containers are the least that hold them.
void unpack_bits(const std::uint8_t* packed, std::size_t count, std::uint32_t bits, void* out);
void pack_bits(const void* samples, std::size_t count, std::uint32_t bits, std::uint8_t* packed);

/// Numbers of `bits` / 8 bytes (3, 5, 6 or 7) in either byte order.
void unpack_bytes(const std::uint8_t* packed, std::size_t count, std::uint32_t bits,
                  bool big_endian, void* out);
void pack_bytes(const void* samples, std::size_t count, std::uint32_t bits, bool big_endian,
                std::uint8_t* packed);

/// In place: sums along a row of samples of `bits` bits, modulo 2^bits; and differences.
void sum_bits(void* samples, std::size_t pixels, std::size_t per_pixel, std::uint32_t bits);
void subtract_bits(void* samples, std::size_t pixels, std::size_t per_pixel, std::uint32_t bits);

/// In place: the highest of `bits` bits is repeated above.
void extend_signs(void* samples, std::size_t count, std::uint32_t bits);

/// In place: binary floating point of 24 bits (sign, 7 of exponent with bias 63, 16 of fraction;
/// DNG 1.4) to 32 bits and back, to the nearest with ties to even.
void widen_float24(void* samples, std::size_t count);
void narrow_to_float24(void* samples, std::size_t count);

}  // namespace glimt::tiff
