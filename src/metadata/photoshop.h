// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "glimt/types.h"

namespace glimt {

/// The IPTC record (IIM) of a series of Photoshop image resources, resource 0x0404; empty: none.
[[nodiscard]] Bytes find_iptc(Bytes resources);
/// A series with nothing but an IPTC record.
[[nodiscard]] std::vector<std::uint8_t> resources_of_iptc(Bytes iptc);

}  // namespace glimt
