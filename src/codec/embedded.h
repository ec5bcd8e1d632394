// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/backend.h"
#include "glimt/metadata.h"

namespace glimt {

/// The blocks that go into a file, of those that were given, and the orientation. `embeds`:
/// embed_bit()s of the kinds that the format holds; what it does not hold is named in `note`.
/// Code::bad_argument for a block that is not what its kind says.
Result<Embedded> select_embedded(const EncodeParams& params, std::uint32_t embeds,
                                 std::string& note);

/// Adds "not written, <why>: <what>" to a note; of the same reason only what.
void note_unwritten(std::string& note, std::string_view why, std::string_view what);
inline constexpr std::string_view kNotHeld = "the format does not hold it";

}  // namespace glimt
