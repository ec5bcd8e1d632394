// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cli/picture.h"

namespace glimt::cli {

/// Text in one font, at any size.
class Lettering {
 public:
  /// An empty path looks where systems keep DejaVu Sans and Liberation Sans. Code::bad_argument
  /// when there is no font.
  static Result<Lettering> open(const std::string& font_path);
  ~Lettering();
  Lettering(Lettering&&) noexcept;
  Lettering& operator=(Lettering&&) noexcept;

  /// Pixels that UTF-8 text takes at a size (the em, in pixels). Bytes that are none show as '?'.
  [[nodiscard]] std::int64_t width(std::string_view text, int size);
  /// The text, or as much of it as fits with an ellipsis in its middle.
  [[nodiscard]] std::string fit(std::string_view text, int size, std::int64_t width);
  /// Starts at x on the baseline y.
  void draw(Picture& picture, std::int64_t x, std::int64_t y, std::string_view text, int size,
            Rgb color);

 private:
  struct Face;
  explicit Lettering(std::unique_ptr<Face> face);
  std::unique_ptr<Face> face_;
};

}  // namespace glimt::cli
