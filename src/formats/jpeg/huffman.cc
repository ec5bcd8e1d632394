// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/huffman.h"

#include <algorithm>

namespace glimt::jpeg {
namespace {

constexpr unsigned kMaxCodeBits = 16;

HuffmanCode pack(unsigned length, std::uint8_t symbol, HuffmanClass table_class) {
  const bool ac = table_class == HuffmanClass::ac;
  unsigned size = ac ? symbol & 15U : symbol;
  const unsigned run = ac ? symbol >> 4U : 0;
  std::uint32_t kind = 0;
  if (ac && size == 0) kind = HuffmanCode::kSpecial | HuffmanCode::kNoValue;
  if (!ac && size == 16) {
    kind = HuffmanCode::kSpecial | HuffmanCode::kHalfRange;
    size = 0;
  }
  return {length | (length + size) << 8 | size << 16 | run << 21 | kind};
}

}  // namespace

Status HuffmanTable::make(Bytes counts, Bytes symbols, HuffmanClass table_class,
                          HuffmanTable& table) {
  table.defined_ = table.lossless_only_ = false;
  table.lookup_.fill({HuffmanCode::kSpecial | HuffmanCode::kLong});
  std::uint32_t code = 0;  // T.81 C.2: codes of one length count up, a longer one appends zeros
  std::size_t index = 0;
  for (unsigned length = 1; length <= kMaxCodeBits; ++length, code <<= 1) {
    table.first_index_[length] = static_cast<std::int32_t>(index) - static_cast<std::int32_t>(code);
    for (unsigned i = 0; i < counts[length - 1]; ++i, ++code, ++index) {
      const std::uint8_t symbol = symbols[index];
      if (code >> length != 0) return {Code::corrupt, "a Huffman table has too many codes"};
      if (table_class == HuffmanClass::dc && symbol > 16) {
        return {Code::corrupt, "a Huffman table codes differences of more than 16 bits"};
      }
      const HuffmanCode packed = pack(length, symbol, table_class);
      table.lossless_only_ = table.lossless_only_ || packed.is(HuffmanCode::kHalfRange);
      table.codes_[index] = packed;
      if (length > kLookupBits) continue;
      const std::size_t first = std::size_t{code} << (kLookupBits - length);
      std::fill_n(&table.lookup_[first], std::size_t{1} << (kLookupBits - length), packed);
    }
    table.limit_[length] = code << (kMaxCodeBits - length);
  }
  table.defined_ = true;
  return {};
}

HuffmanCode HuffmanTable::find_long(std::uint64_t bits) const {
  const auto head = static_cast<std::uint32_t>(bits >> (64 - kMaxCodeBits));
  for (unsigned length = kLookupBits + 1; length <= kMaxCodeBits; ++length) {
    if (head >= limit_[length]) continue;
    const auto code = static_cast<std::int32_t>(head >> (kMaxCodeBits - length));
    return codes_[static_cast<std::size_t>(first_index_[length] + code)];
  }
  return {HuffmanCode::kSpecial | HuffmanCode::kInvalid | kMaxCodeBits | kMaxCodeBits << 8};
}

}  // namespace glimt::jpeg
