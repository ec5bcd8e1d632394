// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/import_image.h"
#include "python/objects.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

nb::tuple shape_of(const ImageObject& self) {
  const ImageSpec& spec = self.image.spec();
  return is_planar(spec.sample_format) ? nb::make_tuple(spec.channels, spec.height, spec.width)
                                       : nb::make_tuple(spec.height, spec.width, spec.channels);
}

nb::tuple strides_of(const ImageObject& self) {
  const Strides& strides = self.image.strides();
  return is_planar(self.image.spec().sample_format)
             ? nb::make_tuple(strides.channel, strides.row, strides.pixel)
             : nb::make_tuple(strides.row, strides.pixel, strides.channel);
}

std::string repr(const ImageObject& self) {
  const ImageSpec& spec = self.image.spec();
  const std::string format = nb::str(nb::cast(spec.sample_format).attr("name")).c_str();
  const std::string color = nb::str(nb::cast(spec.color_spec).attr("name")).c_str();
  return fmt::format("Image(height={} width={} num_channels={} dtype={} precision={} {} {})",
                     spec.height, spec.width, spec.channels, name_of(spec.type), spec.precision,
                     format, color);
}

std::uintptr_t handle_of(std::int64_t stream) { return static_cast<std::uintptr_t>(stream); }

nb::handle show_functions;  // of the package; they live as long as the interpreter

nb::object shown(nb::handle self, const char* how) {
  if (!show_functions.is_valid())
    raise_runtime_error("import glimt, not its extension module alone");
  return show_functions[how](self, nb::inst_ptr<ImageObject>(self)->image.spec().inverted_inks);
}

constexpr char kImageDoc[] =
    "Pixels: the result of decoding, or an array as an encoder takes it.\n\n"
    "shape is (height, width, channels) for interleaved sample formats and (channels, height, "
    "width)\n"
    "for planar ones. numpy.asarray(image) looks at the same memory, which lives as long as any\n"
    "array or capsule made from it. Made by Decoder.decode, as_image and from_dlpack.";
constexpr char kAsImageDoc[] =
    "Wraps an array as an image; its memory is shared and kept alive, not copied.\n\n"
    "source: an ndarray or another buffer, an object with __array_interface__,\n"
    "__cuda_array_interface__ or __dlpack__, a DLPack capsule, or an Image; (height, width) or "
    "(height, width, channels), any strides,\n"
    "integers of 8 to 64 bits or floats of 16 to 64. A planar sample_format (P_*) means "
    "(channels,\n"
    "height, width). Arrays of bool (as 0 and 1), of foreign byte order, or broadcast are copied.\n"
    "cuda_stream: the cudaStream_t, as an int, that device memory is ordered on where the array "
    "does\n"
    "not say; ignored for host memory.\n"
    "sample_format: I_Y, I_YA, I_RGB, I_RGBA by the number of channels when None, else UNKNOWN.\n"
    "color_spec: GRAY for 1 and 2 channels, SRGB for 3 and 4 when None, else UNKNOWN.\n"
    "precision: significant bits of a sample, as 12 of uint16; None and 0: all of them.\n"
    "RuntimeError: this cannot be an image, or lies in the memory of a GPU that is not\nthere, or "
    "lies "
    "there in a form that would have to be copied.\n"
    "ValueError: the sample format needs more channels, or the precision does not fit the dtype.";
constexpr char kFormats[] =
    "*, sample_format: glimt.SampleFormat | None = None, color_spec: glimt.ColorSpec | None = "
    "None, precision: int | None = None)";

void def_properties(nb::class_<ImageObject>& image) {
  image
      .def_prop_ro("shape", &shape_of, nb::sig("def shape(self) -> tuple[int, int, int]"),
                   "(height, width, channels), or (channels, height, width) when planar.")
      .def_prop_ro(
          "ndim", [](const ImageObject&) { return 3; }, "3")
      .def_prop_ro("strides", &strides_of, nb::sig("def strides(self) -> tuple[int, int, int]"),
                   "Bytes between neighbours along each axis of shape.")
      .def_prop_ro(
          "height", [](const ImageObject& i) { return i.image.spec().height; }, "Rows.")
      .def_prop_ro(
          "width", [](const ImageObject& i) { return i.image.spec().width; }, "Columns.")
      .def_prop_ro(
          "num_channels", [](const ImageObject& i) { return i.image.spec().channels; }, "Channels.")
      .def_prop_ro(
          "dtype",
          [](const ImageObject& i) { return nb::borrow(numpy_dtype(i.image.spec().type)); },
          nb::sig("def dtype(self) -> numpy.dtype[typing.Any]"), "numpy.dtype of a sample.")
      .def_prop_ro(
          "precision", [](const ImageObject& i) { return i.image.spec().precision; },
          "Significant bits of a sample; 0: all of the dtype.")
      .def_prop_ro(
          "sample_format", [](const ImageObject& i) { return i.image.spec().sample_format; },
          "How components are matched to channels and planes.")
      .def_prop_ro(
          "color_spec", [](const ImageObject& i) { return i.image.spec().color_spec; },
          "Colour of the samples.")
      .def_prop_ro(
          "buffer_kind",
          [](const ImageObject& i) {
            return i.image.place().on_host() ? ImageBufferKind::strided_host
                                             : ImageBufferKind::strided_device;
          },
          "Memory that holds the pixels.")
      .def_prop_ro(
          "size", [](const ImageObject& i) { return i.image.size_bytes(); },
          "Bytes of the pixels, without padding.")
      .def_ro("capacity", &ImageObject::capacity, "Bytes of the buffer, which a reuse may fill.")
      .def_prop_ro(
          "device_id",
          [](const ImageObject& i) -> nb::object {
            if (i.image.place().on_host()) return nb::none();
            return nb::int_(i.image.place().device);
          },
          nb::sig("def device_id(self) -> int | None"),
          "CUDA device of the pixels; None for host memory.")
      .def_prop_ro(
          "cuda_stream",
          [](const ImageObject& i) -> nb::object {
            if (i.image.place().on_host()) return nb::none();
            return nb::int_(i.image.place().cuda_stream);
          },
          nb::sig("def cuda_stream(self) -> int | None"),
          "CUDA stream that the pixels are ordered on; None for host memory.")
      .def("__repr__", &repr)
      .def(
          "_repr_png_", [](nb::handle self) { return shown(self, "png"); },
          nb::sig("def _repr_png_(self) -> bytes | None"),
          "What a notebook shows: a PNG of at most 512 pixels each way, in 8 bits.")
      .def(
          "_repr_html_", [](nb::handle self) { return shown(self, "html"); },
          nb::sig("def _repr_html_(self) -> str | None"),
          "The same in a page, with shape, dtype and colour in words.");
}

}  // namespace

void connect_show(nb::dict functions) { show_functions = functions.release(); }

void bind_image(nb::module_& m) {
  nb::class_<ImageObject> image(m, "Image", kImageDoc, nb::is_weak_referenceable(),
                                nb::type_slots(image_slots()));
  def_properties(image);
  bind_image_exchange(image);

  const auto signature = [](const char* name, const char* source, const char* result) {
    return fmt::format("def {}({}, cuda_stream: int = 0, {} -> {}", name, source, kFormats, result);
  };
  m.def(
      "as_image",
      [](nb::handle source, std::int64_t stream, std::optional<SampleFormat> format,
         std::optional<ColorSpec> color, std::optional<int> precision) {
        return ImageObject(import_image(source, {format, color, precision, handle_of(stream)}));
      },
      "source"_a.none(), "cuda_stream"_a = 0, nb::kw_only(), "sample_format"_a = nb::none(),
      "color_spec"_a = nb::none(), "precision"_a = nb::none(),
      nb::sig(signature("as_image", "source: object", "Image").c_str()), kAsImageDoc);
  m.def(
      "as_images",
      [](const BatchArgument& sources, std::int64_t stream, std::optional<SampleFormat> format,
         std::optional<ColorSpec> color, std::optional<int> precision) {
        nb::list images;
        for (nb::handle source : nb::iter(sources.object)) {
          images.append(
              ImageObject(import_image(source, {format, color, precision, handle_of(stream)})));
        }
        return images;
      },
      "sources"_a, "cuda_stream"_a = 0, nb::kw_only(), "sample_format"_a = nb::none(),
      "color_spec"_a = nb::none(), "precision"_a = nb::none(),
      nb::sig(signature("as_images", "sources: collections.abc.Iterable[typing.Any]", "list[Image]")
                  .c_str()),
      "as_image() for each of a list; one that fails raises for all.");
  m.def(
      "from_dlpack",
      [](nb::handle source, std::int64_t stream, std::optional<SampleFormat> format,
         std::optional<ColorSpec> color, std::optional<int> precision) {
        return ImageObject(import_dlpack(source, {format, color, precision, handle_of(stream)}));
      },
      "source"_a.none(), "cuda_stream"_a = 0, nb::kw_only(), "sample_format"_a = nb::none(),
      "color_spec"_a = nb::none(), "precision"_a = nb::none(),
      nb::sig(signature("from_dlpack", "source: object", "Image").c_str()),
      "Wraps a DLPack tensor (a capsule, or an array with __dlpack__) as an image,\n"
      "with the arguments of as_image().\n"
      "RuntimeError: it cannot be one, or its capsule has been taken already.");
}

}  // namespace glimt::python
