// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/testing.h"

#include <webp/decode.h>

#include <cstring>

#include "base/bytes.h"

namespace glimt::webp {
namespace {

/// `before` zeros, the bytes, `behind` zeros.
File padded(std::size_t before, const File& bytes, std::size_t behind = 0) {
  File made(before + bytes.size() + behind);
  if (!bytes.empty()) std::memcpy(made.data() + before, bytes.data(), bytes.size());
  return made;
}

void store_le24(std::uint8_t* p, std::uint32_t value) {
  for (int i = 0; i < 3; ++i) p[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

File chunk(const std::string& type, const File& payload) {
  File made = padded(8, payload, payload.size() % 2);
  std::memcpy(made.data(), type.data(), 4);
  store_le(made.data() + 4, static_cast<std::uint32_t>(payload.size()));
  return made;
}

File riff(const std::vector<File>& chunks) {
  std::size_t size = 4;
  for (const File& one : chunks) size += one.size();
  File body(size);
  std::uint8_t* to = body.data();
  std::memcpy(to, "WEBP", 4);
  to += 4;
  for (const File& one : chunks) {
    std::memcpy(to, one.data(), one.size());
    to += one.size();
  }
  return chunk("RIFF", body);
}

File chunks_of(const File& file) {
  const bool extended = std::memcmp(file.data() + 12, "VP8X", 4) == 0;
  return {file.begin() + (extended ? 30 : 12), file.end()};
}

File extended_header(std::uint8_t flags, std::uint32_t width, std::uint32_t height) {
  File made(10);
  made[0] = flags;
  store_le24(made.data() + 4, width - 1);
  store_le24(made.data() + 7, height - 1);
  return made;
}

File frame(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height,
           const File& chunks) {
  File made = padded(16, chunks);
  store_le24(made.data(), x / 2);
  store_le24(made.data() + 3, y / 2);
  store_le24(made.data() + 6, width - 1);
  store_le24(made.data() + 9, height - 1);
  return made;
}

std::vector<std::uint8_t> decode_by_libwebp(const File& file, bool alpha, bool fancy) {
  WebPDecoderConfig config;
  std::vector<std::uint8_t> pixels;
  if (WebPInitDecoderConfig(&config) == 0) return pixels;
  config.options.no_fancy_upsampling = fancy ? 0 : 1;
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  if (WebPDecode(file.data(), file.size(), &config) != VP8_STATUS_OK) return pixels;
  const WebPRGBABuffer& buffer = config.output.u.RGBA;
  const std::size_t row = static_cast<std::size_t>(config.output.width) * (alpha ? 4 : 3);
  for (int y = 0; y < config.output.height; ++y) {
    const std::uint8_t* from = buffer.rgba + static_cast<std::ptrdiff_t>(y) * buffer.stride;
    pixels.insert(pixels.end(), from, from + row);
  }
  WebPFreeDecBuffer(&config.output);
  return pixels;
}

}  // namespace glimt::webp
