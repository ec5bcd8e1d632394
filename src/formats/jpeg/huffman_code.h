// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace glimt::jpeg {

/// A Huffman code made for the symbols of an image, as a DHT segment says it (T.81 B.2.4.2).
struct HuffmanCodeList {
  std::array<std::uint8_t, 16> counts{};  ///< of codes by length, 1 to 16
  std::vector<std::uint8_t> symbols;      ///< by length
};

/// The code of least total length for symbols of these frequencies (up to 256), with no code longer
/// than 16 bits and none of ones alone: T.81 K.2. Symbols that never occur get no code.
HuffmanCodeList make_huffman_code(std::span<const std::uint64_t> frequencies);

/// What to write for each symbol.
struct HuffmanWord {
  std::uint16_t bits = 0;
  std::uint8_t length = 0;
};
/// The words of the code, by symbol (T.81 annex C).
std::array<HuffmanWord, 256> huffman_words(const HuffmanCodeList& list);

}  // namespace glimt::jpeg
