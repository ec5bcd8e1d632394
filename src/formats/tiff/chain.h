// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Where the pages of a file are. An IFD names the next, so that page i can only be found by way of
// those before it: what has been found is kept with the stream.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "codec/format.h"
#include "metadata/ifd.h"

namespace glimt::tiff {

/// Offset of the IFD that a range selects. Code::bad_argument: there is no such page; corrupt,
/// truncated: the chain breaks before it; limit: more pages than glimt counts.
Result<std::uint64_t> find_page(const Source& source, const TiffHeader& header,
                                const PageRange& range);

/// Pages from the start of a range, at most its limit_images.
PageCount count_pages(const Source& source, const TiffHeader& header, const PageRange& range);

}  // namespace glimt::tiff
