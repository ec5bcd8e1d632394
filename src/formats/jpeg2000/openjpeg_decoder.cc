// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decoding by OpenJPEG: Part 1, and HT where every code-block is one. The library gets the raw
// codestream; boxes are read by channels.h. It keeps the window's components in planes of its own.
#include <algorithm>
#include <span>
#include <string>

#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/decode_area.h"
#include "formats/jpeg2000/format.h"
#include "formats/jpeg2000/ht_guard.h"
#include "formats/jpeg2000/openjpeg_library.h"
#include "formats/jpeg2000/rows.h"

namespace glimt {
namespace jpeg2000 {
namespace {

constexpr std::int64_t kStripBytes = 64 << 10;

class OpenjpegDecoder final : public ImageDecoder {
 public:
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker);
  Result<OpjImage> decode_planes(const TileData& data, const Rect& area, bool whole, bool strict);
  static Status deliver(DecodeJob& job, const Headers& headers, const opj_image_t& image,
                        Worker& worker);

  OpjMessages messages_;
};

/// The window; for HT with the rest of its tiles, because OpenJPEG 2.5.0 loses HT code-blocks
/// when it decodes a part of a tile.
Rect decoded_area(const Headers& headers, const Rect& wanted) {
  const Rect area = grid_area(headers, wanted);
  const bool ht = headers.main.coding.ht() || (headers.main.markers & kHasHtComponent) != 0;
  if (!ht) return area;
  const Siz& siz = headers.main.siz;
  const Rect tiles = tiles_of(siz, area);
  const std::int64_t width = siz.tile_width, height = siz.tile_height;
  return intersect({siz.x0, siz.y0, siz.x1, siz.y1},
                   {siz.tile_x0 + tiles.x0 * width, siz.tile_y0 + tiles.y0 * height,
                    siz.tile_x0 + tiles.x1 * width, siz.tile_y0 + tiles.y1 * height});
}

Status OpenjpegDecoder::decode_one(DecodeJob& job, Worker& worker) {
  GLIMT_TRY(Headers headers, read_headers(job.source->data));
  headers.form.color = job.info->form.color;  // what holds the codestream may know it better
  GLIMT_TRY(check_ht_packets(headers));
  const Rect& wanted = job.canvas->wanted();
  if (wanted.empty()) return job.canvas->start(headers.form);
  const Siz& siz = headers.main.siz;
  const Rect image{siz.x0, siz.y0, siz.x1, siz.y1};
  const Rect size = siz.component_rect(headers.reference());
  bool whole = wanted == Rect{0, 0, size.width(), size.height()};
  const Rect area = whole ? image : decoded_area(headers, wanted);
  whole = area == image;
  if (area.x1 > INT32_MAX || area.y1 > INT32_MAX) {
    return {Code::unsupported, "OpenJPEG cannot address a reference grid above 2^31 - 1"};
  }
  const double tile_area =
      std::min(static_cast<double>(siz.tile_width), static_cast<double>(image.width())) *
      std::min(static_cast<double>(siz.tile_height), static_cast<double>(image.height()));
  GLIMT_TRY(check_memory(headers, area, tile_area, worker.limits));

  const Rect tiles = tiles_of(siz, area);
  const auto data = find_tiles(headers, tiles, worker.arena);
  Status defect = data.status();
  if (data.ok()) {
    const auto planes = decode_planes(*data, area, whole, true);
    if (planes.ok()) {
      job.units_decoded = static_cast<std::uint64_t>(tiles.width() * tiles.height());
      return deliver(job, headers, **planes, worker);
    }
    defect = planes.status();
  }
  const bool damaged = defect.code() == Code::corrupt || defect.code() == Code::truncated;
  // Outside its strict mode OpenJPEG 2.5.0 reads past the segments of cut HT code-blocks.
  if (!job.partial || !damaged || job.info->coding != kPart1) return defect;
  GLIMT_TRY(const OpjImage planes,
            decode_planes(TileData{headers.jp2.codestream}, area, whole, false));
  GLIMT_TRY(deliver(job, headers, *planes, worker));
  job.note = defect.text();
  job.units_decoded = static_cast<std::uint64_t>(tiles.width() * tiles.height());
  return {};
}

Result<OpjImage> OpenjpegDecoder::decode_planes(const TileData& data, const Rect& area, bool whole,
                                                bool strict) {
  const Status no_memory(Code::out_of_memory, "no memory for an OpenJPEG decoder");
  OpjReadState source{data.codestream, data.lacks_eoc};
  const OpjStream stream = open_for_reading(source);
  const OpjCodec codec(opj_create_decompress(OPJ_CODEC_J2K));
  if (!stream || !codec) return no_memory;
  messages_.attach(codec.get());
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* read = nullptr;
  if (opj_setup_decoder(codec.get(), &parameters) == 0 ||
      opj_decoder_set_strict_mode(codec.get(), strict ? OPJ_TRUE : OPJ_FALSE) == 0 ||
      opj_read_header(stream.get(), codec.get(), &read) == 0) {
    opj_image_destroy(read);
    return messages_.failure("the main header");
  }
  OpjImage image(read);
  // Without an area the library skips one copy of a whole single tile.
  const auto at = [&](std::int64_t coordinate) {
    return whole ? 0 : static_cast<OPJ_INT32>(coordinate);
  };
  if (opj_set_decode_area(codec.get(), image.get(), at(area.x0), at(area.y0), at(area.x1),
                          at(area.y1)) == 0) {
    return messages_.failure("the window");
  }
  if (opj_decode(codec.get(), stream.get(), image.get()) == 0) {
    return messages_.failure("the tiles");
  }
  const std::span components(image->comps, image->numcomps);
  const bool complete = std::all_of(components.begin(), components.end(), [](const auto& c) {
    return c.data != nullptr && c.w != 0 && c.h != 0;
  });
  if (!complete) {
    return Status(Code::corrupt, "OpenJPEG delivered no samples for a component");
  }
  return image;
}

Status OpenjpegDecoder::deliver(DecodeJob& job, const Headers& headers, const opj_image_t& image,
                                Worker& worker) {
  const Rect& wanted = job.canvas->wanted();
  GLIMT_TRY(RowWriter writer, RowWriter::make(headers, job.canvas->wanted_form(), wanted.x0,
                                              wanted.x1, worker.arena));
  GLIMT_TRY(job.canvas->start(writer.form()));
  const auto planes = worker.arena.take<Plane>(image.numcomps);
  if (planes.empty()) return {Code::out_of_memory, "no memory for the list of components"};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const opj_image_comp_t& c = image.comps[i];
    planes[i] = {c.data, c.w, Rect{c.x0, c.y0, std::int64_t{c.x0} + c.w, std::int64_t{c.y0} + c.h}};
  }
  const auto row_bytes = static_cast<std::int64_t>(packed_bytes(wanted.width(), 1, writer.form()));
  const std::int64_t strip_rows = std::clamp<std::int64_t>(kStripBytes / row_bytes, 1, 256);
  for (std::int64_t y = wanted.y0; y < wanted.y1; y += strip_rows) {
    const Rect rect{wanted.x0, y, wanted.x1, std::min(y + strip_rows, wanted.y1)};
    GLIMT_TRY(const Strip strip, job.canvas->begin(rect, worker.arena));
    for (std::int64_t row = rect.y0; row < rect.y1; ++row) {
      writer.write(planes, row, strip.view, row - rect.y0);
    }
    job.canvas->end(strip);
  }
  return {};
}

Result<std::unique_ptr<ImageDecoder>> open(const Options&) {
  return std::unique_ptr<ImageDecoder>(std::make_unique<OpenjpegDecoder>());
}

}  // namespace
}  // namespace jpeg2000

constexpr DecodeBackend kOpenjpegDecoder{
    .name = "openjpeg_decoder",
    .alias = "opencv_jpeg2k_decoder",
    .format = &kJpeg2000Format,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 31, .max_channels = 16384},
    .option_keys = {},
    .open = jpeg2000::open,
};

}  // namespace glimt
