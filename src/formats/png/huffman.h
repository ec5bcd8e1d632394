// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace glimt::png {

/// Lengths of a complete prefix code, none longer than `longest` bits, near the shortest total for
/// the frequencies; 0 where the frequency is 0. A symbol alone gets 1 bit. At most 288 symbols, and
/// at most 2^longest with a frequency.
void code_lengths(std::span<const std::uint32_t> frequencies, unsigned longest,
                  std::span<std::uint8_t> lengths);

/// The canonical code of the lengths (RFC 1951, 3.2.2), bits in the order of writing.
void canonical_codes(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> codes);

}  // namespace glimt::png
