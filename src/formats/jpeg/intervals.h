// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "formats/jpeg/bit_reader.h"
#include "formats/jpeg/damage.h"

namespace glimt::jpeg {

/// The entropy-coded segments of a scan (T.81 B.1.1.5): one, or one for each restart interval.
class Intervals {
 public:
  /// `scratch` has room for the rest of the stream.
  void start(Bytes stream, std::size_t offset, std::uint64_t mcus_per_interval,
             std::span<std::uint8_t> scratch);

  /// Whether the next MCU begins an interval. Then call open(), and reset predictions.
  [[nodiscard]] bool at_start() const { return left_ == 0; }
  /// Opens the interval. Fails only where `damages` says so.
  Status open(DamageLog& damages);
  /// MCUs that are left in the interval are passed over: their data cannot be read.
  void give_up() { alive_ = false; }
  /// Whether the interval's data is there and has been read without error so far.
  [[nodiscard]] bool alive() const { return alive_; }
  void count(std::uint64_t mcus) { left_ -= mcus; }
  /// MCUs left in the interval.
  [[nodiscard]] std::uint64_t left() const { return left_; }
  /// Nothing more of the scan can be read.
  [[nodiscard]] bool lost() const { return !alive_ && single_; }
  /// More was read than the interval has: gives it up.
  Status report_overrun(DamageLog& damages);

  BitReader bits;

  /// Offset behind the data read so far: of a marker, or the end of the stream.
  [[nodiscard]] std::size_t end() const { return position_; }
  [[nodiscard]] bool at_end_of_stream() const { return marker_ == 0; }

 private:
  void load();
  Status find_restart(DamageLog& damages);

  Bytes stream_;
  std::size_t position_ = 0;
  std::uint8_t marker_ = 0;  // at position_; 0: the end of the stream
  std::span<std::uint8_t> scratch_;
  std::uint64_t size_ = 0, left_ = 0;  // in MCUs
  std::uint64_t opened_ = 0;           // intervals
  bool single_ = false, alive_ = false;
};

}  // namespace glimt::jpeg
