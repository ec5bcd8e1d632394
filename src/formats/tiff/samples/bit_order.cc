// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/bit_order.h"

#include "base/bytes.h"

namespace glimt::tiff {
namespace {

template <class Word>
Word reversed(Word v) {
  constexpr auto ones = static_cast<Word>(~Word{0});
  constexpr Word odd = ones / 3, pairs = ones / 5, nibbles = ones / 17;
  v = static_cast<Word>((v >> 1 & odd) | (v & odd) << 1);
  v = static_cast<Word>((v >> 2 & pairs) | (v & pairs) << 2);
  return static_cast<Word>((v >> 4 & nibbles) | (v & nibbles) << 4);
}

}  // namespace

void reverse_bits(Bytes bytes, std::uint8_t* out) {
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8)
    store_le(out + i, reversed(load_le<std::uint64_t>(bytes.data() + i)));
  for (; i < bytes.size(); ++i) out[i] = reversed(bytes[i]);
}

}  // namespace glimt::tiff
