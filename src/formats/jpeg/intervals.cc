// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/intervals.h"

#include <cstring>
#include <limits>

#include "formats/jpeg/format.h"

namespace glimt::jpeg {
namespace {

constexpr bool is_restart(std::uint8_t marker) { return marker >= kRst0 && marker <= kRst7; }

}  // namespace

void Intervals::start(Bytes stream, std::size_t offset, std::uint64_t mcus_per_interval,
                      std::span<std::uint8_t> scratch) {
  stream_ = stream;
  position_ = offset;
  marker_ = 0;
  scratch_ = scratch;
  size_ = mcus_per_interval != 0 ? mcus_per_interval : std::numeric_limits<std::uint64_t>::max();
  single_ = mcus_per_interval == 0;
  left_ = opened_ = 0;
  alive_ = false;
  bits = {};
}

Status Intervals::open(DamageLog& damages) {
  left_ = size_;
  alive_ = true;
  if (opened_++ > 0) GLIMT_TRY(find_restart(damages));
  if (alive_) load();
  return {};
}

/// Collects the data up to the next marker, without the zero bytes stuffed behind 0xFF (F.1.2.3).
void Intervals::load() {
  std::uint8_t* out = scratch_.data();
  marker_ = 0;
  while (position_ < stream_.size()) {
    const std::uint8_t* from = &stream_[position_];
    const std::size_t left = stream_.size() - position_;
    const auto* found = static_cast<const std::uint8_t*>(std::memchr(from, 0xFF, left));
    const std::size_t plain = found != nullptr ? static_cast<std::size_t>(found - from) : left;
    std::memcpy(out, from, plain);
    out += plain;
    position_ += plain;
    if (found == nullptr) break;
    const std::uint8_t next = left - plain > 1 ? found[1] : 0;
    if (next == 0) {
      *out++ = 0xFF;
      position_ += left - plain > 1 ? 2 : 1;
    } else if (next == 0xFF) {  // a fill byte (B.1.1.2)
      ++position_;
    } else {
      marker_ = next;
      break;
    }
  }
  bits = BitReader({scratch_.data(), static_cast<std::size_t>(out - scratch_.data())});
}

/// The marker behind an interval counts modulo 8. Where another one stands, data was lost or put
/// in; which of both it is, is guessed as in libjpeg (jdmarker.c, jpeg_resync_to_restart).
Status Intervals::find_restart(DamageLog& damages) {
  const auto expected = static_cast<unsigned>((opened_ - 2) % 8);
  for (;;) {
    if (is_restart(marker_) && marker_ - kRst0 == static_cast<int>(expected)) {
      position_ += 2;
      return {};
    }
    if (marker_ == 0) {
      GLIMT_TRY(damages.add(Code::truncated, "the data ends"));
      alive_ = false;
      return {};
    }
    GLIMT_TRY(damages.add(Code::corrupt, "a restart marker is missing or out of order"));
    const unsigned ahead = (marker_ - kRst0 - expected) & 7U;
    if (!is_restart(marker_) || ahead == 1 || ahead == 2) {
      alive_ = false;  // this interval is lost, the marker one of those to come
      return {};
    }
    position_ += 2;
    if (ahead < 6) return {};
    load();  // one of those before: what stands behind it is passed over
  }
}

Status Intervals::report_overrun(DamageLog& damages) {
  alive_ = false;
  return at_end_of_stream() ? damages.add(Code::truncated, "the data ends")
                            : damages.add(Code::corrupt, "a marker ends the data too early");
}

}  // namespace glimt::jpeg
