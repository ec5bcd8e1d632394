// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What an EncodeJob asks of a DCT encoder of 8 bits, whichever does it.
#pragma once

#include "base/result.h"
#include "codec/job.h"

namespace glimt::jpeg {

struct EncodeRequest {
  PixelForm form;  ///< what the encoder is fed with; its alpha, if any, is passed over
  ColorModel coded = ColorModel::ycc;  ///< gray, ycc, cmyk or ycck
  int quality = 75;
  int horizontal = 1, vertical = 1;  ///< sampling factors of luma (and K), chroma having 1x1
};

/// Judges the whole request. Alpha is dropped: JPEG has none. Code::unsupported, bad_argument.
Result<EncodeRequest> request_of(const EncodeJob& job);

}  // namespace glimt::jpeg
