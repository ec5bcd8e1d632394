// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "formats/png/chunks.h"
#include "formats/png/format.h"
#include "formats/png/inflate.h"

namespace glimt::png {
namespace {

/// Text and keyword are UTF-8.
struct Text {
  std::string keyword, text;
};

std::string utf8_of_latin1(Bytes latin1) {
  std::string text;
  for (const std::uint8_t c : latin1) {
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else {
      text += static_cast<char>(0xC0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return text;
}

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
Result<Text> read_text(const Chunk& chunk, std::uint64_t most) {
  Bytes data = chunk.data;
  const auto keyword = take_field(data);
  if (!keyword) return Text();
  Text text{utf8_of_latin1(*keyword), {}};
  if (chunk.type == chunk_type("tEXt")) {
    text.text = utf8_of_latin1(data);
    return text;
  }
  if (chunk.type == chunk_type("zTXt")) {
    if (data.empty() || data[0] != 0) return Text();
    GLIMT_TRY(const auto block, inflate_block(data.subspan(1), most));
    text.text = utf8_of_latin1(block);
    return text;
  }
  if (data.size() < 2 || data[0] > 1 || data[1] != 0) return Text();
  const bool compressed = data[0] == 1;
  data = data.subspan(2);
  const auto language = take_field(data), translated = take_field(data);
  if (!language || !translated) return Text();
  std::vector<std::uint8_t> block(data.begin(), data.end());
  if (compressed) {
    GLIMT_TRY(block, inflate_block(data, most));
  }
  text.text.assign(block.begin(), block.end());
  return text;
}

class Collector {
 public:
  Collector(MetadataKind kind, std::uint64_t most) : kind_(kind), most_(most) {}

  [[nodiscard]] bool wants(MetadataKind kind) const {
    return kind_ == MetadataKind::unknown || kind_ == kind;
  }

  Status visit(const Chunk& chunk) {
    switch (chunk.type) {
      case chunk_type("eXIf"):
        if (!wants(MetadataKind::exif)) return {};
        return add(MetadataKind::exif, MetadataFormat::raw, {chunk.data.begin(), chunk.data.end()});
      case chunk_type("iCCP"): {
        if (!wants(MetadataKind::icc_profile)) return {};
        GLIMT_TRY(auto profile, read_profile(chunk.data, most_));
        return add(MetadataKind::icc_profile, MetadataFormat::raw, std::move(profile));
      }
      case chunk_type("pHYs"):
        return visit_resolution(chunk.data);
      case chunk_type("tEXt"):
      case chunk_type("zTXt"):
      case chunk_type("iTXt"):
        return visit_text(chunk);
      default:
        return {};
    }
  }

  Result<std::vector<Metadata>> finish() && {
    if (!texts_.empty() && wants(MetadataKind::text)) {
      const std::string json =
          texts_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      GLIMT_TRY(add(MetadataKind::text, MetadataFormat::json, {json.begin(), json.end()}));
    }
    return std::move(blocks_);
  }

 private:
  Status visit_text(const Chunk& chunk) {
    if (!wants(MetadataKind::text) && !wants(MetadataKind::xmp)) return {};
    GLIMT_TRY(Text text, read_text(chunk, most_));
    if (text.keyword.empty()) return {};
    if (text.keyword == "XML:com.adobe.xmp") {
      if (!wants(MetadataKind::xmp)) return {};
      return add(MetadataKind::xmp, MetadataFormat::xmp, {text.text.begin(), text.text.end()});
    }
    text_bytes_ += text.text.size();
    if (text_bytes_ > most_) return over_limit();
    // A keyword may come again (11.3.4.1): then its value is a list.
    nlohmann::ordered_json& value = texts_[text.keyword];
    if (value.is_null()) {
      value = std::move(text.text);
    } else {
      if (value.is_string()) value = nlohmann::ordered_json::array({std::move(value)});
      value.push_back(std::move(text.text));
    }
    return {};
  }

  /// 11.3.5.3
  Status visit_resolution(Bytes data) {
    if (!wants(MetadataKind::resolution) || data.size() != 9) return {};
    const nlohmann::ordered_json resolution = {{"x", load_be<std::uint32_t>(data.data())},
                                               {"y", load_be<std::uint32_t>(data.data() + 4)},
                                               {"unit", data[8] == 1 ? "metre" : "unknown"}};
    const std::string json = resolution.dump();
    return add(MetadataKind::resolution, MetadataFormat::json, {json.begin(), json.end()});
  }

  Status add(MetadataKind kind, MetadataFormat format, std::vector<std::uint8_t> data) {
    if (data.empty()) return {};
    bytes_ += data.size();
    if (bytes_ > most_) return over_limit();
    blocks_.push_back({kind, format, std::move(data)});
    return {};
  }
  [[nodiscard]] Status over_limit() const {
    return {Code::limit,
            "the metadata take more than max_metadata_bytes, " + std::to_string(most_)};
  }

  MetadataKind kind_;
  std::uint64_t most_, bytes_ = 0, text_bytes_ = 0;
  std::vector<Metadata> blocks_;
  nlohmann::ordered_json texts_;
};

}  // namespace

Result<std::vector<Metadata>> read_metadata(const Source& source, const PageRange& page,
                                            MetadataKind kind, const Limits& limits) {
  if (const auto preamble = read_preamble(source.data); !preamble.ok()) return preamble.status();
  if (page.image_idx != 0) return Status(Code::bad_argument, "a PNG file has one image");
  Collector collector(kind, limits.max_metadata_bytes);
  ChunkReader reader(source.data, sizeof kSignature);
  Chunk chunk;
  while (reader.next(chunk) && chunk.type != chunk_type("IEND")) {
    if (chunk.ancillary() && chunk.intact()) GLIMT_TRY(collector.visit(chunk));
  }
  return std::move(collector).finish();
}

}  // namespace glimt::png
