// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "glimt/metadata.h"
#include "glimt/types.h"

namespace glimt {
inline namespace v0 {

/// Bounds that hold before anything is allocated. Exceeding one is Code::limit.
struct Limits {
  std::uint64_t max_dimension = (std::uint64_t{1} << 31) - 1;
  std::uint64_t max_pixels = std::uint64_t{1} << 34;        ///< of a decoded image or region
  std::uint64_t max_image_bytes = std::uint64_t{16} << 30;  ///< of a decoded image or region
  std::uint64_t max_metadata_bytes = std::uint64_t{64} << 20;
  std::uint32_t max_pages = 100'000;
  std::uint32_t max_scans = 1'000;  ///< of a progressive JPEG
  std::uint32_t max_ifd_depth = 16;
};

/// What to do with a damaged stream.
enum class Errors : unsigned char {
  strict,   ///< no image, and a Status that says why
  partial,  ///< what could be decoded, the rest as the codec leaves it, and a note in the trail
};

struct DecodeParams {
  bool apply_exif_orientation = true;
  ColorSpec color_spec = ColorSpec::srgb;
  bool allow_any_depth = false;  ///< false: uint8, the source's full range mapped to 0..255
  /// Layout and components of the output; unknown (the default) follows color_spec, interleaved.
  SampleFormat sample_format = SampleFormat::unknown;
  Errors errors = Errors::strict;
  /// Type of the output's samples, which take its whole range (floats: 0 to 1), whatever
  /// allow_any_depth says.
  std::optional<SampleType> type;
  /// How often both sides are halved on the way: 1 gives half the width and height.
  std::uint32_t reduce = 0;
};

struct JpegEncodeParams {
  bool progressive = false;
  bool optimized_huffman = false;
  std::uint32_t restart_interval = 0;  ///< MCUs between restart markers; 0: none
  bool arithmetic = false;             ///< T.81 arithmetic coding instead of Huffman
  /// Every sample as it is (T.81 annex H, SOF3), of 8 and 16 bit images. Quality does not apply.
  bool lossless = false;
  /// Bits a sample in the file, which all samples must fit; 0: those of the image. Lossless files
  /// have 2 to 16, others 8.
  std::uint32_t precision = 0;
};

/// Height and width of a precinct or code-block, in samples.
struct BlockSize {
  std::uint32_t height = 0, width = 0;
};

struct Jpeg2kEncodeParams {
  int code_block_height = 64, code_block_width = 64;  ///< powers of two, 4..1024
  int num_resolutions = 6;                            ///< decomposition levels + 1
  Jpeg2kBitstreamType bitstream_type = Jpeg2kBitstreamType::jp2;
  Jpeg2kProgOrder prog_order = Jpeg2kProgOrder::rpcl;
  int mct_mode = 0;          ///< 1: multiple component transform on the first three channels
  bool ht = false;           ///< high-throughput block coder (T.814)
  std::uint32_t layers = 1;  ///< quality layers
  std::vector<BlockSize> precincts;    ///< from the highest resolution down; empty: the largest
  bool sop = false, eph = false;       ///< markers around packets (T.800 A.8)
  bool plt = false;                    ///< lengths of packets in tile-part headers (T.800 A.7.3)
  std::uint32_t code_block_style = 0;  ///< bits of T.800 table A.19
};

/// level: 0 (stored) .. 9 (smallest), -1 the default trade of size for time, -2 the
/// fastest that still compresses. filter: 0..4 as in the PNG standard, -1 chosen per row.
struct PngEncodeParams {
  int level = -1;
  int filter = -1;
};

struct WebpEncodeParams {
  int method = 4;           ///< 0 fast .. 6 small
  bool exact = true;        ///< keep colour under transparent pixels
  int near_lossless = 100;  ///< 100: off; lower: pre-processing for smaller lossless files
};

enum class TiffCompression : unsigned char {
  none,
  lzw,
  deflate,
  packbits,
  zstd,
  jpeg,
  webp,
  jpeg2k,
  lzma,
  lerc,
};

struct TiffEncodeParams {
  TiffCompression compression = TiffCompression::lzw;
  std::optional<int> predictor;      ///< 1 none, 2 horizontal, 3 floating point; none given: chosen
  std::optional<bool> bigtiff;       ///< none given: when the file needs it
  std::uint32_t rows_per_strip = 0;  ///< 0: chosen
  bool planar = false;               ///< each channel in planes of its own
  /// Deflate 0..12 (1), Zstd 1..22 (3), LZMA 0..9 (6); none given: the one in brackets.
  std::optional<int> level;
  double max_error = 0;  ///< of a sample, of LERC; 0: lossless
  /// RGB of at most 256 colours becomes numbers of a colour map, exactly; other images stay RGB.
  bool palette = false;
};

struct EncodeParams {
  QualityType quality_type = QualityType::standard;
  /// Read as quality_type says; none given means the codec's default for that type.
  std::optional<float> quality_value;
  ColorSpec color_spec = ColorSpec::unchanged;
  /// none: css_gray for one or two channels, css_444 otherwise.
  std::optional<ChromaSubsampling> chroma_subsampling;
  JpegEncodeParams jpeg;
  Jpeg2kEncodeParams jpeg2k;
  PngEncodeParams png;
  WebpEncodeParams webp;
  TiffEncodeParams tiff;
  std::uint32_t tile_width = 0, tile_height = 0;  ///< both > 0: tiled, where the format has tiles
  /// The file's extension or name of a variant ("j2k", "jph", "pgm", "pam"), "" for the default.
  std::string variant;
  /// Written into the file where its format holds their kind: EXIF, ICC_PROFILE and XMP in JPEG,
  /// PNG, WebP, JP2 and TIFF; IPTC in JPEG, JP2 and TIFF; RESOLUTION in all of them but WebP, and
  /// in BMP; TEXT in JPEG (as comments), PNG, JP2 (the entries "XML") and TIFF (the entries that
  /// are tags by name); TIFF_TAG and the texts of slide scanners in TIFF. Others are left out, and
  /// EncodeResult::note names them. Of a kind (and tag) given twice the first counts.
  std::vector<Metadata> metadata;
  /// How the image is to be turned when it is shown: written into the EXIF block, into a block of
  /// its own where `metadata` has none. Without it that of the block stands. An image that was
  /// turned upright wants top_left beside the block that it had before.
  std::optional<Orientation> orientation;
};

/// One allowed kind of backend, and the share of a batch it should take.
struct Backend {
  BackendKind kind = BackendKind::gpu_only;
  float load_hint = 1.0F;
  LoadHintPolicy load_hint_policy = LoadHintPolicy::fixed;
};

struct CodecConfig {
  static constexpr int kCurrentDevice = -1;
  static constexpr int kCpuOnly = -99999;

  int device_id = kCurrentDevice;
  int max_num_cpu_threads = 0;    ///< 0: all cores; 1: the calling thread only
  std::vector<Backend> backends;  ///< kinds allowed; empty: all
  /// Space-separated `module:key=value`; an empty module addresses every backend.
  std::string options;
  Limits limits;
};

}  // namespace v0
}  // namespace glimt
