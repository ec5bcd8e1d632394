// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The boundary between engine and codecs: jobs in, statuses out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/format.h"
#include "codec/options.h"
#include "codec/sink.h"
#include "codec/worker.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "metadata/resolution.h"
#include "metadata/text.h"
#include "pixel/canvas.h"

namespace glimt {

struct DecodeJob;

/// How a codec has images decoded that lie in its files in formats of their own: a TIFF's JPEG
/// tiles.
struct InnerCodecs {
  /// What their headers say, by Format::name.
  Result<StreamInfo> (*parse)(std::string_view format, const Source& source) = nullptr;
  /// Decodes on the calling thread by whichever backend takes it, as the job's info says, which may
  /// know the colours better than the stream. Safe from the threads of Worker::split().
  std::function<void(DecodeJob& job, Worker& worker)> decode;
};

struct DecodeJob {
  const StreamInfo* info = nullptr;
  const Source* source = nullptr;
  PageRange page;
  Canvas* canvas = nullptr;
  bool partial = false;  ///< Errors::partial: a damaged stream gives what can be had and a note
  const InnerCodecs* inner = nullptr;  ///< null: none are to be had
  int threads = 1;                     ///< that Worker::split() may keep busy

  Status status;
  std::string note;                 ///< the tolerated defect
  std::uint64_t units_decoded = 0;  ///< MCU rows, PNG rows, tiles: the work done, for tests
};

/// Serves one worker at a time and needs no lock; keeps what is costly to make between jobs.
class ImageDecoder {
 public:
  virtual ~ImageDecoder() = default;
  /// Fills status of every job; a failed job's pixels are undefined.
  virtual void decode(std::span<DecodeJob> jobs, Worker& worker) = 0;
};

/// Metadata to write, without the containers' framing; empty where there is none.
struct Embedded {
  Bytes exif;  ///< from its TIFF header on
  Bytes icc, xmp, iptc;
  std::vector<const Metadata*> tags;  ///< TIFF_TAG blocks
  Bytes description;                  ///< text of a slide scanner
  std::vector<TextEntry> text;
  std::optional<Resolution> resolution;
  std::shared_ptr<const std::vector<std::uint8_t>> made_exif;  ///< what `exif` shows, if not given
  [[nodiscard]] bool any() const {
    return !exif.empty() || !icc.empty() || !xmp.empty() || !iptc.empty() || !text.empty() ||
           resolution.has_value();
  }
};

struct EncodeJob;

/// How a codec has images encoded that lie in its files in formats of their own.
struct InnerEncoders {
  /// Encodes on the calling thread by whichever backend of the format (Format::name) takes it. Safe
  /// from the threads of Worker::split().
  std::function<void(std::string_view format, EncodeJob& job, Worker& worker)> encode;
};

struct EncodeJob {
  const EncodeParams* params = nullptr;
  PixelSource* source = nullptr;
  /// What the API calls the pixels: colour by name, for a codec's own choice of form.
  ColorSpec color_spec = ColorSpec::unchanged;  ///< params' target, resolved: never unchanged
  ChromaSubsampling subsampling = ChromaSubsampling::css_444;  ///< params' target, resolved
  Sink* sink = nullptr;
  Embedded embedded;                     ///< of the kinds in the backend's caps
  const InnerEncoders* inner = nullptr;  ///< null: none are to be had
  int threads = 1;                       ///< that Worker::split() may keep busy

  Status status;
  std::string note;  ///< what was asked for and left out
};

class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  virtual void encode(std::span<EncodeJob> jobs, Worker& worker) = 0;
};

}  // namespace glimt
