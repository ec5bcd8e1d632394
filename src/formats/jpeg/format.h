// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// JPEG (ITU-T T.81) with JFIF, Adobe and Exif markers: what the headers say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "codec/format.h"

namespace glimt {
extern const Format kJpegFormat;
}

namespace glimt::jpeg {

/// Markers of T.81 table B.1: the second byte.
enum Marker : std::uint8_t {
  kTem = 0x01,
  kSof0 = 0xC0,
  kSof2 = 0xC2,
  kSof3 = 0xC3,
  kDht = 0xC4,
  kJpg = 0xC8,
  kDac = 0xCC,
  kSof15 = 0xCF,
  kRst0 = 0xD0,
  kRst7 = 0xD7,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kDqt = 0xDB,
  kDnl = 0xDC,
  kDri = 0xDD,
  kDhp = 0xDE,
  kApp0 = 0xE0,
  kApp1 = 0xE1,
  kApp2 = 0xE2,
  kApp13 = 0xED,
  kApp14 = 0xEE,
  kCom = 0xFE,
  kSof55 = 0xF7,  ///< JPEG-LS (T.87)
};

/// n of the frame header SOFn.
enum Coding : std::uint8_t {
  kBaseline = 0,
  kExtended = 1,
  kProgressive = 2,
  kLossless = 3,
  kExtendedArithmetic = 9,
  kProgressiveArithmetic = 10,
};

/// StreamInfo::coding is a Coding, and this much more where samples have over 8 bits.
constexpr std::uint8_t kDeep = 16;

struct Component {
  std::uint8_t id = 0;
  std::uint8_t horizontal = 0, vertical = 0;  ///< sampling factors, 1..4
  std::uint8_t quantization = 0;              ///< destination of its table
};

constexpr std::size_t kMaxComponents = 10;

/// The segments before the first scan.
struct Header {
  std::uint8_t coding = kBaseline;
  std::uint8_t precision = 8;
  std::uint16_t width = 0, height = 0;  ///< height: from DNL when the frame header has none
  std::uint8_t component_count = 0;
  std::array<Component, kMaxComponents> components;  ///< the first of them
  bool jfif = false, adobe = false;
  std::uint8_t adobe_transform = 0;
  Orientation orientation = Orientation::top_left;
  bool height_by_dnl = false;
  std::size_t height_offset = 0;  ///< of the two bytes of the frame header's height
  std::size_t scan_offset = 0;    ///< of the first entropy-coded byte
};

/// Code::corrupt, truncated or unsupported.
Status read_header(Bytes data, Header& header);

/// The colours that are coded, guessed as libjpeg does (and so as everybody does).
[[nodiscard]] ColorModel color_of(const Header& header);

/// One marker segment; `payload` begins after the length.
struct Segment {
  std::uint8_t marker = 0;
  Bytes payload;
  std::size_t offset = 0;  ///< of the payload
};

/// Walks the segments of a stream, from its SOI or from behind a scan on.
class SegmentWalk {
 public:
  explicit SegmentWalk(Bytes data, std::size_t position = 0) : data_(data), position_(position) {}
  /// The next segment; markers without parameters have an empty payload. Bytes between segments
  /// are passed over, as every decoder does. False at the end of the data.
  bool next(Segment& segment);
  /// The data ended within a segment.
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  Bytes data_;
  std::size_t position_ = 0;
  bool truncated_ = false;
};

}  // namespace glimt::jpeg
