// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "formats/bmp/backends.h"
#include "formats/bmp/rle.h"
#include "formats/bmp/rows.h"

namespace glimt {
namespace bmp {
namespace {

constexpr std::size_t kStripBytes = std::size_t{64} << 10;

Status refuse(Coding coding) {
  switch (coding) {
    case Coding::jpeg:
      return {Code::unsupported, "this BMP holds a JPEG file in place of its pixels; extract it"};
    case Coding::png:
      return {Code::unsupported, "this BMP holds a PNG file in place of its pixels; extract it"};
    case Coding::huffman_1d:
      return {Code::unsupported, "Huffman 1D coded BMP (OS/2 2.x) is not supported"};
    default:
      return {};
  }
}

/// File rows [begin, end).
struct FileRows {
  std::uint64_t begin = 0, end = 0;
};

FileRows wanted_rows(const Header& header, const Rect& wanted) {
  const std::int64_t first = header.mirrored(wanted.y0), last = header.mirrored(wanted.y1 - 1);
  return {static_cast<std::uint64_t>(std::min(first, last)),
          static_cast<std::uint64_t>(std::max(first, last)) + 1};
}

/// Rows of the picture, top to bottom, that are file rows [begin, end).
Rect rect_of(const Header& header, std::uint64_t begin, std::uint64_t end, const Rect& columns) {
  const std::int64_t a = header.mirrored(static_cast<std::int64_t>(begin));
  const std::int64_t b = header.mirrored(static_cast<std::int64_t>(end) - 1);
  return {columns.x0, std::min(a, b), columns.x1, std::max(a, b) + 1};
}

/// Delivers file rows: row(y, memory) makes file row y in the native form.
template <class MakeRow>
Status deliver(const Header& header, const FileRows& rows, const Rect& columns,
               std::size_t row_bytes, Canvas& canvas, Arena& arena, MakeRow row) {
  const std::uint64_t step = std::max<std::uint64_t>(1, kStripBytes / row_bytes);
  for (std::uint64_t y = rows.begin; y < rows.end; y += step) {
    const std::uint64_t end = std::min(y + step, rows.end);
    GLIMT_TRY(const Strip strip, canvas.begin(rect_of(header, y, end, columns), arena));
    for (std::uint64_t r = y; r < end; ++r) {
      row(r, strip.view.at(0, header.mirrored(static_cast<std::int64_t>(r)) - strip.rect.y0));
    }
    canvas.end(strip);
  }
  return {};
}

/// Pixels whose bytes are samples already.
struct PlainPixels {
  PixelForm form;
  std::ptrdiff_t pixel_bytes = 3;
};

std::optional<PlainPixels> plain_pixels(const Header& header, const PixelForm& wanted) {
  if (header.bits_per_pixel < 24) return std::nullopt;
  const auto& f = header.fields;
  const auto is = [](const BitField& field, unsigned shift) {
    return field.bits == 8 && field.shift == shift;
  };
  PlainPixels plain;
  plain.pixel_bytes = header.bits_per_pixel / 8;
  plain.form.color = ColorModel::rgb;
  plain.form.bgr = is(f[2], 0) && is(f[1], 8) && is(f[0], 16);
  if (!plain.form.bgr && !(is(f[0], 0) && is(f[1], 8) && is(f[2], 16))) return std::nullopt;
  plain.form.channels = static_cast<std::uint16_t>(plain.pixel_bytes);
  if (plain.pixel_bytes == 3) {
    return f[3].bits == 0 ? std::optional(plain) : std::nullopt;
  }
  // The fourth byte may pass for an alpha that nobody wants, whatever it is.
  plain.form.alpha = true;
  const bool unwanted = !wanted.alpha && wanted.color != ColorModel::other;
  return unwanted || is(f[3], 24) ? std::optional(plain) : std::nullopt;
}

/// One image on its way.
class Decoding {
 public:
  Decoding(const Header& header, DecodeJob& job, Worker& worker)
      : header_(header),
        job_(job),
        canvas_(*job.canvas),
        arena_(worker.arena),
        pixels_(job.source->data.subspan(
            std::min<std::uint64_t>(header.pixel_offset, job.source->data.size()))) {}

  Status run() {
    if (canvas_.wanted().empty()) return canvas_.start(native_form());
    rows_ = wanted_rows(header_, canvas_.wanted());
    job_.units_decoded += rows_.end - rows_.begin;
    return header_.coding == Coding::uncompressed ? uncompressed() : run_lengths();
  }

 private:
  [[nodiscard]] PixelForm native_form() const {
    PixelForm form;
    form.channels = header_.channels();
    form.color = form.channels == 1 ? ColorModel::gray : ColorModel::rgb;
    form.alpha = form.channels == 4;
    return form;
  }

  /// File rows that the data hold; the last may lack its padding.
  [[nodiscard]] std::uint64_t rows_there() const {
    const std::uint64_t stride = header_.row_bytes();
    const std::uint64_t whole = pixels_.size() / stride;
    const bool one_more = pixels_.size() - whole * stride >= header_.used_row_bytes();
    return std::min<std::uint64_t>(whole + (one_more ? 1 : 0), header_.height);
  }

  /// Blackens wanted rows from `there` on, or refuses.
  Status truncated(std::uint64_t there, std::size_t row_bytes) {
    const std::string text = "the BMP file ends after " + std::to_string(there) + " of " +
                             std::to_string(header_.height) + " rows";
    if (!job_.partial) return {Code::truncated, text};
    job_.note = "truncated: " + text;
    return deliver(header_, {std::max(there, rows_.begin), rows_.end}, canvas_.wanted(), row_bytes,
                   canvas_, arena_,
                   [row_bytes](std::uint64_t, std::uint8_t* to) { std::memset(to, 0, row_bytes); });
  }

  Status uncompressed() {
    const std::uint64_t there = rows_there();
    const bool whole = there >= rows_.end;
    const FileRows rows{rows_.begin, std::min(rows_.end, there)};
    if (!whole && !job_.partial) return truncated(there, 0);
    std::size_t row_bytes = 0;
    if (header_.indexed()) {
      GLIMT_TRY(indexed(rows, row_bytes));
    } else if (const auto plain = plain_pixels(header_, canvas_.wanted_form())) {
      GLIMT_TRY(take_plain(*plain, rows, row_bytes));
    } else {
      GLIMT_TRY(bit_fields(rows, row_bytes));
    }
    return whole ? Status() : truncated(there, row_bytes);
  }

  [[nodiscard]] const std::uint8_t* file_row(std::uint64_t y) const {
    return pixels_.data() + y * header_.row_bytes();
  }
  [[nodiscard]] std::size_t columns() const {
    return static_cast<std::size_t>(canvas_.wanted().width());
  }

  /// The file's own rows are handed to the canvas, upside down where they are stored so.
  Status take_plain(const PlainPixels& plain, const FileRows& rows, std::size_t& row_bytes) {
    GLIMT_TRY(canvas_.start(plain.form));
    row_bytes = columns() * plain.form.channels;
    if (rows.begin >= rows.end) return {};
    const Rect rect = rect_of(header_, rows.begin, rows.end, canvas_.wanted());
    const auto stride = static_cast<std::ptrdiff_t>(header_.row_bytes());
    const std::uint8_t* first = file_row(header_.top_down ? rows.begin : rows.end - 1);
    PixelView view;
    view.data = const_cast<std::uint8_t*>(first + rect.x0 * plain.pixel_bytes);  // read only
    view.row_stride = header_.top_down ? stride : -stride;
    view.pixel_stride = plain.pixel_bytes;
    view.channel_stride = 1;
    view.width = rect.width();
    view.height = rect.height();
    view.form = plain.form;
    canvas_.put(view, rect);
    return {};
  }

  Status indexed(const FileRows& rows, std::size_t& row_bytes) {
    const Palette palette(header_, job_.source->data);
    if (palette.identity()) return take_plain({PixelForm{}, 1}, rows, row_bytes);
    GLIMT_TRY(canvas_.start(native_form()));
    row_bytes = columns() * header_.channels();
    const unsigned bits = header_.bits_per_pixel;
    const auto x0 = static_cast<std::size_t>(canvas_.wanted().x0);
    const std::size_t lead = x0 % (8 / bits), first_byte = x0 * bits / 8;
    const auto indices = arena_.take<std::uint8_t>(bits < 8 ? columns() + 16 : 1);
    if (indices.empty()) return {Code::out_of_memory, "no memory for a row of palette indices"};
    return deliver(header_, rows, canvas_.wanted(), row_bytes, canvas_, arena_,
                   [&](std::uint64_t y, std::uint8_t* to) {
                     const std::uint8_t* from = file_row(y) + first_byte;
                     if (bits < 8) {
                       unpack_indices(from, bits, indices.data(), lead + columns());
                       from = indices.data() + lead;
                     }
                     palette.expand(from, to, columns());
                   });
  }

  Status bit_fields(const FileRows& rows, std::size_t& row_bytes) {
    const FieldReader reader(header_);
    GLIMT_TRY(canvas_.start(native_form()));
    row_bytes = columns() * header_.channels();
    const std::size_t first_byte =
        static_cast<std::size_t>(canvas_.wanted().x0) * header_.bits_per_pixel / 8;
    return deliver(header_, rows, canvas_.wanted(), row_bytes, canvas_, arena_,
                   [&](std::uint64_t y, std::uint8_t* to) {
                     reader.expand(file_row(y) + first_byte, to, columns());
                   });
  }

  Status run_lengths() {
    const bool bgr = header_.coding == Coding::rle24;
    PixelForm native = native_form();
    native.bgr = bgr;
    GLIMT_TRY(canvas_.start(native));
    const Rect& wanted = canvas_.wanted();
    RleReader reader(pixels_, header_.coding, header_.width, static_cast<std::uint32_t>(wanted.x0),
                     static_cast<std::uint32_t>(wanted.x1));
    reader.skip_to(rows_.begin);
    std::optional<Palette> palette;
    if (!bgr) palette.emplace(header_, job_.source->data);
    const auto indices = arena_.take<std::uint8_t>(bgr ? 1 : columns());
    if (indices.empty()) return {Code::out_of_memory, "no memory for a row of palette indices"};
    std::uint64_t there = rows_.end;
    const auto make_row = [&](std::uint64_t y, std::uint8_t* to) {
      reader.read_row(y, bgr ? to : indices.data());
      if (!bgr) palette->expand(indices.data(), to, columns());
      if (reader.ran_out()) there = std::min(there, y);
    };
    GLIMT_TRY(
        deliver(header_, rows_, wanted, columns() * native.channels, canvas_, arena_, make_row));
    if (there == rows_.end) return {};
    const std::string text = "the run-length coded BMP data end in row " + std::to_string(there) +
                             " of " + std::to_string(header_.height);
    if (!job_.partial) return {Code::truncated, text};
    job_.note = "truncated: " + text;
    return {};
  }

  const Header& header_;
  DecodeJob& job_;
  Canvas& canvas_;
  Arena& arena_;
  Bytes pixels_;
  FileRows rows_;
};

Status decode_one(DecodeJob& job, Worker& worker) {
  GLIMT_TRY(const Header header, parse_header(job.source->data));
  GLIMT_TRY(refuse(header.coding));
  return Decoding(header, job, worker).run();
}

class BmpDecoder final : public ImageDecoder {
 public:
  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) job.status = decode_one(job, worker);
  }
};

Result<std::unique_ptr<ImageDecoder>> open(const Options&) {
  return std::unique_ptr<ImageDecoder>(std::make_unique<BmpDecoder>());
}

}  // namespace
}  // namespace bmp

constexpr DecodeBackend kBmpDecoder = {.name = "glimt_bmp_decoder",
                                       .alias = "opencv_bmp_decoder",
                                       .format = &kBmpFormat,
                                       .caps = {.max_bit_depth = 8},
                                       .option_keys = {},
                                       .open = bmp::open};

}  // namespace glimt
