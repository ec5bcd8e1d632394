// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/slide.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "slide/draft.h"

namespace glimt {
namespace slide {
namespace {

constexpr std::uint64_t kReduced = 1, kMask = 4;

bool is_copy(const Page& original, const Page& page) {
  const ImageInfo &large = original.image, &small = page.image;
  if (small.width >= large.width || small.height > large.height ||
      small.channels != large.channels || small.type != large.type ||
      (page.subfile_type() & kMask) != 0) {
    return false;
  }
  // Sizes are rounded at each halving.
  const double factor = static_cast<double>(large.width) / small.width;
  const double shape = static_cast<double>(small.height) / small.width;
  return std::abs(large.height / factor - small.height) <= 2 * (1 + shape);
}

/// Each at most two thirds of the one before: pages that merely differ in size are no pyramid.
bool is_next_level(const Page& level, const Page& page) {
  return page.subfile_type() == 0 &&
         3 * std::uint64_t{page.image.width} <= 2 * std::uint64_t{level.image.width};
}

struct Tag {
  std::uint16_t tag;
  std::string_view name;
};
constexpr Tag kTexts[] = {{271, "Make"},        {272, "Model"},       {305, "Software"},
                          {306, "DateTime"},    {315, "Artist"},      {316, "HostComputer"},
                          {33432, "Copyright"}, {269, "DocumentName"}};
constexpr Tag kNumbers[] = {
    {282, "XResolution"}, {283, "YResolution"}, {286, "XPosition"}, {287, "YPosition"}};

void add_tags(Draft& draft, const Page& page, bool description) {
  for (const Tag& tag : kTexts) draft.add_property("tiff", tag.name, page.text(tag.tag));
  if (description) draft.add_property("tiff", "ImageDescription", page.text(kImageDescription));
  for (const Tag& tag : kNumbers) {
    if (const auto value = page.number_of(tag.tag)) {
      draft.add_property("tiff", tag.name, fmt::format("{}", *value));
    }
  }
  constexpr std::string_view kUnits[] = {"unknown", "none", "inch", "centimeter"};
  const double unit = page.number_of(kResolutionUnit).value_or(2);
  draft.add_property("tiff", "ResolutionUnit",
                     kUnits[unit >= 1 && unit <= 3 ? static_cast<std::size_t>(unit) : 0]);
}

/// TIFF 6.0 section 8: pixels in a ResolutionUnit, which is an inch when nothing is said.
void read_resolution(const Page& page, SlideInfo& info) {
  const double unit = page.number_of(kResolutionUnit).value_or(2);
  const double microns = unit == 2 ? 25'400 : (unit == 3 ? 10'000 : 0);
  const auto x = page.number_of(kXResolution), y = page.number_of(kYResolution);
  if (microns == 0 || !x || !y || !(*x > 0) || !(*y > 0)) return;
  info.mpp_x = microns / *x;
  info.mpp_y = microns / *y;
}

/// What follows from the levels, and from the tags of the largest.
void finish(Draft& draft, bool description, bool resolution) {
  SlideInfo& info = draft.info;
  std::stable_sort(info.levels.begin(), info.levels.end(),
                   [](const SlideLevel& a, const SlideLevel& b) { return a.width > b.width; });
  const SlideLevel first = info.levels.front();
  for (SlideLevel& level : info.levels) {
    if (level.downsample > 0) continue;
    level.downsample = (static_cast<double>(first.width) / level.width +
                        static_cast<double>(first.height) / level.height) /
                       2;
  }
  const Page& page = *draft.file.page(first.image_idx.value_or(0));
  if (page.ifd) add_tags(draft, page, description);
  if (page.ifd && resolution && !info.mpp_x) read_resolution(page, info);
  info.properties.assign(draft.properties.begin(), draft.properties.end());
}

}  // namespace

void add_pyramid(Draft& draft, bool by_looks) {
  const Page& original = draft.file.first();
  draft.add_level(original);
  for (const Page& page : draft.file.subifds) {
    if (is_copy(original, page)) draft.add_level(page);
  }
  if (draft.info.levels.size() > 1) return;
  const Page* last = &original;
  for (const Page& page : draft.file.pages) {
    if (&page == &original || !is_copy(original, page)) continue;
    if ((page.subfile_type() & kReduced) == 0 && !(by_looks && is_next_level(*last, page)))
      continue;
    draft.add_level(page);
    last = &page;
  }
}

void Draft::add_level(const Page& page, double downsample) {
  SlideLevel level;
  level.width = page.image.width;
  level.height = page.image.height;
  if (page.tiled()) {
    level.tile_width = page.image.tiles->tile_width;
    level.tile_height = page.image.tiles->tile_height;
  }
  level.downsample = downsample;
  level.image_idx = page.number;
  level.stream = page.stream;
  info.levels.push_back(std::move(level));
}

void Draft::add_image(std::string_view name, const Page& page) { add_image(name, page.stream); }

void Draft::add_image(std::string_view name, CodeStream stream) {
  const auto taken = [name](const SlideImage& image) { return image.name == name; };
  if (std::any_of(info.associated_images.begin(), info.associated_images.end(), taken)) return;
  const Result<ImageInfo> facts = stream.info();
  if (!facts.ok()) return;
  info.associated_images.push_back(
      {std::string(name), facts->width, facts->height, std::move(stream)});
}

void Draft::add_property(std::string_view vendor, std::string_view name, std::string_view value) {
  if (!name.empty() && !value.empty()) {
    properties.insert_or_assign(fmt::format("{}.{}", vendor, name), std::string(value));
  }
}

std::optional<double> Draft::number(std::string_view name) const {
  const auto found = properties.find(std::string(name));
  return found == properties.end() ? std::nullopt : parse_number(found->second);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::optional<double> parse_number(std::string_view text) {
  std::string word(trimmed(text));
  std::replace(word.begin(), word.end(), ',', '.');
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool all = error == std::errc() && end == word.data() + word.size();
  return all && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace slide

inline namespace v0 {

Result<SlideInfo> slide_info(const CodeStream& stream) {
  GLIMT_TRY(const slide::File file, slide::read_pages(stream));
  const slide::Page& first = file.first();
  for (const slide::Vendor& vendor : slide::vendors()) {
    if (!first.ifd || !vendor.wrote(file)) continue;
    slide::Draft draft{file, {}, {}};
    if (!vendor.describe(draft) || draft.info.levels.empty()) continue;
    draft.info.vendor = vendor.name;
    slide::finish(draft, vendor.description, vendor.resolution_tags);
    return std::move(draft.info);
  }
  slide::Draft draft{file, {}, {}};
  slide::add_pyramid(draft, true);
  draft.info.vendor = first.ifd ? "generic-tiff" : std::string(first.image.codec_name);
  slide::finish(draft, true, true);
  return std::move(draft.info);
}

}  // namespace v0
}  // namespace glimt
