// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/jpeg2000/boxes.h"

#include <string>

namespace glimt::jpeg2000 {
namespace {

constexpr std::uint8_t kSignature[] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', 0x87, '\n'};

constexpr std::size_t value_bytes(std::uint8_t depth_byte) {
  return ((depth_byte & 0x7F) + 8U) / 8;
}

/// I.5.3.3: of several specifications the first that says something usable wins.
void read_color(Bytes contents, Jp2Header& header) {
  ByteReader reader(contents);
  const std::uint8_t method = reader.u8();
  reader.skip(2);  // precedence, approximation
  if (method == 1) {
    const auto color = reader.be<std::uint32_t>();
    if (!reader.ok()) return;
    if (header.color == EnumeratedColor::none && !header.color_by_icc) {
      header.color = static_cast<EnumeratedColor>(color);
    }
  } else if (method == 2 || method == 3) {
    const Bytes profile = reader.take(reader.left());
    if (profile.empty() || !header.icc.empty()) return;
    header.icc = profile;
    header.color_by_icc = header.color == EnumeratedColor::none;
  }
}

Status read_palette(Bytes contents, Jp2Header& header) {
  ByteReader reader(contents);
  header.palette_entries = reader.be<std::uint16_t>();
  header.palette_columns = reader.u8();
  header.palette_depths = reader.take(header.palette_columns);
  std::size_t entry_bytes = 0;
  for (const std::uint8_t depth : header.palette_depths) entry_bytes += value_bytes(depth);
  header.palette_values = reader.take(entry_bytes * header.palette_entries);
  if (!reader.ok() || header.palette_columns == 0 || header.palette_entries == 0 ||
      header.palette_entries > 1024) {
    return {Code::corrupt, "the palette box (pclr) is empty or shorter than its entries"};
  }
  return {};
}

Status read_header_box(Bytes contents, Jp2Header& header) {
  BoxReader boxes(contents);
  for (;;) {
    GLIMT_TRY(const auto box, boxes.next());
    if (!box) return {};
    switch (box->type) {
      case box_type("colr"):
        read_color(box->contents, header);
        break;
      case box_type("pclr"):
        if (header.palette_columns == 0) GLIMT_TRY(read_palette(box->contents, header));
        break;
      case box_type("cmap"):
        header.component_mapping = box->contents;
        break;
      case box_type("cdef"):
        if (box->contents.size() >= 2) header.channel_definition = box->contents.subspan(2);
        break;
      default:
        break;  // ihdr and bpcc repeat what the codestream says; it decides
    }
  }
}

}  // namespace

Result<std::optional<Box>> BoxReader::next() {
  if (position_ >= data_.size()) return std::optional<Box>();
  ByteReader reader(data_, position_);
  std::uint64_t length = reader.be<std::uint32_t>();
  Box box;
  box.type = reader.be<std::uint32_t>();
  if (length == 1) length = reader.be<std::uint64_t>();
  const std::string where = " in the box at byte " + std::to_string(position_);
  if (!reader.ok()) return Status(Code::truncated, "the file ends" + where);
  const std::size_t header_bytes = reader.position() - position_;
  const std::size_t available = data_.size() - position_;
  if (length == 0) length = available;
  if (length < header_bytes) {
    return Status(Code::corrupt, "a length below its own header's" + where);
  }
  box.cut = length > available;
  box.contents = data_.subspan(
      reader.position(), (box.cut ? available : static_cast<std::size_t>(length)) - header_bytes);
  position_ += box.cut ? available : static_cast<std::size_t>(length);
  return std::optional<Box>(box);
}

bool is_jp2(Bytes head) { return starts_with(head, kSignature, sizeof kSignature); }

bool is_codestream(Bytes head) {
  constexpr std::uint8_t soc_siz[] = {0xFF, 0x4F, 0xFF, 0x51};
  return starts_with(head, soc_siz, sizeof soc_siz);
}

Result<Jp2Header> read_jp2_header(Bytes file) {
  Jp2Header header;
  if (is_codestream(file)) {
    header.codestream = file;
    return header;
  }
  if (!is_jp2(file)) return Status(Code::corrupt, "neither a JP2 signature nor a codestream");
  header.boxed = true;
  bool described = false;
  BoxReader boxes(file);
  for (;;) {
    GLIMT_TRY(const auto box, boxes.next());
    if (!box) return Status(Code::truncated, "the file ends before its codestream (box jp2c)");
    if (box->type == box_type("jp2h") && !described) {
      if (box->cut) return Status(Code::truncated, "the file ends in its header box (jp2h)");
      GLIMT_TRY(read_header_box(box->contents, header));
      described = true;
    } else if (box->type == box_type("jp2c")) {
      header.codestream = box->contents;
      header.codestream_cut = box->cut;
      return header;
    }
  }
}

}  // namespace glimt::jpeg2000
