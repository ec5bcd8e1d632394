// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decoding without keeping coefficients: what synchronisation does.
//
// The state at a subsequence's start is that of the first *block start* at or after it: the bit
// distance to it and the block's place in the MCU. Keeping only block starts makes a state 4 bytes
// and gives each block one writer.
#pragma once

#include "formats/jpeg/cuda/bits.cuh"

namespace glimt::jpeg::cuda {

__device__ __forceinline__ std::uint32_t pack_state(int bits_behind, int block_in_mcu) {
  return static_cast<std::uint32_t>(bits_behind) << 4 | static_cast<std::uint32_t>(block_in_mcu);
}

/// No state: the block of it would be 15.
constexpr std::uint32_t kNoState = 0xFFFFFFFFU;

/// The runs of a thread block.
struct Group {
  const ScanLayout* scan;
  int first, end;  // subsequences of the scan's [first, end)
  int run;

  __device__ int run_start(int thread) const { return first + thread * run; }
  __device__ int run_end(int thread) const { return min(first + (thread + 1) * run, end); }
};
__device__ __forceinline__ Group group_of(const Slice& slice, const ScanLayout& scan, int number) {
  const int run = slice.parameters.run;
  return {&scan, scan.first_subsequence + (number - scan.first_group) * kThreads * run,
          scan.first_subsequence + scan.subsequences, run};
}

/// What probe.cu's map says of a hypothesis.
__device__ __forceinline__ int mapped(std::uint64_t map, int hypothesis) {
  return static_cast<int>(map >> (4 * hypothesis)) & 15;
}

/// Where a walk begins, and what it shall do: decode subsequences [index, end) of a segment.
struct WalkStart {
  const std::uint32_t* words;  ///< of the segment
  int segment_bits;
  int index, end;
  int bit, block_in_mcu;
  /// The subsequence before `index` is decoded first; its end is the state at `index`.
  bool preroll;
  /// The state at `index` is new: stop where a state comes out as it was recorded before.
  bool until_known;
};

struct WalkEnd {
  std::uint32_t state;  ///< behind the last subsequence
  bool reached;         ///< the walk came there
  int stopped;          ///< the subsequence where it stopped
};

/// Which places of a block a scan has, counted so that they end at `end`: of sequential frames 0 to
/// 64, of DC scans 0 to 1.
struct Places {
  int start = 0, end = 64;
};

template <bool kBands>
__device__ __forceinline__ Places places_of(const Slice& slice, const ScanLayout& scan) {
  if constexpr (kBands) {
    const BandLayout& band = slice.bands[scan.band];
    if (band.start == 0) return {0, 1};
    return {band.start + 63 - band.end, 64};
  }
  return {};
}

/// The number of blocks that an entry ends, when it ends one (T.81 G.1.2.2).
__device__ __forceinline__ int ended_blocks(std::uint32_t entry, std::uint32_t window) {
  if ((entry & kEntryRun) == 0) return 1;
  const int code = static_cast<int>(entry >> kEntryCodeShift & kEntryBits);
  const int size = static_cast<int>(entry_bits(entry)) - code;
  return (1 << size) + static_cast<int>(__funnelshift_lc(window << code, 0, size));
}

/// Walks, recording the state and the counts of each subsequence. `states` and `counts` are the
/// segment's. `kBands`: a scan of a progressive frame.
template <bool kBands>
__device__ __forceinline__ WalkEnd walk(const Slice& slice, const std::uint32_t* lookup,
                                        const ScanTables& tables, const ScanLayout& scan, bool go,
                                        const WalkStart& from, std::uint32_t* states,
                                        Counts* counts) {
  const int table_set = scan.table_set, blocks_in_mcu = scan.blocks_in_mcu;
  const Places places = places_of<kBands>(slice, scan);
  const int subsequence_bits = slice.parameters.subsequence_bytes * 8;
  const int bits = from.segment_bits;
  int index = from.index, block = from.block_in_mcu, position = from.bit;
  bool preroll = from.preroll;
  int limit = preroll ? index * subsequence_bits : min((index + 1) * subsequence_bits, bits);
  BitReader reader;
  reader.start(from.words, go ? position : 0);
  int place = places.start, blocks = 0, last_blocks = 1;
  std::uint32_t dc01 = 0, dc23 = 0;
  std::uint32_t selector = tables.selector[block];
  WalkEnd end{0, false, 0};

  // A block start at or behind the limit: the subsequence's counts and the next one's state.
  const auto record = [&] {
    if (position >= limit && tables.phases != 0) selector = tables.selector[block = 0];
    while (position >= limit && go) {
      if (preroll) {
        states[index] = pack_state(position - limit, block);
        preroll = false;
      } else {
        // A block that ends behind the segment is not one of its blocks.
        const bool beyond = limit == bits && position > bits;
        counts[index] = {blocks - (beyond ? last_blocks : 0), {dc01, dc23}};
        ++index;
        if (index == from.end || limit == bits) {
          end = {pack_state(max(0, position - index * subsequence_bits), block), true, index};
          go = false;
          for (; index < from.end; ++index) counts[index] = {};
        } else {
          const std::uint32_t state = pack_state(position - limit, block);
          if (from.until_known && states[index] == state) {
            end.stopped = index;
            go = false;
          } else {
            states[index] = state;
          }
        }
      }
      blocks = 0;
      dc01 = dc23 = 0;
      limit = min((index + 1) * subsequence_bits, bits);
    }
  };

  if (go) record();
  // Tried and lost: a vote that keeps the lanes of a warp together at every step (12 % slower).
  while (go) {
    const std::uint32_t window = reader.peek();
    const std::uint32_t table = (place != 0 ? selector >> kAcShift : selector) & kTableOffset;
    std::uint32_t entry = lookup[table + (window >> (32 - kLookupBits))];
    if (entry == 0) entry = find_escape(slice, tables, table_set, table, window);
    if (place == 0) {
      const int difference = extended(window, code_length(entry), code_size(entry));
      add_difference(selector, difference, dc01, dc23);
    }
    if (place + entry_advance(entry) > 64) entry >>= kEntryFirstShift;
    reader.skip(static_cast<int>(entry_bits(entry)));
    place += entry_advance(entry);
    if ((entry & kEntryEnd) != 0) place = 64;
    if (place >= places.end) {
      if constexpr (kBands) last_blocks = ended_blocks(entry, window);
      place = places.start;
      blocks += last_blocks;
      block = block + 1 == blocks_in_mcu ? 0 : block + 1;
      selector = tables.selector[block];
      position = reader.position();
      record();
    }
  }
  return end;
}

}  // namespace glimt::jpeg::cuda
