// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "glimt/code_stream.h"
#include "glimt/error.h"
#include "glimt/image.h"
#include "glimt/params.h"

namespace glimt {
inline namespace v0 {

/// Unit of a resolution, as tag 296 has it.
enum class ResolutionUnit : std::uint16_t { none = 1, inch = 2, centimeter = 3 };

/// A page to be: all that is said of it before its pixels.
struct TiffPage {
  ImageSpec spec;  ///< of the page and of every piece of it that is written
  /// Compression, tiles or strips, quality, colour, metadata: ICC, EXIF, XMP, IPTC, tags by number.
  EncodeParams params;
  std::optional<std::uint32_t> parent;  ///< a page whose SubIFD (tag 330) it is; none: in the chain
  bool reduced = false;                 ///< NewSubfileType says that it is a smaller copy
  std::string description;              ///< ImageDescription: any text, OME-XML; "" is none
  std::array<double, 2> resolution{};   ///< pixels in a unit, across and down; 0: not said
  ResolutionUnit resolution_unit = ResolutionUnit::centimeter;
};

struct TiffWriterConfig {
  std::optional<bool> bigtiff;  ///< none: when the file outgrows 4 GiB
  /// What to do on close() with strips and tiles that nobody wrote: false refuses the file, true
  /// leaves them out (offset and length 0), which reads as zeros here and in GDAL.
  bool sparse = false;
  /// Threads for one call, options of the inner encoders, limits.
  CodecConfig codec;
};

/// Writes TIFF files of many pages, SubIFDs and pyramids, and images larger than memory from pieces
/// in any order. Coded strips and tiles go to the disk at once; what stays in memory is 16 bytes of
/// each. The file has a temporary name beside `path` until close() renames it: unless it is closed,
/// nothing appears under `path`.
///
/// Safe from many threads; each call codes its strips and tiles on several threads itself. A file
/// error (a full disk) is told by every later call.
class GLIMT_API TiffWriter {
 public:
  /// Code::bad_argument: the file cannot be made.
  static Result<TiffWriter> open(const std::string& path, const TiffWriterConfig& config = {});

  /// A page at the end of its chain; its number, which counts all pages and SubIFDs from 0. Pieces
  /// of several pages may be written by turns. Code::bad_argument, unsupported: what the
  /// parameters contradict, or TIFF cannot hold.
  [[nodiscard]] Result<std::uint32_t> add_page(const TiffPage& page);
  /// Width and height of its tiles, or of its strips.
  [[nodiscard]] Result<TileGrid> grid(std::uint32_t page) const;

  /// Pixels whose upper left corner is (x, y) of the page, which is a corner of a tile or strip:
  /// whole tiles (strips), one or several, but that those at the right and lower edge end with the
  /// page; what exceeds the page is cut off. Code::bad_argument: they are not that, of another form
  /// than the page, or were written before.
  Status write_tile(std::uint32_t page, std::int64_t x, std::int64_t y, const Image& pixels);

  /// add_page(), and all of its pixels.
  [[nodiscard]] Result<std::uint32_t> write_page(const TiffPage& page, const Image& pixels);

  /// Writes the IFDs and gives the file its name. Code::bad_argument: there are no pages, or tiles
  /// are missing (see TiffWriterConfig::sparse), and then there is no file; tiles are being written
  /// by other threads, and nothing happens; limit: bigtiff is false, and the file too large. A
  /// second call does nothing.
  Status close();
  /// Gives the file up; nothing is left of it. What the destructor of the last handle does, too.
  void discard();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace v0
}  // namespace glimt
