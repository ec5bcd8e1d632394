// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Coefficients, a subsequence a thread. Prefix sums within the chunk give each thread its first
// block and the DC predictions, so that DC comes out absolute (T.81 F.2.2.1). A lane builds its
// block in shared memory; when lanes finish one, the warp writes it as 128 contiguous bytes and
// clears it. Tried and lost: lanes that store their coefficients themselves (5 times slower).
#include "formats/jpeg/cuda/bits.cuh"
#include "formats/jpeg/cuda/kernels.h"
#include "formats/jpeg/cuda/share.cuh"

namespace glimt::jpeg::cuda {
namespace {

constexpr int kStride =
    kBlockWords + 1;  // words from a lane's block to the next: odd, no conflicts
constexpr std::size_t kSharedBytes = (kSetSize + kThreads * kStride) * sizeof(std::uint32_t);

/// The lanes that have finished a block write it one after the other, all lanes together.
__device__ __forceinline__ void write_blocks(unsigned finished, std::uint32_t block,
                                             std::uint32_t* buffers, std::uint32_t* coefficients) {
  const int lane = threadIdx.x & 31;
  __syncwarp();
  do {
    const int from = __ffs(static_cast<int>(finished)) - 1;
    finished &= finished - 1;
    const std::uint32_t to = __shfl_sync(kFullWarp, block, from);
    std::uint32_t* word = buffers + from * kStride + lane;
    const std::uint32_t pair = *word;
    *word = 0;
    coefficients[to * kBlockWords + lane] = pair;
  } while (finished != 0);
  __syncwarp();
}

/// Where a lane is in its share.
struct Position {
  BitReader reader;
  int place = 0, block_in_mcu = 0;
  std::uint32_t selector = 0;
  std::uint32_t dc01 = 0, dc23 = 0;
  std::uint32_t trouble = 0;

  /// The difference becomes the value (T.81 F.2.1.3.1).
  __device__ __forceinline__ std::int16_t add_to_prediction(int difference) {
    add_difference(selector, difference, dc01, dc23);
    const std::uint32_t sums = static_cast<std::int32_t>(selector) < 0 ? dc23 : dc01;
    const std::uint32_t shift = half_shift(selector);
    return static_cast<std::int16_t>((sums + (shift << 11)) >> shift);  // rounds the lower half off
  }
};

/// Decodes one entry of the look-up table. True at the end of a block.
__device__ __forceinline__ bool step(const Slice& slice, const ScanTables& tables, int table_set,
                                     const std::uint32_t* lookup, const std::uint8_t* columnwise,
                                     Position& at, std::int16_t* block) {
  const std::uint32_t window = at.reader.peek();
  const std::uint32_t table =
      (at.place != 0 ? at.selector >> kAcShift : at.selector) & kTableOffset;
  std::uint32_t entry = lookup[table + (window >> (32 - kLookupBits))];
  if (entry == 0) {
    entry = find_escape(slice, tables, table_set, table, window);
    if (entry == kInvalidEntry) at.trouble |= kBadCode;
  }
  const int size = code_size(entry);
  const int value = extended(window, code_length(entry), size);
  if (at.place == 0) {
    block[0] = at.add_to_prediction(value);
  } else if (size != 0) {
    // Places beyond 63 are damage, reported below; they wrap.
    const int advance = entry_advance(entry >> kEntryFirstShift);
    block[columnwise[(at.place + advance - 1) & 127]] = static_cast<std::int16_t>(value);
  }
  if (at.place + entry_advance(entry) > 64) entry >>= kEntryFirstShift;
  at.reader.skip(static_cast<int>(entry_bits(entry)));
  at.place += entry_advance(entry);
  const bool ends = (entry & kEntryEnd) != 0;
  if (!ends && at.place > 64) at.trouble |= kOverrun;
  return ends || at.place >= 64;
}

__global__ void __launch_bounds__(kThreads) write_chunks(Slice slice) {
  extern __shared__ __align__(16) std::uint32_t shared[];
  __shared__ ScanTables tables;
  __shared__ int scan_index;
  __shared__ std::uint8_t columnwise[128];
  const int thread = threadIdx.x, lane = thread & 31;
  if (thread == 0) {
    scan_index =
        find_last<&ScanLayout::first_chunk>(slice.scans, slice.scan_count, int(blockIdx.x));
  }
  if (thread < 128) columnwise[thread] = kColumnwise[thread & 63];
  __syncthreads();
  const ScanLayout& scan = slice.scans[scan_index];
  if (scan.band >= 0) return;
  if ((slice.trouble[scan.image] & kUnsettled) != 0) return;  // counts and states do not agree
  const int table_set = scan.table_set, blocks_in_mcu = scan.blocks_in_mcu;
  load_lookup(slice, table_set, LookupUse::write, shared);
  load_scan_tables(slice, scan, tables, true);
  Share share = find_share(slice, scan, reinterpret_cast<Counts*>(shared + kSetSize));
  std::uint32_t* buffers = shared + kSetSize + (thread >> 5) * 32 * kStride;
  for (int i = lane; i < 32 * kStride; i += 32) buffers[i] = 0;
  __syncthreads();

  const bool wrote = share.left > 0;
  bool go = wrote;
  if (!__any_sync(kFullWarp, go)) return;
  Position at;
  at.reader.start(reinterpret_cast<const std::uint32_t*>(slice.destuffed +
                                                         slice.segments[share.segment].destuffed),
                  go ? share.bit : 0);
  at.block_in_mcu = go ? share.block_in_mcu : 0;
  at.selector = tables.selector[at.block_in_mcu];
  at.dc01 = share.dc[0];
  at.dc23 = share.dc[1];
  std::uint32_t* coefficients = slice.coefficients + scan.block0 * kBlockWords;
  auto* own = reinterpret_cast<std::int16_t*>(buffers + lane * kStride);
  do {
    bool done = false;
    if (go && step(slice, tables, table_set, shared, columnwise, at, own)) {
      done = true;
      at.place = 0;
      at.block_in_mcu = at.block_in_mcu + 1 == blocks_in_mcu ? 0 : at.block_in_mcu + 1;
      at.selector = tables.selector[at.block_in_mcu];
      go = --share.left > 0;
    }
    const unsigned finished = __ballot_sync(kFullWarp, done);
    if (finished == 0) continue;
    write_blocks(finished, share.block, buffers, coefficients);
    if (done) ++share.block;
    if (!__any_sync(kFullWarp, go)) break;
  } while (true);
  // Behind the last block there are padding bits (T.81 F.1.2.3), which may look like more blocks.
  const SegmentLayout& segment = slice.segments[share.segment];
  const int left_over = slice.segment_bytes[share.segment] * 8 - at.reader.position();
  const bool last = share.block == static_cast<std::uint32_t>(segment.block0 + segment.blocks);
  if (wrote && last && left_over > 7) at.trouble |= kBlockCount;
  if (at.trouble != 0) atomicOr(slice.trouble + scan.image, at.trouble);
}

/// A warp a segment: what its data does not have is cleared, or pixels of an earlier batch would
/// show through. The first threads report to the host.
__global__ void __launch_bounds__(kThreads) clear_missing(Slice slice) {
  const int thread = static_cast<int>(blockIdx.x * kThreads + threadIdx.x), index = thread >> 5;
  if (thread < slice.image_count) slice.report[thread] = slice.trouble[thread];
  if (index >= slice.segment_count) return;
  const SegmentLayout& segment = slice.segments[index];
  const ScanLayout& scan = slice.scans[segment.scan];
  if (scan.band >= 0) return;  // all coefficients were cleared before
  const bool unsettled = (slice.trouble[scan.image] & kUnsettled) != 0;
  const int found = unsettled ? 0 : max(slice.segment_blocks[index], 0);
  if (found >= segment.blocks) return;
  auto* blocks =
      reinterpret_cast<uint4*>(slice.coefficients + (scan.block0 + segment.block0) * kBlockWords);
  const std::size_t end = std::size_t(segment.blocks) * (kBlockWords / 4);
  for (std::size_t i = std::size_t(found) * (kBlockWords / 4) + (threadIdx.x & 31); i < end;
       i += 32) {
    blocks[i] = make_uint4(0, 0, 0, 0);
  }
}

}  // namespace

Status prepare_kernels() {
  return gpu::status_of(
      cudaFuncSetAttribute(write_chunks, cudaFuncAttributeMaxDynamicSharedMemorySize, kSharedBytes),
      "preparing kernels");
}

void write_coefficients(const Slice& slice, gpu::StreamHandle stream) {
  write_chunks<<<slice.chunks, kThreads, kSharedBytes, stream>>>(slice);
  const int warps_in_block = kThreads / 32;
  clear_missing<<<(slice.segment_count + warps_in_block - 1) / warps_in_block, kThreads, 0,
                  stream>>>(slice);
}

}  // namespace glimt::jpeg::cuda
