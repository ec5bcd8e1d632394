// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Foreign arrays as images, without a copy where their memory can be described as it lies.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "glimt/image.h"

namespace glimt::python {

struct ImportOptions {
  std::optional<SampleFormat> sample_format;
  std::optional<ColorSpec> color_spec;
  std::optional<int> precision;
  std::uintptr_t cuda_stream = 0;  ///< of device memory, where the source does not say
};

/// Image, DLPack capsule, buffer protocol, __array_interface__, __cuda_array_interface__ or
/// __dlpack__. Copies arrays of foreign byte order, of bool, broadcast or misaligned; in device
/// memory those are refused. Raises RuntimeError, or ValueError when an option does not fit the
/// array.
Image import_image(nanobind::handle source, const ImportOptions& options = {});
/// DLPack only: a capsule or an object with __dlpack__.
Image import_dlpack(nanobind::handle source, const ImportOptions& options = {});

}  // namespace glimt::python
