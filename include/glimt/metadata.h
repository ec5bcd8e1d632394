// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

/// One block of metadata as the file stores it, without the container's framing: an ICC profile,
/// an EXIF block (from its TIFF header on), an XMP packet.
struct Metadata {
  MetadataKind kind = MetadataKind::unknown;
  MetadataFormat format = MetadataFormat::raw;
  std::vector<std::uint8_t> data;
};

}  // namespace v0
}  // namespace glimt
