// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/openjph_input.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

namespace glimt::jpeg2000 {
namespace {

constexpr std::uint32_t kAnnouncedBytes = 0x7FFFFFFF;
constexpr std::size_t kSotBytes = 12;
constexpr unsigned kMostPlanes = 30;

/// An exception is the only way out of a read by OpenJPH; the decoder catches it.
[[noreturn]] void stop(Code code, const char* reason) {
  std::rethrow_exception(std::make_exception_ptr(InputStop{code, reason}));
}

Status refuse(std::string what) {
  return {Code::unsupported, "OpenJPH is not asked: " + std::move(what)};
}

Status check_markers(const MainHeader& main) {
  struct Row {
    std::uint32_t marker;
    const char* text;
  };
  constexpr Row rows[] = {{kHasComponentCoding, "COC"},  {kHasComponentQuantization, "QCC"},
                          {kHasRegionOfInterest, "RGN"}, {kHasProgressionChange, "POC"},
                          {kHasPackedHeaders, "PPM"},    {kHasUnknown, "an unknown marker"}};
  for (const Row& row : rows) {
    if ((main.markers & row.marker) != 0) {
      return refuse(std::string(row.text) + " in the main header");
    }
  }
  return {};
}

Status check_quantization(const MainHeader& main) {
  const std::size_t bands = 1 + 3 * std::size_t{main.coding.levels};
  const std::size_t entry_bytes = main.coding.reversible ? 1 : 2;
  const int style = main.quantization & 0x1F;
  if (style != (main.coding.reversible ? 0 : 2) || main.steps.size() != bands * entry_bytes) {
    return refuse("a quantisation (QCD) that does not list one step for each band");
  }
  for (std::size_t at = 0; at < main.steps.size(); at += entry_bytes) {
    if ((main.quantization >> 5) + (main.steps[at] >> 3) > kMostPlanes + 1U) {
      return refuse("more than 30 bit-planes");
    }
  }
  return {};
}

Status check_components(const Headers& headers) {
  const Siz& siz = headers.main.siz;
  for (std::size_t i = 0; i < siz.components; ++i) {
    const Component c = siz.component(i);
    if (c.dx != 1 || c.dy != 1) return refuse("subsampled components");
    if (c.bit_depth > 16) return refuse("more than 16 bits a sample");
  }
  if (headers.main.coding.component_transform && siz.components < 3) {
    return refuse("a component transform of fewer than three components");
  }
  const std::uint64_t right = siz.tile_x0 + std::uint64_t{siz.tiles_x()} * siz.tile_width;
  const std::uint64_t bottom = siz.tile_y0 + std::uint64_t{siz.tiles_y()} * siz.tile_height;
  if (right > INT32_MAX || bottom > INT32_MAX) return refuse("tiles that reach past 2^31");
  return {};
}

}  // namespace

Status check_for_openjph(const Headers& headers) {
  const MainHeader& main = headers.main;
  const CodingStyle& coding = main.coding;
  GLIMT_TRY(check_markers(main));
  if ((main.markers & kHasCap) == 0 || (main.siz.capabilities & 0x4000) == 0) {
    return refuse("no CAP marker, or Rsiz does not announce it");
  }
  constexpr std::uint8_t ht = 0x40, vertically_causal = 0x08;
  if ((coding.block_style & ~vertically_causal) != ht)
    return refuse("a block style beyond plain HT");
  if (coding.layers != 1) return refuse("more than one quality layer");
  if (coding.progression > 4) return refuse("an unknown progression order");
  for (std::size_t r = 1; r < coding.precincts.size(); ++r) {
    if ((coding.precincts[r] & 15) == 0 || coding.precincts[r] >> 4 == 0) {
      return refuse("precincts of one sample");
    }
  }
  GLIMT_TRY(check_quantization(main));
  return check_components(headers);
}

Result<std::span<const TilePart>> single_tile_parts(const Headers& headers, const Rect& tiles,
                                                    Arena& arena) {
  const Siz& siz = headers.main.siz;
  const std::size_t tiles_x = siz.tiles_x(), count = tiles_x * siz.tiles_y();
  const auto parts = arena.take<TilePart>(count);
  const auto seen = arena.take<bool>(count);
  if (parts.empty() || seen.empty()) {
    return Status(Code::out_of_memory, "no memory for the list of tiles");
  }
  std::fill(seen.begin(), seen.end(), false);
  const Bytes data = headers.jp2.codestream;
  TilePartReader reader(data, headers.main);
  std::size_t kept = 0;
  while (const auto part = reader.next()) {
    if (part->tile >= count || part->part != 0 || part->parts > 1 || seen[part->tile]) {
      return refuse("tiles in several parts");
    }
    seen[part->tile] = true;
    if (!tiles.contains({static_cast<std::int64_t>(part->tile % tiles_x),
                         static_cast<std::int64_t>(part->tile / tiles_x),
                         static_cast<std::int64_t>(part->tile % tiles_x) + 1,
                         static_cast<std::int64_t>(part->tile / tiles_x) + 1})) {
      continue;
    }
    if (part->cut)
      return Status(Code::truncated, "the codestream ends in tile " + std::to_string(part->tile));
    const auto header = read_tile_part_header(data, *part, siz.components);
    if (!header || !header->plain) {
      return refuse("markers in a tile-part's header");
    }
    std::construct_at(&parts[kept++], *part);
  }
  if (kept != static_cast<std::size_t>(tiles.width() * tiles.height())) {
    return Status(Code::truncated, "the codestream lacks a tile");
  }
  return std::span<const TilePart>(parts.first(kept));
}

void OpenjphInput::enter_next_part() {
  ++at_;
  if (at_ < parts_.size()) position_ = parts_[at_].begin;
}

std::size_t OpenjphInput::read(void* to, std::size_t bytes) {
  if (at_ == SIZE_MAX && position_ == header_end_) enter_next_part();
  auto* out = static_cast<std::uint8_t*>(to);
  if (at_ == parts_.size()) {
    constexpr std::uint8_t eoc[] = {0xFF, 0xD9};
    std::size_t served = 0;
    while (served < bytes && eoc_bytes_ < 2) out[served++] = eoc[eoc_bytes_++];
    return served;
  }
  const std::size_t end = at_ == SIZE_MAX ? header_end_ : parts_[at_].end;
  if (bytes > end - position_) stop(Code::truncated, "a packet reaches past its tile-part");
  std::memcpy(out, data_.data() + position_, bytes);
  if (at_ != SIZE_MAX) {
    const std::size_t in_part = position_ - parts_[at_].begin;
    if (in_part == 6 && bytes == 4) store_be(out, kAnnouncedBytes);  // Psot
  }
  position_ += bytes;
  return bytes;
}

int OpenjphInput::seek(ojph::si64 offset, enum infile_base::seek origin) {
  // Absolute seeks lead to the end of the tile-part that it has finished.
  if (origin == OJPH_SEEK_SET) {
    enter_next_part();
    return 0;
  }
  const std::size_t begin = at_ == SIZE_MAX       ? 0
                            : at_ < parts_.size() ? parts_[at_].begin
                                                  : position_;
  const std::size_t end = at_ == SIZE_MAX       ? header_end_
                          : at_ < parts_.size() ? parts_[at_].end
                                                : position_;
  const std::int64_t target = static_cast<std::int64_t>(position_) + offset;
  if (origin != OJPH_SEEK_CUR || target < static_cast<std::int64_t>(begin) ||
      target > static_cast<std::int64_t>(end)) {
    stop(Code::corrupt, "a marker segment reaches past its header");
  }
  position_ = static_cast<std::size_t>(target);
  return 0;
}

}  // namespace glimt::jpeg2000
