// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg/turbo_source.h"

#include <jerror.h>

#include "base/bytes.h"

namespace glimt::jpeg {
namespace {

constexpr JOCTET kEndOfImage[] = {0xFF, kEoi};

void do_nothing(j_decompress_ptr) {}

}  // namespace

MemorySource::MemorySource() : jpeg_source_mgr{} {
  init_source = do_nothing;
  fill_input_buffer = fill;
  skip_input_data = skip;
  resync_to_restart = jpeg_resync_to_restart;
  term_source = do_nothing;
}

void MemorySource::start(Bytes data, const Header& header, std::size_t end) {
  offsets_ = {0, header.height_offset, header.height_offset + 2};
  if (header.height_by_dnl) {
    store_be(height_.data(), header.height);
    parts_ = {data.first(offsets_[1]), height_, data.subspan(offsets_[2], end - offsets_[2])};
  } else {
    parts_ = {data.first(end), Bytes(), Bytes()};
  }
  part_ = next_part_ = 0;
  next_input_byte = parts_[0].data();
  bytes_in_buffer = 0;
  ended_ = false;
}

std::size_t MemorySource::position() const {
  if (ended_) return last_position_;
  return offsets_[part_] + parts_[part_].size() - bytes_in_buffer;
}

boolean MemorySource::fill(j_decompress_ptr cinfo) {
  auto& source = *static_cast<MemorySource*>(cinfo->src);
  while (source.next_part_ < source.parts_.size()) {
    const std::size_t i = source.next_part_++;
    const Bytes part = source.parts_[i];
    if (part.empty()) continue;
    source.part_ = i;
    source.next_input_byte = part.data();
    source.bytes_in_buffer = part.size();
    return TRUE;
  }
  // Within a segment the library has noted nothing yet of what it read: this is where it begins.
  source.last_position_ = source.position();
  source.next_input_byte = kEndOfImage;
  source.bytes_in_buffer = sizeof kEndOfImage;
  // The Huffman decoder says itself when it lacks bits. The arithmetic one may run on zeros
  // forever (T.81 D.2.6), so that with it the end of the data is all there is to see.
  const bool first = !source.ended_;
  source.ended_ = true;
  if (first && cinfo->arith_code && cinfo->input_scan_number > 0) {
    cinfo->err->msg_code = JWRN_JPEG_EOF;
    (*cinfo->err->emit_message)(reinterpret_cast<j_common_ptr>(cinfo), -1);
  }
  return TRUE;
}

void MemorySource::skip(j_decompress_ptr cinfo, long count) {
  auto& source = *static_cast<MemorySource*>(cinfo->src);
  auto left = count > 0 ? static_cast<std::size_t>(count) : 0;
  while (left > source.bytes_in_buffer && !source.ended_) {
    left -= source.bytes_in_buffer;
    fill(cinfo);
  }
  if (source.ended_) return;
  source.next_input_byte += left;
  source.bytes_in_buffer -= left;
}

}  // namespace glimt::jpeg
