// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/cuda/encode_settings.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/checked.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/metadata.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg::cuda {
namespace {

constexpr std::int64_t kMaxSide = 65500;  // libjpeg's JPEG_MAX_DIMENSION
// Coefficients and codes of a single image stay addressable in 32 bits: 2.7 GP of 4:2:0.
constexpr std::int64_t kMaxBlocks = std::int64_t{1} << 26;

struct Sampling {
  ChromaSubsampling name;
  std::uint8_t across, down;
};
constexpr Sampling kSamplings[] = {
    {ChromaSubsampling::css_444, 1, 1},  {ChromaSubsampling::css_422, 2, 1},
    {ChromaSubsampling::css_420, 2, 2},  {ChromaSubsampling::css_440, 1, 2},
    {ChromaSubsampling::css_411, 4, 1},  {ChromaSubsampling::css_410, 4, 2},
    {ChromaSubsampling::css_410v, 2, 4},
};

Status unsupported(std::string text) { return {Code::unsupported, std::move(text)}; }
Status bad_argument(std::string text) { return {Code::bad_argument, std::move(text)}; }

Status check_pixels(const PixelView& image, CodedColor color) {
  const PixelForm& form = image.form;
  if (form.type != SampleType::u8 || form.bit_depth != 8 ||
      (form.max_value != 0 && form.max_value != 255)) {
    return unsupported("the GPU codes samples of 8 bits");
  }
  if (form.color != ColorModel::gray && form.color != ColorModel::rgb &&
      form.color != ColorModel::ycc) {
    return unsupported("the GPU codes gray, RGB and YCbCr pixels");
  }
  if (color == CodedColor::rgb && form.color != ColorModel::rgb) {
    return unsupported("coded RGB needs RGB pixels");
  }
  if (image.width < 1 || image.height < 1) return bad_argument("the image has no pixels");
  if (image.width > kMaxSide || image.height > kMaxSide) {
    return unsupported("libjpeg codes at most " + std::to_string(kMaxSide) +
                       " pixels a side, the image has " + std::to_string(image.width) + " x " +
                       std::to_string(image.height));
  }
  if (image.row_stride != static_cast<std::int32_t>(image.row_stride)) {
    return unsupported("rows that are more than 2 GB apart");
  }
  return {};
}

/// jpeg_simple_progression(): DC, low bits of AC later; for YCbCr luma in more scans than chroma.
std::vector<ScanPlan> simple_progression(const FilePlan& plan) {
  using enum ScanStep;
  if (plan.color == CodedColor::ycc) {
    return {{dc_first, 0, 0, 0, 0, 1},  {ac_first, 0, 1, 5, 0, 2},   {ac_first, 2, 1, 63, 0, 1},
            {ac_first, 1, 1, 63, 0, 1}, {ac_first, 0, 6, 63, 0, 2},  {ac_refine, 0, 1, 63, 2, 1},
            {dc_refine, 0, 0, 0, 1, 0}, {ac_refine, 2, 1, 63, 1, 0}, {ac_refine, 1, 1, 63, 1, 0},
            {ac_refine, 0, 1, 63, 1, 0}};
  }
  std::vector<ScanPlan> scans;
  const auto each_component = [&](ScanPlan scan) {
    for (std::uint8_t c = 0; c < plan.components; ++c) {
      scan.component = c;
      scans.push_back(scan);
    }
  };
  scans.push_back({dc_first, 0, 0, 0, 0, 1});
  each_component({ac_first, 0, 1, 5, 0, 2});
  each_component({ac_first, 0, 6, 63, 0, 2});
  each_component({ac_refine, 0, 1, 63, 2, 1});
  scans.push_back({dc_refine, 0, 0, 0, 1, 0});
  each_component({ac_refine, 0, 1, 63, 1, 0});
  return scans;
}

// T.81 tables K.1 and K.2.
constexpr std::uint8_t kSteps[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
     14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
     18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
     49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

constexpr CodeSpec kStandard[kStandardCodes] = {
    {{0, 1, 5, 1, 1, 1, 1, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
    {{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D},
     {0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
      0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52,
      0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25,
      0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
      0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64,
      0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
      0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
      0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6,
      0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3,
      0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8,
      0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA}},
    {{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
    {{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77},
     {0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
      0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33,
      0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18,
      0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44,
      0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63,
      0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
      0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
      0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4,
      0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,
      0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7,
      0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA}}};

/// A segment under construction; its length is filled in by append_to().
class SegmentBytes {
 public:
  explicit SegmentBytes(std::uint8_t marker) : bytes_{0xFF, marker, 0, 0} {}
  SegmentBytes& add(int byte) {
    bytes_.push_back(static_cast<std::uint8_t>(byte));
    return *this;
  }
  SegmentBytes& add16(int value) { return add(value >> 8).add(value & 255); }
  SegmentBytes& add(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Status append_to(Sink& sink) {
    const std::size_t length = bytes_.size() - 2;
    bytes_[2] = static_cast<std::uint8_t>(length >> 8);
    bytes_[3] = static_cast<std::uint8_t>(length);
    return sink.append(bytes_);
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

constexpr std::uint8_t kJfif[] = {'J', 'F', 'I', 'F', 0, 1, 1};
constexpr std::uint8_t kAdobeRgb[] = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};

int component_id(const FilePlan& plan, int component) {
  constexpr std::uint8_t rgb[] = {'R', 'G', 'B'};
  return plan.color == CodedColor::rgb ? rgb[component] : component + 1;
}

Status append_steps(const FilePlan& plan, Sink& sink) {
  const int tables = plan.color == CodedColor::ycc ? 2 : 1;
  for (int table = 0; table < tables; ++table) {
    const auto steps = quantization_steps(plan.quality, table == 1);
    SegmentBytes segment(kDqt);
    segment.add(table);
    for (const std::uint8_t place : kZigzag) segment.add(steps[place]);
    GLIMT_TRY(segment.append_to(sink));
  }
  return {};
}

Status append_code(const CodeSpec& code, int destination, Sink& sink) {
  const int symbols = std::accumulate(std::begin(code.counts), std::end(code.counts), 0);
  return SegmentBytes(kDht)
      .add(destination)
      .add(Bytes(code.counts, 16))
      .add(Bytes(code.symbols, static_cast<std::size_t>(symbols)))
      .append_to(sink);
}

Status append_codes(const FilePlan& plan, const ScanPlan& scan, const CodeSpec* codes, Sink& sink) {
  constexpr int ac = 0x10;  // Tc (T.81 B.2.4.2)
  if (scan.kind == ScanStep::ac_first || scan.kind == ScanStep::ac_refine) {
    return append_code(codes[0], ac | plan.table_of(scan.component), sink);
  }
  const int count = plan.tables_in(scan);
  for (int i = 0; i < count; ++i) {
    const bool sequential = scan.kind == ScanStep::sequential;
    GLIMT_TRY(append_code(codes[i], sequential ? (i % 2) * ac | i / 2 : i, sink));
  }
  return {};
}

}  // namespace

std::int32_t FilePlan::blocks_across(int component) const {
  const int samples = component == 0 ? 8 : 8 * across;
  return (width + samples - 1) / samples;
}

std::int32_t FilePlan::blocks_down(int component) const {
  const int samples = component == 0 ? 8 : 8 * down;
  return (height + samples - 1) / samples;
}

int FilePlan::tables_in(const ScanPlan& scan) const {
  const int classes = color == CodedColor::ycc ? 2 : 1;
  switch (scan.kind) {
    case ScanStep::sequential:
      return 2 * classes;
    case ScanStep::dc_first:
      return classes;
    case ScanStep::dc_refine:
      return 0;
    case ScanStep::ac_first:
    case ScanStep::ac_refine:
      return 1;
  }
  return 0;
}

Status plan_file(const PixelView& image, const EncodeSettings& settings, FilePlan& plan) {
  plan.color =
      settings.subsampling == ChromaSubsampling::css_gray ? CodedColor::gray : settings.color;
  GLIMT_TRY(check_pixels(image, plan.color));
  if (settings.quality < 1 || settings.quality > 100) {
    return bad_argument("JPEG quality " + std::to_string(settings.quality) +
                        " is outside of 1..100");
  }
  if (settings.restart_interval > 65535) {
    return bad_argument("a restart interval has at most 65535 MCUs, asked for were " +
                        std::to_string(settings.restart_interval));
  }
  plan.width = static_cast<std::int32_t>(image.width);
  plan.height = static_cast<std::int32_t>(image.height);
  plan.quality = settings.quality;
  plan.restart_interval = settings.restart_interval;
  plan.progressive = settings.progressive;
  plan.own_tables = settings.progressive || settings.optimized_huffman;
  plan.components = plan.color == CodedColor::gray ? 1 : 3;
  plan.across = plan.down = 1;
  if (plan.color != CodedColor::gray) {
    const auto* sampling =
        std::find_if(std::begin(kSamplings), std::end(kSamplings),
                     [&](const Sampling& s) { return s.name == settings.subsampling; });
    if (sampling == std::end(kSamplings)) return bad_argument("unknown chroma subsampling");
    plan.across = sampling->across;
    plan.down = sampling->down;
    if (plan.color == CodedColor::rgb && plan.across * plan.down > 1) {
      return unsupported("coded RGB has no chroma to subsample: use CSS_444");
    }
  }
  const std::int64_t blocks =
      std::int64_t{plan.mcus_across()} * plan.mcus_down() * plan.blocks_in_mcu();
  if (blocks > kMaxBlocks) {
    return unsupported("an image of " + std::to_string(blocks) + " blocks; the GPU codes up to " +
                       std::to_string(kMaxBlocks));
  }
  if (plan.progressive) {
    plan.scans = simple_progression(plan);
  } else {
    plan.scans.assign(1, {});
  }
  return {};
}

const CodeSpec& standard_code(int index) { return kStandard[index]; }

std::array<std::uint8_t, 64> quantization_steps(int quality, bool chroma) {
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  std::array<std::uint8_t, 64> steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int step = (kSteps[chroma ? 1 : 0][i] * scale + 50) / 100;
    steps[i] = static_cast<std::uint8_t>(std::clamp(step, 1, 255));
  }
  return steps;
}

Status append_file_header(const FilePlan& plan, const Embedded& embedded, Sink& sink) {
  const Density density = density_of(embedded);
  GLIMT_TRY(sink.append_be(static_cast<std::uint16_t>(0xFF00 | kSoi)));
  GLIMT_TRY(plan.color == CodedColor::rgb ? SegmentBytes(kApp14).add(kAdobeRgb).append_to(sink)
                                          : SegmentBytes(kApp0)
                                                .add(kJfif)
                                                .add(density.unit)
                                                .add16(density.x)
                                                .add16(density.y)
                                                .add16(0)
                                                .append_to(sink));
  GLIMT_TRY(append_application_data(sink, embedded));
  GLIMT_TRY(append_steps(plan, sink));
  SegmentBytes frame(static_cast<std::uint8_t>(kSof0 + (plan.progressive ? 2 : 0)));
  frame.add(8).add16(plan.height).add16(plan.width).add(plan.components);
  for (int c = 0; c < plan.components; ++c) {
    frame.add(component_id(plan, c));
    frame.add(c == 0 ? plan.across << 4 | plan.down : 0x11);
    frame.add(plan.table_of(c));
  }
  return frame.append_to(sink);
}

Status append_scan_header(const FilePlan& plan, std::size_t index, const CodeSpec* codes,
                          Sink& sink) {
  const ScanPlan& scan = plan.scans[index];
  GLIMT_TRY(append_codes(plan, scan, codes, sink));
  if (index == 0 && plan.restart_interval > 0) {
    GLIMT_TRY(SegmentBytes(kDri).add16(static_cast<int>(plan.restart_interval)).append_to(sink));
  }
  const bool band = scan.kind == ScanStep::ac_first || scan.kind == ScanStep::ac_refine;
  const int first = band ? scan.component : 0, count = band ? 1 : plan.components;
  SegmentBytes header(kSos);
  header.add(count);
  for (int c = first; c < first + count; ++c) {
    // Where a scan has no use for a table of a class, libjpeg writes 0.
    const int table = plan.table_of(c);
    const int dc = band || scan.kind == ScanStep::dc_refine ? 0 : table;
    const int ac = band || scan.kind == ScanStep::sequential ? table : 0;
    header.add(component_id(plan, c)).add(dc << 4 | ac);
  }
  header.add(scan.band_first).add(scan.band_last).add(scan.shift_before << 4 | scan.shift);
  return header.append_to(sink);
}

std::size_t header_bound(const FilePlan& plan, const Embedded& embedded) {
  constexpr std::size_t file = 512, scan = 64, code = 4 + 1 + 16 + 256;
  std::size_t bytes = file + application_data_bound(embedded);
  for (const ScanPlan& one : plan.scans) {
    bytes += scan + code * static_cast<std::size_t>(plan.tables_in(one));
  }
  return bytes;
}

}  // namespace glimt::jpeg::cuda
