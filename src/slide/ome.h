// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "glimt/image.h"
#include "glimt/slide.h"

namespace glimt::slide {

/// The OME-XML (schema 2016-06) of a file with one image, its channels interleaved in the first
/// page. Code::unsupported: OME has no type for the samples.
Result<std::string> ome_xml(const ImageSpec& spec, std::string_view name, const SlideInfo& facts);

}  // namespace glimt::slide
