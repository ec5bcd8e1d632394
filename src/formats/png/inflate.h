// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Decompression of zlib streams: ISA-L for what is whole, libdeflate where that counts no further
// than 32 bits, and zlib, which keeps what it has, for what is damaged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "glimt/types.h"

struct inflate_state;  // NOLINT(readability-identifier-naming): ISA-L's
struct libdeflate_decompressor;

namespace glimt::png {

/// What came out of the IDAT chunks.
struct Inflated {
  std::size_t bytes = 0;  ///< written to the output, from its start on
  Status defect;          ///< why it is not all, or cannot be trusted; ok if it can
};

class Inflater {
 public:
  /// Streams and images beyond this many bytes are libdeflate's: ISA-L counts in 32 bits.
  static constexpr std::size_t kIsalLimit = 0xffffffff;

  /// Code::out_of_memory.
  static Result<Inflater> make(std::size_t isal_limit = kIsalLimit);

  /// Behind the bytes asked for, inflate() needs this much room: libdeflate leaves what no longer
  /// fits of a stored block (65535 bytes) or of a match.
  static constexpr std::size_t kSlack = std::size_t{1} << 16;

  /// Inflates the run of IDAT chunks that begins at `idat`. The first `wanted` bytes of `out` are
  /// asked for; `to_end` says that they are all of the image, so that check sums are to hold.
  /// Like libpng it tolerates data beyond the image and after the stream.
  Inflated inflate(Bytes file, std::size_t idat, std::size_t wanted, bool to_end,
                   std::span<std::uint8_t> out, Arena& arena) const;

 private:
  enum class Outcome : std::uint8_t { whole, no_room, damaged };
  struct Reached {
    Outcome outcome = Outcome::damaged;
    std::size_t read = 0;     ///< of the stream
    std::size_t written = 0;  ///< to the output
  };
  Reached by_isal(Bytes stream, std::span<std::uint8_t> out) const;
  Reached by_libdeflate(Bytes stream, std::span<std::uint8_t> out) const;

  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
    void operator()(inflate_state* state) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
  std::unique_ptr<inflate_state, Free> state_;
  std::size_t isal_limit_ = kIsalLimit;
};

/// Inflates a stream of unknown size. Code::corrupt, truncated, limit (more than most bytes),
/// out_of_memory.
Result<std::vector<std::uint8_t>> inflate_all(Bytes stream, std::uint64_t most);

}  // namespace glimt::png
