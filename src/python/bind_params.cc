// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "glimt/params.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <string_view>

#include "python/arguments.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/metadata_object.h"
#include "python/objects.h"
#include "python/params_fields.h"

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

/// numpy's dtype as a sample type; none for None.
std::optional<SampleType> type_of(nb::handle object) {
  if (object.is_none()) return std::nullopt;
  const nb::object dtype = nb::module_::import_("numpy").attr("dtype")(object);
  for (int i = 0; i <= static_cast<int>(SampleType::f64); ++i) {
    const auto type = static_cast<SampleType>(i);
    if (dtype.equal(numpy_dtype(type))) return type;
  }
  throw nb::type_error("dtype is an integer or float type of numpy in native byte order, or None");
}

constexpr char kDecodeInit[] =
    "def __init__(self, apply_exif_orientation: bool = True, color_spec: glimt.ColorSpec = "
    "glimt.SRGB, allow_any_depth: bool = False, sample_format: glimt.SampleFormat = "
    "glimt.I_UNCHANGED, *, errors: str = 'strict', reduce: int = 0, dtype: numpy.typing.DTypeLike "
    "| "
    "None = None) -> None";
constexpr char kDecodeDoc[] =
    "apply_exif_orientation: turn and mirror the image as its EXIF orientation says.\n"
    "color_spec: SRGB (3 channels), GRAY (1), UNCHANGED (the source's), SYCC, CMYK, YCCK.\n"
    "allow_any_depth: keep the source's dtype; False: uint8, the full range mapped to 0..255.\n"
    "sample_format: I_UNCHANGED is interleaved, P_UNCHANGED planar; a named one must belong to\n"
    "color_spec, or color_spec be UNCHANGED (ValueError at decode).\n"
    "errors: 'strict' gives None for a damaged stream, 'partial' what could be decoded.\n"
    "reduce: how often both sides are halved, where the format stores lower resolutions.\n"
    "dtype: of the output, whose whole range is used (floats: 0 to 1), whatever allow_any_depth "
    "says;\n"
    "None: as allow_any_depth says. TypeError: not one of the integers and floats of numpy.";

void bind_decode_params(nb::module_& m) {
  using P = DecodeParams;
  ParamsClass<P> params(m, "DecodeParams", "What decoding is to give.");
  params->def(
      "__init__",
      [](P* self, Flag apply_exif_orientation, const Given<ColorSpec>& color_spec,
         Flag allow_any_depth, const Given<SampleFormat>& sample_format, const std::string& errors,
         std::uint32_t reduce, nb::handle dtype) {
        new (self) P{apply_exif_orientation.value,
                     color_spec.value_or(ColorSpec::srgb),
                     allow_any_depth.value,
                     sample_format.value_or(SampleFormat::i_unchanged),
                     errors_of(errors),
                     type_of(dtype),
                     reduce};
      },
      "apply_exif_orientation"_a = true, "color_spec"_a = not_given(), "allow_any_depth"_a = false,
      "sample_format"_a = not_given(), nb::kw_only(), "errors"_a = "strict", "reduce"_a = 0,
      "dtype"_a = nb::none(), nb::sig(kDecodeInit), kDecodeDoc);
  params
      .field("apply_exif_orientation", &P::apply_exif_orientation,
             "Whether the image is turned upright.")
      .field("color_spec", &P::color_spec, "Colour of the output.")
      .field("allow_any_depth", &P::allow_any_depth, "Whether the source's dtype is kept.")
      .field("sample_format", &P::sample_format, "Layout and channels of the output.")
      .field(
          "errors", [](const P& p) { return kErrors[static_cast<int>(p.errors)]; },
          [](P& p, const std::string& name) { p.errors = errors_of(name); },
          nb::for_getter(nb::sig("def errors(self) -> str")), "'strict' or 'partial'.")
      .field("reduce", &P::reduce, "How often both sides are halved.")
      .field(
          "dtype", [](const P& p) { return p.type ? numpy_dtype(*p.type) : nb::handle(Py_None); },
          [](P& p, nb::handle dtype) { p.type = type_of(dtype); },
          nb::for_getter(nb::sig("def dtype(self) -> numpy.dtype[typing.Any] | None")),
          nb::for_setter(nb::sig("def dtype(self, dtype: numpy.typing.DTypeLike | None) -> None")),
          nb::arg().none(), "dtype of the output, or None.")
      .finish();
}

/// A property whose getter gives the part itself: p.jpeg_params.progressive = True changes p.
template <class Part>
void def_part(ParamsClass<EncodeParams>& params, const char* name, const char* second_name,
              Part EncodeParams::* part, const char* doc) {
  const auto get = [part](EncodeParams& p) -> Part& { return p.*part; };
  const auto set = [part](EncodeParams& p, const Part& value) { p.*part = value; };
  params.field(name, get, set, nb::for_getter(nb::rv_policy::reference_internal), doc);
  params->def_prop_rw(second_name, get, set, nb::for_getter(nb::rv_policy::reference_internal),
                      doc);
}

constexpr char kEncodeInit[] =
    "def __init__(self, quality_type: glimt.QualityType = glimt.DEFAULT, quality_value: float = 0, "
    "color_spec: glimt.ColorSpec = glimt.UNCHANGED, chroma_subsampling: "
    "glimt.ChromaSubsampling | None = None, jpeg_encode_params: JpegEncodeParams | None = None, "
    "jpeg2k_encode_params: Jpeg2kEncodeParams | None = None, tile_width: int | None = None, "
    "tile_height: int | None = None, *, jpeg_params: JpegEncodeParams | None = None, "
    "jpeg2k_params: Jpeg2kEncodeParams | None = None, tiff_encode_params: TiffEncodeParams | None "
    "= None, png_encode_params: PngEncodeParams | None = None, webp_encode_params: "
    "WebpEncodeParams | None = None, metadata: collections.abc.Sequence[Metadata] | None = None, "
    "orientation: int | None = None) -> None";
constexpr char kEncodeDoc[] =
    "quality_type, quality_value: see QualityType. A PNG's LOSSLESS reads a value given here as "
    "the\n"
    "deflate level; when none is given the default level is taken.\n"
    "color_spec: colour that the file holds; UNCHANGED: the image's.\n"
    "chroma_subsampling: None is CSS_GRAY for 1 and 2 channels, CSS_444 otherwise.\n"
    "*_encode_params: what only one format has; other formats ignore it. jpeg_params and\n"
    "jpeg2k_params are second names.\n"
    "metadata: blocks to write where the format holds their kind: EXIF, ICC_PROFILE and XMP in "
    "JPEG,\n"
    "PNG, WebP, JP2 and TIFF, IPTC in JPEG, JP2 and TIFF, RESOLUTION in all of them but WebP and "
    "in\n"
    "BMP, TEXT in JPEG (as comments), PNG, JP2 (the entries 'XML') and TIFF (the entries that are\n"
    "tags by name), tags (Metadata.tiff_tag) and texts of slide scanners in TIFF; the status "
    "notes\n"
    "what was left out. They are what Decoder.get_metadata gives: TEXT is JSON, {\"keyword\":\n"
    "\"text\" or a list of texts}, and RESOLUTION {\"x\": 300, \"y\": 300, \"unit\": \"inch\"} or\n"
    "centimetre, metre, unknown.\n"
    "orientation: 1 to 8 as EXIF numbers them, how the image is to be turned when it is shown:\n"
    "written into the EXIF block, or into one made for it; 1 for an image that was turned upright\n"
    "and keeps its block. None: what the block says stands.\n"
    "tile_width, tile_height: both or neither; larger than 0: tiles, where the format has them.\n"
    "ValueError: only one of tile_width and tile_height is given, both names of one parameter, or\n"
    "an orientation outside 1..8.";

std::vector<Metadata> blocks_of(nb::handle list) {
  std::vector<Metadata> blocks;
  if (list.is_none()) return blocks;
  for (nb::handle item : nb::iter(list)) {
    MetadataObject* block = nullptr;
    if (!nb::try_cast(item, block) || block == nullptr)
      throw nb::type_error("metadata is a list of Metadata, or None");
    blocks.push_back(block->to_write());
  }
  return blocks;
}

nb::list list_of(const std::vector<Metadata>& blocks) {
  nb::list list;
  for (const Metadata& block : blocks) list.append(MetadataObject(block));
  return list;
}

std::optional<Orientation> orientation_of(std::optional<int> number) {
  if (!number) return std::nullopt;
  if (*number < 1 || *number > 8) {
    raise_value_error("orientation is 1 to 8 or None, not " + std::to_string(*number));
  }
  return static_cast<Orientation>(*number);
}

/// Of the two names of one parameter.
template <class Part>
Part either(const std::optional<Part>& first, const std::optional<Part>& second,
            const char* names) {
  if (first && second) raise_value_error(std::string(names) + " are one parameter: give one");
  return first ? *first : second.value_or(Part());
}

void init_encode_params(
    EncodeParams* self, const Given<QualityType>& quality_type, const Given<float>& quality_value,
    const Given<ColorSpec>& color_spec, std::optional<ChromaSubsampling> chroma_subsampling,
    const std::optional<JpegEncodeParams>& jpeg, const std::optional<Jpeg2kEncodeParams>& jpeg2k,
    std::optional<std::uint32_t> tile_width, std::optional<std::uint32_t> tile_height,
    const std::optional<JpegEncodeParams>& jpeg_too,
    const std::optional<Jpeg2kEncodeParams>& jpeg2k_too,
    const std::optional<TiffEncodeParams>& tiff, const std::optional<PngEncodeParams>& png,
    const std::optional<WebpEncodeParams>& webp, nb::handle metadata,
    std::optional<int> orientation) {
  if (tile_width.has_value() != tile_height.has_value()) {
    raise_value_error("tile_width and tile_height must be given together");
  }
  EncodeParams params;
  params.quality_type = quality_type.value_or(params.quality_type);
  params.quality_value = quality_value.value;
  params.color_spec = color_spec.value_or(params.color_spec);
  params.chroma_subsampling = chroma_subsampling;
  params.jpeg = either(jpeg, jpeg_too, "jpeg_encode_params and jpeg_params");
  params.jpeg2k = either(jpeg2k, jpeg2k_too, "jpeg2k_encode_params and jpeg2k_params");
  params.tiff = tiff.value_or(params.tiff);
  params.png = png.value_or(params.png);
  params.webp = webp.value_or(params.webp);
  params.metadata = blocks_of(metadata);
  params.orientation = orientation_of(orientation);
  params.tile_width = tile_width.value_or(0);
  params.tile_height = tile_height.value_or(0);
  new (self) EncodeParams(std::move(params));
}

void bind_encode_params(nb::module_& m) {
  using P = EncodeParams;
  ParamsClass<P> params(m, "EncodeParams", "What an encoder is to write.");
  params->def("__init__", &init_encode_params, "quality_type"_a = not_given(),
              "quality_value"_a = not_given(), "color_spec"_a = not_given(),
              "chroma_subsampling"_a = nb::none(), "jpeg_encode_params"_a = nb::none(),
              "jpeg2k_encode_params"_a = nb::none(), "tile_width"_a = nb::none(),
              "tile_height"_a = nb::none(), nb::kw_only(), "jpeg_params"_a = nb::none(),
              "jpeg2k_params"_a = nb::none(), "tiff_encode_params"_a = nb::none(),
              "png_encode_params"_a = nb::none(), "webp_encode_params"_a = nb::none(),
              "metadata"_a = nb::none(), "orientation"_a = nb::none(), nb::sig(kEncodeInit),
              kEncodeDoc);
  params.field("quality_type", &P::quality_type, "How quality_value is read.")
      .field(
          "quality_value", [](const P& p) { return p.quality_value.value_or(0); },
          [](P& p, float value) { p.quality_value = value; },
          "Read as quality_type says; 0 when none was given.")
      .field("color_spec", &P::color_spec, "Colour that the file holds.")
      .field(
          "chroma_subsampling", [](const P& p) { return p.chroma_subsampling; },
          [](P& p, std::optional<ChromaSubsampling> value) { p.chroma_subsampling = value; },
          nb::for_setter(nb::arg("value").none()),
          "Resolution of chroma, or None for the codec's usual one.")
      .field("tile_width", &P::tile_width, "Columns of a tile; 0: no tiles.")
      .field("tile_height", &P::tile_height, "Rows of a tile; 0: no tiles.");
  def_part(params, "jpeg_params", "jpeg_encode_params", &P::jpeg, "What only JPEG has.");
  def_part(params, "jpeg2k_params", "jpeg2k_encode_params", &P::jpeg2k, "What only JPEG 2000 has.");
  def_part(params, "tiff_params", "tiff_encode_params", &P::tiff, "What only TIFF has.");
  def_part(params, "png_params", "png_encode_params", &P::png, "What only PNG has.");
  def_part(params, "webp_params", "webp_encode_params", &P::webp, "What only WebP has.");
  params.field(
      "metadata", [](const P& p) { return list_of(p.metadata); },
      [](P& p, nb::handle blocks) { p.metadata = blocks_of(blocks); },
      nb::for_getter(nb::sig("def metadata(self) -> list[Metadata]")),
      nb::for_setter(
          nb::sig("def metadata(self, blocks: collections.abc.Sequence[Metadata] | None) -> None")),
      nb::arg().none(), "Copies of the blocks to write.");
  params.field(
      "orientation",
      [](const P& p) -> std::optional<int> {
        return p.orientation ? std::optional<int>(static_cast<int>(*p.orientation)) : std::nullopt;
      },
      [](P& p, std::optional<int> number) { p.orientation = orientation_of(number); },
      nb::for_setter(nb::arg("value").none()), "EXIF orientation to write, 1 to 8, or None.");
  params.finish([](const P& p, std::string_view field) {
    return field != "quality_value" || p.quality_value.has_value();
  });
}

}  // namespace

void bind_params(nb::module_& m) {
  bind_decode_params(m);
  bind_codec_params(m);
  bind_encode_params(m);
}

}  // namespace glimt::python
