// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A deflate coder made for filtered rows. Residuals of photographs hold hardly a repetition that is
// worth its bits: what counts is a Huffman code that follows the picture, so every block has its
// own, of at most 12 bits, and four literals are written at a time. Drawings are full of zeros once
// they are filtered: runs of them are matches. Other repetitions are looked for if asked to, and
// taken where they are shorter than their literals.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "base/result.h"
#include "glimt/types.h"

namespace glimt::png {

class FastDeflate {
 public:
  /// Takes scratch for blocks of at most `most_bytes`. Code::out_of_memory.
  static Result<FastDeflate> make(std::size_t most_bytes, bool find_repetitions, Arena& arena);

  /// Where the next block is to be put: most_bytes, and `kSlack` more that may be overwritten.
  [[nodiscard]] std::uint8_t* block() const { return memory_.data() + kHistory; }
  static constexpr std::size_t kSlack = 64;

  /// Room that write() needs for a block of `size` bytes: 12 bits each, for a code that was made
  /// from half of them and fits the other half badly.
  static constexpr std::size_t bound(std::size_t size) { return size + size / 2 + 1024; }

  /// Writes block()[0, size) as one block (RFC 1951) with a Huffman code of its own, or stored
  /// where that is smaller, size > 0. Returns the end of the whole bytes written; bits of a further
  /// one are kept for the next block, unless this is the last.
  std::uint8_t* write(std::size_t size, bool last, std::uint8_t* out);

  /// So many bytes without a repetition, then `length` bytes as they were `distance` before.
  struct Token {
    std::uint32_t literals;
    std::uint16_t length, distance;  ///< 0 behind the last match
  };
  struct Scan;

 private:
  static constexpr std::size_t kHistory = std::size_t{32} << 10;

  std::span<std::uint8_t> memory_;  // what came before, then the block
  std::span<Token> tokens_;
  std::span<std::uint32_t> seen_;  // by hash: where in the stream; empty: no repetitions wanted
  std::uint8_t costs_[256];        // bits of the literals in the last block
  std::uint64_t position_ = 0;     // of the block in the stream
  std::uint64_t pending_bits_ = 0;
  unsigned pending_count_ = 0;  // below 8
};

}  // namespace glimt::png
