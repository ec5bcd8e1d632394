// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "codec/backend.h"
#include "codec/job.h"
#include "formats/jpeg2000/encode_plan.h"

namespace glimt::jpeg2000 {

/// What a JP2 file holds.
inline constexpr std::uint32_t kEmbeds = kEmbedsPhoto | embed_bit(MetadataKind::iptc) |
                                         embed_bit(MetadataKind::text) |
                                         embed_bit(MetadataKind::resolution);

/// Writes the boxes before a codestream (none for Container::codestream) and afterwards the length
/// of the one around it (T.800 Annex I, T.814 Annex D).
class Jp2Writer {
 public:
  Jp2Writer(const EncodePlan& plan, EncodeJob& job)
      : plan_(plan), sink_(*job.sink), embedded_(job.embedded), note_(job.note) {}

  Status begin();
  /// Where in the sink the codestream begins; valid after begin().
  [[nodiscard]] std::size_t codestream() const { return codestream_; }
  void end();

 private:
  Status write_file_type();
  Status write_header_box();
  Status write_color_box();
  Status write_resolution_box();
  Status write_texts();
  Status write_uuid_box(std::span<const std::uint8_t, 16> uuid, Bytes data);

  const EncodePlan& plan_;
  Sink& sink_;
  const Embedded& embedded_;
  std::string& note_;
  std::size_t codestream_ = 0;
};

}  // namespace glimt::jpeg2000
