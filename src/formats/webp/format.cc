// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/webp/format.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "metadata/exif.h"
#include "metadata/gathered.h"

namespace glimt {
namespace webp {
namespace {

constexpr std::uint32_t fourcc(const char (&name)[5]) {
  return static_cast<std::uint32_t>(name[0]) | static_cast<std::uint32_t>(name[1]) << 8 |
         static_cast<std::uint32_t>(name[2]) << 16 | static_cast<std::uint32_t>(name[3]) << 24;
}
constexpr std::uint32_t kVp8 = fourcc("VP8 "), kVp8l = fourcc("VP8L"), kVp8x = fourcc("VP8X"),
                        kAlph = fourcc("ALPH"), kAnmf = fourcc("ANMF"), kExif = fourcc("EXIF"),
                        kIccp = fourcc("ICCP"), kXmp = fourcc("XMP ");

constexpr std::size_t kFileHeader = 12, kChunkHeader = 8, kFrameHeader = 16;
constexpr std::uint8_t kAnimationFlag = 0x02, kExifFlag = 0x08, kAlphaFlag = 0x10;

std::uint32_t load_le24(const std::uint8_t* p) {
  return p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16;
}

struct Chunk {
  std::uint32_t type = 0;
  Bytes whole, payload;
};

/// Chunk after chunk; a payload that the data do not hold is cut off.
class ChunkWalk {
 public:
  explicit ChunkWalk(Bytes data) : data_(data) {}
  bool next(Chunk& chunk) {
    if (data_.size() < kChunkHeader) return false;
    chunk.type = load_le<std::uint32_t>(data_.data());
    const std::uint64_t said = load_le<std::uint32_t>(data_.data() + 4);
    const std::uint64_t size = std::min<std::uint64_t>(said, data_.size() - kChunkHeader);
    chunk.whole = data_.first(kChunkHeader + size);
    chunk.payload = chunk.whole.subspan(kChunkHeader);
    const std::uint64_t step = kChunkHeader + said + (said & 1);  // padded to even
    data_ = data_.subspan(std::min<std::uint64_t>(step, data_.size()));
    return true;
  }

 private:
  Bytes data_;
};

Status truncated(const char* what) {
  return {Code::truncated, std::string("the file ends inside the WebP ") + what};
}

/// RFC 6386, 9.1: frame tag, start code, 14 bits of width and of height.
Status read_vp8(Bytes payload, Layout& layout) {
  if (payload.size() < 10) return truncated("VP8 frame header");
  const std::uint8_t* p = payload.data();
  const bool key_frame = (p[0] & 1) == 0;
  if (!key_frame || p[3] != 0x9d || p[4] != 0x01 || p[5] != 0x2a) {
    return {Code::corrupt, "the VP8 data do not begin with a key frame"};
  }
  layout.width = load_le<std::uint16_t>(p + 6) & 0x3fff;
  layout.height = load_le<std::uint16_t>(p + 8) & 0x3fff;
  if (layout.width == 0 || layout.height == 0) return {Code::corrupt, "a VP8 frame without pixels"};
  return {};
}

/// RFC 9649, 3.4: signature, 14 bits of width - 1 and of height - 1, alpha bit, version.
Status read_vp8l(Bytes payload, Layout& layout) {
  if (payload.size() < 5) return truncated("VP8L header");
  const auto bits = load_le<std::uint32_t>(payload.data() + 1);
  if (payload[0] != 0x2f || bits >> 29 != 0) return {Code::corrupt, "a broken VP8L header"};
  layout.coding = Coding::lossless;
  layout.width = (bits & 0x3fff) + 1;
  layout.height = (bits >> 14 & 0x3fff) + 1;
  layout.alpha = (bits >> 28 & 1) != 0;
  return {};
}

/// Takes note of the chunks of a still image or of a frame. True at the image itself.
bool take_image_chunk(const Chunk& chunk, Bytes& alpha, Layout& layout) {
  if (chunk.type == kAlph && alpha.empty()) alpha = chunk.whole;
  if (chunk.type != kVp8 && chunk.type != kVp8l) return false;
  layout.image = layout.image_and_alpha = chunk.whole;
  if (chunk.type == kVp8 && !alpha.empty()) {
    const auto size = static_cast<std::size_t>(chunk.whole.data() - alpha.data());
    layout.image_and_alpha = {alpha.data(), size + chunk.whole.size()};
  }
  return true;
}

/// RFC 9649, 2.7.1.1
void read_first_frame(Bytes payload, Layout& layout) {
  if (payload.size() < kFrameHeader) return;
  const std::uint8_t* p = payload.data();
  layout.frame.x0 = std::int64_t{load_le24(p)} * 2;
  layout.frame.y0 = std::int64_t{load_le24(p + 3)} * 2;
  layout.frame.x1 = layout.frame.x0 + load_le24(p + 6) + 1;
  layout.frame.y1 = layout.frame.y0 + load_le24(p + 9) + 1;
  ChunkWalk walk(payload.subspan(kFrameHeader));
  Bytes alpha;
  for (Chunk chunk; walk.next(chunk) && !take_image_chunk(chunk, alpha, layout);) {
  }
}

/// What of a still image in the extended format only its own header says.
void refine_alpha(Layout& layout) {
  Layout own;
  const Bytes payload = layout.image.subspan(kChunkHeader);
  const bool lossless = load_le<std::uint32_t>(layout.image.data()) == kVp8l;
  layout.coding = lossless ? Coding::lossless : Coding::lossy;
  if (lossless && read_vp8l(payload, own).ok()) layout.alpha = own.alpha;
  if (layout.image_and_alpha.size() > layout.image.size()) layout.alpha = true;
}

/// RFC 9649, 2.7
Status read_extended(Bytes payload, Bytes rest, Reach reach, Layout& layout) {
  if (payload.size() < 10) return truncated("VP8X header");
  const std::uint8_t flags = payload[0];
  const bool animated = (flags & kAnimationFlag) != 0;
  layout.width = load_le24(payload.data() + 4) + 1;
  layout.height = load_le24(payload.data() + 7) + 1;
  layout.alpha = (flags & kAlphaFlag) != 0;
  if (animated) layout.coding = Coding::animation;
  const bool to_end = reach == Reach::metadata || (flags & kExifFlag) != 0;
  ChunkWalk walk(rest);
  Bytes alpha;
  bool seen = false;
  for (Chunk chunk; (!seen || to_end) && walk.next(chunk);) {
    if (chunk.type == kExif && layout.exif.empty()) {
      layout.exif = chunk.payload;
      if (seen && reach == Reach::image) break;
    }
    if (chunk.type == kIccp && layout.icc.empty()) layout.icc = chunk.payload;
    if (chunk.type == kXmp && layout.xmp.empty()) layout.xmp = chunk.payload;
    if (seen) continue;
    if (animated) {
      seen = chunk.type == kAnmf;
      if (seen) read_first_frame(chunk.payload, layout);
    } else {
      seen = take_image_chunk(chunk, alpha, layout);
    }
  }
  if (!animated) layout.frame = {0, 0, layout.width, layout.height};
  if (!animated && !layout.image.empty()) refine_alpha(layout);
  return {};
}

}  // namespace

Result<Layout> read_layout(Bytes data, Reach reach) {
  if (data.size() < kFileHeader + kChunkHeader) return truncated("file header");
  const std::uint64_t said = load_le<std::uint32_t>(data.data() + 4) + std::uint64_t{8};
  if (said < kFileHeader + kChunkHeader) {
    return Status(Code::corrupt, "the RIFF header leaves no room for a WebP image");
  }
  data = data.first(std::min<std::uint64_t>(said, data.size()));
  ChunkWalk walk(data.subspan(kFileHeader));
  Chunk chunk;
  if (!walk.next(chunk)) return truncated("file header");
  Layout layout;
  if (chunk.type == kVp8x) {
    const std::uint64_t size = load_le<std::uint32_t>(chunk.whole.data() + 4);
    const std::uint64_t behind = kFileHeader + kChunkHeader + size + (size & 1);
    GLIMT_TRY(read_extended(
        chunk.payload, data.subspan(std::min<std::uint64_t>(behind, data.size())), reach, layout));
    return layout;
  }
  if (chunk.type != kVp8 && chunk.type != kVp8l) {
    return Status(Code::corrupt, "the first chunk of a WebP file is VP8, VP8L or VP8X");
  }
  GLIMT_TRY(chunk.type == kVp8 ? read_vp8(chunk.payload, layout)
                               : read_vp8l(chunk.payload, layout));
  layout.image = layout.image_and_alpha = chunk.whole;
  layout.frame = {0, 0, layout.width, layout.height};
  return layout;
}

}  // namespace webp

namespace {

bool sniff(Bytes head) noexcept {
  return head.size() >= 16 && starts_with(head, "RIFF", 4) &&
         starts_with(head.subspan(8), "WEBPVP8", 7) &&
         (head[15] == ' ' || head[15] == 'L' || head[15] == 'X');
}

Result<StreamInfo> parse(const Source& source, const PageRange&) {
  constexpr std::string_view codings[] = {"lossy", "lossless", "animation"};
  GLIMT_TRY(const webp::Layout layout, webp::read_layout(source.data, webp::Reach::image));
  StreamInfo info;
  info.format = &kWebpFormat;
  info.coding = static_cast<std::uint8_t>(layout.coding);
  info.form.channels = layout.alpha ? 4 : 3;
  info.form.color = ColorModel::rgb;
  info.form.alpha = layout.alpha;
  info.image.codec_name = kWebpFormat.name;
  info.image.coding = codings[info.coding];
  info.image.width = layout.width;
  info.image.height = layout.height;
  info.image.channels = info.form.channels;
  info.image.color_spec = ColorSpec::srgb;
  info.image.sample_format = layout.alpha ? SampleFormat::i_rgba : SampleFormat::i_rgb;
  if (!layout.exif.empty()) info.image.orientation = exif_orientation(layout.exif);
  return info;
}

Result<std::vector<Metadata>> metadata(const Source& source, const PageRange&, MetadataKind kind,
                                       const Limits& limits) {
  GLIMT_TRY(const webp::Layout layout, webp::read_layout(source.data, webp::Reach::metadata));
  Gathered found(kind, limits);
  GLIMT_TRY(found.add(MetadataKind::icc_profile, MetadataFormat::raw, layout.icc));
  GLIMT_TRY(found.add_exif(layout.exif));
  GLIMT_TRY(found.add(MetadataKind::xmp, MetadataFormat::xmp, layout.xmp));
  return std::move(found).finish();
}

constexpr std::string_view kExtensions[] = {".webp"};

}  // namespace

constexpr Format kWebpFormat = {"webp", kExtensions, sniff, parse, metadata};

}  // namespace glimt
