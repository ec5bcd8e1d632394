// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "codec/job.h"

namespace glimt::png {

/// The chunks iCCP, pHYs, eXIf, iTXt (XML:com.adobe.xmp) and tEXt or iTXt of texts, to stand
/// between IHDR and the image data. Texts that no chunk holds are named in `note`;
/// Code::unsupported for other blocks.
Status write_metadata(const Embedded& embedded, Sink& sink, std::string& note);

}  // namespace glimt::png
