// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/turbo_planes.h"

#include <algorithm>

namespace glimt::jpeg {
namespace {

// Narrower images are libjpeg's, which does not filter the very narrow ones.
constexpr JDIMENSION kLeastWidth = 16;
// Room for the copied sample in front of a row, and for vectors that are read past its end.
constexpr std::size_t kFront = 64, kBehind = 128;

struct Filters {
  ChromaFilter even, odd;  // of even and odd rows of pixels
};
// [fancy][half width][half height]
constexpr Filters kFilters[2][2][2] = {
    {{{ChromaFilter::none, ChromaFilter::none}, {ChromaFilter::none, ChromaFilter::none}},
     {{ChromaFilter::replicate, ChromaFilter::replicate},
      {ChromaFilter::replicate, ChromaFilter::replicate}}},
    {{{ChromaFilter::none, ChromaFilter::none}, {ChromaFilter::above, ChromaFilter::below}},
     {{ChromaFilter::linear, ChromaFilter::linear},
      {ChromaFilter::bilinear, ChromaFilter::bilinear}}}};

struct Ratio {
  int horizontal, vertical;
};
Ratio ratio_of(const jpeg_decompress_struct& cinfo) {
  const jpeg_component_info& chroma = cinfo.comp_info[1];
  return {cinfo.max_h_samp_factor / chroma.h_samp_factor,
          cinfo.max_v_samp_factor / chroma.v_samp_factor};
}

}  // namespace

bool Planes::serve(const jpeg_decompress_struct& cinfo, const PixelForm& form) {
  if (cinfo.jpeg_color_space != JCS_YCbCr || form.color != ColorModel::rgb || form.alpha) {
    return false;
  }
  if (cinfo.image_width < kLeastWidth || fused_row(ChromaFilter::none) == nullptr) {
    return false;
  }
  const jpeg_component_info* c = cinfo.comp_info;
  const bool luma_full = c[0].h_samp_factor == cinfo.max_h_samp_factor &&
                         c[0].v_samp_factor == cinfo.max_v_samp_factor;
  const bool chroma_equal =
      c[1].h_samp_factor == c[2].h_samp_factor && c[1].v_samp_factor == c[2].v_samp_factor;
  const Ratio ratio = ratio_of(cinfo);
  return luma_full && chroma_equal && ratio.horizontal <= 2 && ratio.vertical <= 2 &&
         c[1].h_samp_factor * ratio.horizontal == cinfo.max_h_samp_factor &&
         c[1].v_samp_factor * ratio.vertical == cinfo.max_v_samp_factor;
}

bool Planes::start(const jpeg_decompress_struct& cinfo, const PixelForm& form, Arena& arena) {
  width_ = cinfo.image_width;
  height_ = cinfo.image_height;
  const Ratio ratio = ratio_of(cinfo);
  half_height_ = ratio.vertical == 2;
  const Filters& filters =
      kFilters[cinfo.do_fancy_upsampling != 0][ratio.horizontal == 2][half_height_];
  kernels_ = {fused_row(filters.even), fused_row(filters.odd)};
  bgr_ = form.bgr;
  looks_sideways_ = filters.even == ChromaFilter::linear || filters.even == ChromaFilter::bilinear;
  looks_up_and_down_ =
      filters.even == ChromaFilter::bilinear || filters.even == ChromaFilter::above;

  Component* const components[] = {&luma_, &chroma_[0], &chroma_[1]};
  for (int i = 0; i < 3; ++i) {
    const jpeg_component_info& info = cinfo.comp_info[i];
    Component& component = *components[i];
    component.rows = std::int64_t{info.v_samp_factor} * DCTSIZE;
    component.width = info.downsampled_width;
    component.height = info.downsampled_height;
    const std::size_t blocks_bytes = std::size_t{info.width_in_blocks} * DCTSIZE;
    const std::size_t row_bytes = (kFront + blocks_bytes + kBehind + 63) / 64 * 64;
    const auto memory = arena.take<std::uint8_t>(row_bytes * 2 * component.rows);
    if (memory.empty()) return false;
    std::uint8_t* row = memory.data() + kFront;
    for (auto& slot : component.slots) {
      for (std::int64_t r = 0; r < component.rows; ++r, row += row_bytes) {
        slot[static_cast<std::size_t>(r)] = row;
      }
    }
  }
  return true;
}

JSAMPIMAGE Planes::target(std::int64_t i) {
  const auto slot = static_cast<std::size_t>(i % 2);
  target_ = {luma_.slots[slot].data(), chroma_[0].slots[slot].data(),
             chroma_[1].slots[slot].data()};
  return target_.data();
}

void Planes::filled(std::int64_t i) {
  if (!looks_sideways_) return;
  for (const Component& component : chroma_) {
    for (std::int64_t r = 0; r < component.rows; ++r) {
      JSAMPROW row = component.slots[static_cast<std::size_t>(i % 2)][static_cast<std::size_t>(r)];
      row[-1] = row[0];
      row[component.width] = row[component.width - 1];
    }
  }
}

std::int64_t Planes::rows_ready(std::int64_t count) const {
  const std::int64_t rows = count * luma_.rows;
  if (rows >= height_) return height_;
  return looks_up_and_down_ ? rows - 1 : rows;
}

void Planes::convert(std::int64_t y, std::uint8_t* pixels) const {
  FusedInput input;
  input.luma = luma_.row(y);
  input.bgr = bgr_;
  for (std::size_t c = 0; c < 2; ++c) {
    const std::int64_t here = half_height_ ? y / 2 : y;
    const std::int64_t next =
        std::clamp<std::int64_t>(y % 2 == 0 ? here - 1 : here + 1, 0, chroma_[c].height - 1);
    input.nearer[c] = chroma_[c].row(here);
    input.further[c] = looks_up_and_down_ ? chroma_[c].row(next) : input.nearer[c];
  }
  kernels_[static_cast<std::size_t>(y % 2)](input, pixels, static_cast<std::size_t>(width_));
}

}  // namespace glimt::jpeg
