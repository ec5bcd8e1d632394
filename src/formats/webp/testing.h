// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// WebP files made of chunks, and libwebp's own decoding of them, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/testing.h"

namespace glimt::webp {

using File = std::vector<std::uint8_t>;

/// A chunk with its header and padding.
File chunk(const std::string& type, const File& payload);
/// A file of chunks.
File riff(const std::vector<File>& chunks);
/// The chunks of a file that the encoder wrote, its VP8X left out.
File chunks_of(const File& file);
/// The payload of a VP8X chunk.
File extended_header(std::uint8_t flags, std::uint32_t width, std::uint32_t height);
/// The payload of an ANMF chunk; x and y are even.
File frame(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height,
           const File& chunks);

/// RGB or RGBA pixels by libwebp, without any options but these.
std::vector<std::uint8_t> decode_by_libwebp(const File& file, bool alpha, bool fancy = true);

}  // namespace glimt::webp
