// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/lzw.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "formats/tiff/bytes_for_test.h"
#include "formats/tiff/compression/lzw_encoder.h"

namespace glimt::tiff {
namespace {

using testing::Buffer;
using testing::Content;

/// How a writer lays out codes.
struct Style {
  bool low_first = false;
  bool clears_when_full = true;  ///< else the full table stays
};

/// LZW by the book, code by code.
class PlainEncoder {
 public:
  explicit PlainEncoder(Style style) : style_(style) {}

  Buffer encode(const Buffer& bytes) {
    clear();
    std::string string;
    for (const std::uint8_t byte : bytes) {
      const std::string longer = string + static_cast<char>(byte);
      if (longer.size() == 1 || table_.count(longer) != 0) {
        string = longer;
        continue;
      }
      put(code_of(string));
      if (next_ < 4096) table_[longer] = next_++;
      widen();
      if (style_.clears_when_full && next_ == 4094) clear();
      string = static_cast<char>(byte);
    }
    if (!string.empty()) {
      put(code_of(string));
      if (next_ < 4096) ++next_;
      widen();
    }
    put(257);
    return bytes_;
  }

  /// Codes as they are, of 9 bits.
  static Buffer of_codes(Style style, const std::vector<std::uint32_t>& codes) {
    PlainEncoder encoder(style);
    for (const std::uint32_t code : codes) encoder.put(code);
    return encoder.bytes_;
  }

 private:
  std::uint32_t code_of(const std::string& string) {
    return string.size() == 1 ? static_cast<std::uint8_t>(string[0]) : table_[string];
  }
  void clear() {
    put(256);
    table_.clear();
    next_ = 258;
    width_ = 9;
  }
  // The decoder is an entry behind: TIFF 6.0 widens codes when it adds 510, 1022 and 2046, the
  // older style one later.
  void widen() {
    if (next_ - 1 >= (1U << width_) - (style_.low_first ? 0 : 1) && width_ < 12) ++width_;
  }
  void put(std::uint32_t code) {
    for (unsigned i = 0; i < width_; ++i, ++bits_) {
      if (bits_ % 8 == 0) bytes_.push_back(0);
      const std::uint32_t bit = code >> (style_.low_first ? i : width_ - 1 - i) & 1U;
      bytes_.back() |=
          static_cast<std::uint8_t>(bit << (style_.low_first ? bits_ % 8 : 7 - bits_ % 8));
    }
  }

  Style style_;
  Buffer bytes_;
  std::size_t bits_ = 0;
  std::map<std::string, std::uint32_t> table_;
  std::uint32_t next_ = 258;
  unsigned width_ = 9;
};

TEST(TiffLzw, EveryStyleOfWriter) {
  LzwDecoder decoder;
  for (const bool low_first : {false, true}) {
    for (const bool clears : {false, true}) {
      for (const Content content : testing::kContents) {
        for (const std::size_t size : {0U, 1U, 2U, 3U, 300U, 5000U, 100'000U}) {
          const Buffer bytes = testing::bytes_of(content, size, static_cast<unsigned>(size));
          const Buffer coded = PlainEncoder({low_first, clears}).encode(bytes);
          testing::Guarded out(size);
          const Expanded expanded = decoder.expand(coded, out.span());
          ASSERT_TRUE(expanded.defect.ok())
              << expanded.defect.text() << (low_first ? ", low bits first" : "")
              << (clears ? "" : ", never cleared") << ", content " << static_cast<int>(content);
          EXPECT_EQ(expanded.bytes, size);
          EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), out.span().begin()));
          EXPECT_TRUE(out.intact());
        }
      }
    }
  }
}

// Of all lengths, so that each way of ending meets each width and the end code each bit.
TEST(TiffLzw, EncoderAgreesWithThePlainOne) {
  LzwEncoder encoder;
  for (const Content content : testing::kContents) {
    for (std::size_t size = 0; size < 9000; size += size < 1100 ? 1 : 61) {
      const Buffer bytes = testing::bytes_of(content, size);
      Buffer coded = {42};
      encoder.compress(bytes, coded);
      testing::Guarded out(size);
      const Expanded expanded = LzwDecoder().expand(Bytes(coded).subspan(1), out.span());
      ASSERT_TRUE(expanded.defect.ok()) << expanded.defect.text() << ", size " << size;
      ASSERT_EQ(expanded.bytes, size);
      ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), out.span().begin())) << size;
      if (size % 40 == 0) {
        coded.erase(coded.begin());
        EXPECT_TRUE(coded == PlainEncoder({}).encode(bytes)) << size;
      }
    }
  }
}

// A run is coded by strings that are not yet known when they come (KwKwK), of every length.
TEST(TiffLzw, StringsThatAreJustBeingMade) {
  const Buffer runs(40'000, 9);
  Buffer coded;
  LzwEncoder().compress(runs, coded);
  Buffer out(runs.size());
  EXPECT_TRUE(LzwDecoder().expand(coded, out).defect.ok());
  EXPECT_TRUE(out == runs);
  for (std::size_t period = 1; period < 40; ++period) {
    Buffer pattern(9000);
    for (std::size_t i = 0; i < pattern.size(); ++i)
      pattern[i] = static_cast<std::uint8_t>(i % period * 3);
    coded.clear();
    LzwEncoder().compress(pattern, coded);
    testing::Guarded guarded(pattern.size());
    EXPECT_TRUE(LzwDecoder().expand(coded, guarded.span()).defect.ok());
    EXPECT_TRUE(std::equal(pattern.begin(), pattern.end(), guarded.span().begin())) << period;
    EXPECT_TRUE(guarded.intact());
  }
}

TEST(TiffLzw, CodesThatMeanNothing) {
  struct Case {
    std::vector<std::uint32_t> codes;
    Code code;
    std::size_t bytes;
  };
  const Case cases[] = {
      {{256, 7, 257}, Code::ok, 1},
      {{256, 256, 7, 257}, Code::ok, 1},       // cleared twice
      {{7, 8, 257}, Code::ok, 2},              // never cleared
      {{256, 7, 256, 8, 257}, Code::ok, 2},    // cleared in between
      {{256, 7, 258, 259, 257}, Code::ok, 6},  // each just being made
      {{256, 300}, Code::corrupt, 0},          // a string at the very beginning
      {{256, 258}, Code::corrupt, 0},
      {{256, 7, 259}, Code::corrupt, 1},          // one further than is being made
      {{256, 7, 8, 256, 258}, Code::corrupt, 2},  // a string of before the clear code
      {{256, 7}, Code::truncated, 1},
      {{256}, Code::truncated, 0},
      {{257}, Code::ok, 0},
  };
  for (const bool low_first : {false, true}) {
    for (const Case& c : cases) {
      if (low_first && c.codes[0] != 256) continue;  // the clear code says which order it is
      testing::Guarded out(10);
      const Buffer coded = PlainEncoder::of_codes({.low_first = low_first}, c.codes);
      const Expanded expanded = LzwDecoder().expand(coded, out.span());
      EXPECT_EQ(expanded.defect.code(), c.code) << ::testing::PrintToString(c.codes);
      EXPECT_EQ(expanded.bytes, c.bytes) << ::testing::PrintToString(c.codes);
      EXPECT_TRUE(out.intact());
    }
  }
}

TEST(TiffLzw, NoiseIsBounded) {
  LzwDecoder decoder;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Buffer noise = testing::bytes_of(Content::noise, 1 + seed % 900, seed);
    if (seed % 2 == 0 && noise.size() > 1) {
      noise[0] = seed % 4 == 0 ? 0x80 : 0;
      noise[1] = seed % 4 == 0 ? noise[1] & 0x7F : noise[1] | 1;
    }
    testing::Guarded out(seed % 2000);
    const Expanded expanded = decoder.expand(noise, out.span());
    ASSERT_LE(expanded.bytes, out.span().size());
    ASSERT_TRUE(out.intact()) << seed;
  }
}

}  // namespace
}  // namespace glimt::tiff
