// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "codec/job.h"
#include "codec/worker.h"
#include "formats/jpeg/blocks.h"
#include "formats/jpeg/component_rows.h"
#include "formats/jpeg/damage.h"
#include "formats/jpeg/frame.h"
#include "formats/jpeg/idct.h"
#include "formats/jpeg/intervals.h"
#include "formats/jpeg/lossless.h"
#include "formats/jpeg/pixel_rows.h"
#include "formats/jpeg/tables.h"

namespace glimt::jpeg {

/// Decodes the scans of one image. When one scan has it all, pixels follow MCU row by MCU row;
/// otherwise coefficients (of lossless frames: samples) are collected over the scans first.
class ScanDecoder {
 public:
  /// Pixels of `job`'s window. `coded`: the form of the stream's samples.
  Status run(const Frame& frame, const PixelForm& coded, bool fancy, DecodeJob& job,
             Worker& worker);

 private:
  Status read_stream(Bytes data, DamageLog& damages, Worker& worker);
  Status read_segment(const Segment& segment, Bytes data, std::size_t& end, DamageLog& damages,
                      Worker& worker);
  Status latch_steps(const Scan& scan);
  Status start_scan(const Scan& scan, Bytes data, std::size_t offset, Worker& worker);
  Status read_row(std::int64_t row, DamageLog& damages);
  Status store_scan(const Scan& scan, DamageLog& damages);
  Status allocate(Worker& worker);
  Status check_complete(DamageLog& damages);
  void note_progress(const Scan& scan);

  Status write_pixels(bool from_scan, DamageLog& damages, Worker& worker);
  void transform_row(std::int64_t row);
  Status write_ready(std::int64_t ready, bool last, Worker& worker);

  const Frame* frame_ = nullptr;
  Tables tables_;
  Intervals intervals_;
  LosslessScan lossless_;
  BlockScan blocks_;
  PixelRows pixels_;
  InverseDct inverse_dct_ = nullptr;

  std::array<ComponentRows, kMaxComponents> samples_;
  std::array<CoefficientRows, kMaxComponents> coefficients_;
  std::array<QuantizationTable, kMaxComponents> steps_;
  std::array<std::uint8_t, kMaxComponents> shifts_{};
  std::array<bool, kMaxComponents> seen_{};  // in a scan
  /// Of each coefficient of a progressive frame: the lowest bit that has been sent; -1: none.
  std::array<std::array<std::int8_t, kBlockSize>, kMaxComponents> lowest_bit_;
  std::uint32_t scans_ = 0, started_ = 0;
  bool single_ = false;  // one scan has it all
  bool allocated_ = false;
  bool ended_ = false;  // by EOI
  Rect wanted_;
  std::int64_t next_row_ = 0;  // of pixels
  std::uint64_t units_ = 0;
};

}  // namespace glimt::jpeg
