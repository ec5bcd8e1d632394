// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>

namespace glimt::cli {
namespace {

constexpr std::string_view kGap = "  ";

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(columns_of(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }

  std::string text;
  const auto add_line = [&](auto cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += kGap;
      const std::string_view cell = cell_at(i);
      const std::string padding(widths[i] - columns_of(cell), ' ');
      if (columns_[i].align == Align::right) line += padding;
      line += cell;
      if (columns_[i].align == Align::left) line += padding;
    }
    trim_right(line);
    text += line + '\n';
  };

  add_line([&](std::size_t i) { return columns_[i].title; });
  std::vector<std::string> rules;
  for (const std::size_t width : widths) rules.emplace_back(width, '-');
  add_line([&](std::size_t i) { return std::string_view(rules[i]); });
  for (const auto& row : rows_) {
    add_line([&](std::size_t i) { return i < row.size() ? std::string_view(row[i]) : ""; });
  }
  return text;
}

}  // namespace glimt::cli
