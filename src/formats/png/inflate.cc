// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "formats/png/inflate.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "formats/png/chunks.h"

namespace glimt::png {
namespace {

/// A zlib stream that ends with its scope.
class ZlibStream {
 public:
  ZlibStream() : ok_(inflateInit(&stream_) == Z_OK) {}
  ZlibStream(const ZlibStream&) = delete;
  ZlibStream& operator=(const ZlibStream&) = delete;
  ~ZlibStream() {
    if (ok_) inflateEnd(&stream_);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  z_stream& operator*() { return stream_; }
  z_stream* operator->() { return &stream_; }

 private:
  z_stream stream_{};
  bool ok_;
};

/// The compressed data of an image.
struct ImageData {
  Bytes stream;                  ///< of all chunks, one after the other
  Status defect;                 ///< of the first chunk with a bad frame
  std::size_t defect_begin = 0;  ///< where the data of that chunk begin in the stream
};

Status chunk_defect(const Chunk& chunk) {
  const std::string where = "the IDAT chunk at byte " + std::to_string(chunk.offset);
  if (!chunk.whole) return {Code::truncated, "the file ends inside " + where};
  return {Code::corrupt, where + " fails its CRC"};
}

/// Walks the run of IDAT chunks; visit returns false to stop.
template <class Visit>
void for_each_idat(Bytes file, std::size_t idat, Visit visit) {
  ChunkReader reader(file, idat);
  Chunk chunk;
  while (reader.next(chunk) && chunk.type == chunk_type("IDAT")) {
    if (!visit(chunk)) return;
  }
}

/// One chunk is taken where it lies, several are copied together, until there are `most` bytes.
Result<ImageData> gather(Bytes file, std::size_t idat, bool check, std::size_t most, Arena& arena) {
  ImageData image;
  std::size_t count = 0, total = 0;
  for_each_idat(file, idat, [&](const Chunk& chunk) {
    if (image.defect.ok() && (check ? !chunk.intact() : !chunk.whole)) {
      image.defect = chunk_defect(chunk);
      image.defect_begin = total;
    }
    image.stream = chunk.data;
    total += chunk.data.size();
    ++count;
    return total < most;
  });
  if (count <= 1) return image;
  const auto copy = arena.take<std::uint8_t>(total);
  if (copy.empty() && total != 0) {
    return Status(Code::out_of_memory,
                  "no memory for " + std::to_string(total) + " bytes of IDAT data");
  }
  std::uint8_t* to = copy.data();
  for_each_idat(file, idat, [&](const Chunk& chunk) {
    if (!chunk.data.empty()) std::memcpy(to, chunk.data.data(), chunk.data.size());
    to += chunk.data.size();
    return to < copy.data() + copy.size();
  });
  image.stream = copy;
  return image;
}

std::string short_of(std::size_t bytes, std::size_t wanted) {
  return "the image data hold " + std::to_string(bytes) + " of " + std::to_string(wanted) +
         " bytes";
}

/// As libpng reads: 4096 bytes of a chunk at a time, so that a wrong check sum counts if it comes
/// with the last pixels and is passed over if it comes later.
/// `used` becomes the place in the stream that was reached.
Inflated inflate_damaged(Bytes file, std::size_t idat, std::size_t wanted, bool to_end,
                         std::uint8_t* out, std::size_t& used) {
  constexpr std::size_t piece_bytes = 4096;
  ZlibStream zlib;
  if (!zlib.ok()) return {0, {Code::out_of_memory, "zlib has no memory"}};
  std::uint8_t beyond[512];
  std::size_t bytes = 0;
  int outcome = Z_OK;
  const auto feed = [&](Bytes piece) {
    zlib->next_in = const_cast<Bytef*>(piece.data());
    zlib->avail_in = static_cast<uInt>(piece.size());
    while (outcome == Z_OK && bytes < wanted) {
      const auto room = static_cast<uInt>(std::min<std::size_t>(wanted - bytes, 1U << 30));
      zlib->next_out = out + bytes;
      zlib->avail_out = room;
      outcome = ::inflate(&*zlib, Z_SYNC_FLUSH);
      bytes += room - zlib->avail_out;
      if (zlib->avail_in == 0 && zlib->avail_out != 0) return;
    }
    const bool complete = outcome == Z_OK;  // before what comes now, which may be wrong
    while (outcome == Z_OK && zlib->avail_in != 0) {
      zlib->next_out = beyond;
      zlib->avail_out = sizeof beyond;
      outcome = ::inflate(&*zlib, Z_SYNC_FLUSH);
    }
    if (complete && outcome != Z_OK) outcome = Z_STREAM_END;
  };
  for_each_idat(file, idat, [&](const Chunk& chunk) {
    for (Bytes left = chunk.data; !left.empty() && (outcome == Z_OK || outcome == Z_BUF_ERROR);) {
      outcome = Z_OK;
      feed(left.first(std::min(left.size(), piece_bytes)));
      left = left.subspan(std::min(left.size(), piece_bytes));
    }
    return outcome == Z_OK || outcome == Z_BUF_ERROR;
  });
  used = zlib->total_in;
  if (bytes == wanted && (!to_end || outcome == Z_STREAM_END)) return {bytes, {}};
  if (outcome == Z_MEM_ERROR) return {bytes, {Code::out_of_memory, "zlib has no memory"}};
  if (outcome == Z_DATA_ERROR || outcome == Z_NEED_DICT) {
    const std::string why = zlib->msg != nullptr ? zlib->msg : "a preset dictionary";
    return {
        bytes,
        {Code::corrupt, "the image data are damaged (" + why + "): " + short_of(bytes, wanted)}};
  }
  if (bytes == wanted)
    return {bytes, {Code::truncated, "the image data end before their check sum"}};
  return {bytes, {Code::truncated, short_of(bytes, wanted)}};
}

}  // namespace

void Inflater::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}
void Inflater::Free::operator()(inflate_state* state) const { delete state; }

Result<Inflater> Inflater::make(std::size_t isal_limit) {
  Inflater inflater;
  inflater.isal_limit_ = isal_limit;
  inflater.decompressor_.reset(libdeflate_alloc_decompressor());
  inflater.state_.reset(new (std::nothrow) inflate_state);
  if (inflater.decompressor_ == nullptr || inflater.state_ == nullptr)
    return Status(Code::out_of_memory, "no memory for the tables of deflate");
  return inflater;
}

Inflater::Reached Inflater::by_isal(Bytes stream, std::span<std::uint8_t> out) const {
  inflate_state& state = *state_;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;
  state.next_in = const_cast<std::uint8_t*>(stream.data());
  state.avail_in = static_cast<std::uint32_t>(stream.size());
  state.next_out = out.data();
  state.avail_out = static_cast<std::uint32_t>(out.size());
  const int code = isal_inflate_stateless(&state);
  const Outcome outcome = code == ISAL_DECOMP_OK      ? Outcome::whole
                          : code == ISAL_OUT_OVERFLOW ? Outcome::no_room
                                                      : Outcome::damaged;
  return {outcome, stream.size() - state.avail_in, state.total_out};
}

Inflater::Reached Inflater::by_libdeflate(Bytes stream, std::span<std::uint8_t> out) const {
  Reached reached;
  const libdeflate_result result =
      libdeflate_zlib_decompress_ex(decompressor_.get(), stream.data(), stream.size(), out.data(),
                                    out.size(), &reached.read, &reached.written);
  reached.outcome = result == LIBDEFLATE_SUCCESS              ? Outcome::whole
                    : result == LIBDEFLATE_INSUFFICIENT_SPACE ? Outcome::no_room
                                                              : Outcome::damaged;
  return reached;
}

Inflated Inflater::inflate(Bytes file, std::size_t idat, std::size_t wanted, bool to_end,
                           std::span<std::uint8_t> out, Arena& arena) const {
  // Deflate data are hardly ever longer than what they hold; if so, zlib reads on where this ends.
  const std::size_t most = to_end ? file.size() : wanted + wanted / 256 + kSlack;
  const auto image = gather(file, idat, to_end, most, arena);
  if (!image.ok()) return {0, image.status()};
  const auto room = out.first(std::min(out.size(), wanted + kSlack));
  const bool small = std::max(image->stream.size(), room.size()) <= isal_limit_;
  Reached reached = small ? by_isal(image->stream, room) : by_libdeflate(image->stream, room);
  if (reached.outcome == Outcome::no_room)
    reached = {Outcome::no_room, image->stream.size(), wanted};
  Inflated inflated{std::min(reached.written, wanted), {}};
  if (reached.outcome == Outcome::damaged) {
    inflated = inflate_damaged(file, idat, wanted, to_end, out.data(), reached.read);
  } else if (reached.written < wanted) {
    inflated.defect = Status(Code::truncated, short_of(reached.written, wanted));
  }
  // A bad frame is nearer to the cause. It does not count behind the end of the stream.
  const bool met = !image->defect.ok() && image->defect_begin < reached.read;
  if (met && (to_end || !inflated.defect.ok())) inflated.defect = image->defect;
  return inflated;
}

Result<std::vector<std::uint8_t>> inflate_all(Bytes stream, std::uint64_t most) {
  ZlibStream zlib;
  if (!zlib.ok()) return Status(Code::out_of_memory, "zlib has no memory");
  std::vector<std::uint8_t> out;
  std::uint8_t piece[16384];
  for (int outcome = Z_OK; outcome != Z_STREAM_END;) {
    if (zlib->avail_in == 0) {
      if (stream.empty()) return Status(Code::truncated, "the compressed data end too early");
      const std::size_t count = std::min<std::size_t>(stream.size(), 1U << 30);
      zlib->next_in = const_cast<Bytef*>(stream.data());
      zlib->avail_in = static_cast<uInt>(count);
      stream = stream.subspan(count);
    }
    zlib->next_out = piece;
    zlib->avail_out = sizeof piece;
    outcome = ::inflate(&*zlib, Z_SYNC_FLUSH);
    if (outcome != Z_OK && outcome != Z_STREAM_END)
      return Status(Code::corrupt, "the compressed data are damaged");
    const std::size_t made = sizeof piece - zlib->avail_out;
    if (out.size() + made > most) {
      return Status(Code::limit,
                    "the compressed data hold more than " + std::to_string(most) + " bytes");
    }
    out.insert(out.end(), piece, piece + made);
  }
  return out;
}

}  // namespace glimt::png
