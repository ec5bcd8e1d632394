// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "glimt/metadata.h"
#include "glimt/tag.h"
#include "python/enums.h"

namespace glimt::python {

struct MetadataObject {
  Metadata block;
  MetadataType value_type = MetadataType::unknown;
  std::uint32_t id = 0;
  std::size_t value_count = 0;

  MetadataObject() { block.format = MetadataFormat::unknown; }
  /// As Decoder.get_metadata gives it: text is ASCII, the rest bytes.
  explicit MetadataObject(Metadata from);
  MetadataObject(TagValues from, std::uint32_t tag_id);

  /// The block as an encoder takes it.
  [[nodiscard]] Metadata to_write() const;
};

}  // namespace glimt::python
