// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glimt/error.h"
#include "glimt/region.h"
#include "glimt/types.h"

namespace glimt {

struct StreamInfo;  // src/codec/format.h
class StreamState;  // src/codec/stream_state.h

inline namespace v0 {

struct TileGrid {
  std::uint32_t tile_width = 0, tile_height = 0;
  std::uint32_t num_tiles_x = 0, num_tiles_y = 0;
  std::uint32_t tile_offset_x = 0, tile_offset_y = 0;
};

/// What the header says of one image. Sizes are in stored orientation.
struct ImageInfo {
  std::string_view codec_name;  ///< "jpeg", "jpeg2k", "png", "bmp", "pnm", "webp", "tiff"
  std::string_view coding;      ///< the variant, in the standard's words: "progressive DCT", ...
  std::uint32_t width = 0, height = 0;
  std::uint32_t channels = 0;
  SampleType type = SampleType::u8;
  std::uint8_t precision = 8;
  ColorSpec color_spec = ColorSpec::unchanged;
  SampleFormat sample_format = SampleFormat::unknown;
  std::optional<ChromaSubsampling> chroma_subsampling;
  Orientation orientation = Orientation::top_left;
  std::optional<TileGrid> tiles;
  /// Images of the stream from its bitstream_offset on, at most limit_images; where the stream is
  /// damaged, those before the damage (CodeStream::num_images() tells).
  std::uint32_t num_images = 1;
  std::optional<std::uint64_t> ifd_offset;       ///< of a TIFF: where the image's IFD lies
  std::optional<std::uint64_t> next_ifd_offset;  ///< and the one that follows; none: the last
  std::vector<std::uint64_t> subifd_offsets;     ///< of a TIFF: tag 330
};

/// Which image of a stream, and which part of it.
struct StreamView {
  std::uint32_t image_idx = 0;
  std::optional<Region> region;
  std::uint64_t bitstream_offset = 0;
  std::uint32_t limit_images = 0;
};

/// Encoded image data. A handle, cheap to copy, safe to use from many threads: headers are parsed
/// once, at the first question.
class GLIMT_API CodeStream {
 public:
  CodeStream() = default;

  /// Maps a file. Code::bad_argument when it cannot be opened or is empty.
  static Result<CodeStream> open(const std::string& path, const StreamView& view = {});
  /// Borrows bytes; `owner` keeps them alive.
  static CodeStream from_bytes(Bytes data, std::shared_ptr<const void> owner,
                               const StreamView& view = {});

  [[nodiscard]] bool empty() const { return state_ == nullptr; }
  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] const StreamView& view() const;
  /// The path it was opened from, or "".
  [[nodiscard]] const std::string& path() const;
  /// Parsed header facts of the selected image; the failure is remembered and told again.
  [[nodiscard]] Result<ImageInfo> info() const;
  /// Images from bitstream_offset on, at most limit_images; each is looked for, none is decoded.
  /// Code::corrupt, truncated: the chain of images is damaged; limit: it has over 100,000.
  [[nodiscard]] Result<std::uint32_t> num_images() const;
  /// Where the image lies that limit_images left out; none: there are no more.
  [[nodiscard]] Result<std::optional<std::uint64_t>> next_bitstream_offset() const;
  /// Bytes of the selected image's coded pixels, of a stream of many images; else all bytes.
  [[nodiscard]] Result<std::uint64_t> coded_bytes() const;
  /// The same bytes under another view; the parent's bytes stay alive with it.
  [[nodiscard]] Result<CodeStream> sub_stream(const StreamView& view) const;

  /// For the engine: the parse behind info(), valid as long as this stream.
  [[nodiscard]] Status parsed(const StreamInfo*& info) const;
  /// For the engine: what is kept of the stream; null of an empty one.
  [[nodiscard]] StreamState* memory() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace v0
}  // namespace glimt
