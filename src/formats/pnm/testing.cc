// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/pnm/testing.h"

#include <fmt/format.h>

#include <random>

namespace glimt::pnm {

Raster Raster::random(std::uint32_t width, std::uint32_t height, std::uint32_t depth,
                      std::uint32_t maxval, unsigned seed) {
  Raster raster{width, height, depth, maxval, {}};
  std::mt19937 random(seed);
  raster.samples = std::vector<std::uint16_t>(std::size_t{width} * height * depth);
  for (auto& sample : raster.samples) sample = static_cast<std::uint16_t>(random() % (maxval + 1));
  raster.samples[0] = static_cast<std::uint16_t>(maxval);
  return raster;
}

namespace {

void append_binary(const Raster& raster, std::string& file) {
  for (const std::uint16_t sample : raster.samples) {
    if (raster.maxval > 255) file.push_back(static_cast<char>(sample >> 8));
    file.push_back(static_cast<char>(sample & 255));
  }
}

void append_bits(const Raster& raster, std::string& file) {
  for (std::uint32_t y = 0; y < raster.height; ++y) {
    for (std::uint32_t x = 0; x < raster.width; x += 8) {
      unsigned byte = 0;
      for (std::uint32_t k = x; k < x + 8 && k < raster.width; ++k) {
        if (raster.samples[std::size_t{y} * raster.width + k] == 0) byte |= 0x80U >> (k - x);
      }
      file.push_back(static_cast<char>(byte));
    }
  }
}

void append_text(const Raster& raster, bool bits, std::string& file) {
  for (std::size_t i = 0; i < raster.samples.size(); ++i) {
    const int value = bits ? 1 - raster.samples[i] : raster.samples[i];
    file += std::to_string(value);
    if (!bits || i % 3 == 0) file += i % 7 == 6 ? "\r\n" : " ";
  }
}

}  // namespace

std::vector<std::uint8_t> Raster::pnm(int kind) const {
  const bool bits = kind == 1 || kind == 4;
  std::string file = fmt::format("P{} #made by a test\n{}\t\n# twice\n{}", kind, width, height);
  if (!bits) file += fmt::format("  {}", maxval);
  file.push_back('\n');
  if (kind <= 3) {
    append_text(*this, bits, file);
  } else if (kind == 4) {
    append_bits(*this, file);
  } else {
    append_binary(*this, file);
  }
  return {file.begin(), file.end()};
}

std::vector<std::uint8_t> Raster::pam(const std::string& tuple_type) const {
  std::string file =
      fmt::format("P7\n# made by a test\nWIDTH {}\nHEIGHT   {}\nDEPTH {}\n\nMAXVAL {}\n", width,
                  height, depth, maxval);
  if (!tuple_type.empty()) file += fmt::format("TUPLTYPE {}\n", tuple_type);
  file.append("ENDHDR\n");
  append_binary(*this, file);
  return {file.begin(), file.end()};
}

std::vector<std::uint16_t> Raster::scaled(std::uint32_t to) const {
  std::vector<std::uint16_t> result;
  for (const std::uint64_t v : samples) {
    result.push_back(static_cast<std::uint16_t>((2 * v * to + maxval) / (2 * maxval)));
  }
  return result;
}

std::vector<std::uint16_t> samples_of(const testing::Picture& picture) {
  const bool wide = picture.form.type == SampleType::u16;
  std::vector<std::uint16_t> samples(picture.data.size() / (wide ? 2 : 1));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = wide ? picture.samples<std::uint16_t>()[i] : picture.data[i];
  }
  return samples;
}

}  // namespace glimt::pnm
