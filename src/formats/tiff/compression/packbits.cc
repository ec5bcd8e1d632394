// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/compression/packbits.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace glimt::tiff {
namespace {

constexpr std::size_t kMost = 128;  // bytes of a packet

/// How often the first byte of `bytes` comes in a row, counted up to kMost.
std::size_t run_length(Bytes bytes) {
  const std::size_t most = std::min(bytes.size(), kMost);
  std::size_t length = 1;
  while (length < most && bytes[length] == bytes[0]) ++length;
  return length;
}

}  // namespace

Expanded expand_packbits(Bytes coded, std::span<std::uint8_t> out) {
  std::size_t from = 0, at = 0;
  while (from < coded.size() && at < out.size()) {
    const std::uint8_t control = coded[from++];
    if (control == 128) continue;
    const bool literal = control < 128;
    const std::size_t wanted = literal ? control + std::size_t{1} : 257 - std::size_t{control};
    const std::size_t there = literal ? coded.size() - from : coded.size() > from ? wanted : 0;
    const std::size_t count = std::min({wanted, out.size() - at, there});
    if (count != 0 && literal) std::memcpy(&out[at], &coded[from], count);
    if (count != 0 && !literal) std::memset(&out[at], coded[from], count);
    at += count;
    from += literal ? count : 1;
    if (there < wanted && at < out.size()) {
      return {at, Status(Code::truncated, "the PackBits data end within a packet, behind byte " +
                                              std::to_string(at))};
    }
  }
  return {at, {}};
}

void compress_packbits(Bytes row, std::vector<std::uint8_t>& out) {
  while (!row.empty()) {
    const std::size_t run = run_length(row);
    if (run >= 2) {
      out.push_back(static_cast<std::uint8_t>(257 - run));
      out.push_back(row[0]);
      row = row.subspan(run);
      continue;
    }
    // A run of two costs as much as it saves inside literal bytes, so only three end them.
    std::size_t literal = 1;
    while (literal < std::min(row.size(), kMost) &&
           !(row.size() - literal >= 3 && row[literal] == row[literal + 1] &&
             row[literal] == row[literal + 2]))
      ++literal;
    out.push_back(static_cast<std::uint8_t>(literal - 1));
    out.insert(out.end(), row.begin(), row.begin() + static_cast<std::ptrdiff_t>(literal));
    row = row.subspan(literal);
  }
}

}  // namespace glimt::tiff
