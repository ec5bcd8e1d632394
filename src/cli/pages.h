// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The images of a file as a tree: pages, and the SubIFDs of each (TIFF 6.0 supplement 1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "glimt/glimt.h"

namespace glimt::cli {

struct Page {
  std::string name;  ///< "page 0", "SubIFD at byte 1897372"
  Result<ImageInfo> info;
  std::uint64_t bytes = 0;  ///< of its coded pixels
  std::vector<Page> subifds;
};

/// At most so many images are listed, SubIFDs of SubIFDs so deep.
constexpr std::size_t kMostPages = 10'000;
constexpr int kMostDepth = 16;

/// Empty where there is nothing but one image. What is damaged has an error instead of facts.
std::vector<Page> pages_of(const CodeStream& stream);

/// A line of the tree: "├─ page 1", behind the lines that go on past it.
struct TreeLine {
  std::string text;
  const Page* page = nullptr;
};
std::vector<TreeLine> tree_of(const std::vector<Page>& pages);

}  // namespace glimt::cli
