// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "glimt/slide.h"
#include "python/bind.h"
#include "python/errors.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

/// Text that a scanner wrote in whatever encoding.
nb::object text_of(const std::string& text) {
  return nb::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

StreamObject stream_object(const CodeStream& stream) {
  StreamObject object(stream);
  const StreamView& view = stream.view();
  object.view = std::make_unique<ViewObject>(
      ViewObject{view.image_idx, std::nullopt, view.bitstream_offset, view.limit_images});
  return object;
}

CodeStream stream_of(nb::handle object) {
  Source source = source_of(object);
  if (!source.refusal.ok()) raise_runtime_error(source.refusal.message());
  if (source.path.empty()) return std::move(source.stream);
  auto opened = [&] {
    const nb::gil_scoped_release released;
    return CodeStream::open(source.path);
  }();
  if (!opened.ok()) raise_file_error(source.path, opened.status());
  return std::move(*opened);
}

SlideInfo info_of(nb::handle object) {
  const CodeStream stream = stream_of(object);
  auto info = [&] {
    const nb::gil_scoped_release released;
    return slide_info(stream);
  }();
  if (!info.ok()) raise_runtime_error("failed to get slide info: " + info.status().text());
  return std::move(*info);
}

std::string size_text(std::uint32_t width, std::uint32_t height) {
  return fmt::format("{} x {}", width, height);
}

std::string repr(const SlideLevel& level) {
  std::string text = fmt::format("SlideLevel({}, downsample={:.6g}",
                                 size_text(level.width, level.height), level.downsample);
  if (level.tile_width != 0) text += ", tiles of " + size_text(level.tile_width, level.tile_height);
  if (level.image_idx) return text + fmt::format(", image_idx={})", *level.image_idx);
  return text + fmt::format(", bitstream_offset={})", level.stream.view().bitstream_offset);
}

std::string number_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "None";
}

std::string repr(const SlideInfo& info) {
  std::string text = fmt::format("SlideInfo(vendor='{}', mpp=({}, {}), magnification={}",
                                 info.vendor, number_text(info.mpp_x), number_text(info.mpp_y),
                                 number_text(info.magnification));
  for (const SlideLevel& level : info.levels) text += "\n  " + repr(level);
  for (const SlideImage& image : info.associated_images) {
    text += fmt::format("\n  {}: {}", image.name, size_text(image.width, image.height));
  }
  return text + fmt::format("\n  {} properties)", info.properties.size());
}

void bind_level(nb::module_& m) {
  using L = SlideLevel;
  const auto optional_of = [](std::uint32_t L::* field) {
    return [field](const L& level) {
      return level.*field != 0 ? std::optional(level.*field) : std::nullopt;
    };
  };
  nb::class_<L>(m, "SlideLevel", "One resolution of a slide, with where it lies in the file.")
      .def_ro("width", &L::width,
              "Columns of content. The stored image may be larger: Philips pads it to whole tiles.")
      .def_ro("height", &L::height, "Rows of content.")
      .def_prop_ro("tile_width", optional_of(&L::tile_width), "Columns of a tile; None: no tiles.")
      .def_prop_ro("tile_height", optional_of(&L::tile_height), "Rows of a tile; None: no tiles.")
      .def_ro("downsample", &L::downsample, "Pixels of level 0 along a pixel of this one.")
      .def_ro("image_idx", &L::image_idx, "Number of its page in the file; None: it is a SubIFD.")
      .def_prop_ro(
          "bitstream_offset", [](const L& level) { return level.stream.view().bitstream_offset; },
          "Byte offset of its IFD: as image_idx, an argument of CodeStream.get_sub_code_stream().\n"
          "0: the file is no TIFF.")
      .def_prop_ro(
          "code_stream", [](const L& level) { return stream_object(level.stream); },
          "The level's image, ready to decode or to take regions of.")
      .def("__repr__", [](const L& level) { return repr(level); });
}

void bind_info(nb::module_& m) {
  using I = SlideInfo;
  nb::class_<I>(m, "SlideInfo",
                "What a scanned slide, or any image with a pyramid, is made of: see slide_info().")
      .def_ro("vendor", &I::vendor,
              "'aperio', 'hamamatsu', 'leica', 'philips', 'trestle', 'ventana', 'ome', "
              "'generic-tiff',\nor the name of another format, whose only image is the only level.")
      .def_prop_ro(
          "levels", [](const I& info) { return info.levels; }, "Resolutions, the largest first.")
      .def_ro("mpp_x", &I::mpp_x, "Microns along a pixel of level 0; None: nothing tells.")
      .def_ro("mpp_y", &I::mpp_y, "Microns down a pixel of level 0; None: nothing tells.")
      .def_ro("magnification", &I::magnification, "Of the objective: 20.0, 40.0; None: unknown.")
      .def_prop_ro(
          "associated_images",
          [](const I& info) {
            nb::dict images;
            for (const SlideImage& image : info.associated_images) {
              images[text_of(image.name)] = stream_object(image.stream);
            }
            return images;
          },
          nb::sig("def associated_images(self) -> dict[str, CodeStream]"),
          "Pictures beside the scan by name ('label', 'macro', 'thumbnail', 'map'), whose width\n"
          "and height tell their size.")
      .def_prop_ro(
          "properties",
          [](const I& info) {
            nb::dict all;
            for (const auto& [name, value] : info.properties) all[text_of(name)] = text_of(value);
            return all;
          },
          nb::sig("def properties(self) -> dict[str, str]"),
          "What the scanner says, named as OpenSlide does: 'aperio.AppMag', 'tiff.Software'.")
      .def("__repr__", [](const I& info) { return repr(info); });
}

}  // namespace

void bind_slide(nb::module_& m) {
  bind_level(m);
  bind_info(m);
  m.def(
      "slide_info", &info_of, "source"_a.none(),
      nb::sig("def slide_info(source: typing.Any) -> SlideInfo"),
      "Levels, scale, magnification and associated images of a slide or of any other image.\n\n"
      "source: a CodeStream, a path, or whatever else Decoder.decode takes one image from.\n\n"
      "Reads headers and descriptions, no pixels: files of Aperio, Hamamatsu (NDPI), Leica (SCN),\n"
      "Philips (TIFF), Trestle and Ventana (BIF, TIFF), OME-TIFF, and generic pyramids of SubIFDs\n"
      "or of pages. Levels are the images as they are stored: overlaps of a scanner's tiles\n"
      "(Trestle, Ventana) are not taken out, and of several areas that a Leica scanned the first\n"
      "one counts. At most 10,000 pages are looked at.\n\n"
      "RuntimeError: the first image's header cannot be read.\n"
      "FileMissing, FileError: the file cannot be opened.");
}

}  // namespace glimt::python
