// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a file is: a format is data plus a few functions that read headers only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/stream_state.h"
#include "glimt/code_stream.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "glimt/tag.h"
#include "pixel/form.h"

namespace glimt {

struct Format;

/// The encoded bytes: memory, or a mapped file. The code stream keeps them alive.
struct Source {
  Bytes data;
  /// What is kept of the stream between questions; null: nothing is.
  StreamState* state = nullptr;
  /// What an image inside another format's file shares with its neighbours: of a JPEG, a stream of
  /// nothing but tables (T.81 B.5).
  Bytes tables = {};
};

/// Which page of a stream, by the rules of CodeStream's views.
struct PageRange {
  std::uint32_t image_idx = 0;
  std::uint64_t bitstream_offset = 0;
  std::uint32_t limit_images = 0;
};

/// What the headers say of the selected page. Cheap to copy, allocation-free for one-page formats.
struct StreamInfo {
  const Format* format = nullptr;
  ImageInfo image;  ///< as the API reports it
  PixelForm form;   ///< the samples under ColorSpec::unchanged, at native depth: what the stored
                    ///< image means once palettes are expanded. YCC sources say ycc here.
  bool color_guessed = false;  ///< nothing in the stream says what its colours are
  std::uint8_t coding = 0;     ///< the format's own number for the variant
  /// The format's own: where the coded pixels begin, or what describes them.
  std::uint64_t pixel_data_offset = 0;
};

/// The images of a stream from where a PageRange begins.
struct PageCount {
  std::uint32_t count = 1;  ///< as many as were found; of a damaged stream those before the damage
  /// Where to go on after limit_images ended the search.
  std::optional<std::uint64_t> next;
  Status status;  ///< why the search ended before the stream did
};

struct Format {
  std::string_view name;                         ///< "jpeg"
  std::span<const std::string_view> extensions;  ///< lower case with dot, the default one first
  /// Looks at the first bytes (up to 64 of them).
  bool (*sniff)(Bytes head) noexcept;
  /// Reads headers only. Checks dimensions against nothing but the standard: limits are the plan's.
  Result<StreamInfo> (*parse)(const Source&, const PageRange&);
  /// Metadata blocks of the page; kind unknown asks for all. May be null: none are known.
  Result<std::vector<Metadata>> (*metadata)(const Source&, const PageRange&, MetadataKind kind,
                                            const Limits&);
  /// A tag of the page's IFD. May be null: the format has none.
  Result<std::optional<TagValues>> (*tag)(const Source&, const PageRange&, std::uint16_t id,
                                          const Limits&) = nullptr;
  /// Counts images. Null: every stream has one.
  PageCount (*count)(const Source&, const PageRange&) = nullptr;
  /// Bytes of the selected image's coded pixels. Null: the whole stream is that image's.
  Result<std::uint64_t> (*coded_bytes)(const Source&, const StreamInfo&) = nullptr;
};

}  // namespace glimt
