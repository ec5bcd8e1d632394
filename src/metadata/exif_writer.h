// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "glimt/types.h"
#include "metadata/ifd.h"

namespace glimt {

/// An EXIF block on its own of a TIFF file's IFD: those of its tags that describe the picture as
/// Exif 2.32 table 4 has them (not how it is stored), with the Exif, GPS and Interoperability IFDs
/// that they name, in the file's byte order. Fields whose values are not within the file are left
/// out; offsets within a MakerNote are its maker's and no longer hold. Empty: the IFD has none of
/// the three, and neither Make, Model, DateTime, Artist nor Copyright. Code::limit: over `most`
/// bytes.
Result<std::vector<std::uint8_t>> exif_of_ifd(Bytes file, const TiffHeader& header, const Ifd& ifd,
                                              std::uint64_t most);

/// The block (from its TIFF header on) with this orientation in its first IFD: changed where it
/// stands, or the IFD is written anew behind all else. Without a block one of nothing but
/// the orientation. Code::bad_argument: the block's first IFD cannot be read.
Result<std::vector<std::uint8_t>> with_orientation(Bytes exif, Orientation orientation);

}  // namespace glimt
