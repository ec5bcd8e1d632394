// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "codec/format.h"

namespace glimt::jpeg2000 {

/// Format::metadata: the ICC profile of colr, resolution (res, the display's before the capture's),
/// EXIF, XMP, IPTC and GEO (GeoJP2) of uuid boxes, and XML boxes, those in associations (asoc, as
/// GMLJP2 has them) among them, as TEXT. A raw codestream has none.
Result<std::vector<Metadata>> metadata(const Source& source, const PageRange& page,
                                       MetadataKind kind, const Limits& limits);

}  // namespace glimt::jpeg2000
