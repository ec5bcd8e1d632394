// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/backend.h"

namespace glimt {

extern const DecodeBackend kLibwebpDecoder;
extern const EncodeBackend kLibwebpEncoder;

}  // namespace glimt
