// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Metadata written by every encoder, read back by its decoder.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "glimt/glimt.h"

namespace glimt {
namespace {

Image picture(std::uint32_t channels) {
  const ImageSpec spec{40, 30, channels, SampleType::u8};
  Image image = Image::make(spec).value();
  for (std::size_t i = 0; i < image.size_bytes(); ++i) {
    image.data()[i] = static_cast<std::uint8_t>(i * 7 % 251);
  }
  return image;
}

Metadata block(MetadataKind kind, std::size_t bytes) {
  Metadata made{kind, MetadataFormat::raw, std::vector<std::uint8_t>(bytes)};
  for (std::size_t i = 0; i < bytes; ++i) made.data[i] = static_cast<std::uint8_t>(i * 31 / 7);
  if (kind == MetadataKind::exif) std::memcpy(made.data.data(), "II*\0\x08\0\0\0\0\0", 10);
  if (kind == MetadataKind::icc_profile) std::memcpy(&made.data[36], "acsp", 4);
  return made;
}

std::vector<Metadata> three_blocks(std::size_t bytes) {
  return {block(MetadataKind::icc_profile, bytes), block(MetadataKind::exif, bytes),
          block(MetadataKind::xmp, bytes)};
}

struct Case {
  const char* codec;
  std::uint32_t channels;
  QualityType quality = QualityType::lossless;
  const char* variant = "";
};

class WritesMetadata : public ::testing::TestWithParam<Case> {};

TEST_P(WritesMetadata, ThatIsReadBackAndLeavesThePixelsAlone) {
  const Encoder encoder = Encoder::make().value();
  const Decoder decoder = Decoder::make().value();
  const Image image = picture(GetParam().channels);
  EncodeParams params;
  params.quality_type = GetParam().quality;
  params.variant = GetParam().variant;
  DecodeParams raw;
  raw.color_spec = ColorSpec::unchanged;
  const auto plain = encoder.encode(image, GetParam().codec, params).value();
  const Image wanted =
      decoder.decode(CodeStream::from_bytes(plain.bytes(), plain.owner()), raw).value();
  // Odd and even sizes (RIFF pads), and a profile of several APP2 chunks.
  for (const std::size_t bytes : {std::size_t{128}, std::size_t{131}, std::size_t{65000}}) {
    params.metadata = three_blocks(bytes);
    if (bytes > 60000) params.metadata[0] = block(MetadataKind::icc_profile, 200001);
    const auto file = encoder.encode(image, GetParam().codec, params);
    ASSERT_TRUE(file.ok()) << file.status().text();
    const CodeStream stream = CodeStream::from_bytes(file->bytes(), file->owner());
    for (const Metadata& given : params.metadata) {
      const auto found = decoder.metadata(stream, given.kind);
      ASSERT_TRUE(found.ok()) << found.status().text();
      ASSERT_EQ(found->size(), 1U) << "kind " << static_cast<int>(given.kind);
      EXPECT_EQ((*found)[0].data, given.data) << "kind " << static_cast<int>(given.kind);
    }
    const auto decoded = decoder.decode(stream, raw);
    ASSERT_TRUE(decoded.ok()) << decoded.status().text();
    ASSERT_EQ(decoded->size_bytes(), wanted.size_bytes());
    EXPECT_EQ(0, std::memcmp(decoded->data(), wanted.data(), wanted.size_bytes()));
  }
}

INSTANTIATE_TEST_SUITE_P(Codec, WritesMetadata,
                         ::testing::Values(Case{"jpeg", 3, QualityType::standard},
                                           Case{"jpeg", 1, QualityType::standard}, Case{"png", 3},
                                           Case{"png", 4}, Case{"webp", 3}, Case{"webp", 4},
                                           Case{"webp", 3, QualityType::standard},
                                           Case{"webp", 4, QualityType::standard},
                                           Case{"jpeg2k", 3}, Case{"jpeg2k", 1}, Case{"jpeg2k", 4},
                                           Case{"jpeg2k", 3, QualityType::lossless, "jph"}));

TEST(Encoder, NamesTheMetadataThatAFormatDoesNotHold) {
  const Encoder encoder = Encoder::make().value();
  EncodeParams params;
  params.metadata = {block(MetadataKind::exif, 130), block(MetadataKind::geo, 9)};
  const Encoder::Item item{picture(3), {}};
  const auto bmp = encoder.encode(std::span(&item, 1), "bmp", params);
  ASSERT_TRUE(bmp[0].status.ok());
  EXPECT_EQ(bmp[0].note, "not written, the format does not hold it: EXIF, GEO");
  const auto png = encoder.encode(std::span(&item, 1), "png", params);
  EXPECT_EQ(png[0].note, "not written, the format does not hold it: GEO");
  params.variant = "j2k";
  // What the format does not hold is still named beside what this variant does not.
  EXPECT_EQ(encoder.encode(std::span(&item, 1), "jpeg2k", params)[0].note,
            "not written, the format does not hold it: GEO; not written, a raw codestream holds no "
            "metadata");
}

TEST(Encoder, RefusesMetadataThatAreNotWhatTheyAreSaidToBe) {
  const Encoder encoder = Encoder::make().value();
  for (const MetadataKind kind : {MetadataKind::exif, MetadataKind::icc_profile}) {
    EncodeParams params;
    params.metadata = {Metadata{kind, MetadataFormat::raw, std::vector<std::uint8_t>(200, 1)}};
    EXPECT_EQ(encoder.encode(picture(3), "jpeg", params).status().code(), Code::bad_argument);
  }
  EncodeParams params;
  params.metadata = {block(MetadataKind::exif, 65528)};
  EXPECT_EQ(encoder.encode(picture(3), "jpeg", params).status().code(), Code::unsupported);
}

}  // namespace
}  // namespace glimt
