// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/format.h"

namespace glimt {
extern const Format kTiffFormat;
}
