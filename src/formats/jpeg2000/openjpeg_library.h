// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What OpenJPEG needs from its surroundings: memory to read from, a sink to write to, and an ear
// for its messages.
#pragma once

#include <openjpeg.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/sink.h"

namespace glimt::jpeg2000 {

struct CodecCloser {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
};
struct StreamCloser {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};
struct ImageCloser {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};
using OpjCodec = std::unique_ptr<opj_codec_t, CodecCloser>;
using OpjStream = std::unique_ptr<opj_stream_t, StreamCloser>;
using OpjImage = std::unique_ptr<opj_image_t, ImageCloser>;

/// The first error that the library told of one image; later ones are consequences.
class OpjMessages {
 public:
  void attach(opj_codec_t* codec);
  /// The failure in a sentence: what was being done, and what the library said.
  [[nodiscard]] Status failure(std::string_view doing) const;

 private:
  static void on_error(const char* text, void* messages);
  static void on_warning(const char* text, void* messages);

  std::string error_, warning_;
};

struct OpjReadState {
  Bytes data;
  bool add_eoc = false;  ///< EOC follows the data
  std::size_t position = 0;

  [[nodiscard]] std::size_t size() const { return data.size() + (add_eoc ? 2 : 0); }
};
/// Null when memory cannot be had. The state outlives the stream.
OpjStream open_for_reading(OpjReadState& state);

struct OpjWriteState {
  Sink* sink = nullptr;
  std::size_t origin = 0;    ///< where in the sink the stream begins
  std::size_t position = 0;  ///< of the next byte, from the origin
  Status status;             ///< why writing failed
};
OpjStream open_for_writing(OpjWriteState& state);

}  // namespace glimt::jpeg2000
