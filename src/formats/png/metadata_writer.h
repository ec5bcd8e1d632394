// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/job.h"

namespace glimt::png {

/// The chunks iCCP, eXIf and iTXt (XML:com.adobe.xmp), to stand between IHDR and the image data.
/// Code::unsupported for a block that no chunk holds.
Status write_metadata(const Embedded& embedded, Sink& sink);

}  // namespace glimt::png
