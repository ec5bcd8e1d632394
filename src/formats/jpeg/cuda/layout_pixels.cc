// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What an image's pixels are made of and how: all of its layout that does not depend on the slice.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "formats/jpeg/cuda/layout.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr bool power_of_two(unsigned value) { return (value & (value - 1)) == 0; }

/// Rules 1 of pixel/convert.h.
std::uint8_t color_steps_of(const CodedImage& image, Channels channels) {
  if (channels == Channels::stored) return 0;
  unsigned steps = 0;
  switch (image.color) {
    case ColorModel::ycc:
      if (channels == Channels::gray) return 0;  // luma
      steps = kYccToRgb;
      break;
    case ColorModel::ycck:
      steps = kYccToRgb | kComplement | kInksToRgb;
      break;
    case ColorModel::cmyk:
      steps = kInksToRgb;
      break;
    case ColorModel::rgb:
      break;
    default:
      return 0;
  }
  if ((steps & kInksToRgb) != 0 && !image.inverted) steps |= kInvertInks;
  if (channels == Channels::gray) steps |= kRgbToGray;
  return static_cast<std::uint8_t>(steps);
}

std::uint8_t components_of(const CodedImage& image, Channels channels) {
  const bool luma = channels == Channels::gray && image.color == ColorModel::ycc;
  return luma ? std::uint8_t{1} : static_cast<std::uint8_t>(image.frame.count);
}

/// As jdsample.c chooses the filters, and the blocks that the window needs.
void lay_out_component(const Frame& frame, const FrameComponent& from, bool fancy,
                       const Rect& window, ComponentLayout& c) {
  c.width = static_cast<std::uint16_t>(from.width);
  c.height = static_cast<std::uint16_t>(from.height);
  c.ratio_across = frame.horizontal / from.horizontal;
  c.ratio_down = frame.vertical / from.vertical;
  const bool wide = from.width > 2;
  const bool across = c.ratio_across == 2 && wide && c.ratio_down <= 2;
  const bool down = c.ratio_down == 2 && (c.ratio_across == 1 || across);
  c.filter_across = fancy && across;
  c.filter_down = fancy && down;
  // A filtered pixel is made of its sample and the one that is nearest to it besides.
  const Rect samples = intersect(
      {(window.x0 - c.filter_across) / c.ratio_across, (window.y0 - c.filter_down) / c.ratio_down,
       (window.x1 - 1 + c.filter_across) / c.ratio_across + 1,
       (window.y1 - 1 + c.filter_down) / c.ratio_down + 1},
      {0, 0, from.width, from.height});
  c.x0 = static_cast<std::uint16_t>(samples.x0 / 8);
  c.y0 = static_cast<std::uint16_t>(samples.y0 / 8);
  c.x1 = static_cast<std::uint16_t>((samples.x1 + 7) / 8);
  c.y1 = static_cast<std::uint16_t>((samples.y1 + 7) / 8);
}

/// Whether the kernels for the usual samplings serve: luma of every pixel, two equal chroma
/// components.
bool is_usual(const ImageLayout& layout) {
  const ComponentLayout* c = layout.component;
  if (c[0].ratio_across != 1 || c[0].ratio_down != 1) return false;
  if ((layout.color_steps & ~kYccToRgb) != 0) return false;
  for (int i = 0; i < layout.components; ++i) {
    if (!power_of_two(c[i].across) || !power_of_two(c[i].down)) return false;
  }
  if (layout.components == 1) return layout.channels == 1 || layout.channels == 3;
  return layout.components == 3 && layout.channels == 3 && c[1].ratio_across == c[2].ratio_across &&
         c[1].ratio_down == c[2].ratio_down && power_of_two(c[1].ratio_across) &&
         power_of_two(c[1].ratio_down);
}

/// Whether rows of the tiles begin at whole words and run from left to right.
bool is_aligned(const ImageLayout& layout) {
  if (layout.x0 != layout.tiles_x0 || layout.pixel_bytes < 0) return false;
  const bool planar = layout.order == PixelOrder::planar;
  auto bits = reinterpret_cast<std::uintptr_t>(layout.pixels) +
              static_cast<std::uintptr_t>(layout.x0 * layout.pixel_bytes) -
              (layout.order == PixelOrder::bgr ? 2 : 0);
  bits |= static_cast<std::uintptr_t>(layout.row_bytes);
  if (planar && layout.channels > 1) bits |= static_cast<std::uintptr_t>(layout.channel_bytes);
  return bits % 4 == 0;
}

void choose_kernel(ImageLayout& layout) {
  const bool usual = is_usual(layout);
  // Tiles begin where blocks of all components do.
  const bool chroma = usual && layout.components > 1;
  const int across = 8 * (chroma ? layout.component[1].ratio_across : 1);
  const int down = 8 * (chroma ? layout.component[1].ratio_down : 1);
  layout.tiles_x0 = layout.x0 / across * across;
  layout.tiles_y0 = layout.y0 / down * down;
  layout.tiles_across = (layout.x1 - layout.tiles_x0 + kTileWidth - 1) / kTileWidth;

  layout.reconstruction = kGeneral;
  if (!usual) return;
  const bool together = layout.channels == 3 && std::abs(layout.channel_bytes) == 1;
  const auto runs_along = [&](std::int64_t step) {
    if (together && std::abs(step) == 3) {
      layout.order = layout.channel_bytes == 1 ? PixelOrder::rgb : PixelOrder::bgr;
      return true;
    }
    layout.order = PixelOrder::planar;
    return std::abs(step) == 1;
  };
  if (runs_along(layout.pixel_bytes)) {
    layout.reconstruction = is_aligned(layout) ? kRows : kStraddlingRows;
  } else if (runs_along(layout.row_bytes)) {
    layout.reconstruction = kTurned;
  }
}

}  // namespace

Status check_output(const CodedImage& image, const Output& output) {
  const Rect whole{0, 0, image.frame.width, image.frame.height};
  if (output.window.empty() || whole.contains(output.window)) return {};
  return {Code::bad_argument, "the window leaves the image of " + std::to_string(whole.x1) + " x " +
                                  std::to_string(whole.y1) + " pixels"};
}

void lay_out_pixels(const CodedImage& image, const Output& output, bool fancy,
                    ImageLayout& layout) {
  const Frame& frame = image.frame;
  const Rect window = output.window.empty() ? Rect{0, 0, frame.width, frame.height} : output.window;
  layout.x0 = static_cast<std::int32_t>(window.x0);
  layout.y0 = static_cast<std::int32_t>(window.y0);
  layout.x1 = static_cast<std::int32_t>(window.x1);
  layout.y1 = static_cast<std::int32_t>(window.y1);
  layout.row_bytes = output.row_bytes;
  layout.pixel_bytes = output.pixel_bytes;
  layout.channel_bytes = output.channel_bytes;
  // Of stored pixel (0, 0), which may lie outside the memory: reckoned as a number.
  const std::ptrdiff_t to_window = window.y0 * output.row_bytes + window.x0 * output.pixel_bytes;
  layout.pixels = reinterpret_cast<std::uint8_t*>(reinterpret_cast<std::uintptr_t>(output.pixels) -
                                                  static_cast<std::uintptr_t>(to_window));
  layout.components = components_of(image, output.channels);
  layout.channels = output.channels == Channels::rgb    ? std::uint8_t{3}
                    : output.channels == Channels::gray ? std::uint8_t{1}
                                                        : layout.components;
  layout.color_steps = color_steps_of(image, output.channels);
  for (std::size_t i = 0; i < layout.components; ++i) {
    lay_out_component(frame, frame.components[i], fancy, window, layout.component[i]);
    for (std::size_t k = 0; k < kBlockSize; ++k) {
      layout.quantization[i][k % 8 * 8 + k / 8] = image.quantization[i][k];
    }
  }
  for (const CodedScan& scan : image.scans) {
    if (frame.progressive) break;  // blocks lie row by row
    for (std::size_t i = 0; i < scan.scan.count; ++i) {
      const std::size_t number = scan.scan.components[i].component;
      ComponentLayout& c = layout.component[number];
      c.across = scan.scan.interleaved() ? frame.components[number].horizontal : 1;
      c.down = scan.scan.interleaved() ? frame.components[number].vertical : 1;
      c.log2_across = static_cast<std::uint8_t>(std::countr_zero(c.across));
      c.log2_down = static_cast<std::uint8_t>(std::countr_zero(c.down));
    }
  }
  choose_kernel(layout);
}

Rect needed_mcus(const CodedScan& scan, const ImageLayout& layout) {
  if (scan.kind != ScanKind::sequential) return {0, 0, scan.scan.mcus_across, scan.scan.mcus_down};
  Rect all;
  for (std::size_t i = 0; i < scan.scan.count; ++i) {
    const std::size_t number = scan.scan.components[i].component;
    if (number >= layout.components) continue;
    const ComponentLayout& c = layout.component[number];
    const Rect own{c.x0 / c.across, c.y0 / c.down, (c.x1 + c.across - 1) / c.across,
                   (c.y1 + c.down - 1) / c.down};
    all = all.empty() ? own
                      : Rect{std::min(all.x0, own.x0), std::min(all.y0, own.y0),
                             std::max(all.x1, own.x1), std::max(all.y1, own.y1)};
  }
  return all;
}

}  // namespace glimt::jpeg::cuda
