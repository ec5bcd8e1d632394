// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "codec/backend.h"
#include "codec/job.h"
#include "metadata/ifd_writer.h"

namespace glimt::tiff {

/// What can be written.
inline constexpr std::uint32_t kEmbeds =
    kEmbedsPhoto | embed_bit(MetadataKind::iptc) | embed_bit(MetadataKind::text) |
    embed_bit(MetadataKind::resolution) | embed_bit(MetadataKind::tiff_tag) |
    embed_bit(MetadataKind::med_aperio) | embed_bit(MetadataKind::med_philips) |
    embed_bit(MetadataKind::med_ventana) | embed_bit(MetadataKind::med_leica) |
    embed_bit(MetadataKind::med_trestle);

/// Adds what goes into a page beside what describes its pixels: the fields of an EXIF block (those
/// of its first IFD become the page's, Exif, GPS and Interoperability IFDs stay IFDs of their own),
/// ICC, XMP, IPTC, a description, texts by the names of their tags, a resolution, and tags by
/// number, which go before all others. Then what baseline TIFF requires and nobody gave: a
/// resolution of no unit. Texts that are no tags are named in `note`.
/// Code::bad_argument: an EXIF block without an IFD; a tag that describes the pixels, or whose
/// bytes are not its values.
Status add_metadata(const Embedded& embedded, IfdFields& fields, std::string& note);

}  // namespace glimt::tiff
