// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include "glimt/params.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

constexpr const char* kErrors[] = {"strict", "partial"};

Errors errors_of(const std::string& name) {
  for (int i = 0; i < 2; ++i) {
    if (name == kErrors[i]) return static_cast<Errors>(i);
  }
  raise_value_error("errors is 'strict' or 'partial', not '" + name + "'");
}

void bind_decode_params(nb::module_& m) {
  using P = DecodeParams;
  nb::class_<P>(m, "DecodeParams", "What decoding is to give.", nb::is_weak_referenceable())
      .def(
          "__init__",
          [](P* self, bool apply_exif_orientation, std::optional<ColorSpec> color_spec,
             bool allow_any_depth, std::optional<SampleFormat> sample_format,
             const std::string& errors) {
            const P defaults;
            new (self) P{apply_exif_orientation, color_spec.value_or(defaults.color_spec),
                         allow_any_depth,        sample_format.value_or(SampleFormat::i_unchanged),
                         errors_of(errors),      {}};
          },
          "apply_exif_orientation"_a = true, "color_spec"_a = nb::none(),
          "allow_any_depth"_a = false, nb::kw_only(), "sample_format"_a = nb::none(),
          "errors"_a = "strict",
          nb::sig("def __init__(self, apply_exif_orientation: bool = True, color_spec: "
                  "glimt.ColorSpec = glimt.SRGB, allow_any_depth: bool = False, *, "
                  "sample_format: glimt.SampleFormat = glimt.I_UNCHANGED, errors: str = "
                  "'strict') -> None"),
          "apply_exif_orientation: turn and mirror the image as its EXIF orientation says.\n"
          "color_spec: SRGB (3 channels), GRAY (1), UNCHANGED (the source's), SYCC, CMYK, YCCK.\n"
          "allow_any_depth: keep the source's dtype; False: uint8, the full range mapped to "
          "0..255.\n"
          "sample_format: I_UNCHANGED is interleaved, P_UNCHANGED planar; a named one must belong "
          "to\ncolor_spec, or color_spec be UNCHANGED (ValueError at decode).\n"
          "errors: 'strict' gives None for a damaged stream, 'partial' what could be decoded.")
      .def_rw("apply_exif_orientation", &P::apply_exif_orientation)
      .def_rw("color_spec", &P::color_spec)
      .def_rw("allow_any_depth", &P::allow_any_depth)
      .def_rw("sample_format", &P::sample_format)
      .def_prop_rw(
          "errors", [](const P& p) { return kErrors[static_cast<int>(p.errors)]; },
          [](P& p, const std::string& name) { p.errors = errors_of(name); });
}

void bind_jpeg_params(nb::module_& m) {
  using P = JpegEncodeParams;
  nb::class_<P>(m, "JpegEncodeParams", "How JPEG files are written.", nb::is_weak_referenceable())
      .def(
          "__init__",
          [](P* self, bool progressive, bool optimized_huffman, std::uint32_t restart_interval,
             bool arithmetic) {
            new (self) P{progressive, optimized_huffman, restart_interval, arithmetic};
          },
          "progressive"_a = false, "optimized_huffman"_a = false, nb::kw_only(),
          "restart_interval"_a = 0, "arithmetic"_a = false,
          "progressive: several scans, each finer than the one before.\n"
          "optimized_huffman: tables made for the image: smaller files, slower.\n"
          "restart_interval: MCUs between restart markers; 0: none.\n"
          "arithmetic: arithmetic instead of Huffman coding.")
      .def_rw("progressive", &P::progressive)
      .def_rw("optimized_huffman", &P::optimized_huffman)
      .def_rw("restart_interval", &P::restart_interval)
      .def_rw("arithmetic", &P::arithmetic);
}

void bind_jpeg2k_params(nb::module_& m) {
  using P = Jpeg2kEncodeParams;
  using Size = std::pair<std::uint32_t, std::uint32_t>;
  nb::class_<P>(m, "Jpeg2kEncodeParams", "How JPEG 2000 files are written.",
                nb::is_weak_referenceable())
      .def(
          "__init__",
          [](P* self, const Size& code_block_size, std::uint32_t num_resolutions,
             std::optional<Jpeg2kBitstreamType> type, std::optional<Jpeg2kProgOrder> order,
             int mct_mode, bool ht) {
            const P defaults;
            new (self) P{code_block_size.first,
                         code_block_size.second,
                         num_resolutions,
                         type.value_or(defaults.bitstream_type),
                         order.value_or(defaults.prog_order),
                         mct_mode,
                         ht};
          },
          "code_block_size"_a = nb::make_tuple(64, 64), "num_resolutions"_a = 6,
          "bitstream_type"_a = nb::none(), "prog_order"_a = nb::none(), "mct_mode"_a = 0,
          "ht"_a = false,
          nb::sig(
              "def __init__(self, code_block_size: tuple[int, int] = (64, 64), num_resolutions: "
              "int = 6, bitstream_type: glimt.Jpeg2kBitstreamType = "
              "glimt.JP2, prog_order: glimt.Jpeg2kProgOrder = "
              "glimt.RPCL, mct_mode: int = 0, ht: bool = False) -> None"),
          "code_block_size: (height, width), powers of two from 4 to 1024, at most 4096 samples.\n"
          "num_resolutions: decomposition levels + 1.\n"
          "bitstream_type: J2K, JP2, or JPH for high-throughput files.\n"
          "prog_order: order of packets.\n"
          "mct_mode: 1 turns RGB into YCbCr for coding.\n"
          "ht: high-throughput block coding (T.814).")
      .def_prop_rw(
          "code_block_size",
          [](const P& p) { return Size(p.code_block_height, p.code_block_width); },
          [](P& p, const Size& size) {
            p.code_block_height = size.first;
            p.code_block_width = size.second;
          },
          "(height, width)")
      .def_rw("num_resolutions", &P::num_resolutions)
      .def_rw("bitstream_type", &P::bitstream_type)
      .def_rw("prog_order", &P::prog_order)
      .def_rw("mct_mode", &P::mct_mode)
      .def_rw("ht", &P::ht);
}

void bind_lesser_params(nb::module_& m) {
  using Png = PngEncodeParams;
  nb::class_<Png>(m, "PngEncodeParams", "How PNG files are written.", nb::is_weak_referenceable())
      .def(
          "__init__", [](Png* self, int level, int filter) { new (self) Png{level, filter}; },
          "level"_a = -1, "filter"_a = -1,
          "level: 0 (stored) to 9 (smallest); -1 is the default, -2 the fastest that compresses.\n"
          "filter: 0 none, 1 sub, 2 up, 3 average, 4 Paeth; -1 is chosen for each row.")
      .def_rw("level", &Png::level)
      .def_rw("filter", &Png::filter);

  using Webp = WebpEncodeParams;
  nb::class_<Webp>(m, "WebpEncodeParams", "How WebP files are written.",
                   nb::is_weak_referenceable())
      .def(
          "__init__",
          [](Webp* self, int method, bool exact, int near_lossless) {
            new (self) Webp{method, exact, near_lossless};
          },
          "method"_a = 4, "exact"_a = true, "near_lossless"_a = 100,
          "method: 0 (fast) to 6 (small).\n"
          "exact: keep colour under transparent pixels.\n"
          "near_lossless: 100 is off; lower values give smaller lossless files.")
      .def_rw("method", &Webp::method)
      .def_rw("exact", &Webp::exact)
      .def_rw("near_lossless", &Webp::near_lossless);
}

/// A property whose getter gives the part itself: p.jpeg_params.progressive = True changes p.
template <class Part>
void def_part(nb::class_<EncodeParams>& params, std::initializer_list<const char*> names,
              Part EncodeParams::* part, const char* doc) {
  for (const char* name : names) {
    params.def_prop_rw(
        name, [part](EncodeParams& p) -> Part& { return p.*part; },
        [part](EncodeParams& p, const Part& value) { p.*part = value; },
        nb::for_getter(nb::rv_policy::reference_internal), doc);
  }
}

constexpr char kEncodeInit[] =
    "def __init__(self, quality_type: glimt.QualityType = glimt.DEFAULT, "
    "quality_value: "
    "float = 0, color_spec: glimt.ColorSpec = glimt.UNCHANGED, chroma_subsampling: "
    "glimt.ChromaSubsampling | None = None, jpeg_encode_params: JpegEncodeParams | None = None, "
    "jpeg2k_encode_params: Jpeg2kEncodeParams | None = None, tile_width: int | None = None, "
    "tile_height: int | None = None, *, png_encode_params: PngEncodeParams | None = None, "
    "webp_encode_params: WebpEncodeParams | None = None) -> None";
constexpr char kEncodeDoc[] =
    "quality_type, quality_value: see QualityType. A PNG's LOSSLESS reads a value given here as "
    "the\n"
    "deflate level; when none is given the default level is taken.\n"
    "color_spec: colour that the file holds; UNCHANGED: the image's.\n"
    "chroma_subsampling: None is CSS_GRAY for 1 and 2 channels, CSS_444 otherwise.\n"
    "*_encode_params: what only one format has; other formats ignore it.\n"
    "tile_width, tile_height: both or neither; larger than 0: tiles, where the format has them.\n"
    "ValueError: only one of tile_width and tile_height is given.";

void init_encode_params(
    EncodeParams* self, std::optional<QualityType> quality_type, std::optional<float> quality_value,
    std::optional<ColorSpec> color_spec, std::optional<ChromaSubsampling> chroma_subsampling,
    const std::optional<JpegEncodeParams>& jpeg, const std::optional<Jpeg2kEncodeParams>& jpeg2k,
    std::optional<std::uint32_t> tile_width, std::optional<std::uint32_t> tile_height,
    const std::optional<PngEncodeParams>& png, const std::optional<WebpEncodeParams>& webp) {
  if (tile_width.has_value() != tile_height.has_value()) {
    raise_value_error("tile_width and tile_height must be given together");
  }
  EncodeParams params;
  params.quality_type = quality_type.value_or(params.quality_type);
  params.quality_value = quality_value;
  params.color_spec = color_spec.value_or(params.color_spec);
  params.chroma_subsampling = chroma_subsampling;
  params.jpeg = jpeg.value_or(params.jpeg);
  params.jpeg2k = jpeg2k.value_or(params.jpeg2k);
  params.png = png.value_or(params.png);
  params.webp = webp.value_or(params.webp);
  params.tile_width = tile_width.value_or(0);
  params.tile_height = tile_height.value_or(0);
  new (self) EncodeParams(std::move(params));
}

void bind_encode_params(nb::module_& m) {
  using P = EncodeParams;
  nb::class_<P> params(m, "EncodeParams", "What an encoder is to write.",
                       nb::is_weak_referenceable());
  params
      .def("__init__", &init_encode_params, "quality_type"_a = nb::none(),
           "quality_value"_a = nb::none(), "color_spec"_a = nb::none(),
           "chroma_subsampling"_a = nb::none(), "jpeg_encode_params"_a = nb::none(),
           "jpeg2k_encode_params"_a = nb::none(), "tile_width"_a = nb::none(),
           "tile_height"_a = nb::none(), nb::kw_only(), "png_encode_params"_a = nb::none(),
           "webp_encode_params"_a = nb::none(), nb::sig(kEncodeInit), kEncodeDoc)
      .def_rw("quality_type", &P::quality_type, "How quality_value is read.")
      .def_prop_rw(
          "quality_value", [](const P& p) { return p.quality_value.value_or(0); },
          [](P& p, float value) { p.quality_value = value; },
          "Read as quality_type says; 0 when none was given.")
      .def_rw("color_spec", &P::color_spec, "Colour that the file holds.")
      .def_rw("chroma_subsampling", &P::chroma_subsampling, nb::for_setter(nb::arg("value").none()),
              "Resolution of chroma, or None for the codec's usual one.")
      .def_rw("tile_width", &P::tile_width, "Columns of a tile; 0: no tiles.")
      .def_rw("tile_height", &P::tile_height, "Rows of a tile; 0: no tiles.");
  def_part(params, {"jpeg_params", "jpeg_encode_params"}, &P::jpeg, "What only JPEG has.");
  def_part(params, {"jpeg2k_params", "jpeg2k_encode_params"}, &P::jpeg2k,
           "What only JPEG 2000 has.");
  def_part(params, {"png_params", "png_encode_params"}, &P::png, "What only PNG has.");
  def_part(params, {"webp_params", "webp_encode_params"}, &P::webp, "What only WebP has.");
}

}  // namespace

void bind_params(nb::module_& m) {
  bind_decode_params(m);
  bind_jpeg_params(m);
  bind_jpeg2k_params(m);
  bind_lesser_params(m);
  bind_encode_params(m);
}

void bind_backend(nb::module_& m) {
  nb::class_<Backend>(m, "Backend", "An allowed kind of backend, and its share of a batch.",
                      nb::is_weak_referenceable())
      .def(nb::init<>(), "GPU_ONLY, load_hint 1.0, FIXED.")
      .def(
          "__init__",
          [](Backend* self, BackendKind kind, float load_hint,
             std::optional<LoadHintPolicy> policy) {
            new (self) Backend{kind, load_hint, policy.value_or(LoadHintPolicy::fixed)};
          },
          "backend_kind"_a, "load_hint"_a = 1.0F, "load_hint_policy"_a = nb::none(),
          nb::sig("def __init__(self, backend_kind: glimt.BackendKind, load_hint: float = 1.0, "
                  "load_hint_policy: glimt.LoadHintPolicy = glimt.FIXED) -> None"),
          "load_hint: share (0 to 1) of a batch that this backend should take, where another one\n"
          "can take the rest.")
      .def_ro("backend_kind", &Backend::kind, "Where it runs.")
      .def_ro("load_hint", &Backend::load_hint, "Its share of a batch.")
      .def_ro("load_hint_policy", &Backend::load_hint_policy, "How the share is used.");
}

}  // namespace glimt::python
