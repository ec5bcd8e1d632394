// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the PNG codec share: expected pictures, and files of one's own making.
#pragma once

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "codec/testing.h"
#include "formats/png/chunks.h"
#include "formats/png/libpng_for_test.h"

namespace glimt::png {

/// The picture that the standard makes of stored samples.
inline testing::Picture expected_of(const TestImage& image) {
  const Header& header = image.header;
  const bool keyed = !image.transparency.empty();
  Preamble preamble;
  preamble.header = header;
  testing::Picture picture{header.width, header.height, native_form(preamble, keyed), {}};
  const std::size_t bytes = sample_bytes(picture.form.type);
  const auto push = [&](unsigned value) {
    picture.data.push_back(static_cast<std::uint8_t>(value));
    if (bytes == 2) picture.data.push_back(static_cast<std::uint8_t>(value >> 8));
  };
  for (std::size_t y = 0; y < header.height; ++y) {
    for (std::size_t x = 0; x < header.width; ++x) {
      if (header.color_type == ColorType::indexed) {
        const std::size_t index = image.sample(x, y, 0);
        const bool there = 3 * index < image.palette.size();
        for (std::size_t c = 0; c < 3; ++c) push(there ? image.palette[3 * index + c] : 0);
        if (keyed) push(index < image.transparency.size() ? image.transparency[index] : 255);
        continue;
      }
      bool is_key = true;
      for (std::size_t s = 0; s < header.samples(); ++s) {
        const unsigned sample = image.sample(x, y, s);
        push(sample);
        const unsigned mask = (1U << header.bit_depth) - 1;
        is_key = is_key && keyed &&
                 sample == (load_be<std::uint16_t>(image.transparency.data() + 2 * s) & mask);
      }
      if (keyed) push(is_key ? 0 : (1U << header.bit_depth) - 1);
    }
  }
  return picture;
}

inline void expect_equal(const testing::Decoded& decoded, const testing::Picture& expected,
                         const std::string& what) {
  ASSERT_TRUE(decoded.status.ok()) << what << ": " << decoded.status.text();
  EXPECT_EQ(decoded.note, "") << what;
  ASSERT_EQ(decoded.picture.form, expected.form) << what;
  EXPECT_TRUE(decoded.picture.data == expected.data) << what << ": pixels differ";
}

/// A file of one's own making.
struct Builder {
  std::vector<std::uint8_t> file{std::begin(kSignature), std::end(kSignature)};

  Builder& chunk(const char (&name)[5], const std::vector<std::uint8_t>& data,
                 bool good_crc = true) {
    std::uint8_t word[4];
    store_be(word, static_cast<std::uint32_t>(data.size()));
    file.insert(file.end(), word, word + 4);
    const std::size_t start = file.size();
    file.insert(file.end(), name, name + 4);
    file.insert(file.end(), data.begin(), data.end());
    store_be(word,
             libdeflate_crc32(0, file.data() + start, file.size() - start) ^ (good_crc ? 0U : 1U));
    file.insert(file.end(), word, word + 4);
    return *this;
  }
  Builder& header(std::uint32_t width, std::uint32_t height, std::uint8_t depth, std::uint8_t type,
                  std::uint8_t interlace = 0, bool good_crc = true) {
    std::vector<std::uint8_t> data(13);
    store_be(data.data(), width);
    store_be(data.data() + 4, height);
    data[8] = depth;
    data[9] = type;
    data[12] = interlace;
    return chunk("IHDR", data, good_crc);
  }
};

inline std::vector<std::uint8_t> deflated(const std::vector<std::uint8_t>& raw, int level = 6) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  std::vector<std::uint8_t> out(libdeflate_zlib_compress_bound(compressor, raw.size()));
  out.resize(libdeflate_zlib_compress(compressor, raw.data(), raw.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace glimt::png
