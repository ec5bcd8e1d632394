// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/huffman_code.h"

#include <algorithm>

namespace glimt::jpeg {
namespace {

constexpr std::size_t kMaxBits = 16;
// One more than there are symbols: it takes the code of ones alone, and is left out at the end.
constexpr std::size_t kLeaves = 257;

/// Lengths of the codes without a limit (figure K.1): the two rarest trees are joined until one is
/// left.
std::array<std::uint16_t, kLeaves> unlimited_lengths(std::array<std::uint64_t, kLeaves> weights) {
  std::array<std::uint16_t, kLeaves> lengths{};
  std::array<std::int16_t, kLeaves> next;  // leaf of the same tree
  next.fill(-1);
  for (;;) {
    std::size_t least = kLeaves, second = kLeaves;
    for (std::size_t i = 0; i < kLeaves; ++i) {
      if (weights[i] == 0) continue;
      if (least == kLeaves || weights[i] <= weights[least]) {
        second = least;
        least = i;
      } else if (second == kLeaves || weights[i] <= weights[second]) {
        second = i;
      }
    }
    if (second == kLeaves) return lengths;
    weights[least] += weights[second];
    weights[second] = 0;
    std::size_t leaf = least;
    for (;; leaf = static_cast<std::size_t>(next[leaf])) {
      ++lengths[leaf];
      if (next[leaf] < 0) break;
    }
    next[leaf] = static_cast<std::int16_t>(second);
    for (std::int32_t i = static_cast<std::int32_t>(second); i >= 0;
         i = next[static_cast<std::size_t>(i)]) {
      ++lengths[static_cast<std::size_t>(i)];
    }
  }
}

/// Two codes that are too long move up under the prefix of a shorter one (figure K.3).
void limit_lengths(std::array<std::uint16_t, kLeaves + 1>& counts) {
  for (std::size_t length = kLeaves; length > kMaxBits; --length) {
    while (counts[length] > 0) {
      std::size_t shorter = length - 2;
      while (counts[shorter] == 0) --shorter;
      counts[length] -= 2;
      ++counts[length - 1];
      counts[shorter + 1] += 2;
      --counts[shorter];
    }
  }
}

}  // namespace

HuffmanCodeList make_huffman_code(std::span<const std::uint64_t> frequencies) {
  std::array<std::uint64_t, kLeaves> weights{};
  std::copy(frequencies.begin(), frequencies.end(), weights.begin());
  weights[kLeaves - 1] = 1;
  const auto lengths = unlimited_lengths(weights);

  std::array<std::uint16_t, kLeaves + 1> counts{};  // by length
  for (const std::uint16_t length : lengths) counts[length] += length > 0 ? 1 : 0;
  limit_lengths(counts);
  std::size_t longest = kMaxBits;
  while (longest > 0 && counts[longest] == 0) --longest;
  if (longest > 0) --counts[longest];  // that of the leaf left out

  HuffmanCodeList list;
  for (std::size_t i = 0; i < kMaxBits; ++i) {
    list.counts[i] = static_cast<std::uint8_t>(counts[i + 1]);
  }
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    if (lengths[i] > 0) list.symbols.push_back(static_cast<std::uint8_t>(i));
  }
  std::stable_sort(list.symbols.begin(), list.symbols.end(),
                   [&](std::uint8_t a, std::uint8_t b) { return lengths[a] < lengths[b]; });
  return list;
}

std::array<HuffmanWord, 256> huffman_words(const HuffmanCodeList& list) {
  std::array<HuffmanWord, 256> words{};
  std::size_t index = 0;
  std::uint32_t code = 0;
  for (std::size_t length = 1; length <= kMaxBits; ++length, code <<= 1) {
    for (unsigned i = 0; i < list.counts[length - 1]; ++i, ++code) {
      words[list.symbols[index++]] = {static_cast<std::uint16_t>(code),
                                      static_cast<std::uint8_t>(length)};
    }
  }
  return words;
}

}  // namespace glimt::jpeg
