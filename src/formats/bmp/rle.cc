// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/bmp/rle.h"

#include <algorithm>
#include <cstring>

namespace glimt::bmp {
namespace {

constexpr std::uint8_t kEndOfLine = 0, kEndOfBitmap = 1, kDelta = 2;

}  // namespace

void RleReader::read_row(std::uint64_t y, std::uint8_t* row) {
  const std::size_t pixel_bytes = coding_ == Coding::rle24 ? 3 : 1;
  std::memset(row, 0, (x1_ - x0_) * pixel_bytes);
  skip_to(y);
  while (!ended_ && y_ == y) step(row);
}

void RleReader::skip_to(std::uint64_t y) {
  while (!ended_ && y_ < y) step(nullptr);
}

void RleReader::step(std::uint8_t* row) {
  if (left() == 0 && x_ >= width_) {  // a full row may end without saying so
    x_ = 0;
    ++y_;
    return;
  }
  if (left() < 2) return run_out();
  const std::uint8_t* code = data_.data() + position_;
  if (code[0] == 0) {
    position_ += 2;
    return escape(code[1], row);
  }
  const std::size_t value_bytes = coding_ == Coding::rle24 ? 3 : 1;
  if (left() < 1 + value_bytes) return run_out();
  position_ += 1 + value_bytes;
  run(code[0], code + 1, row);
}

void RleReader::escape(std::uint8_t code, std::uint8_t* row) {
  switch (code) {
    case kEndOfLine:
      x_ = 0;
      ++y_;
      return;
    case kEndOfBitmap:
      ended_ = true;
      return;
    case kDelta:
      if (left() < 2) return run_out();
      x_ += data_[position_];
      y_ += data_[position_ + 1];
      position_ += 2;
      return;
    default:
      return literal(code, row);
  }
}

void RleReader::run(std::uint32_t count, const std::uint8_t* value, std::uint8_t* row) {
  const std::uint64_t begin = x_;
  x_ += count;
  const std::uint64_t from = std::max<std::uint64_t>(begin, x0_);
  const std::uint64_t to = std::min<std::uint64_t>(x_, x1_);
  if (row == nullptr || from >= to) return;
  switch (coding_) {
    case Coding::rle24:
      for (std::uint64_t x = from; x < to; ++x) std::memcpy(row + (x - x0_) * 3, value, 3);
      return;
    case Coding::rle4:
      for (std::uint64_t x = from; x < to; ++x) {
        row[x - x0_] = ((x - begin) & 1) != 0 ? *value & 15 : *value >> 4;
      }
      return;
    default:
      std::memset(row + (from - x0_), *value, to - from);
  }
}

void RleReader::literal(std::uint32_t count, std::uint8_t* row) {
  std::size_t bytes = count;
  if (coding_ == Coding::rle24) bytes = count * 3;
  if (coding_ == Coding::rle4) bytes = (count + 1) / 2;
  const std::uint8_t* values = data_.data() + position_;
  if (left() < bytes) {  // paint the whole pixels that are there
    const std::size_t there = left();
    count = static_cast<std::uint32_t>(coding_ == Coding::rle24  ? there / 3
                                       : coding_ == Coding::rle4 ? there * 2
                                                                 : there);
    run_out();
  }
  position_ += std::min(left(), (bytes + 1) / 2 * 2);  // padded to 16 bits; the last may be cut
  const std::uint64_t begin = x_;
  x_ += count;
  const std::uint64_t from = std::max<std::uint64_t>(begin, x0_);
  const std::uint64_t to = std::min<std::uint64_t>(x_, x1_);
  if (row == nullptr || from >= to) return;
  switch (coding_) {
    case Coding::rle24:
      std::memcpy(row + (from - x0_) * 3, values + (from - begin) * 3, (to - from) * 3);
      return;
    case Coding::rle4:
      for (std::uint64_t x = from; x < to; ++x) {
        const std::uint8_t pair = values[(x - begin) / 2];
        row[x - x0_] = ((x - begin) & 1) != 0 ? pair & 15 : pair >> 4;
      }
      return;
    default:
      std::memcpy(row + (from - x0_), values + (from - begin), to - from);
  }
}

}  // namespace glimt::bmp
