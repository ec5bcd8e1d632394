// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of the look-up tables, computed by the kernel `tables` and, for tests, by the host.
// Tables for synchronising swallow every AC code, with its extra bits, that fits into the index;
// those for writing hold one code and an end-of-block behind it.
#pragma once

#include <cstdint>

#include "formats/jpeg/cuda/descriptors.h"

namespace glimt::jpeg::cuda {

// An entry: what to skip of bits and of zigzag places, and whether the block ends, for the group of
// codes (bits 0-12) and for its first code alone (bits 13-25), so that falling back is one shift;
// on top the length of the first code without its extra bits. The highest bit: a run of ended
// blocks (T.81 G.1.2.2, EOB1 to EOB14), alone in its entry; the extra bits are its length.
constexpr unsigned kEntryAdvanceShift = 5, kEntryEndShift = 12, kEntryFirstShift = 13,
                   kEntryCodeShift = 26;
constexpr std::uint32_t kEntryBits = 31, kEntryAdvance = 127, kEntryEnd = 1U << kEntryEndShift;
constexpr std::uint32_t kEntryRun = 1U << 31;

constexpr std::uint32_t pack_part(std::uint32_t bits, std::uint32_t advance, bool ends) {
  return bits | advance << kEntryAdvanceShift | (ends ? kEntryEnd : 0U);
}
/// Not a code: one bit, and the block is over.
constexpr std::uint32_t kInvalidEntry =
    pack_part(1, 1, true) | pack_part(1, 1, true) << kEntryFirstShift | 1U << kEntryCodeShift;

/// The canonical code of a table (T.81 annex C).
struct CodeBook {
  std::uint64_t limit[17] = {};  ///< by length: past its last code, at 32 bits
  std::int32_t offset[17] = {};  ///< by length: place of a code's symbol, less the code

  constexpr void build(const std::uint8_t* counts) {
    std::uint64_t code = 0;
    std::int32_t place = 0;
    for (int length = 1; length <= 16; ++length) {
      offset[length] = place - static_cast<std::int32_t>(code);
      code += counts[length - 1];
      place += counts[length - 1];
      limit[length] = code << (32 - length);
      code <<= 1;
    }
  }

  struct Found {
    int length = 0;  ///< 0: no code of up to `longest` bits
    std::uint8_t symbol = 0;
  };
  /// The code at the head of the 32 bits.
  constexpr Found find(std::uint32_t bits, int longest, const std::uint8_t* symbols) const {
    for (int length = 1; length <= longest; ++length) {
      if (bits < limit[length]) {
        const int place = offset[length] + static_cast<int>(bits >> (32 - length));
        return {length, symbols[place & 255]};
      }
    }
    return {};
  }

  /// The first 16-bit prefix that no code of up to kLookupBits begins.
  constexpr std::uint32_t escape_base() const {
    return static_cast<std::uint32_t>(limit[kLookupBits] >> 16);
  }
  /// 16-bit prefixes of the longer codes.
  constexpr std::uint32_t escape_count() const {
    const auto last = static_cast<std::uint32_t>(limit[16] >> 16);
    const std::uint32_t count = last > escape_base() ? last - escape_base() : 0;
    return count < kEscapes - 1 ? count : kEscapes - 1;
  }
};

/// What symbols mean: of DC, of AC, or of AC in a progressive frame.
enum class CodeKind : std::uint8_t { dc, ac, band };

/// What a code and its extra bits do.
struct CodeStep {
  std::uint32_t bits = 0, advance = 0;
  bool ends = false;
  bool run = false;  ///< of ended blocks
};
/// T.81 F.1.2.1 and F.1.2.2: size in the low 4 bits, of AC codes the run in the high ones.
constexpr CodeStep step_of(CodeKind kind, CodeBook::Found code) {
  const std::uint32_t size = code.symbol & 15U, run = code.symbol >> 4;
  const std::uint32_t bits = static_cast<std::uint32_t>(code.length) + size;
  if (kind == CodeKind::dc) return {bits, 1, false, false};
  if (size == 0 && run < 15) {
    const bool blocks = kind == CodeKind::band && run > 0;
    return {bits + (blocks ? run : 0), 1, true, blocks};
  }
  return {bits, run + 1, false, false};
}

enum class LookupUse : std::uint8_t { synchronise, write };

/// The entry of a prefix of kLookupBits bits; 0: the code is longer, or none.
constexpr std::uint32_t lookup_entry(const CodeBook& book, const std::uint8_t* symbols,
                                     CodeKind kind, LookupUse use, std::uint32_t prefix) {
  const std::uint32_t bits = prefix << (32 - kLookupBits);
  const CodeBook::Found first = book.find(bits, kLookupBits, symbols);
  if (first.length == 0) return 0;
  const CodeStep alone = step_of(kind, first);
  CodeStep group = alone;
  while (kind != CodeKind::dc && !group.ends && group.bits < kLookupBits) {
    const CodeBook::Found next =
        book.find(bits << group.bits, static_cast<int>(kLookupBits - group.bits), symbols);
    if (next.length == 0) break;
    const CodeStep step = step_of(kind, next);
    const bool fits =
        group.bits + step.bits <= kLookupBits && !step.run && group.advance + step.advance <= 64;
    if (!fits || (use == LookupUse::write && !step.ends)) break;
    group = {group.bits + step.bits, group.advance + step.advance, step.ends, false};
  }
  return pack_part(group.bits, group.advance, group.ends) |
         pack_part(alone.bits, alone.advance, alone.ends) << kEntryFirstShift |
         static_cast<std::uint32_t>(first.length) << kEntryCodeShift | (alone.run ? kEntryRun : 0U);
}

/// The entry of a 16-bit prefix.
constexpr std::uint32_t escape_entry(const CodeBook& book, const std::uint8_t* symbols,
                                     CodeKind kind, std::uint32_t prefix) {
  const CodeBook::Found code =
      prefix < 65536 ? book.find(prefix << 16, 16, symbols) : CodeBook::Found();
  if (code.length == 0) return kInvalidEntry;
  const CodeStep step = step_of(kind, code);
  const std::uint32_t part = pack_part(step.bits, step.advance, step.ends);
  return part | part << kEntryFirstShift |
         static_cast<std::uint32_t>(code.length) << kEntryCodeShift | (step.run ? kEntryRun : 0U);
}

}  // namespace glimt::jpeg::cuda
