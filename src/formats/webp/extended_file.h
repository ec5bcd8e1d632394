// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "codec/job.h"

namespace glimt::webp {

struct CanvasSize {
  std::int64_t width = 0, height = 0;
};

/// Makes the file in the sink, as libwebp wrote it, one of the extended format (RFC 9649, 2.7) that
/// holds the metadata; nothing happens where there is none. Code::unsupported beyond 4 GiB.
Status extend(Sink& sink, const Embedded& embedded, CanvasSize canvas);

}  // namespace glimt::webp
