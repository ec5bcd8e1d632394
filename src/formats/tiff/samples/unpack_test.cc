// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/samples/unpack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "base/bytes.h"
#include "formats/tiff/bytes_for_test.h"
#include "formats/tiff/compression/compressor.h"
#include "formats/tiff/libtiff_for_test.h"
#include "formats/tiff/samples/pack.h"

namespace glimt::tiff {
namespace {

using testing::Buffer;
using testing::Content;

/// Bit `index` of packed data, as TIFF counts them.
std::uint64_t bit_at(const std::uint8_t* packed, std::size_t index, bool lsb) {
  const std::size_t place = lsb ? index % 8 : 7 - index % 8;
  return packed[index / 8] >> place & 1U;
}

/// Samples by the words of the specification, each as the bits of its native type.
std::vector<std::uint64_t> unpack_plainly(const RowForm& form, const std::uint8_t* packed,
                                          std::size_t pixels) {
  const std::size_t count = pixels * form.samples;
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - form.bits);
  std::vector<std::uint64_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t b = 0; b < form.bits; ++b) {
      std::size_t bit = b;
      if (form.bits % 8 == 0 && !form.big_endian) bit = (form.bits / 8 - 1 - b / 8) * 8 + b % 8;
      samples[i] = samples[i] << 1 | bit_at(packed, i * form.bits + bit, form.fill_order_lsb);
    }
    if (form.predictor == Predictor::horizontal && i >= form.samples)
      samples[i] = (samples[i] + samples[i - form.samples]) & mask;
  }
  const std::uint64_t sign = std::uint64_t{1} << (form.bits - 1);
  if (form.kind == SampleKind::signed_integer) {
    for (std::uint64_t& sample : samples) sample = (sample ^ sign) - sign;
  }
  return samples;
}

std::uint64_t sample_at(const Buffer& samples, std::size_t bytes, std::size_t i) {
  std::uint64_t value = 0;
  std::memcpy(&value, &samples[i * bytes], bytes);
  return value;
}

TEST(TiffUnpack, EveryNumberOfBits) {
  std::mt19937 random(1);
  for (std::uint32_t bits = 1; bits <= 64; ++bits) {
    for (unsigned choice = 0; choice < 64; ++choice) {
      RowForm form{
          .bits = bits,
          .kind = (choice & 1) != 0 ? SampleKind::signed_integer : SampleKind::unsigned_integer,
          .samples = 1 + choice / 16,
          .predictor = (choice & 2) != 0 ? Predictor::horizontal : Predictor::none,
          .big_endian = (choice & 4) != 0,
          .fill_order_lsb = (choice & 8) != 0};
      if (choice == 63) form.samples = 7;
      auto unpacker = RowUnpacker::make(form);
      ASSERT_TRUE(unpacker.ok()) << unpacker.status().text();
      const std::size_t pixels = 1 + random() % 70, bytes = sample_bytes(unpacker->type());
      // At the end of its memory, so that sanitizers see a read too far.
      const Buffer packed =
          testing::bytes_of(Content::noise, *packed_row_bytes(form, pixels), random());
      const auto expected = unpack_plainly(form, packed.data(), pixels);
      const std::uint64_t mask = ~std::uint64_t{0} >> (64 - 8 * bytes);
      Buffer whole(pixels * form.samples * bytes);
      unpacker->run(packed.data(), pixels, whole.data());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(sample_at(whole, bytes, i), expected[i] & mask)
            << bits << " bits, choice " << choice << ", sample " << i << " of " << expected.size();
      }
      const std::size_t first = random() % pixels, count = 1 + random() % (pixels - first);
      Buffer part(count * form.samples * bytes);
      unpacker->run(packed.data(), pixels, first, count, part.data());
      EXPECT_EQ(std::memcmp(part.data(), &whole[first * form.samples * bytes], part.size()), 0)
          << bits << " bits, choice " << choice << ", pixels from " << first << " on";

      auto packer = RowPacker::make(form);
      ASSERT_TRUE(packer.ok());
      testing::Guarded again(packed.size());
      packer->run(whole.data(), pixels, again.span().data());
      ASSERT_TRUE(again.intact());
      // Padding is not kept: compare what is unpacked again.
      Buffer twice(whole.size());
      const Buffer repacked(again.span().begin(), again.span().end());
      unpacker->run(repacked.data(), pixels, twice.data());
      EXPECT_TRUE(twice == whole) << bits << " bits, choice " << choice;
      if (pixels * form.samples * bits % 8 == 0) {
        EXPECT_TRUE(repacked == packed) << bits << " bits, choice " << choice;
      }
    }
  }
}

// Every width around the vectors, and every sample count that has a kernel or not.
TEST(TiffUnpack, HorizontalPredictorOfEveryWidth) {
  std::mt19937 random(2);
  for (const std::uint32_t bits : {8U, 16U, 32U, 64U}) {
    for (const std::uint32_t samples : {1U, 2U, 3U, 4U, 5U, 8U, 17U}) {
      for (const bool big_endian : {false, true}) {
        const RowForm form{.bits = bits,
                           .samples = samples,
                           .predictor = Predictor::horizontal,
                           .big_endian = big_endian};
        auto unpacker = RowUnpacker::make(form);
        auto packer = RowPacker::make(form);
        ASSERT_TRUE(unpacker.ok() && packer.ok());
        for (std::size_t pixels = 1; pixels < 75; ++pixels) {
          const Buffer packed =
              testing::bytes_of(Content::noise, *packed_row_bytes(form, pixels), random());
          const auto expected = unpack_plainly(form, packed.data(), pixels);
          testing::Guarded out(packed.size());
          unpacker->run(packed.data(), pixels, out.span().data());
          ASSERT_TRUE(out.intact()) << pixels;
          const Buffer samples_out(out.span().begin(), out.span().end());
          for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_EQ(sample_at(samples_out, bits / 8, i), expected[i])
                << bits << " bits, " << samples << " samples, " << pixels << " pixels, sample "
                << i;
          Buffer again(packed.size());
          packer->run(samples_out.data(), pixels, again.data());
          ASSERT_TRUE(again == packed);
        }
      }
    }
  }
}

struct LibtiffCase {
  std::uint32_t bits;
  SampleKind kind;
  Predictor predictor;
};
constexpr LibtiffCase kLibtiffCases[] = {
    {8, SampleKind::unsigned_integer, Predictor::horizontal},
    {8, SampleKind::signed_integer, Predictor::horizontal},
    {16, SampleKind::unsigned_integer, Predictor::none},
    {16, SampleKind::unsigned_integer, Predictor::horizontal},
    {16, SampleKind::floating, Predictor::horizontal},
    {16, SampleKind::floating, Predictor::floating},
    {32, SampleKind::signed_integer, Predictor::horizontal},
    {32, SampleKind::floating, Predictor::none},
    {32, SampleKind::floating, Predictor::horizontal},
    {32, SampleKind::floating, Predictor::floating},
    {64, SampleKind::unsigned_integer, Predictor::horizontal},
    {64, SampleKind::floating, Predictor::floating},
};

void compare_with_libtiff(const LibtiffCase& c, std::uint32_t samples, bool big_endian) {
  constexpr std::uint32_t width = 61, height = 5;
  const std::string name =
      std::to_string(c.bits) + " bits, kind " + std::to_string(static_cast<int>(c.kind)) + ", " +
      std::to_string(samples) + " samples, predictor " +
      std::to_string(static_cast<int>(c.predictor)) + (big_endian ? ", big-endian" : "");
  const testing::Strip strip{.compression = Compression::lzw,
                             .shape = {.width = width,
                                       .height = height,
                                       .samples = samples,
                                       .bits = c.bits,
                                       .kind = c.kind,
                                       .big_endian = big_endian},
                             .predictor = c.predictor};
  const RowForm form{.bits = c.bits,
                     .kind = c.kind,
                     .samples = samples,
                     .predictor = c.predictor,
                     .big_endian = big_endian};
  const std::size_t row_bytes = *packed_row_bytes(form, width);
  const Buffer rows = testing::bytes_of(Content::noise, height * row_bytes, c.bits + samples);
  auto unpacker = RowUnpacker::make(form);
  auto packer = RowPacker::make(form);
  ASSERT_TRUE(unpacker.ok() && packer.ok()) << name;
  Buffer packed(rows.size()), coded, unpacked(rows.size());
  for (std::size_t y = 0; y < height; ++y)
    packer->run(&rows[y * row_bytes], width, &packed[y * row_bytes]);
  ASSERT_TRUE(Compressor().compress(strip.compression, strip.shape, packed, {}, coded).ok());
  const auto read = testing::libtiff_expand(strip, coded, rows.size());
  ASSERT_TRUE(read.has_value()) << name;
  EXPECT_TRUE(*read == rows) << "libtiff reads ours: " << name;

  // libtiff 4.5 reads such files as the note says, but swaps the bytes of those that it writes.
  if (big_endian && c.predictor == Predictor::floating) return;
  const Buffer theirs = testing::libtiff_compress(strip, rows);
  ASSERT_TRUE(Decompressor().expand(strip.compression, strip.shape, theirs, packed).ok());
  for (std::size_t y = 0; y < height; ++y)
    unpacker->run(&packed[y * row_bytes], width, &unpacked[y * row_bytes]);
  EXPECT_TRUE(unpacked == rows) << "we read libtiff's: " << name;
}

TEST(TiffUnpack, AsLibtiffReadsAndWrites) {
  for (const LibtiffCase& c : kLibtiffCases) {
    for (const std::uint32_t samples : {1U, 3U, 4U, 6U}) {
      for (const bool big_endian : {false, true}) compare_with_libtiff(c, samples, big_endian);
    }
  }
}

/// Fields put together by hand.
float float24(std::uint32_t bits) {
  const float sign = (bits & 0x800000) != 0 ? -1.0F : 1.0F;
  const int exponent = static_cast<int>(bits >> 16 & 127);
  const auto fraction = static_cast<float>(bits & 0xffff);
  if (exponent == 0) return sign * std::ldexp(fraction, -78);
  if (exponent == 127) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * std::ldexp(65536.0F + fraction, exponent - 63 - 16);
}

TEST(TiffUnpack, Float24) {
  for (const bool big_endian : {false, true}) {
    const RowForm form{.bits = 24, .kind = SampleKind::floating, .big_endian = big_endian};
    auto unpacker = RowUnpacker::make(form);
    auto packer = RowPacker::make(form);
    ASSERT_TRUE(unpacker.ok() && packer.ok());
    EXPECT_EQ(unpacker->type(), SampleType::f32);
    for (std::uint32_t bits = 0; bits < 1U << 24; bits += bits % 65536 < 300 ? 1 : 251) {
      Buffer packed(3);
      for (std::size_t b = 0; b < 3; ++b)
        packed[big_endian ? 2 - b : b] = static_cast<std::uint8_t>(bits >> (8 * b));
      float value = 0;
      unpacker->run(packed.data(), 1, &value);
      const float expected = float24(bits);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(value));
        continue;
      }
      ASSERT_EQ(value, expected) << bits;
      Buffer again(3);
      packer->run(&value, 1, again.data());
      ASSERT_TRUE(again == packed) << bits;
    }
  }
  // Rounding: halves to even, beyond the greatest to infinity.
  const RowForm form{.bits = 24, .kind = SampleKind::floating, .big_endian = true};
  auto packer = RowPacker::make(form);
  const auto narrow = [&](float value) {
    Buffer packed(3);
    packer->run(&value, 1, packed.data());
    return static_cast<std::uint32_t>(packed[0] << 16 | packed[1] << 8 | packed[2]);
  };
  EXPECT_EQ(narrow(1 + 0x1p-17F), 0x3F0000U);
  EXPECT_EQ(narrow(1 + 0x3p-17F), 0x3F0002U);
  EXPECT_EQ(narrow(1 + 0x1.8p-17F), 0x3F0001U);
  EXPECT_EQ(narrow(1e30F), 0x7F0000U);
  EXPECT_EQ(narrow(-INFINITY), 0xFF0000U);
  EXPECT_EQ(narrow(NAN) & 0x7FFFFFU, 0x7F8000U);
  EXPECT_EQ(narrow(0x1p-90F), 0U);
}

TEST(TiffUnpack, FloatingPredictorOf24Bits) {
  const RowForm form{
      .bits = 24, .kind = SampleKind::floating, .samples = 2, .predictor = Predictor::floating};
  auto unpacker = RowUnpacker::make(form);
  auto packer = RowPacker::make(form);
  ASSERT_TRUE(unpacker.ok() && packer.ok());
  std::vector<float> values(2 * 33), again(2 * 33), part(2 * 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.125F - 3;
  Buffer packed(*packed_row_bytes(form, 33));
  packer->run(values.data(), 33, packed.data());
  // The first plane: sign and exponent of the first pixel, then differences.
  EXPECT_EQ(packed[0], 0xC0);  // -3 is 0xC08000
  EXPECT_EQ(packed[2], 0);
  unpacker->run(packed.data(), 33, again.data());
  EXPECT_EQ(again, values);
  unpacker->run(packed.data(), 33, 7, 4, part.data());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), values.begin() + 14));
}

TEST(TiffUnpack, WholeFloatRowsOfEveryWidth) {
  for (const std::uint32_t bits : {16U, 24U, 32U, 64U}) {
    for (const std::uint32_t samples : {1U, 3U, 5U}) {
      const RowForm form{.bits = bits,
                         .kind = SampleKind::floating,
                         .samples = samples,
                         .predictor = Predictor::floating};
      auto unpacker = RowUnpacker::make(form);
      auto packer = RowPacker::make(form);
      ASSERT_TRUE(unpacker.ok() && packer.ok());
      for (std::size_t pixels = 1; pixels < 140; pixels += 1 + pixels / 40) {
        const std::size_t bytes = sample_bytes(unpacker->type());
        const Buffer packed =
            testing::bytes_of(Content::noise, *packed_row_bytes(form, pixels), bits);
        Buffer out(pixels * samples * bytes), again(packed.size());
        unpacker->run(packed.data(), pixels, out.data());
        // By the technical note: sums of bytes, then planes, the highest first.
        Buffer sums = packed;
        for (std::size_t i = samples; i < sums.size(); ++i)
          sums[i] = static_cast<std::uint8_t>(sums[i] + sums[i - samples]);
        const std::size_t count = pixels * samples;
        for (std::size_t i = 0; i < count && bits != 24; ++i) {
          for (std::size_t b = 0; b < bytes; ++b)
            ASSERT_EQ(out[i * bytes + b], sums[(bytes - 1 - b) * count + i])
                << bits << " " << pixels;
        }
        if (bits == 24) continue;  // noise holds NaNs of which one is kept
        packer->run(out.data(), pixels, again.data());
        ASSERT_TRUE(again == packed);
      }
    }
  }
}

TEST(TiffUnpack, KnowsWhatIsACopy) {
  EXPECT_TRUE(RowUnpacker::make({.bits = 8, .big_endian = true})->is_copy());
  EXPECT_TRUE(RowUnpacker::make({.bits = 16})->is_copy());
  EXPECT_FALSE(RowUnpacker::make({.bits = 16, .big_endian = true})->is_copy());
  EXPECT_FALSE(RowUnpacker::make({.bits = 8, .fill_order_lsb = true})->is_copy());
  EXPECT_FALSE(RowUnpacker::make({.bits = 8, .predictor = Predictor::horizontal})->is_copy());
  EXPECT_FALSE(RowUnpacker::make({.bits = 12})->is_copy());
}

TEST(TiffUnpack, RefusesFormsThatDoNotExist) {
  const auto code = [](const RowForm& form) {
    EXPECT_EQ(RowPacker::make(form).status().code(), RowUnpacker::make(form).status().code());
    return RowUnpacker::make(form).status().code();
  };
  EXPECT_EQ(code({.bits = 0}), Code::unsupported);
  EXPECT_EQ(code({.bits = 65}), Code::unsupported);
  EXPECT_EQ(code({.bits = 8, .samples = 0}), Code::unsupported);
  EXPECT_EQ(code({.bits = 8, .kind = SampleKind::floating}), Code::unsupported);
  EXPECT_EQ(code({.bits = 40, .kind = SampleKind::floating}), Code::unsupported);
  EXPECT_EQ(code({.bits = 8, .kind = static_cast<SampleKind>(5)}), Code::unsupported);
  EXPECT_EQ(code({.bits = 16, .predictor = Predictor::floating}), Code::unsupported);
  EXPECT_EQ(code({.bits = 16, .predictor = static_cast<Predictor>(34892)}), Code::unsupported);
  EXPECT_EQ(code({.bits = 16, .kind = SampleKind::floating, .predictor = Predictor::floating}),
            Code::ok);
}

}  // namespace
}  // namespace glimt::tiff
