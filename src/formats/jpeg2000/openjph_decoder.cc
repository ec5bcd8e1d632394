// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decoding by OpenJPH: codestreams of HT code-blocks, line by line. Tiles outside the window are
// not shown to it; inside a tile it has no windows, so rows above the window are decoded too.
// Version 0.9 ends the process on some damaged streams: it serves only who vouches for them.
#include <openjph/ojph_arch.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_mem.h>

#include <algorithm>
#include <span>
#include <string>

#include "formats/jpeg2000/backends.h"
#include "formats/jpeg2000/decode_area.h"
#include "formats/jpeg2000/format.h"
#include "formats/jpeg2000/ht_guard.h"
#include "formats/jpeg2000/openjph_input.h"
#include "formats/jpeg2000/openjph_library.h"
#include "formats/jpeg2000/rows.h"

namespace glimt {
namespace jpeg2000 {
namespace {

constexpr std::int64_t kStripBytes = 64 << 10;

class OpenjphDecoder final : public ImageDecoder {
 public:
  explicit OpenjphDecoder(bool trusts_input) : trusts_input_(trusts_input) {}
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker) const;
  static Status pull_lines(DecodeJob& job, const Headers& headers, RowWriter& writer,
                           ojph::codestream& codestream, Worker& worker);

  bool trusts_input_;
};

Status OpenjphDecoder::decode_one(DecodeJob& job, Worker& worker) const {
  if (!trusts_input_) {
    return {Code::unsupported,
            "OpenJPH 0.9 may end the process on damaged data; the option "
            "openjph_decoder:trust_input=1 vouches for the streams"};
  }
  GLIMT_TRY(Headers headers, read_headers(job.source->data));
  headers.form.color = job.info->form.color;  // what holds the codestream may know it better
  GLIMT_TRY(check_for_openjph(headers));
  GLIMT_TRY(check_ht_packets(headers));
  const Rect& wanted = job.canvas->wanted();
  if (wanted.empty()) return job.canvas->start(headers.form);
  const Siz& siz = headers.main.siz;
  const double image_area =
      static_cast<double>(siz.x1 - siz.x0) * static_cast<double>(siz.y1 - siz.y0);
  GLIMT_TRY(check_memory(headers, {}, image_area, worker.limits));
  const Rect tiles = tiles_of(siz, grid_area(headers, wanted));
  GLIMT_TRY(const auto parts, single_tile_parts(headers, tiles, worker.arena));
  GLIMT_TRY(RowWriter writer, RowWriter::make(headers, job.canvas->wanted_form(), wanted.x0,
                                              wanted.x1, worker.arena));
  GLIMT_TRY(job.canvas->start(writer.form()));
  take_openjph_message();
  try {
    OpenjphInput input(headers.jp2.codestream, headers.main.end, parts);
    ojph::codestream codestream;
    codestream.read_headers(&input);
    codestream.set_planar(false);
    codestream.create();
    GLIMT_TRY(pull_lines(job, headers, writer, codestream, worker));
  } catch (const InputStop& end) {
    return {end.code, end.reason};
  } catch (...) {
    return openjph_failure("decoding", Code::corrupt);
  }
  job.units_decoded = parts.size();
  return {};
}

Status OpenjphDecoder::pull_lines(DecodeJob& job, const Headers& headers, RowWriter& writer,
                                  ojph::codestream& codestream, Worker& worker) {
  const Siz& siz = headers.main.siz;
  const auto planes = worker.arena.take<Plane>(siz.components);
  if (planes.empty()) return {Code::out_of_memory, "no memory for the list of components"};
  const auto pull_row = [&](std::int64_t y) {
    for (std::size_t i = 0; i < planes.size(); ++i) {
      ojph::ui32 component = 0;
      const ojph::line_buf* line = codestream.pull(component);
      planes[component] = {line->i32, 0, Rect{siz.x0, siz.y0 + y, siz.x1, siz.y0 + y + 1}};
    }
  };
  const Rect& wanted = job.canvas->wanted();
  for (std::int64_t y = 0; y < wanted.y0; ++y) pull_row(y);
  const auto row_bytes = static_cast<std::int64_t>(packed_bytes(wanted.width(), 1, writer.form()));
  const std::int64_t strip_rows = std::clamp<std::int64_t>(kStripBytes / row_bytes, 1, 256);
  for (std::int64_t y = wanted.y0; y < wanted.y1; y += strip_rows) {
    const Rect rect{wanted.x0, y, wanted.x1, std::min(y + strip_rows, wanted.y1)};
    GLIMT_TRY(const Strip strip, job.canvas->begin(rect, worker.arena));
    for (std::int64_t row = rect.y0; row < rect.y1; ++row) {
      pull_row(row);
      writer.write(planes, row, strip.view, row - rect.y0);
    }
    job.canvas->end(strip);
  }
  return {};
}

constexpr std::string_view kOptionKeys[] = {"trust_input"};

Result<std::unique_ptr<ImageDecoder>> open(const Options& options) {
  listen_to_openjph();
  const bool trusts_input = options.flag(kOpenjphDecoder.name, kOptionKeys[0], false);
  return std::unique_ptr<ImageDecoder>(std::make_unique<OpenjphDecoder>(trusts_input));
}

}  // namespace
}  // namespace jpeg2000

constexpr DecodeBackend kOpenjphDecoder{
    .name = "openjph_decoder",
    .alias = "opencv_jpeg2k_decoder",
    .format = &kJpeg2000Format,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 16,
             .max_channels = 16384,
             .codings = jpeg2000::coding_bit(jpeg2000::kHt)},
    .option_keys = jpeg2000::kOptionKeys,
    .open = jpeg2000::open,
};

}  // namespace glimt
