// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// OpenJPH 0.9 trusts its input: too many entries of a quantisation marker or a code-block longer
// than its tile-part make it write past its memory, and markers that it does not know are skipped.
// What it may read is therefore judged here first. Damage inside code-blocks cannot be seen from
// here, and ends the process by an assertion: see the option trust_input of the decoder.
#pragma once

#include <openjph/ojph_arch.h>
#include <openjph/ojph_file.h>

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "formats/jpeg2000/channels.h"

namespace glimt::jpeg2000 {

/// Code::unsupported when the codestream uses what OpenJPH 0.9 misreads or ignores.
Status check_for_openjph(const Headers& headers);

/// The tile-parts of the given tiles, in file order. Code::unsupported unless each tile has one,
/// with nothing in its header that OpenJPH ignores; Code::truncated when one is missing.
Result<std::span<const TilePart>> single_tile_parts(const Headers& headers, const Rect& tiles,
                                                    Arena& arena);

/// Shows OpenJPH the main header, the given tile-parts and EOC. Tile-parts are announced as longer
/// than they are, so that every request past the end of one arrives here; it ends the decoding with
/// an InputStop.
class OpenjphInput final : public ojph::infile_base {
 public:
  OpenjphInput(Bytes codestream, std::size_t header_end, std::span<const TilePart> parts)
      : data_(codestream), header_end_(header_end), parts_(parts) {}

  std::size_t read(void* to, std::size_t bytes) override;
  int seek(ojph::si64 offset, enum infile_base::seek origin) override;
  ojph::si64 tell() override { return static_cast<ojph::si64>(position_); }
  bool eof() override { return at_ == parts_.size() && eoc_bytes_ == 2; }

 private:
  void enter_next_part();

  Bytes data_;
  std::size_t header_end_;
  std::span<const TilePart> parts_;
  std::size_t position_ = 0;
  std::size_t at_ = SIZE_MAX;  // the tile-part being read; SIZE_MAX: the main header
  unsigned eoc_bytes_ = 0;     // bytes of EOC served
};

/// Why OpenjphInput ended the decoding.
struct InputStop {
  Code code;
  const char* reason;
};

}  // namespace glimt::jpeg2000
