// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/decode_area.h"

#include <algorithm>
#include <string>

namespace glimt::jpeg2000 {
namespace {

/// One axis of grid_area: samples are fetched at floor(grid / d), or at the first that there is.
struct Span {
  std::int64_t begin, end;
};
void cover(Span& span, std::int64_t first, std::int64_t image_begin, std::int64_t image_end,
           std::int64_t d) {
  span.begin = std::max(image_begin, std::min(span.begin, first / d * d));
  const std::int64_t least = (image_begin + d - 1) / d * d;
  if (span.end <= least) span.end = std::min(image_end, least + 1);
}

/// Whether a tile has a sample of any component: where it has none, writers leave it out.
bool has_samples(const Siz& siz, std::int64_t tile_x, std::int64_t tile_y) {
  const std::int64_t left = siz.tile_x0 + tile_x * siz.tile_width;
  const std::int64_t top = siz.tile_y0 + tile_y * siz.tile_height;
  const Rect tile = intersect({left, top, left + siz.tile_width, top + siz.tile_height},
                              {siz.x0, siz.y0, siz.x1, siz.y1});
  for (std::size_t i = 0; i < siz.components; ++i) {
    const Component c = siz.component(i);
    const auto over = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
    const Rect samples{over(tile.x0, c.dx), over(tile.y0, c.dy), over(tile.x1, c.dx),
                       over(tile.y1, c.dy)};
    if (!samples.empty()) return true;
  }
  return false;
}

}  // namespace

Rect grid_area(const Headers& headers, const Rect& window) {
  const Siz& siz = headers.main.siz;
  const Component reference = headers.reference();
  const Rect image = siz.component_rect(reference);
  const std::int64_t first_x = (image.x0 + window.x0) * reference.dx;
  const std::int64_t first_y = (image.y0 + window.y0) * reference.dy;
  Span x{first_x, (image.x0 + window.x1 - 1) * reference.dx + 1};
  Span y{first_y, (image.y0 + window.y1 - 1) * reference.dy + 1};
  for (std::size_t i = 0; i < siz.components; ++i) {
    const Component c = siz.component(i);
    cover(x, first_x, siz.x0, siz.x1, c.dx);
    cover(y, first_y, siz.y0, siz.y1, c.dy);
  }
  return {x.begin, y.begin, x.end, y.end};
}

Rect tiles_of(const Siz& siz, const Rect& area) {
  const std::int64_t width = siz.tile_width, height = siz.tile_height;
  return {(area.x0 - siz.tile_x0) / width, (area.y0 - siz.tile_y0) / height,
          (area.x1 - 1 - siz.tile_x0) / width + 1, (area.y1 - 1 - siz.tile_y0) / height + 1};
}

Result<TileData> find_tiles(const Headers& headers, const Rect& tiles, Arena& arena) {
  const Siz& siz = headers.main.siz;
  struct Seen {
    std::uint16_t parts = 0, announced = 0;
  };
  const std::size_t tiles_x = siz.tiles_x();
  const auto seen = arena.take<Seen>(tiles_x * siz.tiles_y());
  if (seen.empty()) return Status(Code::out_of_memory, "no memory for the list of tiles");
  std::fill(seen.begin(), seen.end(), Seen{});
  const Bytes data = headers.jp2.codestream;
  TilePartReader reader(data, headers.main);
  std::size_t end = headers.main.end;
  while (const auto part = reader.next()) {
    end = part->end;
    if (part->tile >= seen.size() || part->cut) return TileData{data};  // the decoder's to refuse
    ++seen[part->tile].parts;
    seen[part->tile].announced = std::max<std::uint16_t>(seen[part->tile].announced, part->parts);
  }
  const std::size_t behind = data.size() - end;
  const bool at_eoc = behind >= 2 && data[end] == 0xFF && data[end + 1] == 0xD9;
  const bool lacks_eoc = behind == 0 || (behind == 1 && data[end] == 0xFF);
  if (!lacks_eoc && !at_eoc) return TileData{data};
  for (std::int64_t y = tiles.y0; y < tiles.y1; ++y) {
    for (std::int64_t x = tiles.x0; x < tiles.x1; ++x) {
      const std::size_t tile = static_cast<std::size_t>(y) * tiles_x + static_cast<std::size_t>(x);
      // Some writers announce a part too many; that is no loss where the codestream was closed.
      const bool cut_off = lacks_eoc && seen[tile].parts < seen[tile].announced;
      if (cut_off || (seen[tile].parts == 0 && has_samples(siz, x, y))) {
        return Status(Code::truncated, "the codestream ends before tile " + std::to_string(tile) +
                                           " of " + std::to_string(seen.size()) + " is complete");
      }
    }
  }
  return TileData{lacks_eoc ? data.first(end) : data, lacks_eoc};
}

Status check_memory(const Headers& headers, const Rect& area, double structure_area,
                    const Limits& limits) {
  const Siz& siz = headers.main.siz;
  double bytes = structure_bytes(headers.main, structure_area);
  for (std::size_t i = 0; i < siz.components; ++i) {
    const Component c = siz.component(i);
    bytes += 4.0 * static_cast<double>(area.width() / c.dx + 1) *
             static_cast<double>(area.height() / c.dy + 1);
  }
  if (bytes > static_cast<double>(limits.max_image_bytes)) {
    return {Code::limit, "decoding takes about " +
                             std::to_string(static_cast<std::uint64_t>(bytes)) +
                             " bytes of planes and code-blocks, above the limit of " +
                             std::to_string(limits.max_image_bytes) +
                             " (max_image_bytes); raise it or pick a region"};
  }
  return {};
}

}  // namespace glimt::jpeg2000
