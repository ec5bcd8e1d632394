// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/contact_sheet.h"

namespace glimt::cli {
namespace {

constexpr Rgb kInk = {24, 24, 28};
constexpr Rgb kGray = {92, 92, 100};
constexpr Rgb kRed = {176, 32, 32};
constexpr Rgb kEmpty = {228, 228, 224};

int line_height(int size) { return size * 4 / 3; }

}  // namespace

Picture draw_sheet(const std::vector<Cell>& cells, const SheetLayout& layout,
                   Lettering& lettering) {
  const int text_height =
      line_height(layout.name_size()) + layout.lines * line_height(layout.line_size());
  const int cell_height = layout.thumbnail_height() + layout.gap() / 3 + text_height;
  const auto columns = static_cast<std::size_t>(layout.columns);
  const auto rows = static_cast<std::int64_t>((cells.size() + columns - 1) / columns);
  const auto columns_shown = static_cast<std::int64_t>(std::min(columns, cells.size()));
  Picture sheet(layout.gap() + columns_shown * (layout.cell_width() + layout.gap()),
                layout.gap() + rows * (cell_height + layout.gap()), SheetLayout::kPaper);

  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    const auto column = static_cast<std::int64_t>(i % columns);
    const auto row = static_cast<std::int64_t>(i / columns);
    const std::int64_t x = layout.gap() + column * (layout.cell_width() + layout.gap());
    std::int64_t y = layout.gap() + row * (cell_height + layout.gap());

    const Picture blank(layout.cell_width(), layout.thumbnail_height(), kEmpty);
    const Picture& shown = cell.failed ? blank : cell.thumbnail;
    sheet.paste(shown, x, y + layout.thumbnail_height() - shown.height);
    y += layout.thumbnail_height() + layout.gap() / 3;

    const auto write = [&](const std::string& text, int size, Rgb color) {
      y += line_height(size);
      const std::string line = lettering.fit(text, size, layout.cell_width());
      lettering.draw(sheet, x, y - size / 3, line, size, color);
    };
    write(cell.name, layout.name_size(), kInk);
    for (const std::string& line : cell.lines) {
      write(line, layout.line_size(), cell.failed ? kRed : kGray);
    }
  }
  return sheet;
}

}  // namespace glimt::cli
