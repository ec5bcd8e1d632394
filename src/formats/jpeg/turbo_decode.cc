// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/turbo.h"
#include "formats/jpeg/turbo_memory.h"
#include "formats/jpeg/turbo_planes.h"
#include "formats/jpeg/turbo_source.h"

namespace glimt::jpeg {
namespace {

constexpr std::string_view kName = "libjpeg_turbo_decoder";
constexpr std::string_view kAlias = "opencv_jpeg_decoder";
constexpr std::string_view kOptionKeys[] = {"fancy_upsampling", "fast_idct"};

constexpr std::uint64_t kCodings = 1U << kBaseline | 1U << kExtended | 1U << kProgressive |
                                   1U << kExtendedArithmetic | 1U << kProgressiveArithmetic;

// Rows handed to the library at once: pointers on the stack, and samples that stay in L2.
constexpr std::int64_t kMaxStripRows = 64;
constexpr std::int64_t kStripBytes = 256 << 10;

/// In the order of ColorModel.
constexpr J_COLOR_SPACE kColorSpaces[] = {JCS_GRAYSCALE, JCS_RGB,  JCS_YCbCr,
                                          JCS_CMYK,      JCS_YCCK, JCS_UNKNOWN};

/// Stops a stream of endless scans: each costs a pass over the whole image.
struct ScanLimit : jpeg_progress_mgr {
  std::uint32_t max_scans = 0;
};
void check_scans(j_common_ptr cinfo) {
  const auto& limit = *static_cast<const ScanLimit*>(cinfo->progress);
  const auto scans = reinterpret_cast<j_decompress_ptr>(cinfo)->input_scan_number;
  if (static_cast<std::uint32_t>(scans) > limit.max_scans) {
    static_cast<ErrorTrap*>(cinfo->err)
        ->leave(cinfo, Code::limit, "more scans than the limit max_scans allows");
  }
}

/// What the caps say as well, for callers that do not ask them.
Status check_coding(const Header& header) {
  if ((kCodings >> header.coding & 1) == 0) {
    return {Code::unsupported, "frames of type SOF" + std::to_string(header.coding) +
                                   " (lossless or hierarchical) are not decoded by " +
                                   std::string(kName)};
  }
  if (header.precision != 8) {
    return {Code::unsupported, std::to_string(header.precision) +
                                   "-bit samples are not decoded by " + std::string(kName) +
                                   ", 8-bit ones are"};
  }
  return {};
}

/// What the library shall decode of the image, in pixels.
struct Part {
  Rect rect;
  std::int64_t mcu_width = 0, mcu_height = 0;
};

class TurboDecoder final : public ImageDecoder {
 public:
  static Result<std::unique_ptr<ImageDecoder>> open(const Options& options) {
    auto decoder = std::make_unique<TurboDecoder>();
    decoder->fancy_upsampling_ = flag(options, kOptionKeys[0], true);
    decoder->fast_idct_ = flag(options, kOptionKeys[1], false);
    if (!guarded(decoder->trap_, [&] { jpeg_create_decompress(&decoder->cinfo_); })) {
      return Status(decoder->trap_.code, decoder->trap_.message);
    }
    decoder->cinfo_.src = &decoder->source_;
    decoder->cinfo_.progress = &decoder->scan_limit_;
    return std::unique_ptr<ImageDecoder>(std::move(decoder));
  }

  TurboDecoder() {
    cinfo_.err = &trap_;
    scan_limit_.progress_monitor = check_scans;
  }
  TurboDecoder(const TurboDecoder&) = delete;
  TurboDecoder& operator=(const TurboDecoder&) = delete;
  ~TurboDecoder() override { jpeg_destroy_decompress(&cinfo_); }

  void decode(std::span<DecodeJob> jobs, Worker& worker) override {
    for (DecodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = decode_one(job, worker);
      if (&job != &jobs.back()) worker.arena.release(mark);
    }
  }

 private:
  static bool flag(const Options& options, std::string_view key, bool fallback) {
    return options.flag(kName, key, options.flag(kAlias, key, fallback));
  }

  Status decode_one(DecodeJob& job, Worker& worker);
  Status decode_once(DecodeJob& job, Worker& worker, const Header& header, std::size_t end);
  Status read_header(const DecodeJob& job, Worker& worker, const Header& header, std::size_t end);
  [[nodiscard]] PixelForm choose_form(const PixelForm& wanted, bool inverted);
  [[nodiscard]] Part part_for(const Rect& wanted) const;
  [[nodiscard]] bool needs_context_rows() const;
  Status start(const Part& part);
  Status check_complete();
  Status read_rows(DecodeJob& job, Worker& worker, const Part& part);
  Status read_planes(DecodeJob& job, Worker& worker, const Part& part, const PixelForm& form);
  [[nodiscard]] Status failure() const;
  [[nodiscard]] std::string note() const;

  jpeg_decompress_struct cinfo_{};
  ErrorTrap trap_;
  MemorySource source_;
  ImageMemory memory_;
  ScanLimit scan_limit_{};
  bool fancy_upsampling_ = true, fast_idct_ = false;
  bool started_ = false;  // the canvas knows the form
};

Status TurboDecoder::decode_one(DecodeJob& job, Worker& worker) {
  Header header;
  GLIMT_TRY(jpeg::read_header(job.source->data, header));
  GLIMT_TRY(check_coding(header));
  const Arena::Mark mark = worker.arena.mark();
  started_ = false;
  trap_.restart(!job.partial);
  Status status = decode_once(job, worker, header, job.source->data.size());
  const bool damaged = status.code() == Code::corrupt || status.code() == Code::truncated;
  if (damaged && job.partial && started_) {
    // A segment between scans cannot be read: what lies before it can. The library has read the
    // segment's marker, two bytes.
    const std::size_t end = source_.position() - std::min<std::size_t>(source_.position(), 2);
    if (end >= header.scan_offset && end < job.source->data.size()) {
      const std::string defect = status.text();
      jpeg_abort_decompress(&cinfo_);
      worker.arena.release(mark);
      trap_.restart(false);
      status = decode_once(job, worker, header, end);
      if (status.ok()) job.note = defect + "; what follows is left out";
    }
  }
  jpeg_abort_decompress(&cinfo_);
  memory_.detach(reinterpret_cast<j_common_ptr>(&cinfo_));
  return status;
}

Status TurboDecoder::decode_once(DecodeJob& job, Worker& worker, const Header& header,
                                 std::size_t end) {
  GLIMT_TRY(read_header(job, worker, header, end));
  const PixelForm form = choose_form(job.canvas->wanted_form(), job.info->form.inverted);
  if (!started_) GLIMT_TRY(job.canvas->start(form));
  started_ = true;
  job.units_decoded = 0;
  if (job.canvas->wanted().empty()) return {};
  const Part part = part_for(job.canvas->wanted());
  const bool whole_rows = part.rect.y0 == 0 && part.rect.width() == cinfo_.image_width;
  cinfo_.raw_data_out = whole_rows && Planes::serve(cinfo_, form);
  GLIMT_TRY(start(part));
  memory_.settle();
  GLIMT_TRY(cinfo_.raw_data_out ? read_planes(job, worker, part, form)
                                : read_rows(job, worker, part));
  job.note = note();
  return {};
}

Status TurboDecoder::read_header(const DecodeJob& job, Worker& worker, const Header& header,
                                 std::size_t end) {
  memory_.attach(reinterpret_cast<j_common_ptr>(&cinfo_), worker.arena,
                 worker.limits.max_image_bytes);
  // Tables and modules of the image before are gone with its memory. (jpeg_skip_scanlines looks at
  // cconvert even where the image at hand has none.)
  std::fill(std::begin(cinfo_.quant_tbl_ptrs), std::end(cinfo_.quant_tbl_ptrs), nullptr);
  std::fill(std::begin(cinfo_.dc_huff_tbl_ptrs), std::end(cinfo_.dc_huff_tbl_ptrs), nullptr);
  std::fill(std::begin(cinfo_.ac_huff_tbl_ptrs), std::end(cinfo_.ac_huff_tbl_ptrs), nullptr);
  cinfo_.cconvert = nullptr;
  cinfo_.cquantize = nullptr;
  cinfo_.upsample = nullptr;
  cinfo_.total_iMCU_rows = 0;
  scan_limit_.max_scans = worker.limits.max_scans;
  if (const Bytes tables = job.source->tables; !tables.empty()) {
    source_.start(tables, Header(), tables.size());
    if (!guarded(trap_, [&] { jpeg_read_header(&cinfo_, FALSE); })) return failure();
  }
  source_.start(job.source->data, header, end);
  if (!guarded(trap_, [&] { jpeg_read_header(&cinfo_, TRUE); })) return failure();
  const ColorModel color = job.info->form.color;
  if (color != color_of(header)) cinfo_.jpeg_color_space = kColorSpaces[static_cast<int>(color)];

  const CanvasTarget& target = job.canvas->target();
  if (cinfo_.image_width != target.stored_width || cinfo_.image_height != target.stored_height) {
    return {Code::internal, "the stream is not the one that was parsed"};
  }
  cinfo_.do_fancy_upsampling = fancy_upsampling_;
  cinfo_.dct_method = fast_idct_ ? JDCT_IFAST : JDCT_ISLOW;
  return {};
}

/// The nearest form to the wanted one that the library has a way to; the canvas does the rest.
PixelForm TurboDecoder::choose_form(const PixelForm& wanted, bool inverted) {
  PixelForm form;
  const auto deliver = [&](J_COLOR_SPACE space, ColorModel color, int channels) {
    cinfo_.out_color_space = space;
    form.color = color;
    form.channels = static_cast<std::uint16_t>(channels);
    form.inverted = channels == 4 && inverted;
    return form;
  };
  const auto deliver_rgb = [&] {
    form.bgr = wanted.color == ColorModel::rgb && wanted.bgr;
    form.alpha =
        wanted.color == ColorModel::rgb && wanted.alpha && wanted.channels == 4 && !wanted.planar;
    // [alpha][bgr]
    constexpr J_COLOR_SPACE spaces[2][2] = {{JCS_EXT_RGB, JCS_EXT_BGR},
                                            {JCS_EXT_RGBA, JCS_EXT_BGRA}};
    deliver(spaces[form.alpha][form.bgr], ColorModel::rgb, form.alpha ? 4 : 3);
    form.inverted = false;
    return form;
  };
  switch (cinfo_.jpeg_color_space) {
    case JCS_GRAYSCALE:  // for RGB too: the canvas replicates faster than the library
      return deliver(JCS_GRAYSCALE, ColorModel::gray, 1);
    case JCS_RGB:
    case JCS_YCbCr:
      if (wanted.color == ColorModel::gray) return deliver(JCS_GRAYSCALE, ColorModel::gray, 1);
      if (wanted.color == ColorModel::ycc && cinfo_.jpeg_color_space == JCS_YCbCr) {
        return deliver(JCS_YCbCr, ColorModel::ycc, 3);
      }
      return deliver_rgb();
    case JCS_YCCK:
      if (wanted.color == ColorModel::ycck) return deliver(JCS_YCCK, ColorModel::ycck, 4);
      return deliver(JCS_CMYK, ColorModel::cmyk, 4);
    case JCS_CMYK:
      return deliver(JCS_CMYK, ColorModel::cmyk, 4);
    default:
      return deliver(JCS_UNKNOWN, ColorModel::other, cinfo_.num_components);
  }
}

/// Whether upsampling a row looks at the rows above and below it (jdsample.c).
bool TurboDecoder::needs_context_rows() const {
  if (!fancy_upsampling_) return false;
  for (int i = 0; i < cinfo_.num_components; ++i) {
    const jpeg_component_info& c = cinfo_.comp_info[i];
    const bool full_width = c.h_samp_factor == cinfo_.max_h_samp_factor;
    const bool half_width =
        c.h_samp_factor * 2 == cinfo_.max_h_samp_factor && c.downsampled_width > 2;
    const bool half_height = c.v_samp_factor * 2 == cinfo_.max_v_samp_factor;
    if (c.component_needed && half_height && (full_width || half_width)) return true;
  }
  return false;
}

/// The MCU columns that hold the window and the margin in which pixels depend on their neighbours:
/// one chroma sample for the triangle filter of upsampling, and for the smoothing of blocks whose
/// progression is unfinished two blocks to the left (to the right the library looks by itself).
Part TurboDecoder::part_for(const Rect& wanted) const {
  Part part;
  const bool single = cinfo_.num_components == 1;
  part.mcu_width = DCTSIZE * (single ? 1 : cinfo_.max_h_samp_factor);
  part.mcu_height = DCTSIZE * cinfo_.max_v_samp_factor;
  const std::int64_t filter = cinfo_.max_h_samp_factor;
  const std::int64_t smoothing = cinfo_.progressive_mode ? 2 * part.mcu_width : 0;
  const std::int64_t width = cinfo_.image_width;
  std::int64_t x0 = std::max<std::int64_t>(wanted.x0 - filter - smoothing, 0);
  std::int64_t x1 = std::min<std::int64_t>(wanted.x1 + filter, width);
  x0 = x0 / part.mcu_width * part.mcu_width;
  x1 = std::min((x1 + part.mcu_width - 1) / part.mcu_width * part.mcu_width, width);
  // Very narrow parts are upsampled without the filter.
  if (x1 - x0 < part.mcu_width) x0 = std::max<std::int64_t>(x0 - part.mcu_width, 0);
  part.rect = {x0, wanted.y0, x1, wanted.y1};
  return part;
}

Status TurboDecoder::start(const Part& part) {
  auto x0 = static_cast<JDIMENSION>(part.rect.x0);
  auto width = static_cast<JDIMENSION>(part.rect.width());
  const bool started = guarded(trap_, [&] {
    jpeg_start_decompress(&cinfo_);
    if (width < cinfo_.output_width) jpeg_crop_scanline(&cinfo_, &x0, &width);
    if (part.rect.y0 > 0) jpeg_skip_scanlines(&cinfo_, static_cast<JDIMENSION>(part.rect.y0));
  });
  if (!started) return failure();
  if (x0 != part.rect.x0 || width != part.rect.width()) {
    return {Code::internal, "libjpeg cropped to other columns than asked for"};
  }
  return check_complete();
}

/// Of a stream of several scans all have been read now. Were they all there?
Status TurboDecoder::check_complete() {
  if (!jpeg_has_multiple_scans(&cinfo_)) return {};
  for (int i = 0; i < cinfo_.num_components; ++i) {
    const int* bits = cinfo_.coef_bits != nullptr ? cinfo_.coef_bits[i] : nullptr;
    const bool absent = cinfo_.comp_info[i].quant_table == nullptr || (bits && bits[0] < 0);
    // Without EOI, scans may be missing that would have completed the coefficients.
    const bool unfinished =
        source_.ended() && bits && std::any_of(bits, bits + DCTSIZE2, [](int b) { return b != 0; });
    if (!absent && !unfinished) continue;
    const Code code = source_.ended() ? Code::truncated : Code::corrupt;
    std::string text = "component " + std::to_string(i) +
                       (absent ? " is in none of the " : " is not completed by the ") +
                       std::to_string(cinfo_.input_scan_number) + " scans";
    if (trap_.strict) return {code, std::move(text)};
    if (trap_.damages++ == 0) {
      const std::size_t length = std::min(text.size(), sizeof trap_.damage - 1);
      std::memcpy(trap_.damage, text.data(), length);
      trap_.damage[length] = '\0';
      trap_.first_damage = {static_cast<unsigned>(cinfo_.input_scan_number), 0, 0, true};
    }
  }
  return {};
}

Status TurboDecoder::read_rows(DecodeJob& job, Worker& worker, const Part& part) {
  const Rect& rect = part.rect;
  const std::int64_t row_bytes = rect.width() * cinfo_.output_components;
  const std::int64_t fit = std::clamp(kStripBytes / row_bytes, part.mcu_height, kMaxStripRows);
  const std::int64_t strip_rows = fit / part.mcu_height * part.mcu_height;
  for (std::int64_t y = rect.y0; y < rect.y1; y += strip_rows) {
    const std::int64_t count = std::min(strip_rows, rect.y1 - y);
    GLIMT_TRY(const Strip strip, job.canvas->begin({rect.x0, y, rect.x1, y + count}, worker.arena));
    std::array<JSAMPROW, kMaxStripRows> rows;
    for (std::int64_t i = 0; i < count; ++i) rows[i] = strip.view.at(0, i);
    const bool read = guarded(trap_, [&] {
      for (std::int64_t done = 0; done < count;) {
        done += jpeg_read_scanlines(&cinfo_, &rows[done], static_cast<JDIMENSION>(count - done));
      }
    });
    if (!read) return failure();
    job.canvas->end(strip);
  }
  // The library skips whole MCU rows above the window, but for one that it needs as context.
  const std::int64_t first =
      (needs_context_rows() && rect.y0 > 0 ? rect.y0 - 1 : rect.y0) / part.mcu_height;
  const std::int64_t columns = (rect.width() + part.mcu_width - 1) / part.mcu_width;
  job.units_decoded = static_cast<std::uint64_t>((cinfo_.output_iMCU_row - first) * columns);
  return {};
}

/// Upsampling and colour by our own kernels, MCU row by MCU row.
Status TurboDecoder::read_planes(DecodeJob& job, Worker& worker, const Part& part,
                                 const PixelForm& form) {
  Planes planes;
  if (!planes.start(cinfo_, form, worker.arena)) {
    return {Code::out_of_memory, "no memory for two MCU rows"};
  }
  const auto mcu_height = static_cast<JDIMENSION>(planes.mcu_height());
  std::int64_t y = 0;
  for (std::int64_t row = 0; y < part.rect.y1; ++row) {
    const JSAMPIMAGE target = planes.target(row);
    if (!guarded(trap_, [&] { jpeg_read_raw_data(&cinfo_, target, mcu_height); })) {
      return failure();
    }
    planes.filled(row);
    const std::int64_t end = std::min(planes.rows_ready(row + 1), part.rect.y1);
    GLIMT_TRY(const Strip strip, job.canvas->begin({0, y, part.rect.x1, end}, worker.arena));
    for (; y < end; ++y) planes.convert(y, strip.view.at(0, y - strip.rect.y0));
    job.canvas->end(strip);
  }
  const std::int64_t columns = (part.rect.width() + part.mcu_width - 1) / part.mcu_width;
  job.units_decoded = static_cast<std::uint64_t>(cinfo_.output_iMCU_row * columns);
  return {};
}

Status TurboDecoder::failure() const {
  if (memory_.over_limit()) {
    return {Code::limit,
            "the coefficients of the image exceed the limit max_image_bytes; raise it"};
  }
  if (trap_.code == Code::corrupt && source_.ended()) {
    return {Code::truncated, "the data ends " + text_of(trap_.place)};
  }
  return {trap_.code, std::string(trap_.message) + " " + text_of(trap_.place)};
}

std::string TurboDecoder::note() const {
  if (trap_.damages == 0) return trap_.oddity;
  const std::string where = text_of(trap_.first_damage);
  if (source_.ended()) return "truncated: the data ends " + where;
  return std::string("corrupt: ") + trap_.damage + " " + where;
}

}  // namespace
}  // namespace glimt::jpeg

namespace glimt {

const DecodeBackend kJpegTurboDecoder = {
    .name = jpeg::kName,
    .alias = jpeg::kAlias,
    .format = &kJpegFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.max_bit_depth = 8, .max_channels = jpeg::kMaxComponents, .codings = jpeg::kCodings},
    .option_keys = jpeg::kOptionKeys,
    .open = jpeg::TurboDecoder::open,
};

}  // namespace glimt
