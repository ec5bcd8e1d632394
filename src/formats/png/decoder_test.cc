// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <libdeflate.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "codec/testing.h"
#include "formats/png/backends.h"
#include "formats/png/chunks.h"
#include "formats/png/libpng_for_test.h"

namespace glimt::png {
namespace {

using testing::decode;
using testing::Decoded;
using testing::DecodeWish;
using testing::Picture;

struct Kind {
  ColorType type;
  std::uint8_t depth;
};
constexpr Kind kKinds[] = {
    {ColorType::grayscale, 1},        {ColorType::grayscale, 2},
    {ColorType::grayscale, 4},        {ColorType::grayscale, 8},
    {ColorType::grayscale, 16},       {ColorType::truecolor, 8},
    {ColorType::truecolor, 16},       {ColorType::indexed, 1},
    {ColorType::indexed, 2},          {ColorType::indexed, 4},
    {ColorType::indexed, 8},          {ColorType::grayscale_alpha, 8},
    {ColorType::grayscale_alpha, 16}, {ColorType::truecolor_alpha, 8},
    {ColorType::truecolor_alpha, 16},
};

/// The picture that the standard makes of stored samples.
Picture expected_of(const TestImage& image) {
  const Header& header = image.header;
  const bool keyed = !image.transparency.empty();
  Preamble preamble;
  preamble.header = header;
  Picture picture{header.width, header.height, native_form(preamble, keyed), {}};
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

/// Transparency that hits pixel (0, 0), or a few palette entries.
void add_transparency(TestImage& image) {
  if (image.header.color_type == ColorType::indexed) {
    image.transparency = {0, 128};
    return;
  }
  for (std::size_t s = 0; s < image.header.samples(); ++s) {
    const unsigned sample = image.sample(0, 0, s);
    image.transparency.push_back(static_cast<std::uint8_t>(sample >> 8));
    image.transparency.push_back(static_cast<std::uint8_t>(sample & 0xFF));
  }
}

void expect_equal(const Decoded& decoded, const Picture& expected, const std::string& what) {
  ASSERT_TRUE(decoded.status.ok()) << what << ": " << decoded.status.text();
  EXPECT_EQ(decoded.note, "") << what;
  ASSERT_EQ(decoded.picture.form, expected.form) << what;
  EXPECT_TRUE(decoded.picture.data == expected.data) << what << ": pixels differ";
}

Picture crop(const Picture& picture, const Rect& rect) {
  const std::size_t pixel = picture.form.channels * sample_bytes(picture.form.type);
  Picture piece{rect.width(), rect.height(), picture.form, {}};
  piece.data.resize(static_cast<std::size_t>(rect.width() * rect.height()) * pixel);
  for (std::int64_t y = rect.y0; y < rect.y1; ++y) {
    for (std::int64_t x = rect.x0; x < rect.x1; ++x) {
      if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
      std::memcpy(piece.data.data() +
                      static_cast<std::size_t>((y - rect.y0) * rect.width() + x - rect.x0) * pixel,
                  picture.data.data() + static_cast<std::size_t>(y * picture.width + x) * pixel,
                  pixel);
    }
  }
  return piece;
}

std::string name_of(const Kind& kind, const Header& header) {
  return "type " + std::to_string(static_cast<int>(kind.type)) + " depth " +
         std::to_string(kind.depth) + (header.interlaced ? " Adam7 " : " ") +
         std::to_string(header.width) + " x " + std::to_string(header.height);
}

TEST(PngDecoder, EveryKindAndWidthEqualsWhatLibpngWrote) {
  for (const Kind& kind : kKinds) {
    for (const bool interlaced : {false, true}) {
      for (std::uint32_t width = 1; width <= 40; ++width) {
        const std::uint32_t height = width % 3 == 0 ? 1 : width % 7 + 9;
        const TestImage image = make_test_image(width, height, kind.type, kind.depth, interlaced);
        const auto file = write_with_libpng(image);
        expect_equal(decode(kPngDecoder, file), expected_of(image), name_of(kind, image.header));
      }
    }
  }
}

TEST(PngDecoder, TransparencyBecomesAlpha) {
  for (const Kind& kind : kKinds) {
    if (kind.type == ColorType::grayscale_alpha || kind.type == ColorType::truecolor_alpha)
      continue;
    for (const bool interlaced : {false, true}) {
      TestImage image = make_test_image(37, 21, kind.type, kind.depth, interlaced);
      add_transparency(image);
      const auto file = write_with_libpng(image);
      const Picture expected = expected_of(image);
      expect_equal(decode(kPngDecoder, file), expected, name_of(kind, image.header));
      // Unwanted, it is left away.
      TestImage opaque = image;
      opaque.transparency.clear();
      DecodeWish wish;
      wish.form = expected_of(opaque).form;
      expect_equal(decode(kPngDecoder, file, wish), expected_of(opaque),
                   name_of(kind, image.header));
    }
  }
}

TEST(PngDecoder, EveryFilterByItself) {
  for (const Kind& kind : kKinds) {
    for (const int filter :
         {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG, PNG_FILTER_PAETH}) {
      TestImage image = make_test_image(61, 43, kind.type, kind.depth, false);
      image.filters = filter;
      expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image),
                   name_of(kind, image.header) + " filter " + std::to_string(filter));
    }
  }
}

TEST(PngDecoder, ManySmallIdatChunks) {
  TestImage image = make_test_image(100, 80, ColorType::truecolor, 8, false);
  image.idat_bytes = 61;
  expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image), "small chunks");
}

TEST(PngDecoder, IndicesBeyondThePaletteAreBlack) {
  TestImage image = make_test_image(32, 32, ColorType::indexed, 4, false);
  image.palette.resize(3 * 5);
  image.transparency = {0, 10, 20};
  expect_equal(decode(kPngDecoder, write_with_libpng(image)), expected_of(image), "short palette");
}

TEST(PngDecoder, BlueFirst) {
  const TestImage image = make_test_image(33, 20, ColorType::indexed, 8, false);
  Picture expected = expected_of(image);
  for (std::size_t i = 0; i < expected.data.size(); i += 3)
    std::swap(expected.data[i], expected.data[i + 2]);
  expected.form.bgr = true;
  DecodeWish wish;
  wish.form = expected.form;
  expect_equal(decode(kPngDecoder, write_with_libpng(image), wish), expected, "bgr");
}

class PngRegion : public ::testing::TestWithParam<bool> {};

TEST_P(PngRegion, EqualsTheCropOfTheWhole) {
  const Rect rects[] = {{0, 0, 50, 1},   {3, 5, 20, 19},  {49, 89, 50, 90}, {0, 17, 50, 33},
                        {17, 0, 18, 90}, {-4, -7, 9, 11}, {40, 80, 60, 95}, {60, 100, 64, 104}};
  for (const Kind& kind : kKinds) {
    TestImage image = make_test_image(50, 90, kind.type, kind.depth, GetParam());
    image.idat_bytes = 700;
    const auto file = write_with_libpng(image);
    const Picture whole = expected_of(image);
    for (const Rect& rect : rects) {
      DecodeWish wish;
      wish.window = rect;
      expect_equal(decode(kPngDecoder, file, wish), crop(whole, rect),
                   name_of(kind, image.header) + " at " + std::to_string(rect.x0) + ", " +
                       std::to_string(rect.y0));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Interlace, PngRegion, ::testing::Bool());

TEST(PngDecoder, ARegionReconstructsNoRowBelowIt) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  image.filters = PNG_FILTER_PAETH;
  const auto file = write_with_libpng(image);
  DecodeWish wish;
  wish.window = {0, 20, 64, 30};
  EXPECT_EQ(decode(kPngDecoder, file, wish).units_decoded, 30U);
  EXPECT_EQ(decode(kPngDecoder, file).units_decoded, 100U);
}

TEST(PngDecoder, ARegionStartsAtARowThatStandsAlone) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  image.filters = PNG_FILTER_SUB;
  DecodeWish wish;
  wish.window = {0, 20, 64, 30};
  EXPECT_EQ(decode(kPngDecoder, write_with_libpng(image), wish).units_decoded, 10U);
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

std::vector<std::uint8_t> deflated(const std::vector<std::uint8_t>& raw, int level = 6) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  std::vector<std::uint8_t> out(libdeflate_zlib_compress_bound(compressor, raw.size()));
  out.resize(libdeflate_zlib_compress(compressor, raw.data(), raw.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::vector<std::uint8_t> gray_rows(std::size_t width, std::size_t height,
                                    std::uint8_t filter = 0) {
  std::vector<std::uint8_t> raw;
  for (std::size_t y = 0; y < height; ++y) {
    raw.push_back(filter);
    for (std::size_t x = 0; x < width; ++x) raw.push_back(static_cast<std::uint8_t>(x * 7 + y));
  }
  return raw;
}

/// libdeflate stops before a stored block that does not fit: the room behind the wanted rows must
/// hold a whole one.
TEST(PngDecoder, ARegionOfStoredBlocksIsComplete) {
  Builder builder;
  builder.header(1000, 300, 8, 0)
      .chunk("IDAT", deflated(gray_rows(1000, 300), 0))
      .chunk("IEND", {});
  const Decoded whole = decode(kPngDecoder, builder.file);
  ASSERT_TRUE(whole.status.ok()) << whole.status.text();
  for (const std::int64_t end : {1, 2, 64, 65, 66, 131, 299}) {
    DecodeWish wish;
    wish.window = {0, 0, 1000, end};
    expect_equal(decode(kPngDecoder, builder.file, wish), crop(whole.picture, wish.window),
                 std::to_string(end));
  }
}

/// Files that libpng is asked about as well.
struct Odd {
  const char* what;
  std::vector<std::uint8_t> file;
};

std::vector<Odd> odd_files() {
  const auto raw = gray_rows(20, 10);
  const auto good = deflated(raw);
  auto more = raw, less = raw, bad_adler = good, no_adler = good, bad_filter = raw, trailing = good;
  auto preset = good, method = good;
  more.resize(raw.size() + 100);
  less.resize(raw.size() - 30);
  bad_adler.back() ^= 1;
  no_adler.resize(good.size() - 4);
  bad_filter[5 * 21] = 7;
  trailing.resize(good.size() + 9, 0x55);
  preset[1] = 0x20 + (31 - (preset[0] * 256 + 0x20) % 31) % 31;
  method[0] = 0x77;
  const std::vector<std::uint8_t> first(good.begin(), good.end() - 20),
      second(good.end() - 20, good.end());
  const std::vector<std::uint8_t> all_but_adler(good.begin(), good.end() - 4);
  std::vector<std::uint8_t> wrong_adler(good.end() - 4, good.end());
  wrong_adler[0] ^= 0x10;
  const auto gray = [](Builder builder = {}) { return builder.header(20, 10, 8, 0); };
  const auto indexed = [&](const std::vector<std::uint8_t>& palette, bool crc = true) {
    return Builder().header(20, 10, 8, 3).chunk("PLTE", palette, crc).chunk("IDAT", good).file;
  };
  std::vector<Odd> odd = {
      {"plain", gray().chunk("IDAT", good).chunk("IEND", {}).file},
      {"no IEND", gray().chunk("IDAT", good).file},
      {"no IDAT", gray().chunk("IEND", {}).file},
      {"only IHDR", gray().file},
      {"two IDAT", gray().chunk("IDAT", first).chunk("IDAT", second).file},
      {"empty IDAT between",
       gray().chunk("IDAT", first).chunk("IDAT", {}).chunk("IDAT", second).file},
      {"IDAT interrupted",
       gray().chunk("IDAT", first).chunk("tEXt", {'a', 0, 'b'}).chunk("IDAT", second).file},
      {"IDAT CRC", gray().chunk("IDAT", good, false).file},
      {"first IDAT CRC", gray().chunk("IDAT", first, false).chunk("IDAT", second).file},
      {"CRC of an empty IDAT at the end",
       gray().chunk("IDAT", good).chunk("IDAT", {}, false).file},
      {"more rows", gray().chunk("IDAT", deflated(more)).file},
      {"fewer rows", gray().chunk("IDAT", deflated(less)).chunk("IEND", {}).file},
      {"wrong Adler-32", gray().chunk("IDAT", bad_adler).file},
      {"wrong Adler-32 in a chunk of its own",
       gray().chunk("IDAT", all_but_adler).chunk("IDAT", wrong_adler).chunk("IEND", {}).file},
      {"no Adler-32", gray().chunk("IDAT", no_adler).chunk("IEND", {}).file},
      {"filter 7", gray().chunk("IDAT", deflated(bad_filter)).file},
      {"bytes after the stream", gray().chunk("IDAT", trailing).file},
      {"preset dictionary", gray().chunk("IDAT", preset).file},
      {"compression method", gray().chunk("IDAT", method).file},
      {"IHDR CRC", Builder().header(20, 10, 8, 0, 0, false).chunk("IDAT", good).file},
      {"no IHDR", Builder().chunk("IDAT", good).file},
      {"width 0", Builder().header(0, 10, 8, 0).chunk("IDAT", good).file},
      {"height 2^31", Builder().header(20, 0x80000000U, 8, 0).chunk("IDAT", good).file},
      {"depth 3", Builder().header(20, 10, 3, 0).chunk("IDAT", good).file},
      {"depth 4 in colour", Builder().header(20, 10, 4, 2).chunk("IDAT", good).file},
      {"depth 16 of indices",
       Builder().header(20, 10, 16, 3).chunk("PLTE", {1, 2, 3}).chunk("IDAT", good).file},
      {"colour type 1", Builder().header(20, 10, 8, 1).chunk("IDAT", good).file},
      {"interlace 2", Builder().header(20, 10, 8, 0, 2).chunk("IDAT", good).file},
      {"second IHDR", gray(gray()).chunk("IDAT", good).file},
      {"unknown critical chunk", gray().chunk("ABCD", {1}).chunk("IDAT", good).file},
      {"unknown ancillary chunk", gray().chunk("abCd", {1}).chunk("IDAT", good).file},
      {"ancillary CRC", gray().chunk("gAMA", {0, 0, 1, 1}, false).chunk("IDAT", good).file},
      {"chunk name of digits", gray().chunk("1234", {1}).chunk("IDAT", good).file},
      {"palette in gray", gray().chunk("PLTE", {1, 2, 3}).chunk("IDAT", good).file},
      {"no PLTE", Builder().header(20, 10, 8, 3).chunk("IDAT", good).file},
      {"PLTE of 4 bytes", indexed({1, 2, 3, 4})},
      {"PLTE of 0 bytes", indexed({})},
      {"PLTE of 257 entries", indexed(std::vector<std::uint8_t>(771))},
      {"PLTE CRC", indexed(std::vector<std::uint8_t>(768), false)},
      {"PLTE longer than the depth", Builder()
                                         .header(20, 10, 1, 3)
                                         .chunk("PLTE", {1, 2, 3, 4, 5, 6, 7, 8, 9})
                                         .chunk("IDAT", deflated(gray_rows(3, 10)))
                                         .file},
      {"two PLTE", Builder()
                       .header(20, 10, 8, 3)
                       .chunk("PLTE", {1, 2, 3})
                       .chunk("PLTE", {1, 2, 3})
                       .chunk("IDAT", good)
                       .file},
      {"tRNS", gray().chunk("tRNS", {0, 7}).chunk("IDAT", good).file},
      {"tRNS with high bits", gray().chunk("tRNS", {3, 7}).chunk("IDAT", good).file},
      {"tRNS CRC", gray().chunk("tRNS", {0, 7}, false).chunk("IDAT", good).file},
      {"tRNS too long", gray().chunk("tRNS", {0, 7, 0}).chunk("IDAT", good).file},
      {"tRNS before PLTE", Builder()
                               .header(20, 10, 8, 3)
                               .chunk("tRNS", {9})
                               .chunk("PLTE", {1, 2, 3})
                               .chunk("IDAT", good)
                               .file},
      {"tRNS longer than PLTE", Builder()
                                    .header(20, 10, 8, 3)
                                    .chunk("PLTE", {1, 2, 3})
                                    .chunk("tRNS", {9, 8})
                                    .chunk("IDAT", good)
                                    .file},
      {"tRNS after IDAT", gray().chunk("IDAT", good).chunk("tRNS", {0, 7}).file},
  };
  return odd;
}

TEST(PngDecoder, TakesAndRefusesWhatLibpngDoes) {
  for (const Odd& odd : odd_files()) {
    TestImage reference;
    const bool taken = read_with_libpng(odd.file, reference);
    const Decoded decoded = decode(kPngDecoder, odd.file);
    EXPECT_EQ(decoded.status.ok(), taken) << odd.what << ": " << decoded.status.text();
    if (taken && decoded.status.ok()) expect_equal(decoded, expected_of(reference), odd.what);
  }
}

TEST(PngDecoder, EveryPrefixFailsOrIsWhole) {
  for (const bool interlaced : {false, true}) {
    TestImage image = make_test_image(30, 25, ColorType::truecolor, 8, interlaced);
    image.idat_bytes = 400;
    const auto file = write_with_libpng(image);
    const Picture expected = expected_of(image);
    for (std::size_t size = 0; size < file.size(); ++size) {
      // Bytes of its own, so that a sanitizer sees a step beyond.
      const std::vector<std::uint8_t> prefix(file.begin(),
                                             file.begin() + static_cast<std::ptrdiff_t>(size));
      const Decoded strict = decode(kPngDecoder, prefix);
      if (size >= file.size() - 12) {  // only IEND is cut
        expect_equal(strict, expected, "without IEND");
        continue;
      }
      EXPECT_FALSE(strict.status.ok()) << size;
      EXPECT_EQ(strict.status.code(), size < sizeof kSignature ? Code::corrupt : Code::truncated)
          << size << strict.status.text();
      DecodeWish wish;
      wish.partial = true;
      const Decoded partial = decode(kPngDecoder, prefix, wish);
      EXPECT_TRUE(!partial.status.ok() || !partial.note.empty()) << size;
    }
  }
}

TEST(PngDecoder, PartialGivesTheRowsBeforeTheDamage) {
  TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  auto file = write_with_libpng(image);
  file.resize(file.size() * 3 / 5);
  DecodeWish wish;
  wish.partial = true;
  const Decoded decoded = decode(kPngDecoder, file, wish);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
  EXPECT_EQ(decoded.note.substr(0, 10), "truncated:") << decoded.note;
  const Rect top{0, 0, 64, 40}, bottom{0, 95, 64, 100};
  EXPECT_TRUE(crop(decoded.picture, top).data == crop(expected_of(image), top).data);
  const auto rest = crop(decoded.picture, bottom).data;
  EXPECT_TRUE(std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST(PngDecoder, ATruncatedFileStillHasItsTop) {
  const TestImage image = make_test_image(64, 100, ColorType::truecolor, 8, false);
  auto file = write_with_libpng(image);
  file.resize(file.size() * 3 / 5);
  DecodeWish wish;
  wish.window = {0, 0, 64, 40};
  expect_equal(decode(kPngDecoder, file, wish), crop(expected_of(image), wish.window), "top");
}

TEST(PngDecoder, FlippedBitsNeverCrashAndNeverPassWhereLibpngFails) {
  TestImage image = make_test_image(30, 12, ColorType::indexed, 4, true);
  image.transparency = {1, 2, 3};
  const auto file = write_with_libpng(image);
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    auto damaged = file;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    TestImage reference;
    const bool taken = read_with_libpng(damaged, reference);
    const Decoded decoded = decode(kPngDecoder, damaged);
    ASSERT_EQ(decoded.status.ok(), taken) << "bit " << bit << ": " << decoded.status.text();
    DecodeWish wish;
    wish.partial = true;
    const Decoded partial = decode(kPngDecoder, damaged, wish);
    ASSERT_TRUE(!taken || partial.status.ok()) << bit;
  }
}

}  // namespace
}  // namespace glimt::png
