// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes progressive files of others, coefficient for coefficient, as jpegtran -progressive does.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <jpeglib.h>

namespace glimt::bench {

inline std::vector<std::uint8_t> to_progressive(const std::vector<std::uint8_t>& file) {
  jpeg_decompress_struct from{};
  jpeg_compress_struct to{};
  jpeg_error_mgr errors{};
  from.err = to.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&from);
  jpeg_create_compress(&to);
  jpeg_mem_src(&from, file.data(), static_cast<unsigned long>(file.size()));
  jpeg_read_header(&from, TRUE);
  jvirt_barray_ptr* coefficients = jpeg_read_coefficients(&from);
  jpeg_copy_critical_parameters(&from, &to);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&to, &memory, &size);
  jpeg_simple_progression(&to);
  jpeg_write_coefficients(&to, coefficients);
  jpeg_finish_compress(&to);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  std::free(memory);
  jpeg_destroy_compress(&to);
  jpeg_destroy_decompress(&from);
  return bytes;
}

}  // namespace glimt::bench
