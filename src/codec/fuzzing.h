// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The template of the fuzz targets: the first byte of the input chooses what is asked of the
// decoder, the rest is the file.
#pragma once

#include <algorithm>

#include "codec/testing.h"

namespace glimt::testing {

/// Decodes data[1..]; of large images only a part. Always 0, as libFuzzer wants it.
inline int fuzz_decoder(const DecodeBackend& backend, Bytes data) {
  if (data.size() < 2) return 0;
  const unsigned choice = data[0];
  const Bytes file = data.subspan(1);
  if (!backend.format->sniff(file.first(std::min<std::size_t>(file.size(), 64)))) return 0;
  constexpr PixelForm forms[] = {
      {.channels = 0},
      {.channels = 1},
      {.channels = 3, .color = ColorModel::rgb, .bgr = true},
      {.channels = 4, .color = ColorModel::rgb, .alpha = true, .planar = true}};
  DecodeWish wish;
  wish.partial = (choice & 1U) != 0;
  wish.form = forms[choice >> 1 & 3U];
  if ((choice & 8U) != 0) wish.options = ":fancy_upsampling=1";
  const auto info = backend.format->parse(Source{file}, {});
  if (backend.format->metadata != nullptr) {
    static_cast<void>(
        backend.format->metadata(Source{file}, {}, MetadataKind::unknown, Limits{}).ok());
  }
  if (!info.ok()) return 0;
  constexpr std::uint32_t most = 256;
  const bool large = std::uint64_t{info->image.width} * info->image.height > most * most;
  if (large || (choice & 16U) != 0) {
    const std::int64_t x = (choice & 32U) != 0 ? info->image.width / 2 : -1;
    const std::int64_t y = (choice & 64U) != 0 ? info->image.height / 2 : -1;
    wish.window = {x, y, x + 1 + std::min(info->image.width, most),
                   y + 1 + std::min(info->image.height, most)};
  }
  decode(backend, file, wish);
  return 0;
}

}  // namespace glimt::testing
