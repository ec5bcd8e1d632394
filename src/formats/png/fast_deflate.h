// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A deflate coder for filtered rows that is fast rather than small: literals by a Huffman code of
// at most 12 bits, four of them at a time; runs of zeros, of which drawings are full once they are
// filtered, as matches; nothing else is searched for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "glimt/types.h"

namespace glimt::png {

/// Bits that do not yet make a byte, between blocks.
struct PendingBits {
  std::uint64_t bits = 0;
  unsigned count = 0;  ///< below 8
};

/// Room that fast_deflate_block needs for a block of `size` bytes, and for what was pending.
constexpr std::size_t fast_deflate_bound(std::size_t size) { return size + size / 4096 + 1024; }

/// Writes one block (RFC 1951) of any size: with a Huffman code of its own, or stored where that is
/// smaller. Returns the end of the whole bytes written; `last` ends the stream and leaves no bits.
std::uint8_t* fast_deflate_block(Bytes data, bool last, PendingBits& pending, std::uint8_t* out);

}  // namespace glimt::png
