// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "codec/format.h"

namespace glimt::tiff {

/// Blocks of the selected image: ICC profile, XMP packet and IPTC record as they are stored, and
/// the descriptions of slide scanners. Of text the NUL at its end is left out. Kind unknown: all.
/// Code::corrupt, truncated: the image is not found; limit: a block is over
/// Limits::max_metadata_bytes.
Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& range,
                                            MetadataKind kind, const Limits& limits);

/// One tag of the selected image; nothing where it is not there.
Result<std::optional<TagValues>> read_tag(const Source& source, const PageRange& range,
                                          std::uint16_t id, const Limits& limits);

}  // namespace glimt::tiff
