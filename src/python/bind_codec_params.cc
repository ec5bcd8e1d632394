// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Parameters that only one format has. Ranges are judged when something is encoded, as in
// nvImageCodec: the result is then None, and the reason in the log.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "glimt/params.h"
#include "python/arguments.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/params_fields.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

using Size = std::pair<int, int>;
using PrecinctSize = std::pair<std::uint32_t, std::uint32_t>;

void bind_jpeg(nb::module_& m) {
  using P = JpegEncodeParams;
  ParamsClass<P> params(m, "JpegEncodeParams", "How JPEG files are written.");
  params->def(
      "__init__",
      [](P* self, Flag progressive, Flag optimized_huffman, std::uint32_t restart_interval,
         Flag arithmetic, Flag lossless, std::uint32_t precision) {
        new (self) P{progressive.value, optimized_huffman.value, restart_interval,
                     arithmetic.value,  lossless.value,          precision};
      },
      "progressive"_a = false, "optimized_huffman"_a = false, nb::kw_only(),
      "restart_interval"_a = 0, "arithmetic"_a = false, "lossless"_a = false, "precision"_a = 0,
      "progressive: several scans, each finer than the one before.\n"
      "optimized_huffman: tables made for the image: smaller files, slower.\n"
      "restart_interval: MCUs between restart markers; 0: none.\n"
      "arithmetic: arithmetic instead of Huffman coding.\n"
      "lossless: every sample as it is (T.81 annex H, SOF3), of uint8 and uint16 images; quality\n"
      "does not apply.\n"
      "precision: bits a sample in the file, which all samples must fit; 0: those of the image.\n"
      "Lossless files have 2 to 16, others 8.");
  params.field("progressive", &P::progressive, "Several scans, each finer than the one before.")
      .field("optimized_huffman", &P::optimized_huffman, "Huffman tables made for the image.")
      .field("restart_interval", &P::restart_interval, "MCUs between restart markers; 0: none.")
      .field("arithmetic", &P::arithmetic, "Arithmetic instead of Huffman coding.")
      .field("lossless", &P::lossless, "The lossless process (SOF3).")
      .field("precision", &P::precision, "Bits a sample; 0: those of the image.")
      .finish();
}

std::vector<BlockSize> precincts_of(const std::vector<PrecinctSize>& sizes) {
  std::vector<BlockSize> precincts;
  precincts.reserve(sizes.size());
  for (const auto& [height, width] : sizes) precincts.push_back({height, width});
  return precincts;
}

constexpr char kJpeg2kInit[] =
    "def __init__(self, code_block_size: tuple[int, int] = (64, 64), num_resolutions: int = 6, "
    "bitstream_type: glimt.Jpeg2kBitstreamType = glimt.JP2, prog_order: glimt.Jpeg2kProgOrder = "
    "glimt.RPCL, mct_mode: int = 0, ht: bool = False, *, layers: int = 1, precincts: "
    "collections.abc.Sequence[tuple[int, int]] = (), sop: bool = False, eph: bool = False, plt: "
    "bool = False, code_block_style: int = 0) -> None";
constexpr char kJpeg2kDoc[] =
    "code_block_size: (height, width), powers of two from 4 to 1024, at most 4096 samples.\n"
    "num_resolutions: decomposition levels + 1.\n"
    "bitstream_type: J2K, JP2, or JPH for high-throughput files.\n"
    "prog_order: order of packets.\n"
    "mct_mode: 1 turns RGB into YCbCr for coding.\n"
    "ht: high-throughput block coding (T.814).\n"
    "layers: quality layers.\n"
    "precincts: (height, width) from the highest resolution down, the last one for the rest; ():\n"
    "the largest.\n"
    "sop, eph: markers around packets (T.800 A.8). plt: lengths of packets (T.800 A.7.3).\n"
    "code_block_style: bits of T.800 table A.19.";

void init_jpeg2k(Jpeg2kEncodeParams* self, const Size& code_block_size, int num_resolutions,
                 const Given<Jpeg2kBitstreamType>& type, const Given<Jpeg2kProgOrder>& order,
                 int mct_mode, Flag ht, std::uint32_t layers,
                 const std::vector<PrecinctSize>& precincts, Flag sop, Flag eph, Flag plt,
                 std::uint32_t code_block_style) {
  Jpeg2kEncodeParams params;
  params.code_block_height = code_block_size.first;
  params.code_block_width = code_block_size.second;
  params.num_resolutions = num_resolutions;
  params.bitstream_type = type.value_or(params.bitstream_type);
  params.prog_order = order.value_or(params.prog_order);
  params.mct_mode = mct_mode;
  params.ht = ht.value;
  params.layers = layers;
  params.precincts = precincts_of(precincts);
  params.sop = sop.value;
  params.eph = eph.value;
  params.plt = plt.value;
  params.code_block_style = code_block_style;
  new (self) Jpeg2kEncodeParams(std::move(params));
}

void def_jpeg2k_extensions(ParamsClass<Jpeg2kEncodeParams>& params) {
  using P = Jpeg2kEncodeParams;
  params.field("layers", &P::layers, "Quality layers.")
      .field(
          "precincts",
          [](const P& p) {
            std::vector<PrecinctSize> sizes;
            sizes.reserve(p.precincts.size());
            for (const BlockSize& size : p.precincts) {
              sizes.emplace_back(size.height, size.width);
            }
            return sizes;
          },
          [](P& p, const std::vector<PrecinctSize>& sizes) { p.precincts = precincts_of(sizes); },
          "[(height, width), ...] from the highest resolution down; []: the largest.")
      .field("sop", &P::sop, "A marker before each packet.")
      .field("eph", &P::eph, "A marker after each packet header.")
      .field("plt", &P::plt, "Lengths of packets in tile-part headers.")
      .field("code_block_style", &P::code_block_style, "Bits of T.800 table A.19.");
}

void bind_jpeg2k(nb::module_& m) {
  using P = Jpeg2kEncodeParams;
  ParamsClass<P> params(m, "Jpeg2kEncodeParams", "How JPEG 2000 files are written.");
  params->def("__init__", &init_jpeg2k, "code_block_size"_a = nb::make_tuple(64, 64),
              "num_resolutions"_a = 6, "bitstream_type"_a = not_given(),
              "prog_order"_a = not_given(), "mct_mode"_a = 0, "ht"_a = false, nb::kw_only(),
              "layers"_a = 1, "precincts"_a = nb::make_tuple(), "sop"_a = false, "eph"_a = false,
              "plt"_a = false, "code_block_style"_a = 0, nb::sig(kJpeg2kInit), kJpeg2kDoc);
  params
      .field(
          "code_block_size",
          [](const P& p) { return Size(p.code_block_height, p.code_block_width); },
          [](P& p, const Size& size) {
            p.code_block_height = size.first;
            p.code_block_width = size.second;
          },
          "(height, width)")
      .field("num_resolutions", &P::num_resolutions, "Decomposition levels + 1.")
      .field("bitstream_type", &P::bitstream_type, "What wraps the codestream.")
      .field("prog_order", &P::prog_order, "Order of packets.")
      .field("mct_mode", &P::mct_mode, "1: RGB is coded as YCbCr.")
      .field("ht", &P::ht, "High-throughput block coding.");
  def_jpeg2k_extensions(params);
  params.finish();
}

void bind_png(nb::module_& m) {
  using P = PngEncodeParams;
  ParamsClass<P> params(m, "PngEncodeParams", "How PNG files are written.");
  params->def(
      "__init__", [](P* self, int level, int filter) { new (self) P{level, filter}; },
      "level"_a = -1, "filter"_a = -1,
      "level: 0 (stored) to 9 (smallest); -1 is the default, -2 the fastest that compresses.\n"
      "filter: 0 none, 1 sub, 2 up, 3 average, 4 Paeth; -1 is chosen for each row.");
  params.field("level", &P::level, "0 to 9, -1 the default, -2 the fastest.")
      .field("filter", &P::filter, "0 to 4; -1 is chosen for each row.")
      .finish();
}

void bind_webp(nb::module_& m) {
  using P = WebpEncodeParams;
  ParamsClass<P> params(m, "WebpEncodeParams", "How WebP files are written.");
  params->def(
      "__init__",
      [](P* self, int method, Flag exact, int near_lossless) {
        new (self) P{method, exact.value, near_lossless};
      },
      "method"_a = 4, "exact"_a = true, "near_lossless"_a = 100,
      "method: 0 (fast) to 6 (small).\n"
      "exact: keep colour under transparent pixels.\n"
      "near_lossless: 100 is off; lower values give smaller lossless files.");
  params.field("method", &P::method, "0 (fast) to 6 (small).")
      .field("exact", &P::exact, "Keep colour under transparent pixels.")
      .field("near_lossless", &P::near_lossless, "100 is off.")
      .finish();
}

constexpr std::pair<const char*, TiffCompression> kCompressions[] = {
    {"none", TiffCompression::none},       {"lzw", TiffCompression::lzw},
    {"deflate", TiffCompression::deflate}, {"packbits", TiffCompression::packbits},
    {"zstd", TiffCompression::zstd},       {"jpeg", TiffCompression::jpeg},
    {"webp", TiffCompression::webp},       {"jpeg2k", TiffCompression::jpeg2k},
    {"lzma", TiffCompression::lzma},       {"lerc", TiffCompression::lerc}};

TiffCompression compression_of(const std::string& name) {
  std::string known;
  for (const auto& [text, compression] : kCompressions) {
    if (name == text) return compression;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  raise_value_error("compression is one of " + known + ", not '" + name + "'");
}

const char* name_of(TiffCompression compression) {
  for (const auto& [text, value] : kCompressions) {
    if (value == compression) return text;
  }
  return "";
}

void bind_tiff(nb::module_& m) {
  using P = TiffEncodeParams;
  ParamsClass<P> params(m, "TiffEncodeParams", "How TIFF files are written.");
  params->def(
      "__init__",
      [](P* self, const std::string& compression, std::optional<int> predictor,
         std::optional<bool> bigtiff, std::uint32_t rows_per_strip, Flag planar,
         std::optional<int> level, double max_error, Flag palette) {
        new (self) P{compression_of(compression),
                     predictor,
                     bigtiff,
                     rows_per_strip,
                     planar.value,
                     level,
                     max_error,
                     palette.value};
      },
      "compression"_a = "lzw", "predictor"_a = nb::none(), "bigtiff"_a = nb::none(),
      "rows_per_strip"_a = 0, "planar"_a = false, nb::kw_only(), "level"_a = nb::none(),
      "max_error"_a = 0.0, "palette"_a = false,
      "compression: 'none', 'lzw', 'deflate', 'packbits', 'zstd', 'lzma', 'lerc', 'jpeg', 'webp' "
      "or\n"
      "'jpeg2k'; the last three as their formats' own parameters say.\n"
      "predictor: 1 none, 2 horizontal, 3 floating point; None: 3 of floats and 2 of integers "
      "with\n"
      "'lzw', 'deflate', 'zstd' and 'lzma', otherwise 1.\n"
      "bigtiff: 64-bit offsets; None: when the file needs them.\n"
      "rows_per_strip: 0 is chosen.\n"
      "planar: each channel in planes of its own.\n"
      "level: of 'deflate' 0 to 12, of 'zstd' 1 to 22, of 'lzma' 0 to 9; None: 1, 3, 6.\n"
      "max_error: of a sample, of 'lerc'; 0 is lossless.\n"
      "palette: RGB of at most 256 colours becomes numbers of a colour map, exactly; other images\n"
      "stay RGB.\n"
      "ValueError: compression is none of these.");
  params
      .field(
          "compression", [](const P& p) { return name_of(p.compression); },
          [](P& p, const std::string& name) { p.compression = compression_of(name); },
          nb::for_getter(nb::sig("def compression(self) -> str")), "Name of the compression.")
      .field(
          "predictor", [](const P& p) { return p.predictor; },
          [](P& p, std::optional<int> value) { p.predictor = value; },
          nb::for_setter(nb::arg("value").none()), "1, 2, 3, or None.")
      .field(
          "bigtiff", [](const P& p) { return p.bigtiff; },
          [](P& p, std::optional<bool> value) { p.bigtiff = value; },
          nb::for_setter(nb::arg("value").none()), "64-bit offsets; None: when needed.")
      .field("rows_per_strip", &P::rows_per_strip, "0 is chosen.")
      .field("planar", &P::planar, "Each channel in planes of its own.")
      .field(
          "level", [](const P& p) { return p.level; },
          [](P& p, std::optional<int> value) { p.level = value; },
          nb::for_setter(nb::arg("value").none()), "Effort of the compression, or None.")
      .field("max_error", &P::max_error, "Of a sample, of LERC; 0 is lossless.")
      .field("palette", &P::palette, "A colour map where at most 256 colours are used.")
      .finish();
}

}  // namespace

void bind_codec_params(nb::module_& m) {
  bind_jpeg(m);
  bind_jpeg2k(m);
  bind_png(m);
  bind_webp(m);
  bind_tiff(m);
}

}  // namespace glimt::python
