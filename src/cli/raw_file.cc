// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/raw_file.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace glimt::cli {
namespace {

/// NumPy's type string: byte order, kind, bytes.
std::string type_string(SampleType type) {
  const std::size_t bytes = sample_bytes(type);
  constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
  const char kind = is_float(type) ? 'f' : is_signed(type) ? 'i' : 'u';
  return fmt::format("{}{}{}", bytes == 1 ? '|' : native, kind, bytes);
}

std::vector<std::uint8_t> npy_header(const ImageSpec& spec) {
  constexpr std::string_view magic("\x93NUMPY\x01\x00", 8);
  constexpr std::size_t kAlignment = 64;
  std::string dict =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}, {}), }}",
                  type_string(spec.type), spec.height, spec.width, spec.channels);
  const std::size_t unpadded = magic.size() + 2 + dict.size() + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  std::vector<std::uint8_t> header(magic.begin(), magic.end());
  header.push_back(static_cast<std::uint8_t>(dict.size() & 0xFFU));
  header.push_back(static_cast<std::uint8_t>(dict.size() >> 8U));
  header.insert(header.end(), dict.begin(), dict.end());
  return header;
}

}  // namespace

std::vector<std::uint8_t> packed_samples(const Image& image) {
  const ImageSpec& spec = image.spec();
  const Strides& strides = image.strides();
  const std::size_t sample = sample_bytes(spec.type);
  std::vector<std::uint8_t> packed(image.size_bytes());
  if (image.packed()) {
    std::memcpy(packed.data(), image.data(), packed.size());
    return packed;
  }
  std::uint8_t* to = packed.data();
  for (std::int64_t y = 0; y < spec.height; ++y) {
    for (std::int64_t x = 0; x < spec.width; ++x) {
      for (std::uint32_t c = 0; c < spec.channels; ++c, to += sample) {
        std::memcpy(to, image.data() + y * strides.row + x * strides.pixel + c * strides.channel,
                    sample);
      }
    }
  }
  return packed;
}

Status write_raw(const std::string& path, const Image& image) {
  return write_file(path, packed_samples(image));
}

Status write_npy(const std::string& path, const Image& image) {
  std::vector<std::uint8_t> file = npy_header(image.spec());
  const std::vector<std::uint8_t> samples = packed_samples(image);
  file.insert(file.end(), samples.begin(), samples.end());
  return write_file(path, file);
}

}  // namespace glimt::cli
