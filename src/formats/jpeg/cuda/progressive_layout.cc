// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What progressive frames add to the layout of a slice.
#include <algorithm>
#include <cstring>

#include "formats/jpeg/cuda/layout.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::size_t kAlign = 256;

template <class T>
std::size_t put_array(const std::vector<T>& items, std::uint8_t* upload, std::size_t& end) {
  const std::size_t at = end;
  if (!items.empty()) std::memcpy(upload + at, items.data(), items.size() * sizeof(T));
  end = (at + items.size() * sizeof(T) + kAlign - 1) / kAlign * kAlign;
  return at;
}

}  // namespace

std::size_t ProgressiveLayout::upload_bound(const CodedImage& image) {
  if (!image.frame.progressive) return 0;
  return image.frame.count * sizeof(PlaneLayout) + image.scans.size() * sizeof(BandLayout) +
         image.refinements.size() * sizeof(RefinementLayout);
}

void ProgressiveLayout::clear() {
  planes.clear();
  bands.clear();
  refinements.clear();
  host.clear();
}

void ProgressiveLayout::put_refinements(const SliceImage& image, std::size_t component,
                                        const ComponentLayout& needed, PlaneLayout& plane,
                                        Slice& slice) {
  plane.refinement0 = static_cast<std::int32_t>(refinements.size());
  for (const CodedRefinement& coded : image.coded->refinements) {
    if (coded.scan.components[0].component != component) continue;
    RefinementLayout layout;
    layout.record0 = slice.record_words;
    layout.start = coded.scan.spectral_start;
    layout.end = coded.scan.spectral_end;
    layout.low = coded.scan.low;
    HostRefinement one;
    one.coded = &coded;
    one.image = image.coded;
    one.stream = image.stream;
    one.slice_image = plane.image;
    one.blocks = static_cast<std::uint32_t>(plane.blocks());
    one.record0 = layout.record0;
    one.mask0 = slice.mask_count;
    one.predecessor = plane.refinements == 0 ? -1 : static_cast<int>(host.size()) - 1;
    slice.record_words += 3 * std::uint64_t{one.blocks};
    refinements.push_back(layout);
    host.push_back(one);
    ++plane.refinements;
  }
  if (plane.refinements == 0) return;
  // What a scan decodes, the one before it must have decoded.
  auto first = static_cast<std::uint32_t>(needed.y0 * plane.across);
  for (std::size_t i = host.size(); i > static_cast<std::size_t>(plane.refinement0); --i) {
    HostRefinement& one = host[i - 1];
    const std::uint32_t interval = one.coded->restart_interval;
    first = interval == 0 ? 0 : first / interval * interval;
    one.first = first;
    one.end = static_cast<std::uint32_t>(needed.y1 * plane.across);
  }
  plane.mask0 = slice.mask_count;
  slice.mask_count += static_cast<std::uint64_t>(plane.blocks());
}

void ProgressiveLayout::put_image(const SliceImage& image, int slice_image, std::uint64_t block0,
                                  ImageLayout& layout, Slice& slice) {
  const Frame& frame = image.coded->frame;
  image_plane0_ = static_cast<std::int32_t>(planes.size());
  std::uint32_t block = 0;
  for (std::size_t i = 0; i < frame.count; ++i) {
    const FrameComponent& c = frame.components[i];
    PlaneLayout plane;
    plane.block0 = block0 + block;
    plane.image = slice_image;
    plane.row_blocks = static_cast<std::int32_t>(c.padded_across);
    plane.rows = static_cast<std::int32_t>(c.padded_down);
    plane.across = static_cast<std::int32_t>(c.units_across);
    plane.down = static_cast<std::int32_t>(c.units_down);
    plane.mcu_across = c.horizontal;
    plane.mcu_down = c.vertical;
    plane.first_tile = slice.plane_tiles;
    slice.plane_tiles +=
        static_cast<std::int32_t>((plane.padded_blocks() + kPlaneTile - 1) / kPlaneTile);
    put_refinements(image, i, layout.component[i], plane, slice);
    ComponentLayout& component = layout.component[i];
    component.block0 = block;
    component.column_step = 1;
    component.row_step = static_cast<std::uint32_t>(plane.row_blocks);
    block += static_cast<std::uint32_t>(plane.padded_blocks());
    planes.push_back(plane);
  }
}

void ProgressiveLayout::put_scan(const CodedImage& image, const CodedScan& coded, int index,
                                 ScanLayout& layout, Slice& slice) {
  BandLayout band;
  band.scan = index;
  band.mcus_across = static_cast<std::int32_t>(coded.scan.mcus_across);
  const std::int64_t mcus = coded.mcus();
  band.interval = static_cast<std::int32_t>(
      coded.restart_interval == 0 ? mcus : std::min<std::int64_t>(mcus, coded.restart_interval));
  band.start = coded.scan.spectral_start;
  band.end = coded.scan.spectral_end;
  band.low = coded.scan.low;
  band.interleaved = coded.scan.interleaved();
  int block = 0;
  for (std::size_t i = 0; i < coded.scan.count; ++i) {
    const std::size_t component = coded.scan.components[i].component;
    const FrameComponent& c = image.frame.components[component];
    band.plane[i] = image_plane0_ + static_cast<std::int32_t>(component);
    band.first_in_mcu[i] = static_cast<std::uint8_t>(block);
    block += coded.scan.interleaved() ? c.horizontal * c.vertical : 1;
  }
  band.first_tile = slice.dc_tiles;
  if (coded.kind == ScanKind::dc_refinement) {
    band.blocks = static_cast<std::int32_t>(mcus * coded.blocks_in_mcu);
    slice.dc_tiles += (band.blocks + kPlaneTile - 1) / kPlaneTile;
  }
  layout.band = static_cast<std::int32_t>(bands.size());
  bands.push_back(band);
}

void ProgressiveLayout::finish(std::uint8_t* upload, std::size_t& upload_end, Slice& slice) {
  slice.plane_count = static_cast<std::int32_t>(planes.size());
  slice.band_count = static_cast<std::int32_t>(bands.size());
  planes_at_ = put_array(planes, upload, upload_end);
  bands_at_ = put_array(bands, upload, upload_end);
  refinements_at_ = put_array(refinements, upload, upload_end);
}

void ProgressiveLayout::place(const std::uint8_t* upload, Slice& slice) const {
  slice.planes = reinterpret_cast<const PlaneLayout*>(upload + planes_at_);
  slice.bands = reinterpret_cast<const BandLayout*>(upload + bands_at_);
  slice.refinements = reinterpret_cast<const RefinementLayout*>(upload + refinements_at_);
}

}  // namespace glimt::jpeg::cuda
