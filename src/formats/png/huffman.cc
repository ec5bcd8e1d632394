// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/huffman.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace glimt::png {
namespace {

constexpr std::size_t kMostSymbols = 288;
constexpr unsigned kLongest = 15;

struct Leaf {
  std::uint32_t frequency;
  std::uint16_t symbol;
};

/// Depths of the leaves of a Huffman tree, counted: leaves are sorted by frequency, so that the
/// nodes made are, too, and two queues give the two smallest.
void count_depths(std::span<const Leaf> leaves, std::span<std::uint32_t> counts) {
  struct Node {
    std::uint64_t weight;
    std::uint16_t parent;
  };
  std::array<Node, 2 * kMostSymbols> nodes;
  const std::size_t n = leaves.size();
  for (std::size_t i = 0; i < n; ++i) nodes[i] = {leaves[i].frequency, 0};
  std::size_t leaf = 0, made = n;
  for (std::size_t next = n; next < 2 * n - 1; ++next) {
    std::uint64_t weight = 0;
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < n && (made == next || nodes[leaf].weight <= nodes[made].weight);
      const std::size_t node = take_leaf ? leaf++ : made++;
      nodes[node].parent = static_cast<std::uint16_t>(next);
      weight += nodes[node].weight;
    }
    nodes[next].weight = weight;
  }
  std::array<std::uint16_t, 2 * kMostSymbols> depths;
  depths[2 * n - 2] = 0;
  for (std::size_t i = 2 * n - 2; i-- > 0;) {
    depths[i] = static_cast<std::uint16_t>(depths[nodes[i].parent] + 1);
    if (i < n) ++counts[std::min<std::size_t>(depths[i], counts.size() - 1)];
  }
}

}  // namespace

void code_lengths(std::span<const std::uint32_t> frequencies, unsigned longest,
                  std::span<std::uint8_t> lengths) {
  std::array<Leaf, kMostSymbols> leaves;
  std::size_t n = 0;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    lengths[i] = 0;
    if (frequencies[i] != 0) leaves[n++] = {frequencies[i], static_cast<std::uint16_t>(i)};
  }
  if (n == 0) return;
  if (n == 1) {
    lengths[leaves[0].symbol] = 1;
    return;
  }
  std::sort(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(n),
            [](const Leaf& a, const Leaf& b) {
              return a.frequency != b.frequency ? a.frequency < b.frequency : a.symbol < b.symbol;
            });
  std::array<std::uint32_t, kLongest + 1> counts{};
  count_depths(std::span(leaves).first(n), std::span(counts).first(longest + 1));
  // Leaves cut to the longest length overfill the code: each step takes one of them away and hangs
  // it beside a leaf that is not yet there, which thereby grows by one bit (Kraft's sum falls by
  // one unit). The sum ends at exactly one, so the code is complete, as inflaters demand.
  std::uint32_t sum = 0;
  for (unsigned length = 1; length <= longest; ++length)
    sum += counts[length] << (longest - length);
  for (; sum > 1U << longest; --sum) {
    unsigned length = longest - 1;
    while (counts[length] == 0) --length;
    --counts[longest];
    --counts[length];
    counts[length + 1] += 2;
  }
  std::size_t leaf = 0;
  for (unsigned length = longest; length > 0; --length) {
    for (std::uint32_t i = 0; i < counts[length]; ++i) {
      lengths[leaves[leaf++].symbol] = static_cast<std::uint8_t>(length);
    }
  }
}

void canonical_codes(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> codes) {
  std::array<std::uint16_t, kLongest + 2> next{};
  for (const std::uint8_t length : lengths) ++next[length + 1U];
  next[1] = 0;  // those of no length
  for (unsigned length = 1; length <= kLongest; ++length) {
    next[length + 1] = static_cast<std::uint16_t>((next[length] + next[length + 1]) << 1);
  }
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const unsigned length = lengths[i];
    if (length == 0) continue;
    std::uint16_t code = next[length]++, reversed = 0;
    for (unsigned bit = 0; bit < length; ++bit, code = static_cast<std::uint16_t>(code >> 1)) {
      reversed = static_cast<std::uint16_t>(reversed << 1 | (code & 1));
    }
    codes[i] = reversed;
  }
}

}  // namespace glimt::png
