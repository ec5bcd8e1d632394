// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// libjpeg used plainly, by the book: what the backends' pixels and bytes are compared with.
#pragma once

#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "codec/testing.h"

namespace glimt::jpeg::reference {

struct Settings {
  J_COLOR_SPACE fed = JCS_RGB, coded = JCS_YCbCr;
  /// Sampling factors of the components; zeros at the end are 1x1.
  std::array<std::array<int, 2>, 4> sampling{};
  int quality = 85;
  bool progressive = false, arithmetic = false, optimized = false, separate_scans = false;
  unsigned restart_interval = 0;
  bool bare = false;  ///< neither JFIF nor Adobe marker
  std::vector<jpeg_scan_info> script;
};

inline std::vector<std::uint8_t> encode(testing::Picture& picture, const Settings& settings) {
  jpeg_compress_struct cinfo{};
  jpeg_error_mgr errors{};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_compress(&cinfo);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&cinfo, &memory, &size);
  cinfo.image_width = static_cast<JDIMENSION>(picture.width);
  cinfo.image_height = static_cast<JDIMENSION>(picture.height);
  cinfo.input_components = picture.form.channels;
  cinfo.in_color_space = settings.fed;
  jpeg_set_defaults(&cinfo);
  jpeg_set_colorspace(&cinfo, settings.coded);
  if (settings.bare) cinfo.write_JFIF_header = cinfo.write_Adobe_marker = FALSE;
  jpeg_set_quality(&cinfo, settings.quality, TRUE);
  for (int i = 0; i < cinfo.num_components; ++i) {
    const auto factors = settings.sampling[static_cast<std::size_t>(i)];
    cinfo.comp_info[i].h_samp_factor = factors[0] == 0 ? 1 : factors[0];
    cinfo.comp_info[i].v_samp_factor = factors[1] == 0 ? 1 : factors[1];
  }
  cinfo.arith_code = settings.arithmetic;
  cinfo.optimize_coding = settings.optimized;
  cinfo.restart_interval = settings.restart_interval;
  std::array<jpeg_scan_info, 4> scans{};
  if (settings.progressive) jpeg_simple_progression(&cinfo);
  if (settings.separate_scans) {
    for (int i = 0; i < cinfo.num_components; ++i) {
      scans[static_cast<std::size_t>(i)] = {1, {i, 0, 0, 0}, 0, 63, 0, 0};
    }
    cinfo.scan_info = scans.data();
    cinfo.num_scans = cinfo.num_components;
  }
  if (!settings.script.empty()) {
    cinfo.scan_info = settings.script.data();
    cinfo.num_scans = static_cast<int>(settings.script.size());
  }
  jpeg_start_compress(&cinfo, TRUE);
  while (cinfo.next_scanline < cinfo.image_height) {
    JSAMPROW row = picture.view().at(0, cinfo.next_scanline);
    jpeg_write_scanlines(&cinfo, &row, 1);
  }
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  std::free(memory);
  return bytes;
}

struct Decoding {
  J_COLOR_SPACE space = JCS_RGB;
  bool fancy = true, fast_idct = false;
};

struct Errors : jpeg_error_mgr {
  std::jmp_buf exit;
};

/// The samples of the whole image, rows packed. Damage is passed over as libjpeg does; nothing
/// when it gives up.
inline std::vector<std::uint8_t> decode(Bytes data, const Decoding& how) {
  jpeg_decompress_struct cinfo{};
  Errors errors{};
  std::vector<std::uint8_t> samples;
  cinfo.err = jpeg_std_error(&errors);
  errors.emit_message = [](j_common_ptr, int) {};
  errors.error_exit = [](j_common_ptr c) { std::longjmp(static_cast<Errors*>(c->err)->exit, 1); };
  if (setjmp(errors.exit) != 0) {
    jpeg_destroy_decompress(&cinfo);
    return {};
  }
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, data.data(), static_cast<unsigned long>(data.size()));
  jpeg_read_header(&cinfo, TRUE);
  cinfo.out_color_space = how.space;
  cinfo.do_fancy_upsampling = how.fancy;
  cinfo.dct_method = how.fast_idct ? JDCT_IFAST : JDCT_ISLOW;
  jpeg_start_decompress(&cinfo);
  const std::size_t row_bytes =
      std::size_t{cinfo.output_width} * static_cast<std::size_t>(cinfo.output_components);
  samples.resize(row_bytes * cinfo.output_height);
  while (cinfo.output_scanline < cinfo.output_height) {
    JSAMPROW row = samples.data() + row_bytes * cinfo.output_scanline;
    jpeg_read_scanlines(&cinfo, &row, 1);
  }
  jpeg_destroy_decompress(&cinfo);
  return samples;
}

inline PixelForm form_of(ColorModel color, std::uint16_t channels) {
  PixelForm form;
  form.color = color;
  form.channels = channels;
  return form;
}

/// The usual samplings and some odd ones, of three components.
struct NamedSampling {
  const char* name;
  std::array<std::array<int, 2>, 4> factors;
};
inline constexpr NamedSampling kSamplings[] = {
    {"444", {{{1, 1}, {1, 1}, {1, 1}}}},
    {"422", {{{2, 1}, {1, 1}, {1, 1}}}},
    {"420", {{{2, 2}, {1, 1}, {1, 1}}}},
    {"440", {{{1, 2}, {1, 1}, {1, 1}}}},
    {"411", {{{4, 1}, {1, 1}, {1, 1}}}},
    {"410", {{{4, 2}, {1, 1}, {1, 1}}}},
    {"410V", {{{2, 4}, {1, 1}, {1, 1}}}},
    {"441", {{{1, 4}, {1, 1}, {1, 1}}}},
    {"3x1", {{{3, 1}, {1, 1}, {1, 1}}}},
    {"422 as 2x2", {{{2, 2}, {1, 2}, {1, 2}}}},
    {"unequal chroma", {{{2, 2}, {2, 1}, {1, 2}}}},
    {"chroma larger than luma", {{{1, 1}, {2, 2}, {1, 1}}}},
};

/// Offset of the first segment with this marker's payload (behind the length), or 0.
inline std::size_t find_segment(const std::vector<std::uint8_t>& data, std::uint8_t marker) {
  std::size_t at = 2;
  while (at + 4 <= data.size() && data[at] == 0xFF) {
    if (data[at + 1] == marker) return at + 4;
    if (data[at + 1] == 0xDA) break;
    at += 2 + static_cast<std::size_t>(data[at + 2] << 8 | data[at + 3]);
  }
  return 0;
}

/// The stream with a segment put in behind SOI.
inline std::vector<std::uint8_t> with_segment(std::vector<std::uint8_t> data, std::uint8_t marker,
                                              const std::string& payload) {
  const std::size_t length = payload.size() + 2;
  std::vector<std::uint8_t> segment = {0xFF, marker, static_cast<std::uint8_t>(length >> 8),
                                       static_cast<std::uint8_t>(length)};
  segment.insert(segment.end(), payload.begin(), payload.end());
  data.insert(data.begin() + 2, segment.begin(), segment.end());
  return data;
}

}  // namespace glimt::jpeg::reference
