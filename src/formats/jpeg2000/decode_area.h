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

/// Code::truncated when the codestream ends regularly, but before a tile-part of these tiles. An
/// irregular end is left to the decoder.
Status check_tile_parts(const Headers& headers, const Rect& tiles, Arena& arena);

/// Code::limit when planes of 32-bit samples for the area, and the description of code-blocks for
/// structure_area grid points, exceed the limits.
Status check_memory(const Headers& headers, const Rect& area, double structure_area,
                    const Limits& limits);

}  // namespace glimt::jpeg2000
