// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/error.h"

#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

std::string_view name_of(Code code) {
  constexpr std::string_view names[] = {"ok",      "corrupt",      "truncated",     "unsupported",
                                        "limit",   "bad_argument", "out_of_memory", "device",
                                        "internal"};
  return names[static_cast<std::size_t>(code)];
}

std::string_view name_of(SampleType type) {
  constexpr std::string_view names[] = {"uint8",  "int8",  "uint16",  "int16",   "uint32", "int32",
                                        "uint64", "int64", "float16", "float32", "float64"};
  return names[static_cast<std::size_t>(type)];
}

Error::Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}

}  // namespace v0
}  // namespace glimt
