// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "glimt/types.h"

namespace glimt {

/// A remark in a file: what it is about, and what it says. Both are UTF-8.
struct TextEntry {
  std::string keyword, text;
};

/// The keyword of remarks that have none: JPEG's COM.
inline constexpr std::string_view kCommentKeyword = "Comment";
/// That of XML in boxes of JPEG 2000.
inline constexpr std::string_view kXmlKeyword = "XML";

/// Kind TEXT: an object of keywords and texts; a keyword that comes again has a list.
[[nodiscard]] std::string text_json(const std::vector<TextEntry>& entries);
/// The same back. Code::bad_argument for what is no such object.
Result<std::vector<TextEntry>> parse_text_json(Bytes json);

[[nodiscard]] std::string utf8_of_latin1(Bytes latin1);
/// UTF-8 stays as it is, anything else is taken for Latin-1.
[[nodiscard]] std::string utf8_of(Bytes text);
/// False, and `latin1` undefined: there are characters that Latin-1 lacks.
[[nodiscard]] bool latin1_of(std::string_view utf8, std::string& latin1);

/// The text as a JSON string, quotes included; what is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& json, std::string_view text);
/// The shortest decimal that reads back as the same double; null where it is not finite.
void append_json_number(std::string& json, double value);

}  // namespace glimt
