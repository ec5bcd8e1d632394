// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

/// One block of metadata as the file stores it, without the container's framing: an ICC profile,
/// an EXIF block (from its TIFF header on), an XMP packet, a TIFF tag.
struct Metadata {
  MetadataKind kind = MetadataKind::unknown;
  MetadataFormat format = MetadataFormat::raw;
  std::vector<std::uint8_t> data;
  /// Of MetadataKind::tiff_tag: its number, the type of its values as in TagValues (0: `undefined`,
  /// 7) and how many there are (0: as many as the data hold). The data are in host byte order.
  std::uint16_t tag = 0, type = 0;
  std::uint64_t count = 0;
};

}  // namespace v0
}  // namespace glimt
