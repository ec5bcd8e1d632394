// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "formats/jpeg/format.h"

namespace glimt::jpeg {

/// A component of a frame and the size of its grid of samples (T.81 A.1.1) and data units (A.2).
struct FrameComponent : Component {
  std::int64_t width = 0, height = 0;               ///< samples
  std::int64_t units_across = 0, units_down = 0;    ///< data units that hold them
  std::int64_t padded_across = 0, padded_down = 0;  ///< ... filled up to whole MCUs
};

/// The geometry that a frame header sets: a data unit is a block of 8 x 8 samples, in lossless
/// frames one sample; an MCU, here always of all components, is pixels_across x pixels_down pixels.
struct Frame {
  bool lossless = false, progressive = false;
  std::uint8_t precision = 8;
  std::int64_t width = 0, height = 0;
  std::int64_t unit = 8;                      ///< samples of a data unit in either direction
  std::uint8_t horizontal = 1, vertical = 1;  ///< the largest sampling factors
  std::int64_t mcus_across = 0, mcus_down = 0;
  std::size_t count = 0;
  std::array<FrameComponent, kMaxComponents> components;

  [[nodiscard]] std::int64_t mcu_width() const { return horizontal * unit; }
  [[nodiscard]] std::int64_t mcu_height() const { return vertical * unit; }
};

/// Code::unsupported for sampling factors whose ratios are no whole numbers, and for more than
/// kMaxComponents components.
Status lay_out(const Header& header, Frame& frame);

constexpr std::size_t kMaxScanComponents = 4;

/// A scan header (T.81 B.2.3).
struct Scan {
  struct Selection {
    std::size_t component = 0;    ///< its place in the frame
    std::uint8_t dc = 0, ac = 0;  ///< destinations of Huffman tables
  };
  std::array<Selection, kMaxScanComponents> components;
  std::size_t count = 0;
  /// First and last coefficient; of lossless scans the first is the predictor's number.
  std::uint8_t spectral_start = 0, spectral_end = 63;
  /// Bits below those that were sent before, and below those sent now; the point transform.
  std::uint8_t high = 0, low = 0;
  std::int64_t mcus_across = 0, mcus_down = 0;  ///< of a single component: its data units

  [[nodiscard]] bool interleaved() const { return count > 1; }
};

/// From the payload of an SOS segment. Code::corrupt.
Status read_scan(Bytes payload, const Frame& frame, Scan& scan);

}  // namespace glimt::jpeg
