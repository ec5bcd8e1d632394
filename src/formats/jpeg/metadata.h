// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "codec/backend.h"
#include "codec/format.h"
#include "codec/job.h"

struct jpeg_compress_struct;  // NOLINT(readability-identifier-naming): libjpeg's

namespace glimt::jpeg {

/// Format::metadata: the ICC profile (APP2 chunks, ICC.1 annex B.4), Exif (APP1; segments that do
/// not begin with a TIFF header continue the one before), XMP (APP1), of which the extended part
/// (XMP specification part 3, 1.1.3.1) follows as a block of its own, IPTC (APP13), comments (COM)
/// as TEXT, and JFIF's density as RESOLUTION. Damaged blocks are left out; a damaged profile that
/// is asked for by kind is Code::corrupt.
Result<std::vector<Metadata>> metadata(const Source& source, const PageRange& page,
                                       MetadataKind kind, const Limits& limits);

/// What can be written.
inline constexpr std::uint32_t kEmbeds = kEmbedsPhoto | embed_bit(MetadataKind::iptc) |
                                         embed_bit(MetadataKind::text) |
                                         embed_bit(MetadataKind::resolution);

/// The fields of a JFIF segment.
struct Density {
  std::uint8_t unit = 0;  ///< 1: per inch, 2: per centimetre, 0: a proportion
  std::uint16_t x = 1, y = 1;
};
/// The nearest density; that of nothing where there is none, or none that 16 bits hold.
Density density_of(const Embedded& embedded);

/// Says in `note` that a file without JFIF's segment has no density.
void note_density(const Embedded& embedded, std::string& note);

/// Whether the blocks fit into segments; Code::unsupported says which does not.
Status check_application_data(const Embedded& embedded);
/// Writes APP1 (Exif, XMP), APP2 (ICC), APP13 (IPTC) and COM by libjpeg, after
/// jpeg_start_compress. Inside of guarded().
void write_application_data(jpeg_compress_struct* cinfo, const Embedded& embedded);
/// Writes the same segments without it.
Status append_application_data(Sink& sink, const Embedded& embedded);
/// Bytes that they take at most.
std::size_t application_data_bound(const Embedded& embedded);

}  // namespace glimt::jpeg
