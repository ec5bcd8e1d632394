// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/contact_sheet.h"
#include "cli/files.h"
#include "glimt/glimt.h"

namespace glimt::cli {

/// Decodes a file and fills the cell with its thumbnail and facts; on failure with the reason.
Status make_cell(const Decoder& decoder, const Input& input, const SheetLayout& layout,
                 Cell& cell) noexcept;

}  // namespace glimt::cli
