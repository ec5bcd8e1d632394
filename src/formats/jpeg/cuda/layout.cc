// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/layout.h"

#include <algorithm>
#include <cstring>

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kAlign = 256;
constexpr std::size_t kPieceBytes = 128 << 10;
constexpr std::size_t kMegabyte = std::size_t{1} << 20;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

/// Cuts arrays off a block of memory, or counts what they take when there is none.
class Cutter {
 public:
  explicit Cutter(std::uint8_t* memory) : memory_(memory) {}
  template <class T>
  void cut(T*& array, std::size_t count) {
    if (memory_ != nullptr) array = reinterpret_cast<T*>(memory_ + used_);
    used_ += aligned(count * sizeof(T));
  }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::uint8_t* memory_;
  std::size_t used_ = 0;
};

std::size_t cut_work(Slice& slice, std::uint8_t* memory) {
  Cutter cutter(memory);
  const auto sets = static_cast<std::size_t>(slice.table_sets);
  const auto segments = static_cast<std::size_t>(slice.segment_count);
  const auto subsequences = static_cast<std::size_t>(slice.subsequence_count);
  const auto chunks = static_cast<std::size_t>(slice.chunks);
  cutter.cut(slice.lookup, sets * 2 * kSetSize);
  cutter.cut(slice.escapes, sets * kTablesInSet * kEscapes);
  cutter.cut(slice.escape_base, sets * kTablesInSet);
  cutter.cut(slice.escape_count, sets * kTablesInSet);
  cutter.cut(slice.tile_bytes, static_cast<std::size_t>(slice.destuff_tiles));
  cutter.cut(slice.segment_bytes, segments);
  cutter.cut(slice.segment_blocks, segments);
  cutter.cut(slice.states, subsequences);
  cutter.cut(slice.group_ends, static_cast<std::size_t>(slice.groups));
  const auto runs = static_cast<std::size_t>(slice.groups) * kThreads;
  const auto hypotheses = static_cast<std::size_t>(slice.hypotheses);
  cutter.cut(slice.entered, runs * hypotheses);
  cutter.cut(slice.left, runs * hypotheses * 2);
  cutter.cut(slice.chains, hypotheses == 0 ? 0 : runs);
  cutter.cut(slice.counts, subsequences);
  cutter.cut(slice.chunk_sums, chunks);
  cutter.cut(slice.chunk_starts, chunks);
  cutter.cut(slice.masks, slice.mask_count);
  cutter.cut(slice.records, slice.record_words);
  return cutter.used();
}

int ceil_div(int a, int b) { return (a + b - 1) / b; }

struct Tuning {
  std::size_t up_to_bytes;
  Parameters parameters;
};
// The best of those tried on an H200 with photographs of 1 to 3 bits a pixel: probes and short runs
// where there are few threads, longer ones, of which fewer have to be mended, in large slices.
constexpr Tuning kTunings[] = {
    {kMegabyte, {32, 128, 4, true}},
    {5 * kMegabyte / 2, {32, 64, 4, true}},
    {4 * kMegabyte, {32, 128, 3, true}},
    {16 * kMegabyte, {64, 128, 3}},
};
constexpr Parameters kLargeSlice{64, 128, 4};

/// Probes tell the blocks of an MCU apart: not where all are alike, or too many.
bool is_probed(const Parameters& parameters, const CodedScan& coded, const ScanLayout& layout) {
  // DC codes alone tell nothing of the place in the MCU: wrong guesses would be mended run by run
  // through the whole scan (8 to 25 ms for photographs of 12 MP).
  const bool wanted =
      coded.kind == ScanKind::dc_first || (parameters.probes && coded.kind == ScanKind::sequential);
  return wanted && layout.phases == 0 && layout.blocks_in_mcu > 1 &&
         layout.blocks_in_mcu <= kMaxHypotheses;
}

}  // namespace

int count_slices(std::size_t coded_bytes, std::size_t images) {
  struct Step {
    std::size_t from_bytes, up_to_bytes, from_images;
    int slices;
  };
  constexpr std::size_t any = ~std::size_t{0};
  constexpr Step steps[] = {
      {90 * kMegabyte, any, 6, 6},
      {45 * kMegabyte, any, 3, 3},
      {6 * kMegabyte, 12 * kMegabyte, 32, 3},  // small images: their slices are probed
      {4 * kMegabyte, any, 2, 2},
  };
  for (const Step& step : steps) {
    if (coded_bytes >= step.from_bytes && coded_bytes < step.up_to_bytes &&
        images >= step.from_images) {
      return step.slices;
    }
  }
  return 1;
}

Parameters tune(std::size_t coded_bytes) {
  for (const Tuning& tuning : kTunings) {
    if (coded_bytes <= tuning.up_to_bytes) return tuning.parameters;
  }
  return kLargeSlice;
}

std::size_t SliceLayout::upload_bound(std::span<const SliceImage> images) {
  std::size_t scans = 0, segments = 0, bytes = 12 * kAlign;
  for (const SliceImage& image : images) {
    scans += image.coded->scans.size();
    segments += image.coded->segments.size();
    bytes += ProgressiveLayout::upload_bound(*image.coded);
    for (const CodedScan& coded : image.coded->scans) {
      const std::size_t last = coded.segment0 + coded.segments - 1;
      const CodedSegment& end = image.coded->segments[last];
      bytes += end.offset + end.bytes - image.coded->segments[coded.segment0].offset + 2 * kAlign;
    }
  }
  return bytes + images.size() * (sizeof(ImageLayout) + sizeof(std::uint32_t)) +
         scans * (sizeof(ScanLayout) + sizeof(RawTables)) + segments * sizeof(SegmentLayout);
}

int SliceLayout::table_set_of(const CodedScan& coded) {
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    if (sets_[i]->tables_hash == coded.tables_hash &&
        std::memcmp(&sets_[i]->tables, &coded.tables, sizeof(RawTables)) == 0) {
      return static_cast<int>(i);
    }
  }
  sets_.push_back(&coded);
  return static_cast<int>(sets_.size()) - 1;
}

void SliceLayout::put_pieces(const SliceImage& image, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; at += kPieceBytes) {
    const std::size_t bytes = std::min(kPieceBytes, end - at);
    pieces.push_back({image.stream.data() + at, upload_end_, bytes});
    upload_end_ += bytes;
  }
}

/// The segments that hold needed MCUs, and their data.
void SliceLayout::put_segments(const SliceImage& image, const CodedScan& coded,
                               ScanLayout& layout) {
  const int subsequence_bytes = slice.parameters.subsequence_bytes;
  const auto mcus = static_cast<std::int32_t>(coded.mcus());
  const auto interval =
      coded.restart_interval == 0 ? mcus : static_cast<std::int32_t>(coded.restart_interval);
  std::size_t begin = 0, end = 0;  // of the data of neighbouring segments
  for (std::size_t i = 0; i < coded.segments; ++i) {
    const CodedSegment& from = image.coded->segments[coded.segment0 + i];
    const std::int32_t first = static_cast<std::int32_t>(i) * interval;
    const std::int32_t own = std::min(interval, mcus - first);
    if (!is_needed(layout, first, first + own - 1)) continue;
    const bool joins = i > 0 && end == image.coded->segments[coded.segment0 + i - 1].offset +
                                           image.coded->segments[coded.segment0 + i - 1].bytes;
    if (!joins) {
      put_pieces(image, begin, end);
      begin = from.offset;
    }
    if (layout.segments == 0) layout.first_mcu = first;
    end = from.offset + from.bytes;
    SegmentLayout segment;
    segment.source = upload_end_ + from.offset - begin;
    segment.destuffed = destuffed_bytes;
    segment.bytes = static_cast<std::int32_t>(from.bytes);
    segment.scan = slice.scan_count;
    segment.first_subsequence = slice.subsequence_count;
    segment.first_tile = slice.destuff_tiles;
    segment.block0 = (first - layout.first_mcu) * coded.blocks_in_mcu;
    segment.blocks = own * coded.blocks_in_mcu;
    destuffed_bytes = (destuffed_bytes + from.bytes + kSegmentPadding + 15) / 16 * 16;
    if (coded.kind != ScanKind::dc_refinement) {
      slice.subsequence_count += std::max(1, ceil_div(segment.bytes, subsequence_bytes));
    }
    const int skew = static_cast<int>(segment.source & 15);
    const int tiles = std::max(1, ceil_div(skew + segment.bytes, kDestuffTile));
    slice.destuff_tiles += tiles;
    slice.longest_segment_tiles = std::max(slice.longest_segment_tiles, tiles);
    segments_[slice.segment_count++] = segment;
    ++layout.segments;
    units.back() += static_cast<std::uint64_t>(own);
  }
  put_pieces(image, begin, end);
  upload_end_ = aligned(upload_end_ + 64);
}

void SliceLayout::put_scan(const SliceImage& image, const CodedScan& coded, ScanLayout& layout) {
  layout.image = static_cast<std::int32_t>(units.size()) - 1;
  layout.table_set = table_set_of(coded);
  layout.mcus_across = static_cast<std::int32_t>(coded.scan.mcus_across);
  layout.all_needed = layout.x0 == 0 && layout.y0 == 0 && layout.x1 == coded.scan.mcus_across &&
                      layout.y1 == coded.scan.mcus_down;
  layout.blocks_in_mcu = coded.blocks_in_mcu;
  layout.phases = coded.phases;
  layout.block0 = blocks;
  int block = 0;
  for (std::size_t i = 0; i < coded.scan.count; ++i) {
    const FrameComponent& c = image.coded->frame.components[coded.scan.components[i].component];
    const int own = coded.scan.interleaved() ? c.horizontal * c.vertical : 1;
    const std::uint64_t selector = coded.dc[i] | coded.ac[i] << 1 | static_cast<unsigned>(i) << 2;
    for (int k = 0; k < own; ++k) layout.selectors |= selector << (4 * block++);
  }
  layout.segment0 = slice.segment_count;
  layout.first_subsequence = slice.subsequence_count;
  put_segments(image, coded, layout);
  layout.subsequences = slice.subsequence_count - layout.first_subsequence;
  layout.first_group = slice.groups;
  layout.groups = ceil_div(layout.subsequences, kThreads * slice.parameters.run);
  slice.groups += layout.groups;
  if (is_probed(slice.parameters, coded, layout)) {
    layout.probed = 1;
    slice.hypotheses = std::max(slice.hypotheses, layout.blocks_in_mcu);
  }
  layout.first_chunk = slice.chunks;
  layout.chunks = ceil_div(layout.subsequences, kThreads);
  slice.chunks += layout.chunks;
  if (coded.kind != ScanKind::sequential) return;
  const SegmentLayout& last = segments_[slice.segment_count - 1];
  blocks += static_cast<std::uint64_t>(last.block0) + static_cast<std::uint64_t>(last.blocks);
}

void SliceLayout::put_image(const SliceImage& image, bool fancy, ImageLayout& layout) {
  lay_out_pixels(*image.coded, image.output, fancy, layout);
  std::copy_n(slice.tiles, +kReconstructions, layout.first_tile);
  slice.tiles[layout.reconstruction] +=
      layout.tiles_across * ceil_div(layout.y1 - layout.tiles_y0, kTileHeight);
  layout.block0 = blocks;
  units.push_back(0);
  const bool is_progressive = image.coded->frame.progressive;
  if (is_progressive) {
    const int index = static_cast<int>(units.size()) - 1;
    progressive.put_image(image, index, blocks, layout, slice);
    blocks += image.coded->blocks;
  }
  for (const CodedScan& coded : image.coded->scans) {
    const Rect mcus = needed_mcus(coded, layout);
    if (mcus.empty()) continue;
    ScanLayout scan;
    scan.x0 = static_cast<std::int32_t>(mcus.x0);
    scan.y0 = static_cast<std::int32_t>(mcus.y0);
    scan.x1 = static_cast<std::int32_t>(mcus.x1);
    scan.y1 = static_cast<std::int32_t>(mcus.y1);
    const auto first_block = static_cast<std::uint32_t>(blocks - layout.block0);
    put_scan(image, coded, scan);
    if (is_progressive) {
      progressive.put_scan(*image.coded, coded, slice.scan_count, scan, slice);
    }
    scans_[slice.scan_count++] = scan;
    if (is_progressive) continue;
    // Counted from the image's first MCU, even where that is left out: numbers wrap around.
    const auto in_mcu = static_cast<std::uint32_t>(coded.blocks_in_mcu);
    std::uint32_t block = first_block - static_cast<std::uint32_t>(scan.first_mcu) * in_mcu;
    for (std::size_t i = 0; i < coded.scan.count; ++i) {
      ComponentLayout& c = layout.component[coded.scan.components[i].component];
      c.block0 = block;
      c.column_step = in_mcu;
      c.row_step = static_cast<std::uint32_t>(scan.mcus_across) * in_mcu;
      block += static_cast<std::uint32_t>(c.across) * c.down;
    }
  }
}

void SliceLayout::lay_out(std::span<const SliceImage> images, bool fancy,
                          const Parameters& parameters, std::uint8_t* upload) {
  slice = {};
  slice.parameters = parameters;
  slice.image_count = static_cast<std::int32_t>(images.size());
  destuffed_bytes = 0;
  blocks = 0;
  pieces.clear();
  units.clear();
  sets_.clear();
  progressive.clear();
  std::size_t scans = 0, segments = 0;
  for (const SliceImage& image : images) {
    scans += image.coded->scans.size();
    segments += image.coded->segments.size();
  }
  Cutter cutter(upload);
  ImageLayout* image_layouts = nullptr;
  std::uint32_t* trouble = nullptr;
  images_at = cutter.used();
  cutter.cut(image_layouts, images.size());
  scans_at = cutter.used();
  cutter.cut(scans_, scans);
  segments_at = cutter.used();
  cutter.cut(segments_, segments);
  trouble_at = cutter.used();
  cutter.cut(trouble, images.size());
  upload_end_ = cutter.used();
  std::memset(upload + trouble_at, 0, images.size() * sizeof(std::uint32_t));

  for (std::size_t i = 0; i < images.size(); ++i) {
    ImageLayout layout;
    put_image(images[i], fancy, layout);
    image_layouts[i] = layout;
  }
  slice.table_sets = static_cast<std::int32_t>(sets_.size());
  tables_at = upload_end_;
  for (const CodedScan* coded : sets_) {
    std::memcpy(upload + upload_end_, &coded->tables, sizeof(RawTables));
    upload_end_ += sizeof(RawTables);
  }
  upload_end_ = aligned(upload_end_);
  progressive.finish(upload, upload_end_, slice);
  upload_bytes = upload_end_;
  destuffed_bytes += kSegmentPadding;
  work_bytes = cut_work(slice, nullptr);
}

void SliceLayout::place(std::uint8_t* upload, std::uint8_t* destuffed, std::uint8_t* work,
                        std::uint8_t* coefficients) {
  slice.source = upload;
  slice.images = reinterpret_cast<const ImageLayout*>(upload + images_at);
  slice.scans = reinterpret_cast<const ScanLayout*>(upload + scans_at);
  slice.segments = reinterpret_cast<const SegmentLayout*>(upload + segments_at);
  slice.raw_tables = reinterpret_cast<const RawTables*>(upload + tables_at);
  slice.trouble = reinterpret_cast<std::uint32_t*>(upload + trouble_at);
  progressive.place(upload, slice);
  slice.destuffed = destuffed;
  slice.coefficients = reinterpret_cast<std::uint32_t*>(coefficients);
  cut_work(slice, work);
}

}  // namespace glimt::jpeg::cuda
