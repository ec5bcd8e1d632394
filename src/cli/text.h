// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// How the program writes numbers and the API's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "glimt/glimt.h"

namespace glimt::cli {

/// "812 B", "23.4 kB", "1.73 MB": decimal units, three digits.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// "0.42", "12.3", "1234": three digits.
[[nodiscard]] std::string number_text(double value);
/// "1920 x 1080"
[[nodiscard]] std::string pixels_text(std::int64_t width, std::int64_t height);
/// "uint16 x 3", with the precision where it is less than the type's: "uint16/12 x 3"
[[nodiscard]] std::string samples_text(SampleType type, unsigned precision, unsigned channels);

/// "sRGB", "gray", "YCbCr", ...
[[nodiscard]] std::string_view name_of(ColorSpec spec);
/// "4:2:0", ...
[[nodiscard]] std::string_view name_of(ChromaSubsampling subsampling);
/// "top left", ...: where row 0 and column 0 belong
[[nodiscard]] std::string_view name_of(Orientation orientation);

}  // namespace glimt::cli
