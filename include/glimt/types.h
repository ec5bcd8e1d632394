// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The enumerations and small value types of the API. Numeric values are those of nvImageCodec's
// Python API, so that integers stored by a program keep their meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "glimt/export.h"

namespace glimt {
inline namespace v0 {

/// Encoded or raw bytes that somebody else owns.
using Bytes = std::span<const std::uint8_t>;

/// Container type of one sample.
enum class SampleType : std::uint8_t { u8, i8, u16, i16, u32, i32, u64, i64, f16, f32, f64 };

/// Size of one sample in bytes.
constexpr std::size_t sample_bytes(SampleType type) {
  constexpr std::uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
  return sizes[static_cast<std::size_t>(type)];
}
constexpr bool is_float(SampleType type) { return type >= SampleType::f16; }
constexpr bool is_signed(SampleType type) {
  return is_float(type) || (static_cast<unsigned>(type) & 1U) != 0;
}
/// NumPy's name of the type: "uint8", "float32", ...
GLIMT_API std::string_view name_of(SampleType type);

enum class ColorSpec : int {
  unsupported = -1,
  unchanged = 0,
  srgb = 1,
  gray = 2,
  sycc = 3,
  cmyk = 4,
  ycck = 5,
  palette = 6,
  icc_profile = 7,
};

/// How components are matched to channels, and channels to planes. Odd values are planar.
enum class SampleFormat : int {
  unsupported = -1,
  unknown = 0,
  p_unchanged = 1,
  i_unchanged = 2,
  p_y = 3,
  i_y = 4,
  p_ya = 5,
  i_ya = 6,
  p_rgb = 7,
  i_rgb = 8,
  p_bgr = 9,
  i_bgr = 10,
  p_yuv = 11,
  i_yuv = 12,
  p_rgba = 13,
  i_rgba = 14,
  p_ycck = 15,
  i_ycck = 16,
  p_cmyk = 17,
  i_cmyk = 18,
};
constexpr bool is_planar(SampleFormat format) {
  return static_cast<int>(format) > 0 && (static_cast<int>(format) & 1) != 0;
}

enum class ChromaSubsampling : int {
  css_444 = 0,
  css_422 = 2,
  css_420 = 3,
  css_440 = 4,
  css_411 = 5,
  css_410 = 6,
  css_gray = 7,
  css_410v = 8,
};

enum class BackendKind : int { cpu_only = 1, gpu_only = 2, hybrid_cpu_gpu = 3, hw_gpu_only = 4 };
enum class LoadHintPolicy : int { ignore = 1, fixed = 2, adaptive_minimize_idle_time = 3 };

/// How EncodeParams::quality_value is read.
enum class QualityType : int {
  standard = 0,
  lossless = 1,
  quality = 2,
  quantization_step = 3,
  psnr = 4,
  size_ratio = 5,
};

enum class Jpeg2kBitstreamType : int { j2k = 0, jp2 = 1, jph = 2 };
enum class Jpeg2kProgOrder : int { lrcp = 0, rlcp = 1, rpcl = 2, pcrl = 3, cprl = 4 };

enum class MetadataKind : int {
  unknown = 0,
  tiff_tag = 1,
  icc_profile = 2,
  exif = 3,
  geo = 4,
  med_aperio = 5,
  med_philips = 6,
  med_ventana = 7,
  med_leica = 8,
  med_trestle = 9,
  tiff_tag_list = 10,
  xmp = 100,
  iptc = 101,
  med_hamamatsu = 102,
  text = 103,
  resolution = 104,
};
enum class MetadataFormat : int { unknown = 0, raw = 1, json = 2, xml = 3, xmp = 4 };

/// EXIF / TIFF orientation (tag 274): where row 0 and column 0 of the stored image belong.
enum class Orientation : std::uint8_t {
  top_left = 1,
  top_right = 2,
  bottom_right = 3,
  bottom_left = 4,
  left_top = 5,
  right_top = 6,
  right_bottom = 7,
  left_bottom = 8,
};
constexpr bool swaps_axes(Orientation orientation) { return orientation >= Orientation::left_top; }

}  // namespace v0
}  // namespace glimt
