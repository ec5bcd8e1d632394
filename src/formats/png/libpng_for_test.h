// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// libpng as the reference of the tests: files of any kind from it, and its reading of ours.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "formats/png/format.h"
#include "glimt/types.h"

namespace glimt::png {

/// What libpng is to write. Rows are as PNG stores them: big-endian, packed bits.
struct TestImage {
  Header header;
  std::vector<std::uint8_t> rows;
  std::vector<std::uint8_t> palette;       ///< 3 bytes an entry
  std::vector<std::uint8_t> transparency;  ///< as tRNS stores it
  int filters = PNG_ALL_FILTERS;
  std::size_t idat_bytes = 8192;  ///< of a chunk

  [[nodiscard]] std::size_t row_bytes() const {
    return (header.width * header.pixel_bits() + 7) / 8;
  }
  /// Sample s of pixel (x, y).
  [[nodiscard]] unsigned sample(std::size_t x, std::size_t y, std::size_t s) const {
    const std::uint8_t* row = rows.data() + y * row_bytes();
    const std::size_t i = x * header.samples() + s, depth = header.bit_depth;
    if (depth == 16) return row[2 * i] << 8U | row[2 * i + 1];
    return row[i * depth / 8] >> (8 - depth - i * depth % 8) & ((1U << depth) - 1);
  }
};

/// Smooth waves with noise; indices stay inside the palette.
inline TestImage make_test_image(std::uint32_t width, std::uint32_t height, ColorType type,
                                 std::uint8_t depth, bool interlaced, unsigned seed = 1) {
  TestImage image;
  image.header = {width, height, depth, type, interlaced};
  image.rows.resize(image.row_bytes() * height);
  std::mt19937 random(seed * 7919 + width * 31 + height);
  for (std::size_t y = 0; y < height; ++y) {
    std::uint8_t* row = image.rows.data() + y * image.row_bytes();
    for (std::size_t i = 0; i < image.row_bytes(); ++i) {
      row[i] = static_cast<std::uint8_t>(depth < 8 ? random() : i * 5 + y * 3 + random() % 24);
    }
    const std::size_t spare = image.row_bytes() * 8 - width * image.header.pixel_bits();
    row[image.row_bytes() - 1] =
        static_cast<std::uint8_t>(row[image.row_bytes() - 1] >> spare << spare);
  }
  if (type == ColorType::indexed) {
    image.palette.resize(std::size_t{3} << depth);
    for (auto& byte : image.palette) byte = static_cast<std::uint8_t>(random());
  }
  return image;
}

namespace libpng_details {
inline void append(png_structp png, png_bytep data, png_size_t size) {
  auto& out = *static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), data, data + size);
}
inline void take(png_structp png, png_bytep data, png_size_t size) {
  auto& in = *static_cast<Bytes*>(png_get_io_ptr(png));
  if (in.size() < size) png_error(png, "end of file");
  std::memcpy(data, in.data(), size);
  in = in.subspan(size);
}
inline void ignore(png_structp, png_const_charp) {}
inline void fail(png_structp png, png_const_charp) { png_longjmp(png, 1); }
}  // namespace libpng_details

inline std::vector<std::uint8_t> write_with_libpng(const TestImage& image) {
  namespace details = libpng_details;
  std::vector<std::uint8_t> out;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, details::fail, details::ignore);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return {};
  }
  png_set_write_fn(png, &out, details::append, nullptr);
  const Header& header = image.header;
  png_set_IHDR(png, info, header.width, header.height, header.bit_depth,
               static_cast<int>(header.color_type),
               header.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!image.palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(image.palette.data()),
                 static_cast<int>(image.palette.size() / 3));
  }
  const auto& key = image.transparency;
  if (header.color_type == ColorType::indexed && !key.empty()) {
    png_set_tRNS(png, info, key.data(), static_cast<int>(key.size()), nullptr);
  } else if (!key.empty()) {
    const auto at = [&](std::size_t i) {
      return 2 * i + 1 < key.size() ? static_cast<png_uint_16>(key[2 * i] << 8 | key[2 * i + 1])
                                    : png_uint_16{0};
    };
    png_color_16 color{0, at(0), at(1), at(2), at(0)};
    png_set_tRNS(png, info, nullptr, 1, &color);
  }
  png_set_check_for_invalid_index(png, 0);
  png_set_compression_buffer_size(png, image.idat_bytes);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, image.filters);
  png_write_info(png, info);
  const int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass) {
    for (std::uint32_t y = 0; y < header.height; ++y) {
      png_write_row(png, image.rows.data() + y * image.row_bytes());
    }
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

/// Reads rows as stored, to the end of the image data. False when libpng refuses the file.
inline bool read_with_libpng(Bytes file, TestImage& image) {
  namespace details = libpng_details;
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, details::fail, details::ignore);
  png_infop info = png_create_info_struct(png);
  std::vector<png_bytep> pointers;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, nullptr);
    return false;
  }
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  png_set_read_fn(png, &file, details::take);
  png_read_info(png, info);
  image.header = {png_get_image_width(png, info), png_get_image_height(png, info),
                  png_get_bit_depth(png, info),
                  static_cast<ColorType>(png_get_color_type(png, info)),
                  png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7};
  if (image.row_bytes() * image.header.height > (std::size_t{1} << 28))
    png_error(png, "too large for a test");
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  image.rows.assign(image.row_bytes() * image.header.height, 0);
  for (std::uint32_t y = 0; y < image.header.height; ++y)
    pointers.push_back(image.rows.data() + y * image.row_bytes());
  png_read_image(png, pointers.data());
  png_colorp colors = nullptr;
  int count = 0;
  if (png_get_PLTE(png, info, &colors, &count) != 0) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(colors);
    image.palette.assign(bytes, bytes + std::size_t{3} * static_cast<std::size_t>(count));
  }
  png_bytep alphas = nullptr;
  png_color_16p key = nullptr;
  if (png_get_tRNS(png, info, &alphas, &count, &key) != 0) {
    if (image.header.color_type == ColorType::indexed) {
      image.transparency.assign(alphas, alphas + count);
    } else {
      const bool gray = image.header.color_type == ColorType::grayscale;
      const std::vector<png_uint_16> samples =
          gray ? std::vector<png_uint_16>{key->gray}
               : std::vector<png_uint_16>{key->red, key->green, key->blue};
      for (const png_uint_16 sample : samples) {
        image.transparency.push_back(static_cast<std::uint8_t>(sample >> 8));
        image.transparency.push_back(static_cast<std::uint8_t>(sample & 0xFF));
      }
    }
  }
  png_destroy_read_struct(&png, &info, nullptr);
  return true;
}

}  // namespace glimt::png
