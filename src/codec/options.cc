// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/options.h"

#include <algorithm>

namespace glimt {

Options Options::parse(std::string_view text) {
  Options options;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    const std::string_view token = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = token.find(':');
    if (colon == std::string_view::npos) continue;
    const std::size_t equals = token.find('=', colon);
    if (equals == std::string_view::npos) continue;
    options.tokens_.push_back({std::string(token.substr(0, colon)),
                               std::string(token.substr(colon + 1, equals - colon - 1)),
                               std::string(token.substr(equals + 1))});
  }
  return options;
}

std::optional<std::string_view> Options::get(std::string_view module, std::string_view key) const {
  for (auto token = tokens_.rbegin(); token != tokens_.rend(); ++token) {
    if (token->key == key && (token->module.empty() || token->module == module)) {
      return token->value;
    }
  }
  return std::nullopt;
}

bool Options::flag(std::string_view module, std::string_view key, bool fallback) const {
  const auto value = get(module, key);
  if (value == "1") return true;
  if (value == "0") return false;
  return fallback;
}

}  // namespace glimt
