// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "formats/pnm/backends.h"
#include "formats/pnm/raster.h"

namespace glimt {
namespace pnm {
namespace {

constexpr std::size_t kStripBytes = std::size_t{64} << 10;

/// One image on its way.
class Decoding {
 public:
  Decoding(const Header& header, DecodeJob& job, Worker& worker)
      : header_(header),
        job_(job),
        canvas_(*job.canvas),
        arena_(worker.arena),
        raster_(job.source->data.subspan(
            std::min<std::uint64_t>(header.raster_offset, job.source->data.size()))),
        form_(header.stored_form()) {}

  Status run() {
    // Bits become any two values equally fast: those that are wanted.
    const PixelForm& wanted = canvas_.wanted_form();
    if (header_.bilevel() && wanted.type == SampleType::u8 && wanted.bit_depth == 8) {
      form_.bit_depth = 8;
    }
    GLIMT_TRY(canvas_.start(form_));
    if (canvas_.wanted().empty()) return {};
    job_.units_decoded += static_cast<std::uint64_t>(canvas_.wanted().height());
    return header_.plain() ? plain() : binary();
  }

 private:
  [[nodiscard]] std::size_t sample_size() const { return sample_bytes(form_.type); }
  [[nodiscard]] std::size_t first_sample() const {
    return static_cast<std::size_t>(canvas_.wanted().x0) * header_.depth;
  }
  [[nodiscard]] std::size_t wanted_samples() const {
    return static_cast<std::size_t>(canvas_.wanted().width()) * header_.depth;
  }
  [[nodiscard]] std::uint8_t white() const { return form_.bit_depth == 8 ? 255 : 1; }

  /// Delivers rows [begin, end) of the wanted columns: row(y, memory) makes one.
  template <class MakeRow>
  Status deliver(std::int64_t begin, std::int64_t end, MakeRow row) {
    const Rect& wanted = canvas_.wanted();
    const std::size_t bytes = wanted_samples() * sample_size();
    const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(kStripBytes / bytes));
    for (std::int64_t y = begin; y < end; y += step) {
      const Rect rect{wanted.x0, y, wanted.x1, std::min(y + step, end)};
      GLIMT_TRY(const Strip strip, canvas_.begin(rect, arena_));
      for (std::int64_t r = rect.y0; r < rect.y1; ++r) row(r, strip.view.at(0, r - rect.y0));
      canvas_.end(strip);
    }
    return {};
  }

  /// Refuses, or with errors "partial" notes the defect.
  Status defect(Code code, const std::string& text) {
    if (!job_.partial) return {code, text};
    job_.note = std::string(name_of(code)) + ": " + text;
    return {};
  }

  Status binary() {
    const Rect& wanted = canvas_.wanted();
    const auto there = static_cast<std::int64_t>(
        std::min<std::uint64_t>(raster_.size() / header_.row_bytes(), header_.height));
    if (there < wanted.y1) {
      GLIMT_TRY(defect(Code::truncated, "the PNM raster ends after " + std::to_string(there) +
                                            " of " + std::to_string(header_.height) + " rows"));
    }
    const std::int64_t end = std::clamp(there, wanted.y0, wanted.y1);
    GLIMT_TRY(header_.maxval == 255 ? put_rows(end) : convert_rows(end));
    return deliver(end, wanted.y1, [this](std::int64_t, std::uint8_t* to) {
      std::memset(to, 0, wanted_samples() * sample_size());
    });
  }

  [[nodiscard]] const std::uint8_t* file_row(std::int64_t y) const {
    return raster_.data() + static_cast<std::uint64_t>(y) * header_.row_bytes();
  }

  /// The raster's bytes are the samples.
  Status put_rows(std::int64_t end) {
    const Rect& wanted = canvas_.wanted();
    const Rect rect{wanted.x0, wanted.y0, wanted.x1, end};
    if (rect.empty()) return {};
    PixelView view;
    view.data = const_cast<std::uint8_t*>(file_row(rect.y0) + first_sample());  // read only
    view.row_stride = static_cast<std::ptrdiff_t>(header_.row_bytes());
    view.pixel_stride = header_.depth;
    view.channel_stride = 1;
    view.width = rect.width();
    view.height = rect.height();
    view.form = form_;
    canvas_.put(view, rect);
    return {};
  }

  Status convert_rows(std::int64_t end) {
    const std::size_t first = first_sample(), count = wanted_samples();
    return deliver(canvas_.wanted().y0, end, [&](std::int64_t y, std::uint8_t* to) {
      const std::uint8_t* from = file_row(y);
      if (header_.kind == Kind::bits) {
        unpack_bits(from, first, to, count, white());
      } else if (header_.maxval > 255) {
        from_big_endian(from + first * 2, to, count, header_.maxval);
      } else {
        copy_clamped(from + first, to, count, static_cast<std::uint8_t>(header_.maxval));
      }
    });
  }

  /// Stores one sample, or nothing where `to` is null.
  void store(std::uint16_t value, std::uint8_t* to) const {
    if (to == nullptr) return;
    if (header_.bilevel()) {
      *to = value != 0 ? 0 : white();
    } else if (sample_size() == 2) {
      store_le(to, value);
    } else {
      *to = static_cast<std::uint8_t>(value);
    }
  }

  /// Reads one row of text; only wanted samples are kept. What a defect leaves out is 0.
  void read_row(PlainReader& reader, std::uint8_t* to) const {
    const std::uint64_t first = first_sample(), end = first + wanted_samples();
    const std::size_t step = sample_size();
    if (to != nullptr) std::memset(to, 0, wanted_samples() * step);
    std::uint16_t value = 0;
    for (std::uint64_t i = 0; i < header_.samples_per_row() && reader.next(value); ++i) {
      if (to != nullptr && i >= first && i < end) store(value, to + (i - first) * step);
    }
  }

  Status plain() {
    const Rect& wanted = canvas_.wanted();
    PlainReader reader(raster_, header_);
    constexpr auto none = PlainReader::Defect::none;
    for (std::int64_t y = 0; y < wanted.y0 && reader.defect() == none; ++y) {
      read_row(reader, nullptr);
    }
    std::int64_t broken_row = reader.defect() == none ? -1 : wanted.y0;
    GLIMT_TRY(deliver(wanted.y0, wanted.y1, [&](std::int64_t y, std::uint8_t* to) {
      read_row(reader, to);
      if (broken_row < 0 && reader.defect() != none) broken_row = y;
    }));
    if (reader.defect() == none) return {};
    constexpr std::string_view reasons[] = {"", "the samples end", "there is no number",
                                            "a sample is above maxval"};
    const Code code =
        reader.defect() == PlainReader::Defect::ended ? Code::truncated : Code::corrupt;
    return defect(code,
                  "plain PNM: " + std::string(reasons[static_cast<std::size_t>(reader.defect())]) +
                      " at byte " + std::to_string(header_.raster_offset + reader.position()) +
                      ", no later than row " + std::to_string(broken_row) + " of " +
                      std::to_string(header_.height));
  }

  const Header& header_;
  DecodeJob& job_;
  Canvas& canvas_;
  Arena& arena_;
  Bytes raster_;
  PixelForm form_;
};

Status decode_one(DecodeJob& job, Worker& worker) {
  GLIMT_TRY(const Header header, parse_header(job.source->data));
  return Decoding(header, job, worker).run();
}

class PnmDecoder final : public ImageDecoder {
 public:
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }
};

Result<std::unique_ptr<ImageDecoder>> open(const Options&) {
  return std::unique_ptr<ImageDecoder>(std::make_unique<PnmDecoder>());
}

}  // namespace
}  // namespace pnm

constexpr DecodeBackend kPnmDecoder = {.name = "glimt_pnm_decoder",
                                       .alias = "opencv_pnm_decoder",
                                       .format = &kPnmFormat,
                                       .caps = {.max_bit_depth = 16, .max_channels = 65535},
                                       .option_keys = {},
                                       .open = pnm::open};

}  // namespace glimt
