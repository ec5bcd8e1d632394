// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "codec/backend.h"
#include "glimt/metadata.h"

namespace glimt {

/// The blocks that go into a file, of those that were given, as far as the backend embeds their
/// kind; what it does not is named in `note`. Code::bad_argument for a block that is not what its
/// kind says.
Result<Embedded> select_embedded(std::span<const Metadata> blocks, const EncodeCaps& caps,
                                 std::string& note);

}  // namespace glimt
