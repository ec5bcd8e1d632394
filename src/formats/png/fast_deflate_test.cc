// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/fast_deflate.h"

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "formats/png/huffman.h"

namespace glimt::png {
namespace {

std::vector<std::uint8_t> inflate_with_zlib(const std::vector<std::uint8_t>& stream,
                                            std::size_t size) {
  std::vector<std::uint8_t> out(size + 1);
  z_stream zlib{};
  EXPECT_EQ(inflateInit2(&zlib, -15), Z_OK);
  zlib.next_in = const_cast<Bytef*>(stream.data());
  zlib.avail_in = static_cast<uInt>(stream.size());
  zlib.next_out = out.data();
  zlib.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END) << (zlib.msg != nullptr ? zlib.msg : "");
  EXPECT_EQ(zlib.avail_in, 0U);
  out.resize(zlib.total_out);
  inflateEnd(&zlib);
  return out;
}

/// Codes data in blocks and expects two inflaters to give it back; returns the coded size.
std::size_t expect_round_trip(const std::vector<std::uint8_t>& data, std::size_t block,
                              bool find_repetitions = false) {
  std::vector<std::uint8_t> stream;
  Arena arena;
  auto deflate = FastDeflate::make(block, find_repetitions, arena);
  EXPECT_TRUE(deflate.ok());
  for (std::size_t i = 0; i < data.size(); i += block) {
    const std::size_t size = std::min(block, data.size() - i);
    std::memcpy(deflate->block(), data.data() + i, size);
    std::vector<std::uint8_t> room(FastDeflate::bound(size));
    const std::uint8_t* end = deflate->write(size, i + size == data.size(), room.data());
    EXPECT_LE(end, room.data() + room.size());
    stream.insert(stream.end(), room.begin(), room.begin() + (end - room.data()));
  }
  EXPECT_TRUE(inflate_with_zlib(stream, data.size()) == data);
  std::vector<std::uint8_t> out(data.size());
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::size_t size = 0;
  EXPECT_EQ(libdeflate_deflate_decompress(decompressor, stream.data(), stream.size(), out.data(),
                                          out.size(), &size),
            LIBDEFLATE_SUCCESS);
  libdeflate_free_decompressor(decompressor);
  EXPECT_TRUE(out == data);
  return stream.size();
}

TEST(FastDeflate, ZeroRunsOfEveryLength) {
  std::vector<std::uint8_t> data;
  for (std::size_t run = 1; run <= 600; ++run) {
    data.insert(data.end(), run, 0);
    data.push_back(static_cast<std::uint8_t>(1 + run % 255));
  }
  data.insert(data.end(), 1000, 0);
  const std::size_t size = expect_round_trip(data, data.size());
  EXPECT_LT(size, data.size() / 30);
  expect_round_trip(data, 777);
}

TEST(FastDeflate, ResidualsOfEverySpread) {
  std::mt19937 random(3);
  for (const unsigned spread : {1U, 2U, 3U, 8U, 40U, 256U}) {
    std::vector<std::uint8_t> data(100'001);
    for (auto& byte : data)
      byte = static_cast<std::uint8_t>(random() % spread * (random() % spread) / spread);
    for (const std::size_t block : {data.size(), std::size_t{30'000}})
      expect_round_trip(data, block);
  }
}

/// Fibonacci frequencies ask for codes far longer than the 12 bits there are.
TEST(FastDeflate, CutsLongCodes) {
  std::vector<std::uint8_t> data;
  std::size_t a = 1, b = 1;
  for (std::uint8_t symbol = 1; symbol < 26; ++symbol) {
    data.insert(data.end(), a, symbol);
    std::swap(a, b);
    b += a;
  }
  expect_round_trip(data, data.size());
}

/// The half that is counted to make the code has none of the other half's bytes.
TEST(FastDeflate, BytesThatTheCodeWasNotMadeForFit) {
  std::mt19937 random(12);
  std::vector<std::uint8_t> data(100'000);
  for (std::size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<std::uint8_t>(i % 8 < 4 ? 1 + random() % 2 : 3 + random() % 253);
  }
  EXPECT_LT(expect_round_trip(data, data.size()), data.size() * 3 / 4);
}

TEST(FastDeflate, NoiseIsStored) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> data(200'000);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random() % 255 + 1);
  EXPECT_LE(expect_round_trip(data, data.size()), data.size() + 30);
  expect_round_trip(data, 65'535);
}

/// Pieces of every length at every distance up to the window and beyond, across blocks.
TEST(FastDeflate, RepetitionsAreFound) {
  std::mt19937 random(6);
  std::vector<std::uint8_t> data(40'000);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random() % 40);
  const std::size_t noise_size = expect_round_trip(data, 10'000, true);
  while (data.size() < 600'000) {
    const std::size_t length = 8 + random() % 400, distance = 1 + random() % 36'000;
    for (std::size_t i = 0; i < length; ++i) data.push_back(data[data.size() - distance]);
  }
  for (const std::size_t block : {std::size_t{1000}, std::size_t{33'333}, data.size()}) {
    const std::size_t size = expect_round_trip(data, block, true);
    EXPECT_LT(size, noise_size + 100'000) << block;
    EXPECT_LT(size, expect_round_trip(data, block) / 3) << block;
  }
}

TEST(FastDeflate, TinyBlocks) {
  for (std::size_t size = 1; size < 40; ++size) {
    std::vector<std::uint8_t> data(size);
    std::iota(data.begin(), data.end(), std::uint8_t{0});
    expect_round_trip(data, size);
    expect_round_trip(std::vector<std::uint8_t>(size, 0), size);
    expect_round_trip(std::vector<std::uint8_t>(size, 9), 7);
    expect_round_trip(std::vector<std::uint8_t>(size, 9), 13, true);
  }
}

TEST(CodeLengths, AreCompleteAndWithinTheLimit) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t symbols = 2 + random() % 285;
    const unsigned longest = symbols <= 19 ? 7 : 12;
    std::vector<std::uint32_t> frequencies(symbols);
    const unsigned skew = random() % 28;
    for (auto& frequency : frequencies)
      frequency = random() % 4 == 0 ? 0 : (random() >> random() % (skew + 1)) % 1'000'000;
    const auto used = static_cast<std::size_t>(
        std::count_if(frequencies.begin(), frequencies.end(), [](auto f) { return f != 0; }));
    std::vector<std::uint8_t> lengths(symbols);
    code_lengths(frequencies, longest, lengths);
    unsigned sum = 0;
    for (std::size_t i = 0; i < symbols; ++i) {
      ASSERT_EQ(lengths[i] == 0, frequencies[i] == 0);
      ASSERT_LE(lengths[i], longest);
      if (lengths[i] != 0) sum += 1U << (longest - lengths[i]);
    }
    ASSERT_TRUE(used < 2 || sum == 1U << longest) << sum;
  }
}

/// Of codes that need no cutting the length is the least there is.
TEST(CodeLengths, AreHuffmans) {
  const std::uint32_t frequencies[] = {5, 9, 12, 13, 16, 45};
  std::uint8_t lengths[6];
  code_lengths(frequencies, 15, lengths);
  std::uint32_t bits = 0;
  for (int i = 0; i < 6; ++i) bits += frequencies[i] * lengths[i];
  EXPECT_EQ(bits, 224U);
}

}  // namespace
}  // namespace glimt::png
