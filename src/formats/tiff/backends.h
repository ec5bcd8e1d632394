// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "codec/backend.h"
#include "formats/tiff/format.h"

namespace glimt {

extern const DecodeBackend kTiffDecoder;
extern const EncodeBackend kTiffEncoder;

}  // namespace glimt
