// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "formats/jpeg/bit_reader.h"

namespace glimt::jpeg {

/// Which symbols a table codes (T.81 B.2.4.2).
enum class HuffmanClass : std::uint8_t { dc, ac };  ///< dc: also the differences of lossless scans

/// One code of a Huffman table together with what its symbol says of the bits behind it: packed, so
/// that a look-up is one load and the shift to the next code does not wait for the value.
struct HuffmanCode {
  static constexpr std::uint32_t kSpecial = 1U << 31;    ///< one of those below
  static constexpr std::uint32_t kLong = 1U << 30;       ///< longer than the look-up table is wide
  static constexpr std::uint32_t kInvalid = 1U << 29;    ///< no code of the table
  static constexpr std::uint32_t kNoValue = 1U << 28;    ///< ac: EOBn or ZRL
  static constexpr std::uint32_t kHalfRange = 1U << 27;  ///< dc: 32768, without bits (H.1.2.2)

  std::uint32_t packed = 0;

  [[nodiscard]] bool is(std::uint32_t kind) const { return (packed & kind) != 0; }
  /// Bits of code and value.
  [[nodiscard]] unsigned total_bits() const { return packed >> 8 & 63; }
  [[nodiscard]] unsigned code_bits() const { return packed & 63; }
  [[nodiscard]] unsigned value_bits() const { return packed >> 16 & 31; }
  /// ac: zeros before the coefficient.
  [[nodiscard]] unsigned run() const { return packed >> 21 & 15; }

  /// The value behind the code at the head of `bits` (F.2.2.1 EXTEND), without a branch: negative
  /// values are sent less one, and so begin with a 0.
  [[nodiscard]] std::int32_t value(std::uint64_t bits) const {
    const std::uint64_t behind = bits << code_bits();
    const unsigned size = value_bits();
    const auto magnitude = static_cast<std::int32_t>(behind >> 1 >> (63 - size));
    const auto negative = static_cast<std::int32_t>(~(static_cast<std::int64_t>(behind) >> 63));
    return magnitude + (negative & static_cast<std::int32_t>((~0U << size) + 1));
  }
};

class HuffmanTable {
 public:
  /// From the payload of a DHT segment behind Tc and Th: 16 counts and the symbols.
  /// Code::corrupt when the codes do not fit 16 bits or a symbol has no meaning.
  static Status make(Bytes counts, Bytes symbols, HuffmanClass table_class, HuffmanTable& table);

  void clear() { defined_ = false; }
  [[nodiscard]] bool defined() const { return defined_; }
  /// Whether only scans of lossless frames may use the table: it has differences of 16 bits.
  [[nodiscard]] bool lossless_only() const { return lossless_only_; }

  /// The code at the head of `bits`; special ones may be kLong, and are find()'s.
  [[nodiscard]] HuffmanCode look_up(std::uint64_t bits) const {
    return lookup_[bits >> (64 - kLookupBits)];
  }
  /// The code at the head of `bits`, of which at least 16 are valid. Never kLong.
  [[nodiscard]] HuffmanCode find(std::uint64_t bits) const {
    const HuffmanCode code = look_up(bits);
    return code.is(HuffmanCode::kLong) ? find_long(bits) : code;
  }

 private:
  static constexpr unsigned kLookupBits = 10;

  [[nodiscard]] HuffmanCode find_long(std::uint64_t bits) const;

  std::array<HuffmanCode, 1U << kLookupBits> lookup_{};
  std::array<HuffmanCode, 256> codes_{};        // in the order of the codes
  std::array<std::uint32_t, 17> limit_{};       // by length: past its last code, at 16 bits
  std::array<std::int32_t, 17> first_index_{};  // by length: index of code 0, were there one
  bool defined_ = false, lossless_only_ = false;
};

}  // namespace glimt::jpeg
