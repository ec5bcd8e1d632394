// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "metadata/text.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace glimt {
namespace {

using Json = nlohmann::ordered_json;

/// Length of the well-formed sequence that `text` begins with (Unicode table 3-7); 0: none.
std::size_t sequence_bytes(Bytes text) {
  const std::uint8_t first = text[0];
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 0 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((text[i] & 0xC0) != 0x80) return 0;
  }
  const std::uint8_t second = text[1];
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : size;
}

bool is_utf8(Bytes text) {
  while (!text.empty()) {
    const std::size_t size = sequence_bytes(text);
    if (size == 0) return false;
    text = text.subspan(size);
  }
  return true;
}

Status no_object() {
  return {Code::bad_argument,
          "the TEXT block to write is no JSON object of texts and lists of texts"};
}

}  // namespace

std::string text_json(const std::vector<TextEntry>& entries) {
  Json json = Json::object();
  for (const TextEntry& entry : entries) {
    Json& value = json[entry.keyword];
    if (value.is_null()) {
      value = entry.text;
    } else {
      if (value.is_string()) value = Json::array({std::move(value)});
      value.push_back(entry.text);
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::vector<TextEntry>> parse_text_json(Bytes json) {
  const Json object = Json::parse(json.begin(), json.end(), nullptr, false);
  if (!object.is_object()) return no_object();
  std::vector<TextEntry> entries;
  for (const auto& [keyword, value] : object.items()) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& text : list) {
      if (!text.is_string()) return no_object();
      entries.push_back({keyword, text.get<std::string>()});
    }
  }
  return entries;
}

std::string utf8_of_latin1(Bytes latin1) {
  std::string text;
  text.reserve(latin1.size());
  for (const std::uint8_t c : latin1) {
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else {
      text += static_cast<char>(0xC0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return text;
}

std::string utf8_of(Bytes text) {
  return is_utf8(text) ? std::string(text.begin(), text.end()) : utf8_of_latin1(text);
}

bool latin1_of(std::string_view utf8, std::string& latin1) {
  latin1.clear();
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(utf8[i]);
    if (c < 0x80) {
      latin1 += utf8[i];
      continue;
    }
    // U+0080 to U+00FF begin with C2 or C3.
    if ((c != 0xC2 && c != 0xC3) || i + 1 == utf8.size()) return false;
    latin1 += static_cast<char>((c & 0x03) << 6 | (static_cast<std::uint8_t>(utf8[++i]) & 0x3F));
  }
  return true;
}

void append_json_string(std::string& json, std::string_view text) {
  json += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_json_number(std::string& json, double value) {
  if (!std::isfinite(value)) {
    json += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  json.append(text, end);
}

}  // namespace glimt
