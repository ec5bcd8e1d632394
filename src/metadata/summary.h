// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "glimt/metadata.h"

namespace glimt {

/// The kind as the API spells it: "ICC_PROFILE".
[[nodiscard]] std::string_view name_of(MetadataKind kind);

/// What a block tells in a few words, as UTF-8 of one line: camera and time of EXIF, the name of a
/// profile, the reference system of GEO, keywords of TEXT. "" where there is nothing to tell.
[[nodiscard]] std::string summary_of(const Metadata& block);

/// The description that an ICC profile gives of itself (ICC.1:2022 9.2.41); "" without one.
[[nodiscard]] std::string profile_name(Bytes profile);

}  // namespace glimt
