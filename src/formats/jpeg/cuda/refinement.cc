// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/refinement.h"

#include <algorithm>
#include <bit>
#include <cstring>

// Two versions: with the instructions that find the n-th bit, which CPUs with AVX2 have, and plain.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/jpeg/cuda/refinement.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX2
#include <immintrin.h>
#endif

HWY_BEFORE_NAMESPACE();
namespace glimt::jpeg::cuda {
namespace HWY_NAMESPACE {

/// The n-th bit of `set`, where bit n of `nth` is set; 0: it has fewer.
HWY_INLINE std::uint64_t nth_bit(std::uint64_t set, std::uint32_t nth) {
#if HWY_TARGET == HWY_AVX2
  return _pdep_u64(nth, set);
#else
  for (; (nth & 1) == 0 && set != 0; nth >>= 1) set &= set - 1;
  return set & (~set + 1);
#endif
}

/// The chain's bits in a register. Tried before: loading anew at every place, which waits for the
/// place (a fifth slower).
struct Bits {
  RefinementChain::Place& place;

  /// At least 56.
  HWY_INLINE void refill() {
    std::uint64_t next;
    std::memcpy(&next, place.next, sizeof next);
    place.bits |= __builtin_bswap64(next) >> place.count;
    place.next += (63 - place.count) >> 3;
    place.count |= 56;
  }
  HWY_INLINE void skip(unsigned count) {
    place.bits <<= count;
    place.count -= count;
  }
  /// Appends `count` < 57 bits to `to`.
  HWY_INLINE void take(unsigned count, std::uint64_t& to) {
    to = to << count | place.bits >> 1 >> (63 - count);
    skip(count);
  }
  /// The same of up to 63, when some have been taken since refill().
  HWY_INLINE void take_many(unsigned count, std::uint64_t& to) {
    for (; count > 32; count -= 32) {
      refill();
      take(32, to);
    }
    refill();
    take(count, to);
  }
};

/// What a scan says of one block, and which of its coefficients it has not come to.
struct Block {
  std::uint64_t zeros_left, old_left;
  std::uint64_t fresh = 0, positive = 0, corrections = 0;
};

/// Up to an end of band, or the band's end. Tried and lost: one loop over the codes of all blocks,
/// without a branch where a block ends, which cannot be predicted (registers do not suffice: 40 %
/// slower).
HWY_INLINE bool read_codes(const RefinementTable& table, int start, int end, Bits bits,
                           Block& block) {
  using Table = RefinementTable;
  for (int next = start; next <= end;) {
    bits.refill();
    const std::uint64_t window = bits.place.bits;
    const auto [entry, nth_zero] = table.find(window);
    bits.skip(entry & Table::kBits);
    if ((entry & (Table::kRun | Table::kInvalid)) != 0) {
      if ((entry & Table::kInvalid) != 0) return false;
      std::uint64_t blocks = 1;
      bits.take(entry >> Table::kZerosShift & 15, blocks);
      bits.place.blocks = static_cast<std::uint32_t>(blocks);
      return true;
    }
    const std::uint64_t target = nth_bit(block.zeros_left, nth_zero);
    if (target == 0) return false;
    const int first = next + static_cast<int>(entry >> Table::kZerosShift & 15);
    const int at = std::countr_zero(target);
    const int corrections = at - first;
    next = at + 1;
    const std::uint64_t passed = target ^ (target - 1);
    block.zeros_left &= ~passed;
    block.old_left &= ~passed;
    if ((entry & Table::kNew) != 0) {
      block.fresh |= target;
      const bool positive = (window << (entry >> Table::kCodeShift & 31)) >> 63 != 0;
      block.positive |= positive ? target : 0;
    }
    if (corrections < 40) [[likely]] {
      bits.take(static_cast<unsigned>(corrections), block.corrections);
    } else {
      bits.take_many(static_cast<unsigned>(corrections), block.corrections);
    }
  }
  return true;
}

static bool decode_blocks(const RefinementTable& table, int start, int end,
                          RefinementChain::Place& chain, const RefinementBlocks& blocks,
                          std::size_t count) {
  const std::uint64_t band = (~std::uint64_t{0} << start) & (~std::uint64_t{0} >> (63 - end));
  RefinementChain::Place place = chain;
  const Bits bits{place};
  bool good = true;
  for (std::size_t i = 0; i < count && good; ++i) {
    if (place.next > place.end + 8) {
      good = false;
      break;
    }
    const std::uint64_t before = blocks.before[i], old = before & band;
    Block block{band & ~old, old};
    if (place.blocks == 0) good = read_codes(table, start, end, bits, block);
    if (place.blocks > 0) {
      const int left = std::popcount(block.old_left);
      if (left > 0) Bits{place}.take_many(static_cast<unsigned>(left), block.corrections);
      --place.blocks;
    }
    blocks.after[i] = before | block.fresh;
    blocks.positive[i] = block.positive;
    blocks.corrections[i] = block.corrections;
  }
  chain = place;
  return good;
}

}  // namespace HWY_NAMESPACE
}  // namespace glimt::jpeg::cuda
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace glimt::jpeg::cuda {
namespace {

HWY_EXPORT(decode_blocks);

/// T.81 G.1.2.3: besides runs of ended blocks, symbols say how many zeros stay, and whether a
/// coefficient of 1 comes behind them.
RefinementTable::Found found_of(CodeBook::Found code) {
  using Table = RefinementTable;
  const std::uint32_t size = code.symbol & 15U, run = code.symbol >> 4;
  const auto length = static_cast<std::uint32_t>(code.length);
  if (length == 0 || size > 1) return {1 | Table::kInvalid, 0};
  const std::uint32_t common = length << Table::kCodeShift | run << Table::kZerosShift;
  if (size == 0 && run < 15) return {common | length | Table::kRun, 0};
  return {common | (length + size) | (size != 0 ? Table::kNew : 0), 1U << run};
}

}  // namespace

RefinementTable::RefinementTable(Bytes counts, Bytes symbols) {
  book_.build(counts.data());
  std::copy_n(symbols.begin(), std::min(symbols.size(), symbols_.size()), symbols_.begin());
  std::size_t at = 0, place = 0;
  for (int length = 1; length <= static_cast<int>(kIndexBits); ++length) {
    const std::size_t prefixes = std::size_t{1} << (kIndexBits - static_cast<unsigned>(length));
    for (int left = counts[static_cast<std::size_t>(length) - 1]; left > 0; --left) {
      const Found found = found_of({length, symbols_[place++ & 255]});
      const std::size_t end = std::min(at + prefixes, entries_.size());
      for (; at < end; ++at) {
        entries_[at] = found.entry;
        nth_zeros_[at] = static_cast<std::uint16_t>(found.nth_zero);
      }
    }
  }
}

RefinementTable::Found RefinementTable::find_long(std::uint64_t bits) const {
  return found_of(book_.find(static_cast<std::uint32_t>(bits >> 32), 16, symbols_.data()));
}

RefinementChain::RefinementChain(const RefinementTable& table, int spectral_start, int spectral_end,
                                 Bytes data)
    : table_(table),
      start_(spectral_start),
      end_(spectral_end),
      place_{data.data(), data.data() + data.size(), 0, 0, 0} {}

bool RefinementChain::decode(const RefinementBlocks& blocks, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(decode_blocks)(table_, start_, end_, place_, blocks, count);
}

bool RefinementChain::at_end() const {
  const std::ptrdiff_t left = (place_.end - place_.next) * 8 + place_.count;
  return left >= 0 && left < 8;
}

bool destuff_for_refinement(Bytes data, std::vector<std::uint8_t>& to) {
  to.resize(data.size() + RefinementChain::kPadding);
  std::uint8_t* out = to.data();
  const std::uint8_t* at = data.data();
  const std::uint8_t* const end = at + data.size();
  bool good = true;
  while (at < end) {
    const void* found = std::memchr(at, 0xFF, static_cast<std::size_t>(end - at));
    const auto* stop = found != nullptr ? static_cast<const std::uint8_t*>(found) + 1 : end;
    out = std::copy(at, stop, out);
    good = good && (found == nullptr || stop == end || *stop == 0);
    at = found != nullptr && stop < end ? stop + 1 : stop;
  }
  std::fill_n(out, RefinementChain::kPadding, std::uint8_t{0});
  to.resize(static_cast<std::size_t>(out - to.data()) + RefinementChain::kPadding);
  return good;
}

}  // namespace glimt::jpeg::cuda
#endif
