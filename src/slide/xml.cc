// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/xml.h"

#include <pugixml.hpp>

#include <algorithm>
#include <cstdint>

namespace glimt::slide {
namespace {

constexpr int kMostDepth = 64;
constexpr std::size_t kMostElements = 200'000;

std::string local_name(std::string_view name) {
  return std::string(name.substr(name.rfind(':') + 1));
}

Status take(const pugi::xml_node& node, int depth, std::size_t& elements, XmlElement& element) {
  if (depth > kMostDepth || ++elements > kMostElements) {
    return {Code::limit, "the XML has too many elements, or nests them too deep"};
  }
  element.name = local_name(node.name());
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    element.attributes.emplace_back(local_name(attribute.name()), attribute.value());
  }
  for (const pugi::xml_node& inner : node.children()) {
    if (inner.type() == pugi::node_element) {
      GLIMT_TRY(take(inner, depth + 1, elements, element.children.emplace_back()));
    } else {
      element.text += inner.value();
    }
  }
  return {};
}

}  // namespace

const std::string* XmlElement::attribute(std::string_view key) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [key](const auto& each) { return each.first == key; });
  return found == attributes.end() ? nullptr : &found->second;
}

const XmlElement* XmlElement::child(std::string_view key) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [key](const XmlElement& each) { return each.name == key; });
  return found == children.end() ? nullptr : &*found;
}

const XmlElement* XmlElement::find(std::initializer_list<std::string_view> path) const {
  const XmlElement* element = this;
  for (const std::string_view step : path) {
    element = element->child(step);
    if (element == nullptr) return nullptr;
  }
  return element;
}

Result<XmlElement> parse_xml(std::string_view document) {
  pugi::xml_document parsed;
  const pugi::xml_parse_result outcome = parsed.load_buffer(
      document.data(), document.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!outcome) {
    return Status(Code::corrupt, std::string("the XML is not well formed: ") +
                                     outcome.description() + " at byte " +
                                     std::to_string(outcome.offset));
  }
  XmlElement root;
  std::size_t elements = 0;
  GLIMT_TRY(take(parsed.document_element(), 1, elements, root));
  return root;
}

}  // namespace glimt::slide
