// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "codec/job.h"
#include "metadata/ifd_writer.h"

namespace glimt::tiff {

/// Adds what goes into a page beside what describes its pixels: the fields of an EXIF block (those
/// of its first IFD become the page's, Exif, GPS and Interoperability IFDs stay IFDs of their own),
/// ICC, XMP, IPTC, a description, and tags by number, which go before all others. Then what
/// baseline TIFF requires and nobody gave: a resolution of no unit.
/// Code::bad_argument: an EXIF block without an IFD; a tag that describes the pixels, or whose
/// bytes are not its values.
Status add_metadata(const Embedded& embedded, IfdFields& fields);

}  // namespace glimt::tiff
