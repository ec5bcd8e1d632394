// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "glimt/glimt.h"

namespace glimt::cli {

/// Peak signal-to-noise ratio in dB over all samples of two images of unsigned integers; infinite
/// when they are equal. The peak is that of the precision. Code::bad_argument when the images
/// differ in size, channels or type.
[[nodiscard]] Result<double> psnr_db(const Image& a, const Image& b);

/// "exact", or dB with one decimal.
[[nodiscard]] std::string psnr_text(double db);

}  // namespace glimt::cli
