// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A small lossless encoder, straight from annex H and with a fixed Huffman table: its files hold
// whatever the standard allows, and their pixels are known.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "formats/jpeg/format.h"

namespace glimt::jpeg::lossless_test {

struct Plane {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint16_t> samples;  ///< row by row
  [[nodiscard]] int at(std::int64_t x, std::int64_t y) const {
    return samples[static_cast<std::size_t>(y * width + x)];
  }
};

struct File {
  std::int64_t width = 0, height = 0;
  int precision = 8, predictor = 1, point_transform = 0;
  std::int64_t restart_rows = 0;                     ///< MCU rows in a restart interval
  std::vector<std::array<int, 2>> sampling{{1, 1}};  ///< of each component
  bool separate_scans = false;
  bool long_codes = false;         ///< code lengths up to 16 bits instead of 5 bits each
  std::vector<std::uint8_t> head;  ///< segments behind SOI
  std::vector<std::uint8_t> ids{1, 2, 3, 4};
  std::vector<Plane> planes;  ///< filled in by make_planes()
};

inline std::int64_t ceil_of(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Noisy samples of the full range. The bits below the point transform are zero: they get lost.
inline void make_planes(File& file, unsigned seed = 3) {
  std::mt19937 random(seed);
  std::int64_t h_max = 1, v_max = 1;
  for (const auto& [h, v] : file.sampling) {
    h_max = std::max<std::int64_t>(h_max, h);
    v_max = std::max<std::int64_t>(v_max, v);
  }
  file.planes.clear();
  const unsigned top = (1U << file.precision) - 1;
  for (const auto& [h, v] : file.sampling) {
    Plane plane{ceil_of(file.width * h, h_max), ceil_of(file.height * v, v_max), {}};
    for (std::int64_t i = 0; i < plane.width * plane.height; ++i) {
      const unsigned ramp = static_cast<unsigned>(i * 7) * top / 512;
      const unsigned sample = (random() % 8 == 0 ? random() : ramp + random() % 4) & top;
      plane.samples.push_back(
          static_cast<std::uint16_t>(sample >> file.point_transform << file.point_transform));
    }
    file.planes.push_back(std::move(plane));
  }
}

class Writer {
 public:
  explicit Writer(const File& file) : file_(file) {}

  std::vector<std::uint8_t> run() {
    put({0xFF, kSoi});
    put(file_.head);
    write_frame();
    write_table();
    const std::size_t count = file_.planes.size();
    for (std::size_t first = 0; first < count; first += file_.separate_scans ? 1 : count) {
      write_scan(first, file_.separate_scans ? first + 1 : count);
    }
    put({0xFF, kEoi});
    return std::move(out_);
  }

 private:
  void put(const std::vector<std::uint8_t>& bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void put16(std::int64_t value) {
    put({static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
  }
  void segment(std::uint8_t marker, std::size_t payload) {
    put({0xFF, marker});
    put16(static_cast<std::int64_t>(payload + 2));
  }

  void write_frame() {
    const std::size_t count = file_.planes.size();
    segment(kSof3, 6 + 3 * count);
    put({static_cast<std::uint8_t>(file_.precision)});
    put16(file_.height);
    put16(file_.width);
    put({static_cast<std::uint8_t>(count)});
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [h, v] = file_.sampling[i];
      put({file_.ids[i], static_cast<std::uint8_t>(h << 4 | v), 0});
    }
  }

  /// 17 categories: codes of 5 bits, or one of each length up to 15 and two of 16.
  void write_table() {
    std::vector<std::uint8_t> counts(16, 0);
    if (file_.long_codes) {
      counts.assign(16, 1);
      counts[15] = 2;
    } else {
      counts[4] = 17;
    }
    segment(kDht, 1 + 16 + 17);
    put({0x00});
    put(counts);
    for (std::uint8_t category = 0; category <= 16; ++category) put({category});
  }

  void bits(unsigned value, unsigned count) {
    for (unsigned i = count; i-- > 0;) {
      byte_ = byte_ << 1 | (value >> i & 1U);
      if (++filled_ < 8) continue;
      put({static_cast<std::uint8_t>(byte_)});
      if ((byte_ & 0xFF) == 0xFF) put({0});
      byte_ = filled_ = 0;
    }
  }
  void flush() {
    if (filled_ > 0) bits((1U << (8 - filled_)) - 1, 8 - filled_);
  }

  /// H.1.2.2.
  void difference(int value) {
    value &= 0xFFFF;
    if (value > 32768) value -= 65536;
    unsigned category = 0;
    while (std::abs(value) >> category != 0) ++category;
    if (file_.long_codes) {
      const unsigned ones = std::min(category, 15U);
      const unsigned length = std::min(category + 1, 16U);
      bits(category == 16 ? 0xFFFF : ((1U << ones) - 1) << 1, length);
    } else {
      bits(category, 5);
    }
    if (category == 16) return;
    bits(static_cast<unsigned>(value < 0 ? value - 1 : value) & ((1U << category) - 1), category);
  }

  /// Table H.1 and H.1.2.1; samples outside the component, which fill up MCUs, are sent as 0.
  int predicted(const Plane& plane, std::int64_t x, std::int64_t y, std::int64_t first_row) const {
    const int shift = file_.point_transform;
    const auto at = [&](std::int64_t i, std::int64_t j) { return plane.at(i, j) >> shift; };
    if (y == first_row) return x == 0 ? 1 << (file_.precision - shift - 1) : at(x - 1, y);
    if (x == 0) return at(x, y - 1);
    const int a = at(x - 1, y), b = at(x, y - 1), c = at(x - 1, y - 1);
    const int all[] = {0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1};
    return all[file_.predictor];
  }

  void write_scan(std::size_t first, std::size_t end) {
    const bool single = end - first == 1;
    std::int64_t h_max = 1, v_max = 1;
    for (const auto& [h, v] : file_.sampling) {
      h_max = std::max<std::int64_t>(h_max, h);
      v_max = std::max<std::int64_t>(v_max, v);
    }
    const Plane& only = file_.planes[first];
    const std::int64_t across = single ? only.width : ceil_of(file_.width, h_max);
    const std::int64_t down = single ? only.height : ceil_of(file_.height, v_max);
    if (file_.restart_rows > 0) {
      segment(kDri, 2);
      put16(file_.restart_rows * across);
    }
    segment(kSos, 4 + 2 * (end - first));
    put({static_cast<std::uint8_t>(end - first)});
    for (std::size_t i = first; i < end; ++i) put({file_.ids[i], 0});
    put({static_cast<std::uint8_t>(file_.predictor), 0,
         static_cast<std::uint8_t>(file_.point_transform)});
    for (std::int64_t row = 0; row < down; ++row) {
      const std::int64_t interval = file_.restart_rows > 0 ? row / file_.restart_rows : 0;
      if (file_.restart_rows > 0 && row > 0 && row % file_.restart_rows == 0) {
        flush();
        put({0xFF, static_cast<std::uint8_t>(kRst0 + (interval - 1) % 8)});
      }
      for (std::int64_t x = 0; x < across; ++x) {
        for (std::size_t i = first; i < end; ++i) {
          write_unit(i, x, row, interval * file_.restart_rows, single);
        }
      }
    }
    flush();
  }

  void write_unit(std::size_t i, std::int64_t x, std::int64_t row, std::int64_t first_row,
                  bool single) {
    const Plane& plane = file_.planes[i];
    const std::int64_t h = single ? 1 : file_.sampling[i][0], v = single ? 1 : file_.sampling[i][1];
    for (std::int64_t dy = 0; dy < v; ++dy) {
      for (std::int64_t dx = 0; dx < h; ++dx) {
        const std::int64_t px = x * h + dx, py = row * v + dy;
        if (px >= plane.width || py >= plane.height) {
          difference(0);
        } else {
          difference((plane.at(px, py) >> file_.point_transform) -
                     predicted(plane, px, py, first_row * v));
        }
      }
    }
  }

  const File& file_;
  std::vector<std::uint8_t> out_;
  unsigned byte_ = 0, filled_ = 0;
};

inline std::vector<std::uint8_t> encode(const File& file) { return Writer(file).run(); }

}  // namespace glimt::jpeg::lossless_test
