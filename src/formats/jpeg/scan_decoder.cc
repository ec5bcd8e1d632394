// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/scan_decoder.h"

#include <algorithm>
#include <string>

namespace glimt::jpeg {
namespace {

// MCU rows of a lossless frame, often single rows of pixels, go to the canvas so many at a time.
constexpr std::int64_t kLosslessRows = 16;

std::int64_t rows_at_once(const Frame& frame) { return frame.lossless ? kLosslessRows : 1; }

Status too_large() {
  return {Code::limit,
          "the image's scans together need more memory than the limit max_image_bytes; raise it"};
}

}  // namespace

Status ScanDecoder::run(const Frame& frame, const PixelForm& coded, bool fancy, DecodeJob& job,
                        Worker& worker) {
  frame_ = &frame;
  tables_.clear();
  seen_ = {};
  shifts_ = {};
  for (auto& bits : lowest_bit_) bits.fill(-1);
  scans_ = started_ = 0;
  single_ = allocated_ = ended_ = false;
  units_ = 0;
  wanted_ = job.canvas->wanted();
  next_row_ = wanted_.y0;
  inverse_dct_ = inverse_dct(frame.precision);
  if (wanted_.empty()) return {};
  DamageLog damages(!job.partial);
  GLIMT_TRY(pixels_.start(frame, coded, fancy, *job.canvas, worker.arena));
  SegmentWalk shared(job.source->tables);
  for (Segment segment; shared.next(segment);) GLIMT_TRY(tables_.read(segment));
  GLIMT_TRY(read_stream(job.source->data, damages, worker));
  job.note = damages.note();
  job.units_decoded = units_;
  return {};
}

Status ScanDecoder::read_stream(Bytes data, DamageLog& damages, Worker& worker) {
  std::size_t position = 2;  // behind SOI
  while (!ended_ && !single_) {
    SegmentWalk walk(data, position);
    Segment segment;
    if (!walk.next(segment)) break;
    position = segment.offset + segment.payload.size();
    Status status = read_segment(segment, data, position, damages, worker);
    if (status.ok()) continue;
    // A broken segment between scans: what came before it can be had.
    const bool damaged = status.code() == Code::corrupt || status.code() == Code::truncated;
    if (!damaged || single_ || started_ == 0) return status;
    GLIMT_TRY(damages.add_elsewhere(std::move(status)));
    break;
  }
  if (single_) return {};
  if (started_ == 0) return {Code::truncated, "the data ends before the first scan"};
  GLIMT_TRY(check_complete(damages));
  return write_pixels(false, damages, worker);
}

Status ScanDecoder::read_segment(const Segment& segment, Bytes data, std::size_t& end,
                                 DamageLog& damages, Worker& worker) {
  if (segment.marker == kEoi) {
    ended_ = true;
    return {};
  }
  if (segment.marker != kSos) return tables_.read(segment);
  Scan scan;
  GLIMT_TRY(read_scan(segment.payload, *frame_, scan));
  if (++scans_ > worker.limits.max_scans) {
    return {Code::limit, "more scans than the limit max_scans allows"};
  }
  if (scans_ == 1) single_ = scan.count == frame_->count && !frame_->progressive;
  GLIMT_TRY(allocate(worker));
  const Arena::Mark mark = worker.arena.mark();
  GLIMT_TRY(start_scan(scan, data, end, worker));
  ++started_;
  damages.set_scan(single_ ? 0 : scans_, scan.mcus_down);
  if (single_) {
    GLIMT_TRY(write_pixels(true, damages, worker));
  } else {
    GLIMT_TRY(store_scan(scan, damages));
  }
  worker.arena.release(mark);
  end = intervals_.end();
  return {};
}

/// Memory for the whole image, or for as much of it as is worked on at a time. Once.
Status ScanDecoder::allocate(Worker& worker) {
  if (allocated_) return {};
  const Frame& frame = *frame_;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < frame.count; ++i) {
    const FrameComponent& c = frame.components[i];
    const std::int64_t ring = 2 * rows_at_once(frame) * c.vertical * frame.unit;
    const std::int64_t rows = frame.lossless && !single_ ? c.padded_down : ring;
    const std::int64_t block_rows = single_ ? c.vertical : c.padded_down;
    bytes += ComponentRows::bytes(c.width, rows);
    if (!frame.lossless) bytes += CoefficientRows::bytes(c.padded_across, block_rows);
    if (!single_ && bytes > worker.limits.max_image_bytes) return too_large();
    const bool allocated =
        samples_[i].allocate(c.width, rows, worker.arena) &&
        (frame.lossless || coefficients_[i].allocate(c.padded_across, block_rows, worker.arena));
    if (!allocated) return {Code::out_of_memory, "no memory for the samples of the image"};
  }
  allocated_ = true;
  return {};
}

/// Quantization tables count as they are at the first scan of a component (B.2.4.1 forbids to
/// change them later).
Status ScanDecoder::latch_steps(const Scan& scan) {
  for (std::size_t i = 0; i < scan.count; ++i) {
    const std::size_t component = scan.components[i].component;
    const std::size_t table = frame_->components[component].quantization;
    if (seen_[component]) continue;
    if (table >= kTables || !tables_.quantization_defined[table]) {
      return {Code::corrupt, "component " + std::to_string(component) +
                                 " uses quantization table " + std::to_string(table) +
                                 ", which is not defined"};
    }
    steps_[component] = tables_.quantization[table];
  }
  return {};
}

Status ScanDecoder::start_scan(const Scan& scan, Bytes data, std::size_t offset, Worker& worker) {
  if (frame_->lossless) {
    GLIMT_TRY(lossless_.start(*frame_, scan, tables_, worker.arena));
  } else {
    GLIMT_TRY(latch_steps(scan));
    GLIMT_TRY(blocks_.start(*frame_, scan, tables_));
  }
  note_progress(scan);
  // Never more than what is left of the stream; memory that an interval does not fill is not
  // touched.
  const auto scratch = worker.arena.take<std::uint8_t>(data.size() - offset + 1);
  if (scratch.empty()) return {Code::out_of_memory, "no memory for the data of a scan"};
  intervals_.start(data, offset, tables_.restart_interval, scratch);
  return {};
}

void ScanDecoder::note_progress(const Scan& scan) {
  for (std::size_t i = 0; i < scan.count; ++i) {
    const std::size_t component = scan.components[i].component;
    seen_[component] = true;
    if (frame_->lossless) shifts_[component] = scan.low;
    if (!frame_->progressive) continue;
    for (std::size_t k = scan.spectral_start; k <= scan.spectral_end; ++k) {
      lowest_bit_[component][k] = static_cast<std::int8_t>(scan.low);
    }
  }
}

Status ScanDecoder::read_row(std::int64_t row, DamageLog& damages) {
  damages.set_row(row);
  return frame_->lossless ? lossless_.read_row(row, intervals_, samples_, damages)
                          : blocks_.read_row(row, intervals_, coefficients_, damages);
}

Status ScanDecoder::store_scan(const Scan& scan, DamageLog& damages) {
  for (std::int64_t row = 0; row < scan.mcus_down; ++row) {
    GLIMT_TRY(read_row(row, damages));
    if (intervals_.lost() && !frame_->lossless) break;
  }
  return {};
}

/// Were all scans there?
Status ScanDecoder::check_complete(DamageLog& damages) {
  damages.set_scan(0, 0);
  for (std::size_t i = 0; i < frame_->count; ++i) {
    const auto& bits = lowest_bit_[i];
    const bool absent = !seen_[i] || (frame_->progressive && bits[0] < 0);
    // Without EOI, scans may be missing that would have completed the coefficients.
    const bool unfinished = !ended_ && frame_->progressive &&
                            std::any_of(bits.begin(), bits.end(), [](int b) { return b != 0; });
    if (absent && frame_->lossless) {
      const auto middle = static_cast<std::uint16_t>(1U << (frame_->precision - 1));
      for (std::int64_t y = 0; y < frame_->components[i].height; ++y) {
        std::fill_n(samples_[i].row(y), samples_[i].width(), middle);
      }
    }
    if (absent || unfinished) {
      GLIMT_TRY(damages.add(ended_ ? Code::corrupt : Code::truncated,
                            "component " + std::to_string(i) +
                                (absent ? " is in none of the " : " is not completed by the ") +
                                std::to_string(scans_) + " scans"));
    }
  }
  return {};
}

/// All pixels of the window; `from_scan`: reading the MCU rows on the way.
Status ScanDecoder::write_pixels(bool from_scan, DamageLog& damages, Worker& worker) {
  const std::int64_t height = frame_->mcu_height();
  const std::int64_t context = pixels_.context_rows();
  for (std::int64_t row = 0; row < frame_->mcus_down && next_row_ < wanted_.y1; ++row) {
    if (from_scan) GLIMT_TRY(read_row(row, damages));
    const std::int64_t top = row * height, bottom = top + height;
    const bool met = bottom > wanted_.y0 - context && top < wanted_.y1 + context;
    if (met && !frame_->lossless) transform_row(row);
    if (frame_->lossless) units_ += static_cast<std::uint64_t>(frame_->mcus_across);
    const bool last = row + 1 == frame_->mcus_down;
    GLIMT_TRY(write_ready(last ? frame_->height : bottom - context, last, worker));
  }
  return {};
}

/// From coefficients to samples: the blocks of an MCU row that the window's pixels depend on.
void ScanDecoder::transform_row(std::int64_t row) {
  const std::int64_t x0 = std::max<std::int64_t>(wanted_.x0 - frame_->horizontal, 0);
  const std::int64_t x1 = std::min(wanted_.x1 + frame_->horizontal, frame_->width);
  const std::int64_t margin = pixels_.context_columns();
  const std::int64_t first = std::max(wanted_.x0 - margin, std::int64_t{0}) / frame_->mcu_width();
  const std::int64_t last =
      (std::min(wanted_.x1 + margin, frame_->width) - 1) / frame_->mcu_width();
  units_ += static_cast<std::uint64_t>(last - first + 1);
  for (std::size_t i = 0; i < frame_->count; ++i) {
    if (!pixels_.needs(i)) continue;
    const FrameComponent& c = frame_->components[i];
    const std::int64_t pixels_per_block = 8 * (frame_->horizontal / c.horizontal);
    const std::int64_t first_block = x0 / pixels_per_block;
    const std::int64_t end_block = (x1 + pixels_per_block - 1) / pixels_per_block;
    const std::int64_t end = std::min((row + 1) * c.vertical, c.units_down);
    coefficients_[i].clear_before(end);
    for (std::int64_t y = row * c.vertical; y < end; ++y) {
      std::uint16_t* samples = samples_[i].row(y * 8);
      for (std::int64_t x = first_block; x < end_block; ++x) {
        inverse_dct_(coefficients_[i].block(x, y), steps_[i], samples + 8 * x,
                     samples_[i].stride());
      }
      for (std::int64_t v = 0; v < 8; ++v) samples_[i].repeat_ends(y * 8 + v);
    }
  }
}

/// Rows of pixels before `ready` can be made.
Status ScanDecoder::write_ready(std::int64_t ready, bool last, Worker& worker) {
  const std::int64_t end = std::min(ready, wanted_.y1);
  const std::int64_t least = last || end == wanted_.y1 ? 1 : rows_at_once(*frame_);
  if (end - next_row_ < least) return {};
  GLIMT_TRY(pixels_.write(next_row_, end, samples_, shifts_, worker.arena));
  next_row_ = end;
  return {};
}

}  // namespace glimt::jpeg
