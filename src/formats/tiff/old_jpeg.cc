// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/tiff/old_jpeg.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace glimt::tiff {
namespace {

constexpr std::uint64_t kBaselineProcess = 1;
constexpr std::size_t kQuantizationBytes = 64, kCodeLengths = 16;

Status truncated() {
  return {Code::truncated, "a table of the JPEG lies beyond the end of the file"};
}

/// A Huffman table at an offset: numbers of codes of each length, then a value for each.
Result<Bytes> huffman_at(Bytes file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < kCodeLengths) return truncated();
  std::size_t values = 0;
  for (std::size_t i = 0; i < kCodeLengths; ++i) values += file[offset + i];
  if (values > 256) {
    return Status(Code::corrupt, "a Huffman table of " + std::to_string(values) + " codes");
  }
  if (file.size() - offset - kCodeLengths < values) return truncated();
  return file.subspan(static_cast<std::size_t>(offset), kCodeLengths + values);
}

Result<Bytes> quantization_at(Bytes file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < kQuantizationBytes) return truncated();
  return file.subspan(static_cast<std::size_t>(offset), kQuantizationBytes);
}

/// Puts marker segments together (T.81 annex B).
class SegmentWriter {
 public:
  void marker(std::uint8_t code) { put({0xFF, code}); }
  void segment(std::uint8_t code, std::initializer_list<std::uint8_t> head, Bytes rest = {}) {
    marker(code);
    const std::size_t length = 2 + head.size() + rest.size();
    put({static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    put(head);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
  }
  std::vector<std::uint8_t> bytes;

 private:
  void put(std::initializer_list<std::uint8_t> values) {
    bytes.insert(bytes.end(), values.begin(), values.end());
  }
};

std::uint8_t high(std::uint32_t value) { return static_cast<std::uint8_t>(value >> 8); }
std::uint8_t low(std::uint32_t value) { return static_cast<std::uint8_t>(value); }

}  // namespace

Result<OldJpeg> OldJpeg::make(Page& page, Bytes file) {
  OldJpeg jpeg;
  GLIMT_TRY(const std::uint64_t process, read_number(page.ifd, kJpegProc, kBaselineProcess));
  if (process != kBaselineProcess) {
    return Status(Code::unsupported, "old-style JPEG of other than the baseline process");
  }
  GLIMT_TRY(const std::uint64_t offset, read_number(page.ifd, kJpegInterchangeFormat, 0));
  if (offset != 0) {
    if (offset >= file.size()) return truncated();
    jpeg.whole_ = file.subspan(static_cast<std::size_t>(offset));
    page.tiled = page.separate = false;
    page.chunk_width = page.width;
    page.chunk_height = page.height;
    page.chunks_across = page.chunks_down = 1;
    return jpeg;
  }
  GLIMT_TRY(jpeg.read_tables(page, file));
  return jpeg;
}

Status OldJpeg::read_tables(const Page& page, Bytes file) {
  GLIMT_TRY(const std::uint64_t interval, read_number(page.ifd, kJpegRestartInterval, 0));
  restart_interval_ = static_cast<std::uint16_t>(std::min<std::uint64_t>(interval, UINT16_MAX));
  const auto q = page.ifd.find(kJpegQTables), dc = page.ifd.find(kJpegDcTables),
             ac = page.ifd.find(kJpegAcTables);
  // Files without tables hold whole streams in their strips.
  if (!q || !dc || !ac) return {};
  components_ = page.samples;
  if (components_ > kMost || page.separate) {
    return {Code::unsupported, "old-style JPEG of over four components, or of separate planes"};
  }
  for (std::size_t i = 0; i < components_; ++i) {
    for (const auto& field : {q, dc, ac}) {
      if (!field->whole() || i >= field->count || !field->unsigned_at(i)) return truncated();
    }
    GLIMT_TRY(tables_[i].quantization, quantization_at(file, *q->unsigned_at(i)));
    GLIMT_TRY(tables_[i].dc, huffman_at(file, *dc->unsigned_at(i)));
    GLIMT_TRY(tables_[i].ac, huffman_at(file, *ac->unsigned_at(i)));
  }
  return {};
}

Result<Bytes> OldJpeg::stream(Bytes file, const Page& page, std::uint32_t down, std::uint64_t index,
                              Arena& arena) const {
  if (!whole_.empty()) return whole_;
  GLIMT_TRY(const Bytes coded, find_chunk(file, page, index));
  if (coded.empty() || starts_with(coded, "\xFF\xD8", 2)) return coded;
  if (components_ == 0) {
    return Status(Code::unsupported, "old-style JPEG without the tags of its tables");
  }
  const std::uint32_t height = page.tiled ? page.chunk_height : page.rows_of(down);
  if (height > UINT16_MAX || page.chunk_width > UINT16_MAX) {
    return Status(Code::corrupt, "a JPEG of more than 65535 pixels a side");
  }
  SegmentWriter writer;
  writer.marker(0xD8);
  std::vector<std::uint8_t> frame, scan;
  for (std::size_t i = 0; i < components_; ++i) {
    const auto n = static_cast<std::uint8_t>(i);
    const bool luma = i == 0 && page.photometric == Photometric::ycbcr;
    const auto sampling = static_cast<std::uint8_t>(
        luma ? page.subsampling[0] << 4 | (page.subsampling[1] & 15) : 0x11);
    const std::uint8_t id = n + 1, both = static_cast<std::uint8_t>(n << 4 | n);
    writer.segment(0xDB, {n}, tables_[i].quantization);
    writer.segment(0xC4, {n}, tables_[i].dc);
    writer.segment(0xC4, {static_cast<std::uint8_t>(0x10 | n)}, tables_[i].ac);
    frame.insert(frame.end(), {id, sampling, n});
    scan.insert(scan.end(), {id, both});
  }
  const auto components = static_cast<std::uint8_t>(components_);
  writer.segment(
      0xC0,
      {8, high(height), low(height), high(page.chunk_width), low(page.chunk_width), components},
      frame);
  if (restart_interval_ != 0) {
    writer.segment(0xDD, {high(restart_interval_), low(restart_interval_)});
  }
  scan.insert(scan.end(), {0, 63, 0});
  writer.segment(0xDA, {components}, scan);

  constexpr std::uint8_t end[] = {0xFF, 0xD9};
  const std::size_t head = writer.bytes.size();
  const auto memory = arena.take<std::uint8_t>(head + coded.size() + sizeof end);
  if (memory.empty()) return Status(Code::out_of_memory, "no memory for a strip of JPEG");
  std::memcpy(memory.data(), writer.bytes.data(), head);
  std::memcpy(memory.data() + head, coded.data(), coded.size());
  std::memcpy(memory.data() + head + coded.size(), end, sizeof end);
  return Bytes(memory);
}

}  // namespace glimt::tiff
