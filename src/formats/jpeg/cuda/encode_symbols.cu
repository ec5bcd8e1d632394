// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Huffman tables made for stored images: symbols are counted, and one warp a table finds the code
// of least length as libjpeg does (T.81 K.2).
//
// In AC scans of progressive files, blocks without codes of their own join to runs, which one code
// stands for (T.81 G.1.2.2). Blocks are looked at by one thread each; those where a run begins
// find its end. libjpeg ends a run early: at 32767 blocks, and when more than 937 correction bits
// wait. Bits then come block by block: its own codes, the code of a run that begins there, its
// correction bits.
#include "formats/jpeg/cuda/encode_kernels.h"
#include "formats/jpeg/cuda/encode_stored.cuh"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kLongestRun = 0x7FFF;
constexpr int kMostCorrections = 937;  // MAX_CORR_BITS - DCTSIZE2 + 1 (libjpeg's jcphuff.c)
constexpr int kSymbols = 256;
constexpr int kRunSymbols = 15;  // EOB0..EOB14

/// The block where a chunk's first codes are, for the search for a run's end; and what the run
/// collects until there.
__device__ __forceinline__ void note_block(const EncodeSlice& slice, const StoredChunk& chunk,
                                           const StoredBlocks& blocks, int left_over,
                                           int* first_fresh, std::uint32_t* corrections) {
  const int block = threadIdx.x;
  const uint2 fresh = blocks.fresh[block];
  const int end = end_of(fresh);
  std::uint32_t info = static_cast<std::uint32_t>(left_over);
  if (end > 0) {
    info |= kFresh;
    atomicMin(first_fresh, block);
  }
  if (end <= chunk.scan.band_last) info |= kEnds;
  if (left_over > 0) atomicAdd(corrections, static_cast<std::uint32_t>(left_over));
  slice.block_info[chunk.scan.first_info + chunk.place.first_unit + block] =
      static_cast<std::uint8_t>(info);
}

__global__ void __launch_bounds__(kEncodeThreads) count_symbols(EncodeSlice slice) {
  extern __shared__ __align__(16) std::uint32_t memory[];
  auto& blocks = *reinterpret_cast<StoredBlocks*>(memory);
  __shared__ std::uint32_t histogram[kMaxTablesInScan * kSymbols];
  __shared__ int scan_index, first_fresh;
  __shared__ std::uint32_t corrections;
  const int thread = threadIdx.x, chunk_index = blockIdx.x;
  if (thread == 0) {
    scan_index = find_last<&EncodeScan::first_chunk>(slice.scans, slice.stored_scans, chunk_index);
    first_fresh = kChunkBlocks;
    corrections = 0;
  }
  __syncthreads();
  const StoredChunk chunk = stored_chunk(slice, chunk_index, scan_index);
  const ScanStep kind = chunk.scan.kind;
  if (kind == ScanStep::dc_refine) return;
  for (int i = thread; i < chunk.scan.codes * kSymbols; i += kEncodeThreads) histogram[i] = 0;
  if (kind != ScanStep::dc_first) load_blocks(slice, chunk, blocks);
  __syncthreads();
  if (thread < chunk.blocks) {
    const auto count = [&](int table, int symbol, std::uint32_t, int) {
      atomicAdd(histogram + table * kSymbols + symbol, 1U);
    };
    if (!is_band(kind)) walk_dc(slice, chunk, count);
    if (kind == ScanStep::sequential) walk_sequential(chunk, blocks, count);
    int left_over = 0;
    if (kind == ScanStep::ac_first) {
      walk_band(
          blocks.words + thread * kSharedBlockWords, blocks.fresh[thread], chunk.scan.band_first,
          chunk.scan.shift,
          [&](int symbol, std::uint32_t extra, int length) { count(0, symbol, extra, length); });
    } else if (kind == ScanStep::ac_refine) {
      left_over = walk_refinement(chunk, blocks,
                                  [&](int symbol, std::uint32_t extra, int length,
                                      const Corrections&) { count(0, symbol, extra, length); })
                      .count;
    }
    if (is_band(kind)) note_block(slice, chunk, blocks, left_over, &first_fresh, &corrections);
  }
  __syncthreads();
  std::uint32_t* const sums = slice.histograms + std::size_t(chunk.scan.first_code) * kSymbols;
  for (int i = thread; i < chunk.scan.codes * kSymbols; i += kEncodeThreads) {
    if (histogram[i] != 0) atomicAdd(sums + i, histogram[i]);
  }
  if (thread == 0 && is_band(kind)) {
    slice.chunk_fresh[chunk_index] = first_fresh;
    slice.chunk_corrections[chunk_index] = corrections;
  }
}

/// A run that grows block by block, and is cut where libjpeg would.
struct Run {
  std::uint16_t* runs;  // of the scan, by block
  std::uint32_t* histogram;
  int start, blocks = 0, corrections = 0;

  __device__ __forceinline__ void end() {
    if (blocks == 0) return;
    runs[start] = static_cast<std::uint16_t>(blocks);
    atomicAdd(histogram + category(blocks) - 1, 1U);
    start += blocks;
    blocks = corrections = 0;
  }
  /// Blocks that may be added at once.
  [[nodiscard]] __device__ __forceinline__ bool takes(int more, int more_corrections) const {
    return blocks + more < kLongestRun && corrections + more_corrections <= kMostCorrections;
  }
  __device__ __forceinline__ void add(int more, int more_corrections) {
    blocks += more;
    corrections += more_corrections;
    if (blocks == kLongestRun || corrections > kMostCorrections) end();
  }
};

/// Follows a run into the chunks behind its first one.
__device__ __forceinline__ void follow(const EncodeSlice& slice, const EncodeScan& scan,
                                       int in_scan, Run& run) {
  const std::uint8_t* infos = slice.block_info + scan.first_info;
  while (!scan.cut.ends_segment(in_scan)) {
    ++in_scan;
    const int first = scan.cut.first_unit(in_scan), units = scan.cut.end_unit(in_scan) - first;
    const int fresh = slice.chunk_fresh[scan.first_chunk + in_scan];
    const int empty = min(fresh, units);
    const auto corrections = static_cast<int>(slice.chunk_corrections[scan.first_chunk + in_scan]);
    if (empty == units && run.takes(units, corrections)) {
      run.add(units, corrections);
      continue;
    }
    for (int i = first; i < first + empty; ++i) run.add(1, infos[i] & kCorrections);
    if (empty < units) return;
  }
}

__global__ void __launch_bounds__(kEncodeThreads) find_runs(EncodeSlice slice) {
  __shared__ std::uint32_t infos[kEncodeThreads + 1], before[kEncodeThreads];
  __shared__ std::uint32_t fresh[kEncodeWarps], histogram[kRunSymbols], sums[kEncodeWarps];
  __shared__ int scan_index;
  const int thread = threadIdx.x, chunk_index = blockIdx.x;
  if (thread == 0) {
    scan_index = find_last<&EncodeScan::first_chunk>(slice.scans, slice.stored_scans, chunk_index);
  }
  if (thread < kRunSymbols) histogram[thread] = 0;
  __syncthreads();
  const EncodeScan& scan = slice.scans[scan_index];
  if (!is_band(scan.kind)) return;
  const int in_scan = chunk_index - scan.first_chunk;
  const int first = scan.cut.first_unit(in_scan), units = scan.cut.end_unit(in_scan) - first;
  const std::uint8_t* scan_infos = slice.block_info + scan.first_info;
  const bool active = thread < units;
  const std::uint32_t info = active ? scan_infos[first + thread] : 0;
  infos[thread + 1] = info;
  if (thread == 0) infos[0] = first > 0 ? scan_infos[first - 1] : 0;
  std::uint32_t total;
  before[thread] = block_prefix(info & kCorrections, sums, total);
  const std::uint32_t ballot = __ballot_sync(kFullWarp, (info & kFresh) != 0);
  if ((thread & 31) == 0) fresh[thread >> 5] = ballot;
  __syncthreads();

  const int unit = first + thread;
  const int interval = scan.cut.interval;
  const bool first_of_segment = interval > 0 ? unit % interval == 0 : unit == 0;
  const bool joins = !first_of_segment && (infos[thread] & (kFresh | kEnds)) != kFresh;
  const bool starts = (info & kFresh) != 0 ? (info & kEnds) != 0 : !joins;
  if (active && starts) {
    // Up to the next block with codes of its own, or the segment's end.
    int end = units;
    if (interval > 0) end = min(end, (unit / interval + 1) * interval - first);
    int next = thread + 1;
    for (int word = next >> 5; word < kEncodeWarps && next < end; ++word, next = word * 32) {
      const std::uint32_t left = fresh[word] & ~0U << (next & 31);
      if (left == 0) continue;
      next = word * 32 + __ffs(left) - 1;
      break;
    }
    const bool goes_on = next >= units && end == units && !scan.cut.ends_segment(in_scan);
    next = min(next, end);
    Run run{slice.runs + scan.first_info, histogram, unit};
    const auto corrections = static_cast<int>(before[next] - before[thread]);
    if (run.takes(next - thread, corrections)) {
      run.add(next - thread, corrections);
    } else {
      for (int i = thread; i < next; ++i) {
        run.add(1, static_cast<int>(infos[i + 1] & kCorrections));
      }
    }
    if (goes_on) follow(slice, scan, in_scan, run);
    run.end();
  }
  __syncthreads();
  if (thread < kRunSymbols && histogram[thread] != 0) {
    atomicAdd(slice.histograms + std::size_t(scan.first_code) * kSymbols + thread * 16,
              histogram[thread]);
  }
}

__device__ __forceinline__ std::uint32_t warp_min(std::uint32_t value) {
#if __CUDA_ARCH__ >= 800
  return __reduce_min_sync(kFullWarp, value);
#else
  for (int distance = 16; distance > 0; distance >>= 1) {
    value = min(value, __shfl_xor_sync(kFullWarp, value, distance));
  }
  return value;
#endif
}

// One more than there are symbols: it takes the code of ones alone, and is left out at the end.
constexpr int kLeaves = kSymbols + 1;
constexpr int kLeavesOfLane = (kLeaves + 31) / 32;
constexpr int kLongestCode = 16;
// Longer codes need more symbols than 32 bits can count.
constexpr int kLongestLimitless = 64;

/// The leaves of one lane: their numbers are lane + 32 * i.
struct Leaves {
  std::uint32_t weight[kLeavesOfLane];
  int tree[kLeavesOfLane];  // the leaf that has the tree's weight
  int length[kLeavesOfLane];

  /// The tree of least weight but for `other`, the last one of several; -1: none.
  __device__ __forceinline__ int least(int other, std::uint32_t& weight_of_it) const {
    const int lane = threadIdx.x;
    std::uint32_t least = 0xFFFFFFFFU;
#pragma unroll
    for (int i = 0; i < kLeavesOfLane; ++i) {
      if (weight[i] != 0 && lane + 32 * i != other) least = min(least, weight[i]);
    }
    least = warp_min(least);
    if (least == 0xFFFFFFFFU) return -1;
    // Larger numbers come first when the least of the complements is taken.
    std::uint32_t number = 0xFFFFFFFFU;
#pragma unroll
    for (int i = 0; i < kLeavesOfLane; ++i) {
      if (weight[i] == least && lane + 32 * i != other) {
        number = min(number, static_cast<std::uint32_t>(kLeaves - (lane + 32 * i)));
      }
    }
    weight_of_it = least;
    return kLeaves - static_cast<int>(warp_min(number));
  }
  __device__ __forceinline__ void join(int first, int second, std::uint32_t sum) {
    const int lane = threadIdx.x;
#pragma unroll
    for (int i = 0; i < kLeavesOfLane; ++i) {
      if (tree[i] == first || tree[i] == second) {
        tree[i] = first;
        ++length[i];
      }
      if (lane + 32 * i == first) weight[i] = sum;
      if (lane + 32 * i == second) weight[i] = 0;
    }
  }
};

/// T.81 figure K.3, and the leaf left out. By one thread.
__device__ void limit_lengths(int* counts) {
  for (int length = kLongestLimitless - 1; length > kLongestCode; --length) {
    while (counts[length] > 0) {
      int shorter = length - 2;
      while (counts[shorter] == 0) --shorter;
      counts[length] -= 2;
      ++counts[length - 1];
      counts[shorter + 1] += 2;
      --counts[shorter];
    }
  }
  int longest = kLongestCode;
  while (longest > 0 && counts[longest] == 0) --longest;
  if (longest > 0) --counts[longest];
}

/// One warp a table.
__global__ void __launch_bounds__(32) make_codes(EncodeSlice slice) {
  __shared__ int counts[kLongestLimitless], first_code[kLongestCode + 2],
      first_rank[kLongestCode + 2];
  __shared__ int lengths[kSymbols];
  const int lane = threadIdx.x;
  const std::size_t table = blockIdx.x;
  Leaves leaves;
#pragma unroll
  for (int i = 0; i < kLeavesOfLane; ++i) {
    const int leaf = lane + 32 * i;
    leaves.weight[i] = leaf < kSymbols    ? slice.histograms[table * kSymbols + leaf]
                       : leaf == kSymbols ? 1
                                          : 0;
    leaves.tree[i] = leaf;
    leaves.length[i] = 0;
  }
  for (;;) {
    std::uint32_t lighter = 0, heavier = 0;
    const int first = leaves.least(-1, lighter), second = leaves.least(first, heavier);
    if (second < 0) break;
    leaves.join(first, second, lighter + heavier);
  }
  for (int i = lane; i < kLongestLimitless; i += 32) counts[i] = 0;
  __syncwarp();
#pragma unroll
  for (int i = 0; i < kLeavesOfLane; ++i) {
    if (leaves.length[i] > 0) atomicAdd(counts + leaves.length[i], 1);
    if (lane + 32 * i < kSymbols) lengths[lane + 32 * i] = leaves.length[i];
  }
  __syncwarp();
  if (lane == 0) {
    limit_lengths(counts);
    int code = 0, rank = 0;
    for (int length = 1; length <= kLongestCode; ++length, code <<= 1) {
      first_code[length] = code;
      first_rank[length] = rank;
      code += counts[length];
      rank += counts[length];
    }
    first_rank[kLongestCode + 1] = rank;
  }
  __syncwarp();
  CodeSpec& spec = slice.code_reports[table];
  if (lane < kLongestCode) spec.counts[lane] = static_cast<std::uint8_t>(counts[lane + 1]);
  for (int symbol = lane; symbol < kSymbols; symbol += 32) {
    const int own = lengths[symbol];
    std::uint32_t code = 0;
    if (own > 0) {
      // Symbols are ordered by the length before it was limited.
      int rank = 0;
      for (int other = 0; other < kSymbols; ++other) {
        const int length = lengths[other];
        rank += length > 0 && (length < own || (length == own && other < symbol)) ? 1 : 0;
      }
      int length = 1;
      while (rank >= first_rank[length + 1]) ++length;
      code = static_cast<std::uint32_t>(length) << 16 |
             static_cast<std::uint32_t>(first_code[length] + rank - first_rank[length]);
      spec.symbols[rank] = static_cast<std::uint8_t>(symbol);
    }
    slice.codes[table * kSymbols + symbol] = code;
  }
}

/// T.81 G.1.2.2: a run of blocks as EOBn and the bits below its highest.
__device__ __forceinline__ void put_run(BlockBits& bits, const std::uint32_t* codes, int blocks) {
  const int length = category(blocks) - 1;
  put_code(bits, codes[length << 4], static_cast<std::uint32_t>(blocks) & ((1U << length) - 1),
           length);
}

__device__ __forceinline__ void put_corrections(BlockBits& bits, const Corrections& waiting) {
  int count = waiting.count;
  if (count > 31) {
    bits.put(static_cast<std::uint32_t>(waiting.bits >> 31), count - 31);
    count = 31;
  }
  if (count > 0) bits.put(static_cast<std::uint32_t>(waiting.bits) & ((1U << count) - 1), count);
}

/// An AC scan's bits of this thread's block.
__device__ __forceinline__ void code_band(const EncodeSlice& slice, const StoredChunk& chunk,
                                          const StoredBlocks& blocks, const std::uint32_t* codes,
                                          BlockBits& bits) {
  const int thread = threadIdx.x;
  Corrections left_over;
  if (chunk.scan.kind == ScanStep::ac_refine) {
    left_over = walk_refinement(
        chunk, blocks,
        [&](int symbol, std::uint32_t extra, int length, const Corrections& waiting) {
          put_code(bits, codes[symbol], extra, length);
          put_corrections(bits, waiting);
        });
  } else {
    walk_band(blocks.words + thread * kSharedBlockWords, blocks.fresh[thread],
              chunk.scan.band_first, chunk.scan.shift,
              [&](int symbol, std::uint32_t extra, int length) {
                put_code(bits, codes[symbol], extra, length);
              });
  }
  const int run = slice.runs[chunk.scan.first_info + chunk.place.first_unit + thread];
  if (run > 0) put_run(bits, codes, run);
  put_corrections(bits, left_over);
}

__global__ void __launch_bounds__(kEncodeThreads) code_chunks(EncodeSlice slice) {
  extern __shared__ __align__(16) std::uint32_t memory[];
  auto& blocks = *reinterpret_cast<StoredBlocks*>(memory);
  __shared__ std::uint32_t codes[kMaxTablesInScan * kSymbols];
  __shared__ Packing packing;
  __shared__ int scan_index;
  const int thread = threadIdx.x, chunk_index = blockIdx.x;
  if (thread == 0) {
    scan_index = find_last<&EncodeScan::first_chunk>(slice.scans, slice.stored_scans, chunk_index);
  }
  __syncthreads();
  const StoredChunk chunk = stored_chunk(slice, chunk_index, scan_index);
  const ScanStep kind = chunk.scan.kind;
  const std::uint32_t* own_codes = slice.codes + std::size_t(chunk.scan.first_code) * kSymbols;
  for (int i = thread; i < chunk.scan.codes * kSymbols; i += kEncodeThreads) {
    codes[i] = own_codes[i];
  }
  if (kind == ScanStep::sequential || is_band(kind)) load_blocks(slice, chunk, blocks);
  __syncthreads();
  BlockBits own;
  std::uint32_t bits = 0;
  if (thread < chunk.blocks) {
    const auto put = [&](int table, int symbol, std::uint32_t extra, int length) {
      put_code(own, codes[table * kSymbols + symbol], extra, length);
    };
    if (kind == ScanStep::dc_refine) {
      // T.81 G.1.2.1: the next bit of two's complement.
      const std::uint64_t at = stored_block(slice, chunk, thread);
      own.put(slice.coefficients[at * kStoredBlockWords] >> chunk.scan.shift & 1U, 1);
    } else if (is_band(kind)) {
      code_band(slice, chunk, blocks, codes, own);
    } else {
      walk_dc(slice, chunk, put);
      if (kind == ScanStep::sequential) walk_sequential(chunk, blocks, put);
    }
    bits = own.finish();
  }
  pack_chunk(slice, chunk.scan.cut, chunk.scan.first_marker, chunk.place, own, bits, blocks.words,
             packing);
}

}  // namespace

Status prepare_stored_coding() {
  for (const auto kernel : {count_symbols, code_chunks}) {
    const cudaError_t room =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(sizeof(StoredBlocks)));
    GLIMT_TRY(gpu::status_of(room, "preparing a kernel of the JPEG encoder"));
    const cudaError_t split = cudaFuncSetAttribute(
        kernel, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
    GLIMT_TRY(gpu::status_of(split, "preparing a kernel of the JPEG encoder"));
  }
  return {};
}

void make_own_tables(const EncodeSlice& slice, gpu::StreamHandle stream) {
  const auto chunks = static_cast<unsigned>(slice.stored_chunks);
  count_symbols<<<chunks, kEncodeThreads, sizeof(StoredBlocks), stream>>>(slice);
  if (slice.has_runs) find_runs<<<chunks, kEncodeThreads, 0, stream>>>(slice);
  make_codes<<<static_cast<unsigned>(slice.tables), 32, 0, stream>>>(slice);
}

void code_stored(const EncodeSlice& slice, gpu::StreamHandle stream) {
  code_chunks<<<static_cast<unsigned>(slice.stored_chunks), kEncodeThreads, sizeof(StoredBlocks),
                stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
