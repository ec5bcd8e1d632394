// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// OpenJPEG 2.5.0 and OpenJPH 0.9 assert that the first bytes of a code-block's MEL segment hold no
// 0xFF before a byte above 0x8F; a damaged stream ends the process. No packet may contain such a
// pair at all (T.814 B.3: marker codes stay out of coded data), so it can be looked for without
// knowing where code-blocks begin.
#pragma once

#include "formats/jpeg2000/channels.h"

namespace glimt::jpeg2000 {

/// Ok for a stream that has no HT code-blocks, and for one whose packets hold no such pair.
/// Code::unsupported where the pair could come about by joining pieces (several layers) or could
/// hide behind markers inside packets (SOP, EPH); Code::corrupt otherwise.
Status check_ht_packets(const Headers& headers);

}  // namespace glimt::jpeg2000
