// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "slide/pages.h"

#include <algorithm>

#include "codec/format.h"

namespace glimt::slide {
namespace {

Result<Page> read_page(const CodeStream& whole, std::optional<std::uint32_t> number,
                       const StreamView& view) {
  Page page;
  page.number = number;
  GLIMT_TRY(page.stream, whole.sub_stream(view));
  const StreamInfo* info = nullptr;
  GLIMT_TRY(page.stream.parsed(info));
  page.image = info->image;
  if (page.image.ifd_offset) {
    GLIMT_TRY(const TiffHeader header, read_tiff_header(whole.bytes()));
    GLIMT_TRY(page.ifd, Ifd::read(whole.bytes(), header, *page.image.ifd_offset));
    // By its offset, which regions of it inherit, as they do not inherit an image_idx.
    StreamView own;
    own.bitstream_offset = *page.image.ifd_offset;
    own.limit_images = 1;
    GLIMT_TRY(page.stream, whole.sub_stream(own));
  }
  return page;
}

}  // namespace

std::string_view Page::text(std::uint16_t tag) const {
  const auto field = ifd ? ifd->find(tag) : std::nullopt;
  if (!field || field_type_bytes(field->type) != 1) return {};
  const std::string_view all(reinterpret_cast<const char*>(field->data.data()), field->data.size());
  return all.substr(0, all.find('\0'));
}

std::optional<double> Page::number_of(std::uint16_t tag) const {
  const auto field = ifd ? ifd->find(tag) : std::nullopt;
  return field && field->whole() ? field->number_at(0) : std::nullopt;
}

std::uint64_t Page::subfile_type() const {
  const auto field = ifd ? ifd->find(kSubfileType) : std::nullopt;
  return field && field->whole() ? field->unsigned_at(0).value_or(0) : 0;
}

const Page* File::page(std::uint64_t wanted) const {
  const auto found =
      std::lower_bound(pages.begin(), pages.end(), wanted,
                       [](const Page& page, std::uint64_t n) { return *page.number < n; });
  return found != pages.end() && found->number == wanted ? &*found : nullptr;
}

Result<File> read_pages(const CodeStream& stream) {
  File file;
  GLIMT_TRY(file.pages.emplace_back(), read_page(stream, 0, {}));
  GLIMT_TRY(const CodeStream all, stream.sub_stream({}));
  GLIMT_TRY(const ImageInfo info, all.info());  // of a damaged file the pages before the damage
  for (std::uint32_t i = 1; i < std::min(info.num_images, kMostPages); ++i) {
    StreamView view;
    view.image_idx = i;
    Result<Page> page = read_page(stream, i, view);
    if (page.ok()) file.pages.push_back(std::move(*page));
  }
  const auto& offsets = info.subifd_offsets;
  for (std::uint32_t i = 0; i < std::min<std::size_t>(offsets.size(), kMostPages); ++i) {
    StreamView view;
    view.bitstream_offset = offsets[i];
    Result<Page> page = read_page(stream, std::nullopt, view);
    if (page.ok()) file.subifds.push_back(std::move(*page));
  }
  return file;
}

}  // namespace glimt::slide
