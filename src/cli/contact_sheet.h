// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cli/lettering.h"
#include "cli/picture.h"

namespace glimt::cli {

/// One picture of a sheet with its lines of text.
struct Cell {
  Picture thumbnail;  ///< empty: none, and the lines say why
  std::string name;
  std::vector<std::string> lines;
  bool failed = false;
};

/// A grid of cells. Sizes in pixels; text is legible from 1200 pixels of width with five columns
/// on.
struct SheetLayout {
  int width = 1600;  ///< of a full row
  int columns = 5;
  int lines = 2;  ///< under the name

  static constexpr Rgb kPaper = {250, 250, 248};
  [[nodiscard]] int gap() const { return std::max(6, width / 80); }
  [[nodiscard]] int cell_width() const { return (width - gap() * (columns + 1)) / columns; }
  [[nodiscard]] int thumbnail_height() const { return cell_width() * 3 / 4; }
  [[nodiscard]] int name_size() const { return std::clamp(cell_width() / 16, 13, 24); }
  [[nodiscard]] int line_size() const { return name_size() * 7 / 8; }
};

[[nodiscard]] Picture draw_sheet(const std::vector<Cell>& cells, const SheetLayout& layout,
                                 Lettering& lettering);

}  // namespace glimt::cli
