// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/backend.h"

namespace glimt {

extern const DecodeBackend kOpenjphDecoder;
extern const DecodeBackend kOpenjpegDecoder;
extern const EncodeBackend kOpenjphEncoder;
extern const EncodeBackend kOpenjpegEncoder;

}  // namespace glimt
