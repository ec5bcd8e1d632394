// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "formats/jpeg/backends.h"
#include "formats/jpeg/encode_request.h"
#include "formats/jpeg/format.h"
#include "formats/jpeg/metadata.h"
#include "formats/jpeg/turbo.h"
#include "formats/jpeg/turbo_memory.h"

namespace glimt::jpeg {
namespace {

constexpr std::string_view kName = "libjpeg_turbo_encoder";
constexpr std::string_view kAlias = "opencv_jpeg_encoder";

constexpr std::int64_t kMaxStripRows = 64;
constexpr std::int64_t kStripBytes = 256 << 10;

/// What the library calls the pixels that it is fed with.
J_COLOR_SPACE fed_space(const PixelForm& form) {
  // [alpha][bgr]: the library passes over the alpha.
  constexpr J_COLOR_SPACE spaces[2][2] = {{JCS_EXT_RGB, JCS_EXT_BGR}, {JCS_EXT_RGBX, JCS_EXT_BGRX}};
  // In the order of ColorModel.
  const J_COLOR_SPACE by_model[] = {
      JCS_GRAYSCALE, spaces[form.alpha][form.bgr], JCS_YCbCr, JCS_CMYK, JCS_YCCK, JCS_UNKNOWN};
  return by_model[static_cast<std::size_t>(form.color)];
}

J_COLOR_SPACE coded_space(ColorModel color) {
  PixelForm form;
  form.color = color;
  return fed_space(form);
}

/// libjpeg writes into the sink's own memory.
class SinkDestination : public jpeg_destination_mgr {
 public:
  SinkDestination() : jpeg_destination_mgr{} {
    init_destination = open_room;
    empty_output_buffer = more_room;
    term_destination = close_room;
  }
  void start(Sink& sink, std::size_t expected_bytes) {
    sink_ = &sink;
    expected_bytes_ = expected_bytes;
  }

 private:
  static SinkDestination& of(j_compress_ptr cinfo) {
    return *static_cast<SinkDestination*>(cinfo->dest);
  }
  bool take_room(std::size_t bytes) {
    auto room = sink_->reserve(bytes);
    if (!room.ok()) return false;
    room_bytes_ = room->size();
    next_output_byte = room->data();
    free_in_buffer = room_bytes_;
    return true;
  }
  static void take_room_or_leave(j_compress_ptr cinfo, std::size_t bytes) {
    if (of(cinfo).take_room(bytes)) return;
    static_cast<ErrorTrap*>(cinfo->err)
        ->leave(reinterpret_cast<j_common_ptr>(cinfo), Code::out_of_memory,
                "no memory for the encoded bytes");
  }
  static void open_room(j_compress_ptr cinfo) {
    take_room_or_leave(cinfo, of(cinfo).expected_bytes_);
  }
  static boolean more_room(j_compress_ptr cinfo) {
    of(cinfo).sink_->commit(of(cinfo).room_bytes_);
    take_room_or_leave(cinfo, of(cinfo).expected_bytes_);
    return TRUE;
  }
  static void close_room(j_compress_ptr cinfo) {
    of(cinfo).sink_->commit(of(cinfo).room_bytes_ - of(cinfo).free_in_buffer);
  }

  Sink* sink_ = nullptr;
  std::size_t room_bytes_ = 0, expected_bytes_ = 0;
};

class TurboEncoder final : public ImageEncoder {
 public:
  static Result<std::unique_ptr<ImageEncoder>> open(const Options&) {
    auto encoder = std::make_unique<TurboEncoder>();
    if (!guarded(encoder->trap_, [&] { jpeg_create_compress(&encoder->cinfo_); })) {
      return Status(encoder->trap_.code, encoder->trap_.message);
    }
    encoder->cinfo_.dest = &encoder->destination_;
    return std::unique_ptr<ImageEncoder>(std::move(encoder));
  }

  TurboEncoder() { cinfo_.err = &trap_; }
  TurboEncoder(const TurboEncoder&) = delete;
  TurboEncoder& operator=(const TurboEncoder&) = delete;
  ~TurboEncoder() override { jpeg_destroy_compress(&cinfo_); }

  void encode(std::span<EncodeJob> jobs, Worker& worker) override {
    for (EncodeJob& job : jobs) {
      const Arena::Mark mark = worker.arena.mark();
      job.status = encode_one(job, worker);
      jpeg_abort_compress(&cinfo_);
      memory_.detach(reinterpret_cast<j_common_ptr>(&cinfo_));
      if (&job != &jobs.back()) worker.arena.release(mark);
    }
  }

 private:
  Status encode_one(EncodeJob& job, Worker& worker);
  void describe(const EncodeJob& job, const EncodeRequest& plan);
  Status write_rows(const EncodeJob& job, Worker& worker, const EncodeRequest& plan);
  [[nodiscard]] Status failure() const {
    if (memory_.over_limit()) {
      return {Code::limit, "the coefficients of the image exceed the limit max_image_bytes"};
    }
    return {trap_.code, trap_.message};
  }

  jpeg_compress_struct cinfo_{};
  ErrorTrap trap_;
  SinkDestination destination_;
  ImageMemory memory_;
};

Status TurboEncoder::encode_one(EncodeJob& job, Worker& worker) {
  GLIMT_TRY(const EncodeRequest plan, request_of(job));
  GLIMT_TRY(check_application_data(job.embedded));
  GLIMT_TRY(job.source->start(plan.form));
  memory_.attach(reinterpret_cast<j_common_ptr>(&cinfo_), worker.arena,
                 worker.limits.max_image_bytes);
  trap_.restart(true);
  // A quarter of a byte a pixel is common; the sink doubles when it is not enough.
  const std::int64_t pixels = job.source->width() * job.source->height();
  destination_.start(*job.sink, static_cast<std::size_t>(pixels / 4 + 4096));
  const bool started = guarded(trap_, [&] {
    describe(job, plan);
    jpeg_start_compress(&cinfo_, TRUE);
    write_application_data(&cinfo_, job.embedded);
  });
  if (!started) return failure();
  if (cinfo_.write_JFIF_header == FALSE) note_density(job.embedded, job.note);
  memory_.settle();
  GLIMT_TRY(write_rows(job, worker, plan));
  if (!guarded(trap_, [&] { jpeg_finish_compress(&cinfo_); })) return failure();
  return {};
}

void TurboEncoder::describe(const EncodeJob& job, const EncodeRequest& plan) {
  // Tables of the image before are gone with its memory; without this they would be used again.
  cinfo_.comp_info = nullptr;
  std::fill(std::begin(cinfo_.quant_tbl_ptrs), std::end(cinfo_.quant_tbl_ptrs), nullptr);
  std::fill(std::begin(cinfo_.dc_huff_tbl_ptrs), std::end(cinfo_.dc_huff_tbl_ptrs), nullptr);
  std::fill(std::begin(cinfo_.ac_huff_tbl_ptrs), std::end(cinfo_.ac_huff_tbl_ptrs), nullptr);
  cinfo_.script_space = nullptr;
  cinfo_.script_space_size = 0;

  cinfo_.image_width = static_cast<JDIMENSION>(job.source->width());
  cinfo_.image_height = static_cast<JDIMENSION>(job.source->height());
  cinfo_.input_components = plan.form.channels;
  cinfo_.in_color_space = fed_space(plan.form);
  jpeg_set_defaults(&cinfo_);
  jpeg_set_colorspace(&cinfo_, coded_space(plan.coded));
  jpeg_set_quality(&cinfo_, plan.quality, TRUE);
  for (int i = 0; i < cinfo_.num_components; ++i) {
    const bool chroma = i == 1 || i == 2;
    cinfo_.comp_info[i].h_samp_factor = chroma ? 1 : plan.horizontal;
    cinfo_.comp_info[i].v_samp_factor = chroma ? 1 : plan.vertical;
  }
  const JpegEncodeParams& params = job.params->jpeg;
  cinfo_.arith_code = params.arithmetic;
  cinfo_.optimize_coding = params.optimized_huffman && !params.arithmetic;
  cinfo_.restart_interval = params.restart_interval;
  if (params.progressive) jpeg_simple_progression(&cinfo_);
  const Density density = density_of(job.embedded);
  cinfo_.density_unit = density.unit;
  cinfo_.X_density = density.x;
  cinfo_.Y_density = density.y;
}

Status TurboEncoder::write_rows(const EncodeJob& job, Worker& worker, const EncodeRequest& plan) {
  const std::int64_t width = job.source->width(), height = job.source->height();
  const std::int64_t mcu_height = std::int64_t{DCTSIZE} * plan.vertical;
  const std::int64_t row_bytes = width * plan.form.channels;
  const std::int64_t fit = std::clamp(kStripBytes / row_bytes, mcu_height, kMaxStripRows);
  const std::int64_t strip_rows = fit / mcu_height * mcu_height;
  for (std::int64_t y = 0; y < height; y += strip_rows) {
    const std::int64_t count = std::min(strip_rows, height - y);
    const Arena::Mark mark = worker.arena.mark();
    GLIMT_TRY(const PixelView strip, job.source->read({0, y, width, y + count}, worker.arena));
    std::array<JSAMPROW, kMaxStripRows> rows;
    for (std::int64_t i = 0; i < count; ++i) rows[i] = strip.at(0, i);
    const bool written = guarded(trap_, [&] {
      for (std::int64_t done = 0; done < count;) {
        done += jpeg_write_scanlines(&cinfo_, &rows[done], static_cast<JDIMENSION>(count - done));
      }
    });
    if (!written) return failure();
    worker.arena.release(mark);
  }
  return {};
}

}  // namespace
}  // namespace glimt::jpeg

namespace glimt {

const EncodeBackend kJpegTurboEncoder = {
    .name = jpeg::kName,
    .alias = jpeg::kAlias,
    .format = &kJpegFormat,
    .kind = BackendKind::cpu_only,
    .grain = Grain::image,
    .caps = {.types = type_bit(SampleType::u8),
             .channels = 0b11110,
             .qualities = static_cast<std::uint16_t>(quality_bit(QualityType::standard) |
                                                     quality_bit(QualityType::quality)),
             .embeds = jpeg::kEmbeds},
    .option_keys = {},
    .open = jpeg::TurboEncoder::open,
};

}  // namespace glimt
