// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Fills look-up tables.
#pragma once

#include "formats/jpeg/cuda/bits.cuh"

namespace glimt::jpeg::cuda {

/// Table `number` of all sets', by a thread block.
__device__ __forceinline__ void fill_table(const Slice& slice, int number) {
  __shared__ CodeBook book;
  const int set = number / kTablesInSet, table = number % kTablesInSet;
  const RawTables& raw = slice.raw_tables[set];
  const std::uint8_t* symbols = raw.symbols[table];
  if (threadIdx.x == 0) {
    book.build(raw.counts[table]);
    slice.escape_base[number] = book.escape_base();
    slice.escape_count[number] = book.escape_count();
  }
  __syncthreads();
  const CodeKind kind = table < 2              ? CodeKind::dc
                        : raw.progressive != 0 ? CodeKind::band
                                               : CodeKind::ac;
  for (int use = 0; use < 2; ++use) {
    std::uint32_t* lookup =
        slice.lookup + ((std::size_t(set) * 2 + use) * kTablesInSet + table) * kLookupSize;
    for (int i = threadIdx.x; i < kLookupSize; i += kThreads) {
      lookup[i] = lookup_entry(book, symbols, kind, static_cast<LookupUse>(use), i);
    }
  }
  std::uint32_t* escapes = slice.escapes + std::size_t(number) * kEscapes;
  const std::uint32_t count = book.escape_count();
  for (std::uint32_t i = threadIdx.x; i <= count; i += kThreads) {
    // The last one stands for all prefixes behind it, which are no codes.
    escapes[i] =
        i == count ? kInvalidEntry : escape_entry(book, symbols, kind, book.escape_base() + i);
  }
}

}  // namespace glimt::jpeg::cuda
