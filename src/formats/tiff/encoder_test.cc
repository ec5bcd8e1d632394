// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "codec/testing.h"
#include "formats/tiff/backends.h"
#include "formats/tiff/page.h"
#include "formats/tiff/page_layout.h"

namespace glimt::tiff {
namespace {

using glimt::testing::decode;
using glimt::testing::encode;
using glimt::testing::make_picture;
using glimt::testing::max_difference;

constexpr SampleType kTypes[] = {SampleType::u8,  SampleType::i8,  SampleType::u16, SampleType::i16,
                                 SampleType::u32, SampleType::i32, SampleType::u64, SampleType::i64,
                                 SampleType::f16, SampleType::f32, SampleType::f64};
constexpr TiffCompression kLossless[] = {TiffCompression::none,     TiffCompression::lzw,
                                         TiffCompression::deflate,  TiffCompression::zstd,
                                         TiffCompression::packbits, TiffCompression::lzma};

PixelForm form_of_type(SampleType type, ColorModel color, std::uint16_t channels) {
  PixelForm form;
  form.type = type;
  form.bit_depth = static_cast<std::uint8_t>(8 * sample_bytes(type));
  form.color = color;
  form.channels = channels;
  return form;
}

Page page_of(const std::vector<std::uint8_t>& file) {
  const auto header = read_tiff_header(file);
  EXPECT_TRUE(header.ok());
  const auto page = read_page(file, *header, header->first_ifd);
  EXPECT_TRUE(page.ok()) << page.status().text();
  return *page;
}

TEST(TiffEncoder, EveryTypeComesBack) {
  for (const SampleType type : kTypes) {
    for (const TiffCompression compression : kLossless) {
      auto picture = make_picture(37, 29, form_of_type(type, ColorModel::rgb, 3));
      EncodeParams params;
      params.tiff.compression = compression;
      params.tiff.rows_per_strip = 11;
      const auto encoded = encode(kTiffEncoder, picture, params);
      ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
      const auto decoded = decode(kTiffDecoder, encoded.data);
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      EXPECT_EQ(decoded.picture.data, picture.data) << glimt::name_of(type);
      EXPECT_EQ(decoded.units_decoded, 3U);
    }
  }
}

TEST(TiffEncoder, TilesAndPlanes) {
  for (const bool planar : {false, true}) {
    for (const bool from_planes : {false, true}) {
      PixelForm form = form_of_type(SampleType::u16, ColorModel::other, 5);
      form.planar = from_planes;
      auto picture = make_picture(37, 29, form);
      EncodeParams params;
      params.tile_width = 32;
      params.tile_height = 16;
      params.tiff.planar = planar;
      const auto encoded = encode(kTiffEncoder, picture, params);
      ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
      const Page page = page_of(encoded.data);
      EXPECT_TRUE(page.tiled);
      EXPECT_EQ(page.separate, planar);
      EXPECT_EQ(page.predictor, 2U);
      EXPECT_EQ(page.ifd.find(kExtraSamples)->count, 4U);
      const auto decoded = decode(kTiffDecoder, encoded.data, {.form = form});
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.text();
      EXPECT_EQ(decoded.picture.data, picture.data);
      EXPECT_EQ(decoded.units_decoded, planar ? 20U : 4U);
    }
  }
}

TEST(TiffEncoder, EdgeTilesRepeatTheirLastPixels) {
  auto picture = make_picture(17, 17, PixelForm());
  EncodeParams params;
  params.tile_width = params.tile_height = 16;
  params.tiff.compression = TiffCompression::none;
  const auto encoded = encode(kTiffEncoder, picture, params);
  ASSERT_TRUE(encoded.status.ok()) << encoded.status.text();
  const auto corner = find_chunk(encoded.data, page_of(encoded.data), 3);
  ASSERT_TRUE(corner.ok());
  ASSERT_EQ(corner->size(), 256U);
  for (const std::uint8_t sample : *corner) EXPECT_EQ(sample, picture.data.back());
}

TEST(TiffEncoder, LayoutIsAsAsked) {
  auto picture = make_picture(9, 7, PixelForm());
  for (const std::optional<bool> big : {std::optional<bool>(), {false}, {true}}) {
    EncodeParams params;
    params.tiff.bigtiff = big;
    const auto encoded = encode(kTiffEncoder, picture, params);
    ASSERT_TRUE(encoded.status.ok());
    const auto header = read_tiff_header(encoded.data);
    EXPECT_EQ(header->layout, big.value_or(false) ? IfdLayout::big : IfdLayout::classic);
    EXPECT_EQ(header->first_ifd % 2, 0U);
    EXPECT_EQ(decode(kTiffDecoder, encoded.data).picture.data, picture.data);
  }
}

TEST(TiffEncoder, InnerImagesNeedTheEngine) {
  auto picture = make_picture(16, 16, PixelForm());
  EncodeParams params;
  params.tiff.compression = TiffCompression::jpeg;
  EXPECT_EQ(encode(kTiffEncoder, picture, params).status.code(), Code::unsupported);
}

TEST(TiffPageLayout, StripsAreOfAQuarterMegabyte) {
  EncodeParams params;
  const PageRequest request{1000,
                            3000,
                            form_of_type(SampleType::u8, ColorModel::rgb, 3),
                            ColorSpec::srgb,
                            ChromaSubsampling::css_444,
                            &params,
                            {}};
  const auto layout = plan_page(request);
  ASSERT_TRUE(layout.ok()) << layout.status().text();
  EXPECT_EQ(layout->chunk_height, 87U);
  EXPECT_EQ(layout->chunks(), 35U);
  const ChunkPlace last = layout->place_of(34);
  EXPECT_EQ(last.rect, (Rect{0, 34 * 87, 1000, 3000}));
  EXPECT_EQ(layout->coded_rows(last.rect), 42U);
  EXPECT_EQ(layout->packed_bytes(), 9'000'000U);
}

TEST(TiffPageLayout, ChunksOfPlanesFollowEachOther) {
  EncodeParams params;
  params.tile_width = 32;
  params.tile_height = 16;
  params.tiff.planar = true;
  const PageRequest request{40,
                            20,
                            form_of_type(SampleType::f32, ColorModel::rgb, 3),
                            ColorSpec::srgb,
                            ChromaSubsampling::css_444,
                            &params,
                            {}};
  const auto layout = plan_page(request);
  ASSERT_TRUE(layout.ok()) << layout.status().text();
  EXPECT_EQ(layout->predictor, Predictor::floating);
  EXPECT_EQ(layout->chunks(), 12U);
  EXPECT_EQ(layout->place_of(7).plane, 1U);
  EXPECT_EQ(layout->place_of(7).rect, (Rect{32, 16, 40, 20}));
  EXPECT_EQ(layout->packed_bytes(), 12U * 32 * 16 * 4);
}

}  // namespace
}  // namespace glimt::tiff
