// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace glimt::tiff {

/// TIFF 6.0 sections 8 and 12: what tells of the image in words, and its name as kind TEXT has it.
inline constexpr std::pair<std::uint16_t, std::string_view> kTextTags[] = {
    {269, "DocumentName"}, {270, "ImageDescription"}, {271, "Make"},        {272, "Model"},
    {285, "PageName"},     {305, "Software"},         {306, "DateTime"},    {315, "Artist"},
    {316, "HostComputer"}, {337, "TargetPrinter"},    {33432, "Copyright"},
};

}  // namespace glimt::tiff
