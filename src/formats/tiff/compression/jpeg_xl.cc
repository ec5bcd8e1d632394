// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/jpeg_xl.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "base/checked.h"

#if GLIMT_JPEG_XL
#include <jxl/decode.h>
#endif

namespace glimt::tiff {

#if GLIMT_JPEG_XL

namespace {

struct TypeRow {
  SampleKind kind;
  std::uint32_t bits;
  JxlDataType type;
};
constexpr TypeRow kTypes[] = {
    {SampleKind::unsigned_integer, 8, JXL_TYPE_UINT8},
    {SampleKind::unsigned_integer, 16, JXL_TYPE_UINT16},
    {SampleKind::floating, 16, JXL_TYPE_FLOAT16},
    {SampleKind::floating, 32, JXL_TYPE_FLOAT},
};
constexpr std::uint32_t kMostSamples = 4;

std::optional<JxlPixelFormat> pixel_format(const ChunkShape& shape) {
  for (const TypeRow& row : kTypes) {
    if (row.kind != shape.kind || row.bits != shape.bits) continue;
    if (shape.samples < 1 || shape.samples > kMostSamples) break;
    const JxlEndianness order = shape.big_endian ? JXL_BIG_ENDIAN : JXL_LITTLE_ENDIAN;
    return JxlPixelFormat{shape.samples, row.type, order, 0};
  }
  return std::nullopt;
}

/// Does the image have the size and the samples that the tags say?
Status check(const JxlBasicInfo& info, const ChunkShape& shape) {
  const std::uint32_t samples = info.num_color_channels + (info.alpha_bits > 0 ? 1U : 0U);
  if (info.xsize == shape.width && info.ysize == shape.height && samples == shape.samples)
    return {};
  return {Code::corrupt, "the JPEG XL data hold " + std::to_string(info.xsize) + " x " +
                             std::to_string(info.ysize) + " pixels of " + std::to_string(samples) +
                             " samples, not what the tags say"};
}

using Decoder = std::unique_ptr<JxlDecoder, decltype(&JxlDecoderDestroy)>;

/// The whole image into `image`, which has its size.
Status decode(const Decoder& decoder, const ChunkShape& shape, const JxlPixelFormat& format,
              Bytes coded, std::span<std::uint8_t> image) {
  constexpr int events = JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE;
  if (JxlDecoderSubscribeEvents(decoder.get(), events) != JXL_DEC_SUCCESS ||
      JxlDecoderSetKeepOrientation(decoder.get(), JXL_TRUE) != JXL_DEC_SUCCESS ||
      JxlDecoderSetInput(decoder.get(), coded.data(), coded.size()) != JXL_DEC_SUCCESS) {
    return {Code::internal, "libjxl does not begin"};
  }
  JxlDecoderCloseInput(decoder.get());
  for (;;) {
    switch (JxlDecoderProcessInput(decoder.get())) {
      case JXL_DEC_BASIC_INFO: {
        JxlBasicInfo info;
        if (JxlDecoderGetBasicInfo(decoder.get(), &info) != JXL_DEC_SUCCESS)
          return {Code::corrupt, "the JPEG XL data have no header"};
        GLIMT_TRY(check(info, shape));
        break;
      }
      case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
        if (JxlDecoderSetImageOutBuffer(decoder.get(), &format, image.data(), image.size()) !=
            JXL_DEC_SUCCESS) {
          return {Code::unsupported,
                  "libjxl does not give the JPEG XL data's samples in this form"};
        }
        break;
      case JXL_DEC_FULL_IMAGE:
        return {};
      case JXL_DEC_NEED_MORE_INPUT:
        return {Code::truncated, "the JPEG XL data end in the middle"};
      default:
        return {Code::corrupt, "the JPEG XL data are damaged"};
    }
  }
}

}  // namespace

Expanded JpegXlDecoder::expand(const ChunkShape& shape, Bytes coded, std::span<std::uint8_t> out) {
  const auto format = pixel_format(shape);
  if (!format) {
    return {0, Status(Code::unsupported, "JPEG XL with " + std::to_string(shape.samples) +
                                             " samples of " + std::to_string(shape.bits) +
                                             " bits of this kind")};
  }
  const auto bytes = checked_size(shape.width, shape.height, shape.samples, shape.bits / 8);
  if (!bytes) return {0, Status(Code::limit, "a chunk is more than memory can hold")};
  const Decoder decoder(JxlDecoderCreate(nullptr), JxlDecoderDestroy);
  if (decoder == nullptr) return {0, Status(Code::out_of_memory, "no memory for libjxl")};
  const bool whole = out.size() >= *bytes;
  if (!whole) image_.resize(*bytes);
  const auto image = whole ? out.first(*bytes) : std::span(image_);
  Status status = decode(decoder, shape, *format, coded, image);
  if (!status.ok()) return {0, std::move(status)};
  const std::size_t wanted = std::min(out.size(), *bytes);
  if (!whole) std::memcpy(out.data(), image_.data(), wanted);
  return {wanted, {}};
}

#else

Expanded JpegXlDecoder::expand(const ChunkShape&, Bytes, std::span<std::uint8_t>) {
  return {0, Status(Code::unsupported, "this build of glimt is without libjxl")};
}

#endif

}  // namespace glimt::tiff
