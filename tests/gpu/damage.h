// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Damages JPEG streams, and says where libjpeg-turbo's answer is the right one.
#pragma once

#include <cstdlib>
#include <random>

#include "formats/jpeg/reference_test.h"
#include "gpu_batch.h"

namespace glimt::jpeg::cuda::testing {

inline std::size_t scan_offset(const Stream& stream) {
  Header header;
  read_header(stream, header).check();
  return header.scan_offset;
}

/// Whether the coefficients are such as come of 8-bit samples: beyond, libjpeg-turbo's 16-bit SIMD
/// and its own C code differ, and no result is the right one.
inline bool plausible(const Stream& stream) {
  jpeg_decompress_struct cinfo{};
  reference::Errors errors{};
  cinfo.err = jpeg_std_error(&errors);
  errors.emit_message = [](j_common_ptr, int) {};
  errors.error_exit = [](j_common_ptr c) {
    std::longjmp(static_cast<reference::Errors*>(c->err)->exit, 1);
  };
  volatile bool small = true;
  if (setjmp(errors.exit) != 0) {
    jpeg_destroy_decompress(&cinfo);
    return false;
  }
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, stream.data(), static_cast<unsigned long>(stream.size()));
  jpeg_read_header(&cinfo, TRUE);
  jvirt_barray_ptr* arrays = jpeg_read_coefficients(&cinfo);
  for (int i = 0; i < cinfo.num_components; ++i) {
    const jpeg_component_info& c = cinfo.comp_info[i];
    for (JDIMENSION y = 0; y < c.height_in_blocks; ++y) {
      JBLOCKARRAY row = cinfo.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&cinfo),
                                                      arrays[i], y, 1, FALSE);
      for (JDIMENSION x = 0; x < c.width_in_blocks; ++x) {
        long sum = 0;
        for (int k = 0; k < DCTSIZE2; ++k) {
          sum += std::labs(long{row[0][x][k]} * c.quant_table->quantval[k]);
        }
        small = small && sum < 5800;
      }
    }
  }
  jpeg_destroy_decompress(&cinfo);
  return small;
}

inline Stream flipped(Stream stream, std::mt19937& random, int count) {
  const std::size_t begin = scan_offset(stream);
  for (int i = 0; i < count; ++i) {
    stream[begin + random() % (stream.size() - begin)] ^=
        static_cast<std::uint8_t>(1U << random() % 8);
  }
  return stream;
}

inline Stream cut(Stream stream, std::mt19937& random) {
  const std::size_t begin = scan_offset(stream);
  stream.resize(begin + random() % (stream.size() - begin));
  stream.insert(stream.end(), {0xFF, 0xD9});
  return stream;
}

}  // namespace glimt::jpeg::cuda::testing
