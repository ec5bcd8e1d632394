// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glimt {

/// The parsed `module:key=value` tokens of a Decoder or Encoder. The last match wins; a token with
/// an empty module addresses every backend.
class Options {
 public:
  struct Token {
    std::string module, key, value;
  };

  /// Tokens of another shape are ignored, as in the peer.
  static Options parse(std::string_view text);

  /// The value of key for the backend named `module` (or one of its aliases of the peer).
  [[nodiscard]] std::optional<std::string_view> get(std::string_view module,
                                                    std::string_view key) const;
  /// "1" is true, "0" is false, anything else the fallback.
  [[nodiscard]] bool flag(std::string_view module, std::string_view key, bool fallback) const;
  [[nodiscard]] const std::vector<Token>& tokens() const { return tokens_; }

 private:
  std::vector<Token> tokens_;
};

}  // namespace glimt
