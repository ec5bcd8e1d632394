// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What descriptions of slides say in XML: pugixml's document, bounded, without namespaces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace glimt::slide {

struct XmlElement {
  std::string name;  ///< without its namespace prefix
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  ///< all of its own, one piece after the other
  std::vector<XmlElement> children;

  /// The value of an attribute; null when there is none.
  [[nodiscard]] const std::string* attribute(std::string_view name) const;
  /// The first child of this name; null when there is none.
  [[nodiscard]] const XmlElement* child(std::string_view name) const;
  /// Names of children, of their children, ...; null when one is missing.
  [[nodiscard]] const XmlElement* find(std::initializer_list<std::string_view> path) const;
};

/// The root of a document. Text of nothing but white space is left out. Code::corrupt: it is not
/// well formed; limit: elements are nested more than 64 deep, or there are more than 200,000.
Result<XmlElement> parse_xml(std::string_view document);

}  // namespace glimt::slide
