// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace glimt::jpeg2000 {

/// Directs OpenJPH's messages, which it writes to a stream of the whole process, to the thread
/// that caused them. Safe to call from many threads; the first call counts.
void listen_to_openjph();

/// What the library said on this thread since the last call.
std::string take_openjph_message();

/// The exception in flight (call in a catch block), as a Status.
Status openjph_failure(std::string_view doing, Code code);

}  // namespace glimt::jpeg2000
