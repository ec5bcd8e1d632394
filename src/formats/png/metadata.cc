// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>

#include "formats/png/chunks.h"
#include "formats/png/format.h"
#include "formats/png/inflate.h"
#include "metadata/gathered.h"
#include "metadata/photoshop.h"

namespace glimt::png {
namespace {

/// What stands before the next NUL; data moves behind it. Nothing when there is no NUL.
std::optional<Bytes> take_field(Bytes& data) {
  const auto end = std::find(data.begin(), data.end(), std::uint8_t{0});
  if (end == data.end()) return std::nullopt;
  const auto size = static_cast<std::size_t>(end - data.begin());
  const Bytes field = data.first(size);
  data = data.subspan(size + 1);
  return field;
}

/// The block of an iCCP, zTXt or compressed iTXt chunk, its method byte already read. A damaged one
/// is passed over like any ancillary chunk; one over the limit is an error.
Result<std::vector<std::uint8_t>> inflate_block(Bytes data, std::uint64_t most) {
  auto block = inflate_all(data, most);
  if (!block.ok() &&
      (block.status().code() == Code::corrupt || block.status().code() == Code::truncated)) {
    return std::vector<std::uint8_t>();
  }
  return block;
}

/// 11.3.3.3
Result<std::vector<std::uint8_t>> read_profile(Bytes data, std::uint64_t most) {
  const auto name = take_field(data);
  if (!name || data.empty() || data[0] != 0) return std::vector<std::uint8_t>();
  return inflate_block(data.subspan(1), most);
}

/// 11.3.4.2, 11.3.4.3, 11.3.4.4. An empty keyword: there is none to read.
Result<TextEntry> read_text(const Chunk& chunk, std::uint64_t most) {
  Bytes data = chunk.data;
  const auto keyword = take_field(data);
  if (!keyword) return TextEntry();
  TextEntry text{utf8_of_latin1(*keyword), {}};
  if (chunk.type == chunk_type("tEXt")) {
    text.text = utf8_of_latin1(data);
    return text;
  }
  if (chunk.type == chunk_type("zTXt")) {
    if (data.empty() || data[0] != 0) return TextEntry();
    GLIMT_TRY(const auto block, inflate_block(data.subspan(1), most));
    text.text = utf8_of_latin1(block);
    return text;
  }
  if (data.size() < 2 || data[0] > 1 || data[1] != 0) return TextEntry();
  const bool compressed = data[0] == 1;
  data = data.subspan(2);
  const auto language = take_field(data), translated = take_field(data);
  if (!language || !translated) return TextEntry();
  std::vector<std::uint8_t> block(data.begin(), data.end());
  if (compressed) {
    GLIMT_TRY(block, inflate_block(data, most));
  }
  text.text.assign(block.begin(), block.end());
  return text;
}

/// The block of a text that ImageMagick's convention writes in hexadecimal: "\n<name>\n<size>\n",
/// then the digits in lines. Empty: it is none.
std::vector<std::uint8_t> read_raw_profile(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r'; };
  const auto name = text.find_first_not_of(" \n\r");
  const auto size = name == std::string_view::npos ? name : text.find('\n', name);
  const auto digits = size == std::string_view::npos ? size : text.find_first_not_of(" \n\r", size);
  const auto body = digits == std::string_view::npos ? digits : text.find('\n', digits);
  if (body == std::string_view::npos) return {};
  std::vector<std::uint8_t> block;
  int high = -1;
  for (const char c : text.substr(body)) {
    if (is_space(c)) continue;
    const char lower = static_cast<char>(c | 0x20);
    const int digit = c >= '0' && c <= '9'           ? c - '0'
                      : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                     : -1;
    if (digit < 0) return {};
    if (high < 0) {
      high = digit;
    } else {
      block.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return block;
}

class Collector {
 public:
  Collector(MetadataKind kind, const Limits& limits) : found_(kind, limits) {}

  Status visit(const Chunk& chunk) {
    switch (chunk.type) {
      case chunk_type("eXIf"):
        return found_.add_exif(chunk.data);
      case chunk_type("iCCP"): {
        if (!found_.wants(MetadataKind::icc_profile)) return {};
        GLIMT_TRY(auto profile, read_profile(chunk.data, found_.room()));
        return found_.add(MetadataKind::icc_profile, MetadataFormat::raw, std::move(profile));
      }
      case chunk_type("pHYs"):
        visit_resolution(chunk.data);
        return {};
      case chunk_type("tEXt"):
      case chunk_type("zTXt"):
      case chunk_type("iTXt"):
        return visit_text(chunk);
      default:
        return {};
    }
  }

  Result<std::vector<Metadata>> finish() && { return std::move(found_).finish(); }

 private:
  Status visit_text(const Chunk& chunk) {
    GLIMT_TRY(TextEntry entry, read_text(chunk, found_.room()));
    if (entry.keyword == "XML:com.adobe.xmp") {
      return found_.add(
          MetadataKind::xmp, MetadataFormat::xmp,
          Bytes(reinterpret_cast<const std::uint8_t*>(entry.text.data()), entry.text.size()));
    }
    constexpr std::string_view raw = "Raw profile type ";
    if (entry.keyword.starts_with(raw)) {
      const std::vector<std::uint8_t> block = read_raw_profile(entry.text);
      if (!block.empty()) return visit_raw_profile(entry.keyword.substr(raw.size()), block);
    }
    return found_.add_text(std::move(entry));
  }

  Status visit_raw_profile(std::string_view name, Bytes block) {
    constexpr char packet[] = "http://ns.adobe.com/xap/1.0/";
    const bool xmp = name == "xmp" || starts_with(block, packet, sizeof packet);
    if (xmp) {
      if (starts_with(block, packet, sizeof packet)) block = block.subspan(sizeof packet);
      return found_.add(MetadataKind::xmp, MetadataFormat::xmp, block);
    }
    if (name == "exif" || name == "APP1") return found_.add_exif(block);
    if (name == "icc" || name == "icm") {
      return found_.add(MetadataKind::icc_profile, MetadataFormat::raw, block);
    }
    if (name != "iptc" && name != "8bim") return {};
    const Bytes iptc = starts_with(block, "8BIM", 4) ? find_iptc(block) : block;
    return found_.add(MetadataKind::iptc, MetadataFormat::raw, iptc);
  }

  /// 11.3.5.3
  void visit_resolution(Bytes data) {
    if (data.size() != 9) return;
    found_.add_resolution({static_cast<double>(load_be<std::uint32_t>(&data[0])),
                           static_cast<double>(load_be<std::uint32_t>(&data[4])),
                           data[8] == 1 ? Resolution::Unit::metre : Resolution::Unit::unknown});
  }

  Gathered found_;
};

}  // namespace

Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& page,
                                            MetadataKind kind, const Limits& limits) {
  if (const auto preamble = read_preamble(source.data); !preamble.ok()) return preamble.status();
  if (page.image_idx != 0) return Status(Code::bad_argument, "a PNG file has one image");
  Collector collector(kind, limits);
  ChunkReader reader(source.data, sizeof kSignature);
  Chunk chunk;
  while (reader.next(chunk) && chunk.type != chunk_type("IEND")) {
    if (chunk.ancillary() && chunk.intact()) GLIMT_TRY(collector.visit(chunk));
  }
  return std::move(collector).finish();
}

}  // namespace glimt::png
