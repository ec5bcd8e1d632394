// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "glimt/metadata.h"
#include "glimt/params.h"
#include "metadata/resolution.h"
#include "metadata/text.h"

namespace glimt {

/// Collects the blocks of one image that were asked for, within Limits::max_metadata_bytes all
/// together, and puts them in the order in which every format lists them: GEO, slide scanners and
/// ICC as nvImageCodec does, then EXIF, XMP, IPTC, TEXT and RESOLUTION.
class Gathered {
 public:
  /// Kind unknown: all.
  Gathered(MetadataKind kind, const Limits& limits)
      : kind_(kind), most_(limits.max_metadata_bytes) {}

  [[nodiscard]] bool wants(MetadataKind kind) const {
    return kind_ == MetadataKind::unknown || kind_ == kind;
  }
  /// Bytes that may still come.
  [[nodiscard]] std::uint64_t room() const { return most_ - bytes_; }

  /// Adds a block of a wanted kind; an empty one is none. Code::limit.
  Status add(MetadataKind kind, MetadataFormat format, Bytes data);
  Status add(MetadataKind kind, MetadataFormat format, std::vector<std::uint8_t> data);
  /// An EXIF block, which may begin with "Exif\0\0". Its resolution counts where the container has
  /// none.
  Status add_exif(Bytes exif);
  /// A remark; of kind TEXT all become one block.
  Status add_text(TextEntry entry);
  /// The first useful one counts.
  void add_resolution(const Resolution& resolution);

  Result<std::vector<Metadata>> finish() &&;

 private:
  Status take(std::uint64_t bytes);

  MetadataKind kind_;
  std::uint64_t most_, bytes_ = 0;
  std::vector<Metadata> blocks_;
  std::vector<TextEntry> texts_;
  std::optional<Resolution> resolution_, of_exif_;
};

/// An EXIF block without the "Exif\0\0" that JPEG puts before it.
[[nodiscard]] Bytes without_exif_prefix(Bytes exif);

}  // namespace glimt
