// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// What a file is: a format is data plus a few functions that read headers only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "glimt/code_stream.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "pixel/form.h"

namespace glimt {

struct Format;

/// The encoded bytes: memory, or a mapped file. The code stream keeps them alive.
struct Source {
  Bytes data;
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
  std::uint8_t coding = 0;              ///< the format's own number for the variant
  std::uint64_t pixel_data_offset = 0;  ///< the format's own: where the coded pixels begin
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
};

}  // namespace glimt
