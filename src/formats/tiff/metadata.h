// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "codec/format.h"

namespace glimt::tiff {

/// Blocks of the selected image: the descriptions of slide scanners, ICC profile, XMP packet and
/// IPTC record (that of Photoshop's resources where there is no other) as they are stored,
/// GeoTIFF's keys as GEO, an EXIF block made of the tags that describe the picture, texts and
/// resolution. Of text the NUL at its end is left out. Kind unknown: all; tiff_tag_list: that
/// alone. Code::corrupt, truncated: the image is not found; limit: more than
/// Limits::max_metadata_bytes.
Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& range,
                                            MetadataKind kind, const Limits& limits);

/// One tag of the selected image; nothing where it is not there.
Result<std::optional<TagValues>> read_tag(const Source& source, const PageRange& range,
                                          std::uint16_t id, const Limits& limits);

}  // namespace glimt::tiff
