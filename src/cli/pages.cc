// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/pages.h"

#include <fmt/format.h>

#include <set>

namespace glimt::cli {
namespace {

/// Walks a stream's images; damaged files may refer to the same IFD again and again.
class PageWalk {
 public:
  explicit PageWalk(const CodeStream& stream) : stream_(stream) {}

  Page look_at(std::string name, const StreamView& view, int depth = 0) {
    const Result<CodeStream> stream = stream_.sub_stream(view);
    Page page{std::move(name), stream.ok() ? stream->info() : stream.status(), 0, {}};
    if (!page.info.ok()) return page;
    if (const auto bytes = stream->coded_bytes(); bytes.ok()) page.bytes = *bytes;
    if (depth == kMostDepth) return page;
    for (const std::uint64_t offset : page.info->subifd_offsets) {
      if (!seen_.insert(offset).second || seen_.size() > kMostPages) continue;
      StreamView below;
      below.bitstream_offset = offset;
      page.subifds.push_back(look_at(fmt::format("SubIFD at byte {}", offset), below, depth + 1));
    }
    return page;
  }

 private:
  const CodeStream& stream_;
  std::set<std::uint64_t> seen_;  // offsets of SubIFDs
};

void add_lines(const std::vector<Page>& pages, const std::string& lead,
               std::vector<TreeLine>& lines) {
  for (const Page& page : pages) {
    const bool last = &page == &pages.back();
    lines.push_back({lead + (last ? "└─ " : "├─ ") + page.name, &page});
    add_lines(page.subifds, lead + (last ? "   " : "│  "), lines);
  }
}

}  // namespace

std::vector<Page> pages_of(const CodeStream& stream) {
  const auto info = stream.info();
  if (!info.ok()) return {};
  const std::uint32_t count = info->num_images;
  if (count <= 1 && info->subifd_offsets.empty()) return {};
  PageWalk walk(stream);
  std::vector<Page> pages;
  for (std::uint32_t i = 0; i < count && i < kMostPages; ++i) {
    StreamView view;
    view.image_idx = i;
    pages.push_back(walk.look_at(fmt::format("page {}", i), view));
  }
  return pages;
}

std::vector<TreeLine> tree_of(const std::vector<Page>& pages) {
  std::vector<TreeLine> lines;
  add_lines(pages, "", lines);
  return lines;
}

}  // namespace glimt::cli
