// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "glimt/types.h"

namespace glimt {

/// The orientation (tag 0x0112) of the first IFD of an EXIF block, which begins with its TIFF
/// header ("II*\0" or "MM\0*"); an "Exif\0\0" prefix is skipped. top_left when the tag is absent,
/// damaged or out of 1..8 (Exif 2.32, 4.6.4).
[[nodiscard]] Orientation exif_orientation(Bytes exif);
/// The same, and whether there is one: of several blocks the last that has one counts.
[[nodiscard]] std::optional<Orientation> find_exif_orientation(Bytes exif);

}  // namespace glimt
