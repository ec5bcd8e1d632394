// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a JPEG file shall be like, and what follows from it before a pixel is looked at: plain host
// code.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "codec/job.h"
#include "glimt/types.h"
#include "pixel/form.h"

namespace glimt::jpeg::cuda {

/// The colours as they are coded.
enum class CodedColor : std::uint8_t { gray, ycc, rgb };

struct EncodeSettings {
  int quality = 75;  ///< 1..100, as jpeg_set_quality() takes it with force_baseline
  /// Of YCbCr; coded RGB has no chroma to subsample, and css_gray means CodedColor::gray.
  ChromaSubsampling subsampling = ChromaSubsampling::css_444;
  CodedColor color = CodedColor::ycc;
  bool optimized_huffman = false;      ///< tables made for the image (T.81 K.2)
  bool progressive = false;            ///< libjpeg's default script; always with tables of its own
  std::uint32_t restart_interval = 0;  ///< MCUs, up to 65535; 0: none
};

/// What a scan codes (T.81 G.1.1).
enum class ScanStep : std::uint8_t { sequential, dc_first, dc_refine, ac_first, ac_refine };

/// One scan of a file.
struct ScanPlan {
  ScanStep kind = ScanStep::sequential;
  std::uint8_t component = 0;  ///< of an AC scan; the others hold all components
  std::uint8_t band_first = 0, band_last = 63;
  std::uint8_t shift_before = 0, shift = 0;  ///< Ah, Al
};

constexpr int kMaxCodedComponents = 3;

/// The file of one image.
struct FilePlan {
  std::int32_t width = 0, height = 0;
  CodedColor color = CodedColor::ycc;
  std::uint8_t components = 3;
  std::uint8_t across = 1, down = 1;  ///< luma blocks in an MCU; the others have one
  int quality = 75;
  std::uint32_t restart_interval = 0;
  bool progressive = false;
  bool own_tables = false;  ///< Huffman tables made for the image
  std::vector<ScanPlan> scans;

  [[nodiscard]] int blocks_in_mcu() const { return across * down + components - 1; }
  /// MCUs of an interleaved scan.
  [[nodiscard]] std::int32_t mcus_across() const { return (width + across * 8 - 1) / (across * 8); }
  [[nodiscard]] std::int32_t mcus_down() const { return (height + down * 8 - 1) / (down * 8); }
  /// Blocks of a component without those that only fill MCUs (T.81 A.2.4).
  [[nodiscard]] std::int32_t blocks_across(int component) const;
  [[nodiscard]] std::int32_t blocks_down(int component) const;
  /// 1 for the components with tables of their own for chroma.
  [[nodiscard]] int table_of(int component) const {
    return color == CodedColor::ycc && component > 0 ? 1 : 0;
  }
  /// Huffman tables that a scan uses: those of a sequential scan are DC 0, AC 0, DC 1, AC 1.
  [[nodiscard]] int tables_in(const ScanPlan& scan) const;
};

/// Code::unsupported, bad_argument: what these pixels cannot become, and why.
Status plan_file(const PixelView& image, const EncodeSettings& settings, FilePlan& plan);

/// A Huffman code as a DHT segment says it.
struct CodeSpec {
  std::uint8_t counts[16];
  std::uint8_t symbols[256];
};
/// The tables of T.81 K.3: DC 0, AC 0, DC 1, AC 1.
constexpr int kStandardCodes = 4;
const CodeSpec& standard_code(int index);

/// The steps of T.81 K.1 at a quality, row by row (jpeg_set_quality with force_baseline).
std::array<std::uint8_t, 64> quantization_steps(int quality, bool chroma);

/// From SOI to the frame header, without the first scan's.
Status append_file_header(const FilePlan& plan, const Embedded& embedded, Sink& sink);
/// Tables and header of scan `index`; `codes` are its tables.
Status append_scan_header(const FilePlan& plan, std::size_t index, const CodeSpec* codes,
                          Sink& sink);
/// Bytes that the headers take at most, metadata included.
std::size_t header_bound(const FilePlan& plan, const Embedded& embedded);

}  // namespace glimt::jpeg::cuda
