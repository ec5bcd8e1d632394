// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "metadata/ifd.h"

namespace glimt {

/// Kind GEO: what an IFD says by OGC GeoTIFF 1.1 (OGC 19-008r4), as one flat JSON object without
/// spaces: MODEL_PIXEL_SCALE, MODEL_TIEPOINT and MODEL_TRANSFORMATION, then the GeoKeys in the
/// file's order by their names ("GT_MODEL_TYPE"; "GEOKEY_5000" of a number without one). Numbers
/// read back as they were; several values are an array; of texts the bar at the end is left out.
/// Keys whose values are not within the file are left out. "" where the IFD has nothing of it.
/// Code::limit: over `most` bytes.
Result<std::string> geo_json(const Ifd& ifd, std::uint64_t most);

}  // namespace glimt
