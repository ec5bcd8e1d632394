// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole public API.
#pragma once

#include "glimt/code_stream.h"
#include "glimt/decoder.h"
#include "glimt/encoder.h"
#include "glimt/error.h"
#include "glimt/image.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "glimt/region.h"
#include "glimt/slide.h"
#include "glimt/tiff_writer.h"
#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

/// "0.1.0"
GLIMT_API std::string_view version();

/// One row of the table of backends that this build has.
struct BackendInfo {
  std::string_view name, codec;
  BackendKind kind;
  bool encodes;
};
[[nodiscard]] GLIMT_API std::span<const BackendInfo> backends();

}  // namespace v0
}  // namespace glimt
