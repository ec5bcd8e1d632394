// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// A SlideInfo in the making, and the vendors that can fill one.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "glimt/slide.h"
#include "slide/pages.h"

namespace glimt::slide {

struct Draft {
  const File& file;
  SlideInfo info;
  std::map<std::string, std::string> properties;

  /// `downsample` 0: what the sizes say.
  void add_level(const Page& page, double downsample = 0);
  /// The first of a name counts.
  void add_image(std::string_view name, const Page& page);
  void add_image(std::string_view name, CodeStream stream);
  void add_property(std::string_view vendor, std::string_view name, std::string_view value);
  /// A property as a number.
  [[nodiscard]] std::optional<double> number(std::string_view name) const;
};

struct Vendor {
  std::string_view name;
  bool (*wrote)(const File& file);
  /// Levels, images, properties, scale. False: the description cannot be read.
  bool (*describe)(Draft& draft);
  bool resolution_tags;  ///< of the largest level tell the scale where the description does not
  bool description;      ///< ImageDescription is for people, not a document
};
/// In the order in which they are asked.
std::span<const Vendor> vendors();

/// Page 0 and its smaller copies: SubIFDs, else pages that say so or look so.
void add_pyramid(Draft& draft, bool by_looks);

[[nodiscard]] std::string_view trimmed(std::string_view text);
/// All of the text, but for space around it. A comma counts as a point.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

}  // namespace glimt::slide
