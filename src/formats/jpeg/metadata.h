// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "codec/format.h"
#include "codec/job.h"

struct jpeg_compress_struct;  // NOLINT(readability-identifier-naming): libjpeg's

namespace glimt::jpeg {

/// Format::metadata: Exif and XMP (APP1), the ICC profile (APP2 chunks, ICC.1 annex B.4), in the
/// order ICC, Exif, XMP. Damaged blocks are left out; a damaged profile that is asked for by kind
/// is Code::corrupt.
Result<std::vector<Metadata>> metadata(const Source& source, const PageRange& page,
                                       MetadataKind kind, const Limits& limits);

/// Whether the blocks fit into APP segments; Code::unsupported says which does not.
Status check_application_data(const Embedded& embedded);
/// Writes APP1 (Exif, XMP) and APP2 (ICC) by libjpeg, after jpeg_start_compress. Inside of
/// guarded().
void write_application_data(jpeg_compress_struct* cinfo, const Embedded& embedded);
/// Writes the same segments without it.
Status append_application_data(Sink& sink, const Embedded& embedded);

}  // namespace glimt::jpeg
