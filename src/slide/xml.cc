// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/xml.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace glimt::slide {
namespace {

constexpr int kMostDepth = 64;
constexpr std::size_t kMostElements = 200'000;
constexpr std::string_view kSpace = " \t\r\n";

constexpr std::pair<std::string_view, char> kEntities[] = {
    {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

void append_utf8(std::uint32_t code, std::string& text) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto tail = [&](int shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12));
    tail(6);
    tail(0);
  } else {
    put(0xF0U | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// The character that "&name;" stands for; false when it stands for none.
bool append_reference(std::string_view name, std::string& text) {
  for (const auto& [entity, letter] : kEntities) {
    if (name == entity) {
      text += letter;
      return true;
    }
  }
  if (name.size() < 2 || name[0] != '#') return false;
  const bool hex = name[1] == 'x';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || code > 0x10FFFF) return false;
  append_utf8(code, text);
  return true;
}

/// Text with its references resolved; those that are unknown stay as they are.
void append_text(std::string_view raw, std::string& text) {
  while (!raw.empty()) {
    const std::size_t plain = std::min(raw.find('&'), raw.size());
    text += raw.substr(0, plain);
    raw.remove_prefix(plain);
    if (raw.empty()) return;
    const std::size_t end = raw.find(';');
    if (end != std::string_view::npos && end < 12 &&
        append_reference(raw.substr(1, end - 1), text)) {
      raw.remove_prefix(end + 1);
    } else {
      text += '&';
      raw.remove_prefix(1);
    }
  }
}

std::string_view local_name(std::string_view name) { return name.substr(name.rfind(':') + 1); }

class Parser {
 public:
  explicit Parser(std::string_view document) : all_(document), left_(document) {}

  Result<XmlElement> root() {
    GLIMT_TRY(skip_to_element());
    XmlElement root;
    GLIMT_TRY(element(root, 0));
    return root;
  }

 private:
  [[nodiscard]] Status broken(const char* what) const {
    return {Code::corrupt,
            "XML: " + std::string(what) + " at byte " + std::to_string(all_.size() - left_.size())};
  }

  bool take(std::string_view word) {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  void skip_space() {
    left_.remove_prefix(std::min(left_.find_first_not_of(kSpace), left_.size()));
  }

  /// What lies before `end`, which is passed over as well.
  Result<std::string_view> until(std::string_view end) {
    const std::size_t at = left_.find(end);
    if (at == std::string_view::npos) return broken("something is opened and never closed");
    const std::string_view content = left_.substr(0, at);
    left_.remove_prefix(at + end.size());
    return content;
  }

  std::string_view word() {
    const std::size_t end = std::min(left_.find_first_of(" \t\r\n/>=<"), left_.size());
    const std::string_view name = left_.substr(0, end);
    left_.remove_prefix(end);
    return name;
  }

  /// Declaration, document type, comments.
  Status skip_to_element() {
    take("\xEF\xBB\xBF");
    for (skip_space(); left_.starts_with("<?") || left_.starts_with("<!"); skip_space()) {
      GLIMT_TRY(skip_markup());
    }
    return {};
  }

  Status skip_markup() {
    const std::string_view end =
        left_.starts_with("<?") ? "?>" : (left_.starts_with("<!--") ? "-->" : ">");
    return until(end).status();
  }

  Status attributes(XmlElement& element) {
    for (skip_space(); !left_.empty() && left_[0] != '>' && left_[0] != '/'; skip_space()) {
      const std::string_view name = word();
      skip_space();
      if (name.empty() || !take("=")) return broken("an attribute without a value");
      skip_space();
      if (left_.empty() || (left_[0] != '"' && left_[0] != '\'')) {
        return broken("a value without quotes");
      }
      const std::string_view quote = left_.substr(0, 1);
      left_.remove_prefix(1);
      GLIMT_TRY(const std::string_view raw, until(quote));
      auto& [key, value] = element.attributes.emplace_back(std::string(local_name(name)), "");
      append_text(raw, value);
    }
    return {};
  }

  Status element(XmlElement& element, int depth) {
    if (depth > kMostDepth) {
      return {Code::limit, "XML: elements are nested more than 64 deep"};
    }
    if (++elements_ > kMostElements) return {Code::limit, "XML: more than 200,000 elements"};
    if (!take("<")) return broken("no element");
    const std::string_view name = word();
    if (name.empty()) return broken("an element without a name");
    element.name = local_name(name);
    GLIMT_TRY(attributes(element));
    if (take("/>")) return {};
    if (!take(">")) return broken("a tag without an end");
    return content(element, name, depth);
  }

  Status content(XmlElement& element, std::string_view name, int depth) {
    while (true) {
      const std::size_t plain = std::min(left_.find('<'), left_.size());
      append_text(left_.substr(0, plain), element.text);
      left_.remove_prefix(plain);
      if (take("</")) {
        if (word() != name) return broken("an end tag of another element");
        return until(">").status();
      }
      if (take("<![CDATA[")) {
        GLIMT_TRY(const std::string_view raw, until("]]>"));
        element.text += raw;
      } else if (left_.starts_with("<!") || left_.starts_with("<?")) {
        GLIMT_TRY(skip_markup());
      } else {
        GLIMT_TRY(this->element(element.children.emplace_back(), depth + 1));
      }
    }
  }

  std::string_view all_, left_;
  std::size_t elements_ = 0;
};

}  // namespace

const std::string* XmlElement::attribute(std::string_view key) const {
  for (const auto& [own, value] : attributes) {
    if (own == key) return &value;
  }
  return nullptr;
}

const XmlElement* XmlElement::child(std::string_view key) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [key](const XmlElement& each) { return each.name == key; });
  return found == children.end() ? nullptr : &*found;
}

const XmlElement* XmlElement::find(std::initializer_list<std::string_view> path) const {
  const XmlElement* at = this;
  for (const std::string_view step : path) {
    if (at != nullptr) at = at->child(step);
  }
  return at;
}

Result<XmlElement> parse_xml(std::string_view document) { return Parser(document).root(); }

}  // namespace glimt::slide
