// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "codec/format.h"

namespace glimt::jpeg {

/// Format::metadata: Exif and XMP (APP1), the ICC profile (APP2 chunks, ICC.1 annex B.4), in the
/// order ICC, Exif, XMP. Damaged blocks are left out; a damaged profile that is asked for by kind
/// is Code::corrupt.
Result<std::vector<Metadata>> metadata(const Source& source, const PageRange& page,
                                       MetadataKind kind, const Limits& limits);

}  // namespace glimt::jpeg
