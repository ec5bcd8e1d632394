// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "formats/png/backends.h"
#include "formats/png/expand.h"
#include "formats/png/format.h"
#include "formats/png/inflate.h"
#include "formats/png/layout.h"
#include "formats/png/unfilter.h"

namespace glimt {
namespace png {
namespace {

/// Reconstructed rows that are still to be converted stay in the second-level cache.
constexpr std::size_t kStripBytes = std::size_t{128} << 10;
/// As many rows as the reconstruction takes at once.
constexpr std::size_t kRowGroup = 8;

Status no_memory(std::size_t bytes) {
  return {Code::out_of_memory, "no memory for " + std::to_string(bytes) + " bytes of PNG rows"};
}

/// One image on its way from inflated data to the canvas.
class ImageReader {
 public:
  ImageReader(DecodeJob& job, Worker& worker, const Preamble& preamble, const PixelForm& form,
              const Layout& layout)
      : job_(job),
        canvas_(*job.canvas),
        arena_(worker.arena),
        header_(preamble.header),
        form_(form),
        layout_(layout),
        expander_(preamble, form),
        window_(job.canvas->wanted()),
        columns_(static_cast<std::size_t>(window_.x1)) {}

  /// Inflates what the window needs of the image data that begin at `idat`.
  Status inflate(const Inflater& inflater, std::size_t idat) {
    const std::size_t wanted = layout_.bytes_above(static_cast<std::uint32_t>(window_.y1));
    const auto room = checked_add(wanted, Inflater::kSlack);
    raw_ = room ? arena_.take<std::uint8_t>(*room) : std::span<std::uint8_t>();
    if (raw_.empty()) return no_memory(wanted);
    const bool to_end = wanted == layout_.bytes;
    const Inflated inflated =
        inflater.inflate(job_.source->data, idat, wanted, to_end, raw_, arena_);
    if (!inflated.defect.ok()) {
      if (!job_.partial || inflated.bytes == 0) return inflated.defect;
      job_.note = inflated.defect.text();
      std::memset(raw_.data() + inflated.bytes, 0, wanted - inflated.bytes);
    }
    return check_filters(wanted);
  }

  Status deliver() { return header_.interlaced ? deliver_interlaced() : deliver_sequential(); }

 private:
  /// Rows of a pass that the window needs.
  [[nodiscard]] std::uint32_t rows_of(const Pass& pass) const {
    return std::min(pass.rows_above(static_cast<std::uint32_t>(window_.y1)), pass.height);
  }
  [[nodiscard]] std::uint8_t* filtered_row(const Pass& pass, std::size_t row) const {
    return raw_.data() + pass.offset + row * pass.stride();
  }

  Status check_filters(std::size_t wanted) {
    for (const Pass& pass : layout_) {
      for (std::uint32_t row = 0; row < rows_of(pass); ++row) {
        std::uint8_t* filtered = filtered_row(pass, row);
        if (*filtered < kFilters) continue;
        Status bad(Code::corrupt, "row " + std::to_string(pass.y0 + std::uint64_t{row} * pass.dy) +
                                      " has filter type " + std::to_string(*filtered));
        if (!job_.partial) return bad;
        if (job_.note.empty()) job_.note = bad.text();
        std::memset(filtered, 0, wanted - static_cast<std::size_t>(filtered - raw_.data()));
        return {};
      }
    }
    return {};
  }

  /// A row that neither Up, Average nor Paeth ties to those above it, at or above row y.
  [[nodiscard]] std::uint32_t row_to_start(const Pass& pass, std::uint32_t y) const {
    while (y > 0 && *filtered_row(pass, y) > static_cast<std::uint8_t>(Filter::sub)) --y;
    return y;
  }

  void unfilter_into(const Pass& pass, std::uint32_t y, std::size_t rows, const std::uint8_t* above,
                     std::uint8_t* out, std::ptrdiff_t stride) {
    unfilter({filtered_row(pass, y), pass.stride(), above, out, stride,
              expander_.row_bytes(columns_), rows,
              std::max<std::size_t>(header_.pixel_bits() / 8, 1)});
    job_.units_decoded += rows;
  }

  Status deliver_sequential() {
    const Pass& pass = layout_.passes[0];
    const auto y0 = static_cast<std::uint32_t>(window_.y0),
               y1 = static_cast<std::uint32_t>(window_.y1);
    const std::size_t row_bytes = expander_.row_bytes(columns_);
    const std::size_t strip_rows =
        std::max(kStripBytes / row_bytes / kRowGroup, std::size_t{1}) * kRowGroup;
    // The row above the strip, then the strip.
    const auto rows = arena_.take<std::uint8_t>(row_bytes * (strip_rows + 1));
    const auto line = arena_.take<std::uint8_t>(columns_);
    if (rows.empty() || line.empty()) return no_memory(row_bytes * (strip_rows + 1));
    std::memset(rows.data(), 0, row_bytes);
    const bool direct =
        canvas_.direct() && window_.x0 == 0 && !expander_.packed() && !expander_.expands();
    const std::uint32_t scratch_end = direct ? y0 : y1;
    for (std::uint32_t y = row_to_start(pass, y0); y < scratch_end;) {
      const auto count =
          static_cast<std::uint32_t>(std::min<std::size_t>(strip_rows, scratch_end - y));
      unfilter_into(pass, y, count, rows.data(), rows.data() + row_bytes,
                    static_cast<std::ptrdiff_t>(row_bytes));
      GLIMT_TRY(deliver_rows(rows.data() + row_bytes, row_bytes, y, y + count, line));
      std::memcpy(rows.data(), rows.data() + row_bytes * count, row_bytes);
      y += count;
    }
    if (!direct) return {};
    GLIMT_TRY(const Strip strip, canvas_.begin(window_, arena_));
    unfilter_into(pass, y0, y1 - y0, rows.data(), strip.view.data, strip.view.row_stride);
    canvas_.end(strip);
    return {};
  }

  /// Reconstructed rows [y, end) of the image, those of the window.
  Status deliver_rows(const std::uint8_t* rows, std::size_t row_bytes, std::int64_t y,
                      std::int64_t end, std::span<std::uint8_t> line) {
    const Rect rect{window_.x0, std::max(y, window_.y0), window_.x1, end};
    if (rect.empty()) return {};
    rows += static_cast<std::size_t>(rect.y0 - y) * row_bytes;
    const auto x = static_cast<std::size_t>(window_.x0);
    if (!expander_.packed() && !expander_.expands()) {
      PixelView view = packed_view(const_cast<std::uint8_t*>(rows) + x * expander_.pixel_bytes(),
                                   rect.width(), rect.height(), form_);
      view.row_stride = static_cast<std::ptrdiff_t>(row_bytes);
      canvas_.put(view, rect);
      return {};
    }
    GLIMT_TRY(const Strip strip, canvas_.begin(rect, arena_));
    for (std::int64_t i = 0; i < rect.height(); ++i, rows += row_bytes) {
      const std::uint8_t* pixels = rows + x * expander_.pixel_bytes();
      if (expander_.packed()) {
        std::uint8_t* unpacked = expander_.expands() ? line.data() : strip.view.at(0, i);
        expander_.unpack(rows, x, unpacked, columns_ - x);
        pixels = unpacked;
      }
      if (expander_.expands()) expander_.expand(pixels, strip.view.at(0, i), columns_ - x);
    }
    canvas_.end(strip);
    return {};
  }

  Status deliver_interlaced() {
    const std::size_t pixel_bytes = expander_.pixel_bytes();
    const std::size_t line_bytes = columns_ * pixel_bytes;
    const auto line = arena_.take<std::uint8_t>(line_bytes);
    const auto unpacked = arena_.take<std::uint8_t>(line_bytes);
    std::size_t widest = 0;
    for (const Pass& pass : layout_) widest = std::max(widest, pass.row_bytes);
    const auto zeros = arena_.take<std::uint8_t>(widest);
    if (line.empty() || unpacked.empty() || zeros.empty()) return no_memory(3 * line_bytes);
    std::memset(zeros.data(), 0, zeros.size());
    for (const Pass& pass : layout_) {
      const std::uint32_t rows = rows_of(pass);
      unfilter({filtered_row(pass, 0), pass.stride(), zeros.data(), filtered_row(pass, 0) + 1,
                static_cast<std::ptrdiff_t>(pass.stride()), pass.row_bytes, rows,
                std::max<std::size_t>(header_.pixel_bits() / 8, 1)});
      job_.units_decoded += rows;
    }
    const auto strip_rows =
        static_cast<std::int64_t>(std::max(kStripBytes / line_bytes, std::size_t{1}));
    const auto x = static_cast<std::size_t>(window_.x0);
    for (std::int64_t y = window_.y0; y < window_.y1; y += strip_rows) {
      const Rect rect{window_.x0, y, window_.x1, std::min(y + strip_rows, window_.y1)};
      GLIMT_TRY(const Strip strip, canvas_.begin(rect, arena_));
      for (std::int64_t i = 0; i < rect.height(); ++i) {
        gather_line(static_cast<std::uint32_t>(y + i), line.data(), unpacked.data());
        const std::uint8_t* pixels = line.data() + x * pixel_bytes;
        if (expander_.expands()) {
          expander_.expand(pixels, strip.view.at(0, i), columns_ - x);
        } else {
          std::memcpy(strip.view.at(0, i), pixels, (columns_ - x) * pixel_bytes);
        }
      }
      canvas_.end(strip);
    }
    return {};
  }

  /// The unpacked pixels of a row of the image, from all passes that have some.
  void gather_line(std::uint32_t y, std::uint8_t* line, std::uint8_t* unpacked) const {
    for (const Pass& pass : layout_) {
      if (y < pass.y0 || (y - pass.y0) % pass.dy != 0 || columns_ <= pass.x0) continue;
      const std::uint8_t* row = filtered_row(pass, (y - pass.y0) / pass.dy) + 1;
      const std::size_t count = ceil_div<std::size_t>(columns_ - pass.x0, pass.dx);
      if (expander_.packed()) {
        expander_.unpack(row, 0, unpacked, count);
        row = unpacked;
      }
      scatter(row, count, line, pass);
    }
  }
  void scatter(const std::uint8_t* pixels, std::size_t count, std::uint8_t* line,
               const Pass& pass) const {
    switch (expander_.pixel_bytes()) {
      case 1:
        return scatter_pixels<1>(pixels, count, line, pass);
      case 2:
        return scatter_pixels<2>(pixels, count, line, pass);
      case 3:
        return scatter_pixels<3>(pixels, count, line, pass);
      case 4:
        return scatter_pixels<4>(pixels, count, line, pass);
      case 6:
        return scatter_pixels<6>(pixels, count, line, pass);
      default:
        return scatter_pixels<8>(pixels, count, line, pass);
    }
  }
  template <std::size_t PixelBytes>
  static void scatter_pixels(const std::uint8_t* pixels, std::size_t count, std::uint8_t* line,
                             const Pass& pass) {
    if (pass.dx == 1) {
      std::memcpy(line, pixels, count * PixelBytes);
      return;
    }
    line += pass.x0 * PixelBytes;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(line + i * pass.dx * PixelBytes, pixels + i * PixelBytes, PixelBytes);
    }
  }

  DecodeJob& job_;
  const Canvas& canvas_;
  Arena& arena_;
  const Header& header_;
  const PixelForm form_;
  const Layout& layout_;
  const Expander expander_;
  const Rect window_;
  const std::size_t columns_;  ///< from the left edge to the window's right one
  std::span<std::uint8_t> raw_;
};

class PngDecoder : public ImageDecoder {
 public:
  explicit PngDecoder(Inflater inflater) : inflater_(std::move(inflater)) {}

  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = decode_one(job, worker);
      worker.arena.release(mark);
    }
  }

 private:
  Status decode_one(DecodeJob& job, Worker& worker) const {
    GLIMT_TRY(const Preamble preamble, read_preamble(job.source->data));
    if (preamble.idat == 0) return {Code::truncated, "the file ends before the image data"};
    // Transparency that nobody wants need not be made, and palettes come in either order.
    const PixelForm& wanted = job.canvas->wanted_form();
    PixelForm form = native_form(preamble, !preamble.transparency.empty() && wanted.alpha);
    form.bgr = preamble.indexed() && wanted.bgr;
    GLIMT_TRY(job.canvas->start(form));
    const Rect& window = job.canvas->wanted();
    if (window.empty()) return {};
    const auto layout = layout_of(preamble.header);
    const std::size_t bytes =
        layout ? layout->bytes_above(static_cast<std::uint32_t>(window.y1)) : SIZE_MAX;
    if (bytes > worker.limits.max_image_bytes) {
      return {Code::limit, "rows up to " + std::to_string(window.y1) + " take " +
                               std::to_string(bytes) + " bytes inflated; max_image_bytes is " +
                               std::to_string(worker.limits.max_image_bytes)};
    }
    ImageReader reader(job, worker, preamble, form, *layout);
    GLIMT_TRY(reader.inflate(inflater_, preamble.idat));
    return reader.deliver();
  }

  Inflater inflater_;
};

Result<std::unique_ptr<ImageDecoder>> open(const Options&) {
  GLIMT_TRY(Inflater inflater, Inflater::make());
  return std::unique_ptr<ImageDecoder>(std::make_unique<PngDecoder>(std::move(inflater)));
}

}  // namespace
}  // namespace png

const DecodeBackend kPngDecoder = {
    .name = "glimt_png_decoder",
    .alias = "opencv_png_decoder",
    .format = &kPngFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 16, .max_channels = 4},
    .option_keys = {},
    .open = png::open,
};

}  // namespace glimt
