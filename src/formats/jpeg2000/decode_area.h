// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a decoder needs of a codestream for a window of the image, and whether it is there.
#pragma once

#include "base/arena.h"
#include "formats/jpeg2000/channels.h"
#include "glimt/params.h"

namespace glimt::jpeg2000 {

/// Part of the reference grid that holds every sample for the window (in pixels of the image).
Rect grid_area(const Headers& headers, const Rect& window);

/// Tiles [x0, x1) x [y0, y1) that meet an area of the reference grid.
Rect tiles_of(const Siz& siz, const Rect& area);

/// What a decoder may read, and whether it must be told of the end.
struct TileData {
  Bytes codestream;
  bool lacks_eoc = false;  ///< whole tile-parts, but no EOC behind them
};

/// Code::truncated when the codestream ends behind a whole tile-part, but before one of these
/// tiles. Any other damage is left to the decoder.
Result<TileData> find_tiles(const Headers& headers, const Rect& tiles, Arena& arena);

/// Code::limit when planes of 32-bit samples for the area, and the description of code-blocks for
/// structure_area grid points, exceed the limits.
Status check_memory(const Headers& headers, const Rect& area, double structure_area,
                    const Limits& limits);

}  // namespace glimt::jpeg2000
