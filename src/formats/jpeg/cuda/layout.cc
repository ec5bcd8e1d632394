// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/layout.h"

#include <algorithm>
#include <bit>
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
// The best of those tried on an H200 with photographs of 1 to 2 bits a pixel: short runs where
// there are few threads, longer ones, of which fewer have to be mended, in large slices.
constexpr Tuning kTunings[] = {
    {128 << 10, {64, 64, 1}},
    {kMegabyte, {64, 64, 2}},
    {4 * kMegabyte, {64, 128, 2}},
    {16 * kMegabyte, {64, 128, 3}},
};
constexpr Parameters kLargeSlice{64, 128, 4};

}  // namespace

int count_slices(std::size_t coded_bytes, std::size_t images) {
  struct Step {
    std::size_t from_bytes;
    int slices;
  };
  constexpr Step steps[] = {{90 * kMegabyte, 6}, {45 * kMegabyte, 3}, {4 * kMegabyte, 2}};
  for (const Step& step : steps) {
    if (coded_bytes >= step.from_bytes) {
      return static_cast<int>(std::min<std::size_t>(images, step.slices));
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

Status check_output(const CodedImage& image, const Output& output) {
  const Rect whole{0, 0, image.frame.width, image.frame.height};
  if (output.window.empty() || output.window == whole) {
    if (output.channels == Channels::gray && image.color == ColorModel::rgb) {
      return {Code::unsupported, "RGB to gray is converted on the CPU"};
    }
    const std::ptrdiff_t pixel = output.pixel_bytes, channel = output.channel_bytes;
    const bool rows = pixel == 1 || (pixel == 3 && (channel == 1 || channel == -1));
    return rows ? Status() : Status(Code::unsupported, "rows that do not run left to right");
  }
  if (!whole.contains(output.window)) return {Code::bad_argument, "the window leaves the image"};
  return {Code::unsupported, "parts of images are decoded on the CPU"};
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

void SliceLayout::put_scan(const SliceImage& image, const CodedScan& coded, int index,
                           ScanLayout& layout, SegmentLayout* segments) {
  const int subsequence_bytes = slice.parameters.subsequence_bytes;
  const Frame& frame = image.coded->frame;
  layout.blocks_in_mcu = coded.blocks_in_mcu;
  layout.block0 = blocks;
  int block = 0;
  for (std::size_t i = 0; i < coded.scan.count; ++i) {
    const FrameComponent& c = frame.components[coded.scan.components[i].component];
    const int own = coded.scan.interleaved() ? c.horizontal * c.vertical : 1;
    const std::uint64_t selector = coded.dc[i] | coded.ac[i] << 1 | static_cast<unsigned>(i) << 2;
    for (int k = 0; k < own; ++k) layout.selectors |= selector << (4 * block++);
  }
  layout.segment0 = slice.segment_count;
  layout.segments = static_cast<std::int32_t>(coded.segments);
  layout.first_subsequence = slice.subsequence_count;
  const CodedSegment* from = &image.coded->segments[coded.segment0];
  const std::size_t begin = from->offset;
  const std::size_t end = from[coded.segments - 1].offset + from[coded.segments - 1].bytes;
  const std::int64_t mcus = coded.mcus();
  const std::int64_t interval = coded.restart_interval == 0 ? mcus : coded.restart_interval;
  for (std::size_t i = 0; i < coded.segments; ++i) {
    SegmentLayout segment;
    segment.source = upload_end_ + from[i].offset - begin;
    segment.destuffed = destuffed_bytes;
    segment.bytes = static_cast<std::int32_t>(from[i].bytes);
    segment.scan = index;
    segment.first_subsequence = slice.subsequence_count;
    segment.first_tile = slice.destuff_tiles;
    const std::int64_t first =
        std::min<std::int64_t>(mcus, static_cast<std::int64_t>(i) * interval);
    segment.block0 = static_cast<std::int32_t>(first * coded.blocks_in_mcu);
    segment.blocks =
        static_cast<std::int32_t>(std::min(interval, mcus - first) * coded.blocks_in_mcu);
    destuffed_bytes = (destuffed_bytes + from[i].bytes + kSegmentPadding + 15) / 16 * 16;
    if (coded.kind != ScanKind::dc_refinement) {
      slice.subsequence_count += std::max(1, ceil_div(segment.bytes, subsequence_bytes));
    }
    const int skew = static_cast<int>(segment.source & 15);
    slice.destuff_tiles += ceil_div(skew + segment.bytes, kDestuffTile);
    segments[slice.segment_count++] = segment;
  }
  layout.subsequences = slice.subsequence_count - layout.first_subsequence;
  layout.first_group = slice.groups;
  layout.groups = ceil_div(layout.subsequences, kThreads * slice.parameters.run);
  slice.groups += layout.groups;
  layout.first_chunk = slice.chunks;
  layout.chunks = ceil_div(layout.subsequences, kThreads);
  slice.chunks += layout.chunks;
  for (std::size_t at = begin; at < end; at += kPieceBytes) {
    pieces.push_back(
        {image.stream.data() + at, upload_end_ + at - begin, std::min(kPieceBytes, end - at)});
  }
  upload_end_ = aligned(upload_end_ + (end - begin) + 64);
  if (coded.kind == ScanKind::sequential) {
    blocks += static_cast<std::uint64_t>(mcus) * static_cast<std::uint64_t>(coded.blocks_in_mcu);
  }
}

void SliceLayout::put_image(const SliceImage& image, bool fancy, ImageLayout& layout) {
  const CodedImage& coded = *image.coded;
  const Frame& frame = coded.frame;
  layout.width = static_cast<std::int32_t>(frame.width);
  layout.height = static_cast<std::int32_t>(frame.height);
  layout.first_tile = slice.tiles;
  layout.tiles_across = ceil_div(layout.width, kTileWidth);
  slice.tiles += layout.tiles_across * ceil_div(layout.height, kTileHeight);
  layout.block0 = blocks;
  layout.pixels = image.output.pixels;
  layout.row_bytes = image.output.row_bytes;
  layout.plane_bytes = image.output.channel_bytes;
  const Channels channels = image.output.channels;
  layout.order = PixelOrder::planar;
  if (image.output.pixel_bytes == 3) {
    layout.order = image.output.channel_bytes == 1 ? PixelOrder::rgb : PixelOrder::bgr;
    if (layout.order == PixelOrder::bgr) layout.pixels -= 2;
  }
  const bool luma_only = channels == Channels::gray;
  layout.components = luma_only ? std::uint8_t{1} : static_cast<std::uint8_t>(frame.count);
  layout.channels = channels == Channels::rgb ? std::uint8_t{3} : layout.components;
  layout.ycc = coded.color == ColorModel::ycc && channels == Channels::rgb;
  if (layout.components == 3) {
    const FrameComponent& chroma = frame.components[1];
    layout.ratio_across = static_cast<std::uint8_t>(frame.horizontal / chroma.horizontal);
    layout.ratio_down = static_cast<std::uint8_t>(frame.vertical / chroma.vertical);
    // As jdsample.c chooses: the narrowest images are not filtered sideways.
    const bool across = layout.ratio_across == 2 && chroma.width > 2;
    const bool down = layout.ratio_down == 2 && (layout.ratio_across == 1 || across);
    layout.filter_across = fancy && across && layout.ratio_down <= 2;
    layout.filter_down = fancy && down;
  }
  for (std::size_t i = 0; i < frame.count; ++i) {
    for (std::size_t k = 0; k < kBlockSize; ++k) {
      layout.quantization[i][k % 8 * 8 + k / 8] = coded.quantization[i][k];
    }
    layout.component[i].width = static_cast<std::uint16_t>(frame.components[i].width);
    layout.component[i].height = static_cast<std::uint16_t>(frame.components[i].height);
  }
  if (frame.progressive) return;
  std::uint32_t block = 0;
  for (const CodedScan& scan : coded.scans) {
    std::uint32_t in_mcu = 0;
    for (std::size_t i = 0; i < scan.scan.count; ++i) {
      const std::size_t number = scan.scan.components[i].component;
      const FrameComponent& c = frame.components[number];
      ComponentLayout& component = layout.component[number];
      component.block0 = block + in_mcu;
      component.column_step = static_cast<std::uint32_t>(scan.blocks_in_mcu);
      component.row_step =
          static_cast<std::uint32_t>(scan.scan.mcus_across) * component.column_step;
      component.blocks_across = static_cast<std::uint16_t>(scan.scan.mcus_across);
      component.blocks_down = static_cast<std::uint16_t>(scan.scan.mcus_down);
      if (scan.scan.interleaved()) {
        component.log2_across = static_cast<std::uint8_t>(std::countr_zero(c.horizontal));
        component.log2_down = static_cast<std::uint8_t>(std::countr_zero(c.vertical));
        component.blocks_across = static_cast<std::uint16_t>(c.padded_across);
        component.blocks_down = static_cast<std::uint16_t>(c.padded_down);
        in_mcu += static_cast<std::uint32_t>(c.horizontal) * c.vertical;
      }
    }
    block +=
        static_cast<std::uint32_t>(scan.mcus()) * static_cast<std::uint32_t>(scan.blocks_in_mcu);
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
  sets_.clear();
  progressive.clear();
  std::size_t scans = 0, segments = 0;
  for (const SliceImage& image : images) {
    scans += image.coded->scans.size();
    segments += image.coded->segments.size();
  }
  Cutter cutter(upload);
  ImageLayout* image_layouts = nullptr;
  ScanLayout* scan_layouts = nullptr;
  SegmentLayout* segment_layouts = nullptr;
  std::uint32_t* trouble = nullptr;
  images_at = cutter.used();
  cutter.cut(image_layouts, images.size());
  scans_at = cutter.used();
  cutter.cut(scan_layouts, scans);
  segments_at = cutter.used();
  cutter.cut(segment_layouts, segments);
  trouble_at = cutter.used();
  cutter.cut(trouble, images.size());
  upload_end_ = cutter.used();
  std::memset(trouble, 0, images.size() * sizeof(std::uint32_t));

  for (std::size_t i = 0; i < images.size(); ++i) {
    ImageLayout layout;
    put_image(images[i], fancy, layout);
    const CodedImage& image = *images[i].coded;
    if (image.frame.progressive) {
      progressive.put_image(images[i], static_cast<int>(i), blocks, layout, slice);
      blocks += image.blocks;
    }
    image_layouts[i] = layout;
    for (const CodedScan& coded : images[i].coded->scans) {
      ScanLayout scan;
      scan.image = static_cast<std::int32_t>(i);
      scan.table_set = table_set_of(coded);
      put_scan(images[i], coded, slice.scan_count, scan, segment_layouts);
      if (image.frame.progressive) {
        progressive.put_scan(image, coded, slice.scan_count, scan, slice);
      }
      scan_layouts[slice.scan_count++] = scan;
    }
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
