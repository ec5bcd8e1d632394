// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "glimt/types.h"
#include "metadata/ifd.h"

namespace glimt {

/// Pixels per unit of length.
struct Resolution {
  enum class Unit : std::uint8_t {
    unknown,  ///< x and y are in proportion, no more
    inch,
    centimetre,
    metre,
  };
  double x = 0, y = 0;
  Unit unit = Unit::unknown;

  /// It tells something: both are positive, and not 1 to 1 of nothing.
  [[nodiscard]] bool useful() const;
  /// The same in another unit; unknown stays unknown.
  [[nodiscard]] Resolution in(Unit other) const;
};

/// Kind RESOLUTION: {"x":300,"y":300,"unit":"inch"}; unknown, centimetre, metre besides.
[[nodiscard]] std::string resolution_json(const Resolution& resolution);
/// The same back. Code::bad_argument.
Result<Resolution> parse_resolution_json(Bytes json);

/// Tags 282, 283 and 296 (TIFF 6.0 section 8), where both numbers are there.
[[nodiscard]] std::optional<Resolution> ifd_resolution(const Ifd& ifd);
/// Those of an EXIF block's first IFD.
[[nodiscard]] std::optional<Resolution> exif_resolution(Bytes exif);

}  // namespace glimt
