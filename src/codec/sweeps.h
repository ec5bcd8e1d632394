// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Checks that hold for every decoder, for the tests beside the formats.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "codec/testing.h"

namespace glimt::testing {

/// The part of a picture in a window; samples outside are 0.
inline Picture crop_of(const Picture& whole, const Rect& window) {
  Picture part{window.width(), window.height(), whole.form, {}};
  part.data.resize(packed_bytes(part.width, part.height, part.form));
  const std::size_t pixel = sample_bytes(whole.form.type) * whole.form.channels;
  const Rect inside = intersect(window, {0, 0, whole.width, whole.height});
  for (std::int64_t y = inside.y0; !inside.empty() && y < inside.y1; ++y) {
    const auto from = static_cast<std::size_t>(y * whole.width + inside.x0) * pixel;
    const auto to = static_cast<std::size_t>((y - window.y0) * part.width + inside.x0 - window.x0);
    std::memcpy(&part.data[to * pixel], &whole.data[from],
                static_cast<std::size_t>(inside.width()) * pixel);
  }
  return part;
}

/// Windows inside, on the edges, crossing them and outside equal crops of the whole.
inline void expect_regions(const DecodeBackend& backend, Bytes data, DecodeWish wish = {}) {
  wish.window = {};
  const Decoded whole = decode(backend, data, wish);
  ASSERT_TRUE(whole.status.ok()) << whole.status.text();
  const std::int64_t w = whole.picture.width, h = whole.picture.height;
  const Rect windows[] = {{0, 0, 1, 1},
                          {w - 1, h - 1, w, h},
                          {w / 3, h / 4, w / 3 + 1, h},
                          {1, h / 2, w, h / 2 + 1},
                          {w / 2, h / 3, w, h},
                          {0, h / 2, w, h},
                          {-3, -2, w / 2 + 1, 2},
                          {w / 2, h / 2, w + 5, h + 4},
                          {-1, -1, w + 1, h + 1},
                          {w, 0, w + 4, 3},
                          {-9, -9, -2, -3}};
  for (const Rect& window : windows) {
    if (window.empty()) continue;
    wish.window = window;
    const Decoded part = decode(backend, data, wish);
    ASSERT_TRUE(part.status.ok()) << part.status.text();
    EXPECT_EQ(part.picture.data, crop_of(whole.picture, window).data)
        << "window " << window.x0 << "," << window.y0 << " to " << window.x1 << "," << window.y1
        << " of " << w << " x " << h;
    EXPECT_LE(part.units_decoded, whole.units_decoded);
  }
}

/// Every prefix of a file fails, strict or partial, or gives an image: never a crash. Returns how
/// many prefixes gave an image with a note under `partial`.
inline int sweep_prefixes(const DecodeBackend& backend, Bytes data) {
  int noted = 0;
  for (std::size_t size = 0; size < data.size(); ++size) {
    // A copy of exact size, so that a sanitizer sees a read past the end.
    const std::vector<std::uint8_t> prefix(data.begin(),
                                           data.begin() + static_cast<std::ptrdiff_t>(size));
    DecodeWish wish;
    const Decoded strict = decode(backend, prefix, wish);
    EXPECT_EQ(strict.status.ok(), strict.status.message().empty()) << "prefix of " << size;
    wish.partial = true;
    const Decoded partial = decode(backend, prefix, wish);
    if (partial.status.ok() && !partial.note.empty()) ++noted;
    if (strict.status.ok()) {
      EXPECT_TRUE(partial.status.ok()) << "prefix of " << size;
      EXPECT_EQ(strict.picture.data, partial.picture.data) << "prefix of " << size;
    }
  }
  return noted;
}

/// Of an image that a flipped bit made larger, a corner is decoded.
constexpr std::uint64_t kMostSweptPixels = 1U << 16;

/// Files with a few bits flipped are decoded or refused: never a crash.
inline void sweep_bit_flips(const DecodeBackend& backend, Bytes data, int rounds = 300) {
  std::mt19937 random(7);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::uint8_t> broken(data.begin(), data.end());
    // Half of them in the headers, where they matter most.
    const std::size_t reach =
        round % 2 == 0 ? std::min<std::size_t>(broken.size(), 128) : broken.size();
    for (int flips = 1 + round % 3; flips > 0; --flips) {
      broken[random() % reach] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    }
    DecodeWish wish;
    const auto info = backend.format->parse(Source{broken}, {});
    if (info.ok() && std::uint64_t{info->image.width} * info->image.height > kMostSweptPixels) {
      wish.window = {0, 0, std::min(info->image.width, 64U), std::min(info->image.height, 64U)};
    }
    for (const bool partial : {false, true}) {
      wish.partial = partial;
      const Decoded decoded = decode(backend, broken, wish);
      EXPECT_EQ(decoded.status.ok(), decoded.status.message().empty());
    }
  }
}

}  // namespace glimt::testing
