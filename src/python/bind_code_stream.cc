// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <limits>

#include "codec/format.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/objects.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

constexpr char kOfImage[] = "failed to get image info";
constexpr char kOfStream[] = "failed to get code stream info";

/// The parsed header, without a copy. Raises RuntimeError, beginning with `failure`, when it cannot
/// be read.
const ImageInfo& info_of(const StreamObject& self, const char* failure = kOfImage) {
  if (self.stream.empty()) {
    raise_runtime_error(fmt::format("{}: nothing has been encoded into this CodeStream", failure));
  }
  const StreamInfo* info = nullptr;
  Status status;
  if (self.stream.path().empty()) {
    status = self.stream.parsed(info);
  } else {
    // The first question may wait for the disk.
    const nb::gil_scoped_release released;
    status = self.stream.parsed(info);
  }
  if (!status.ok()) raise_runtime_error(fmt::format("{}: {}", failure, status.text()));
  return info->image;
}

/// What a question about all images of the stream answers, which may have to look for them.
template <class Answer>
Answer ask(const StreamObject& self, Result<Answer> (CodeStream::*question)() const) {
  info_of(self, kOfStream);
  const auto answer = [&] {
    const nb::gil_scoped_release released;
    return (self.stream.*question)();
  }();
  if (!answer.ok()) {
    raise_runtime_error(fmt::format("{}: {}", kOfStream, answer.status().text()));
  }
  return *answer;
}

using Offset = std::optional<std::uint64_t>;  ///< None is 0: the beginning

std::unique_ptr<ViewObject> view_for(const Offset& bitstream_offset, std::uint64_t limit_images) {
  const std::uint64_t offset = bitstream_offset.value_or(0);
  if (offset == 0 && limit_images == 0) return nullptr;
  return std::make_unique<ViewObject>(ViewObject{0, std::nullopt, offset, limit_images});
}

void init_data(StreamObject* self, nb::handle data, const Offset& bitstream_offset,
               std::uint64_t limit_images) {
  auto view = view_for(bitstream_offset, limit_images);
  CodeStream stream = stream_of_data(data, view ? view->stream_view() : StreamView());
  new (self) StreamObject(std::move(stream));
  self->view = std::move(view);
}

void init_file(StreamObject* self, const FilenameArgument& filename, const Offset& bitstream_offset,
               std::uint64_t limit_images) {
  auto view = view_for(bitstream_offset, limit_images);
  const std::string path = path_of(filename.object);
  auto stream = [&] {
    const nb::gil_scoped_release released;
    return CodeStream::open(path, view ? view->stream_view() : StreamView());
  }();
  if (!stream.ok()) {
    raise_file_error(path, Status(stream.status().code(),
                                  "failed to create code stream: " + stream.status().message()));
  }
  new (self) StreamObject(std::move(*stream));
  self->view = std::move(view);
}

void init_output(StreamObject* self, std::size_t pre_allocated_size, bool pin_memory) {
  EncodedBytes memory;
  if (pre_allocated_size != 0) {
    auto allocated = EncodedBytes::allocate(pre_allocated_size);
    if (!allocated.ok()) raise(allocated.status());
    memory = std::move(*allocated);
  }
  new (self) StreamObject();
  self->output = std::make_unique<StreamObject::Output>();
  *self->output = {std::move(memory), pin_memory, pre_allocated_size, pre_allocated_size};
}

/// The coordinates of `inner`, which counts from the corner of `outer`, in the image of `outer`.
/// What the outer one shows outside of the image, the inner one shows, too. Raises RuntimeError
/// unless it lies within.
RegionObject nested_region(const RegionObject& outer, const RegionObject& inner) {
  if (inner.ndim != outer.ndim) {
    raise_runtime_error(
        fmt::format("a nested region of {} dimensions in one of {}", inner.ndim, outer.ndim));
  }
  RegionObject region = outer;
  for (std::size_t i = 0; i < static_cast<std::size_t>(inner.ndim); ++i) {
    const std::int64_t first = std::int64_t{outer.start[i]} + inner.start[i];
    const std::int64_t last = std::int64_t{outer.start[i]} + inner.end[i];
    if (inner.start[i] < 0 || last > outer.end[i]) {
      raise_runtime_error(fmt::format("the nested {} does not lie within the {} of this CodeStream",
                                      inner.repr(), outer.repr()));
    }
    region.start[i] = static_cast<std::int32_t>(first);
    region.end[i] = static_cast<std::int32_t>(last);
  }
  return region;
}

/// `wanted` as seen from what `self` selects, in the terms of the whole stream.
ViewObject nested_view(const StreamObject& self, const ViewObject& wanted) {
  ViewObject view = wanted;
  const ViewObject own = self.view != nullptr ? *self.view : ViewObject();
  view.image_idx += own.image_idx;
  if (own.region) {
    if (wanted.image_idx != 0) {
      raise_runtime_error("what is nested in a region is of the same image: image_idx must be 0");
    }
    view.region = wanted.region ? nested_region(*own.region, *wanted.region) : *own.region;
  }
  return view;
}

StreamObject sub_stream(const StreamObject& self, const ViewObject& asked, bool nested) {
  info_of(self);
  ViewObject wanted = asked;
  if (wanted.region && wanted.region->ndim == 0) wanted.region.reset();
  if (nested) wanted = nested_view(self, wanted);
  const bool in_region = self.view != nullptr && self.view->region;
  if (wanted.region && in_region && !nested) {
    raise_runtime_error(
        "a sub code stream with nested regions is not supported: this CodeStream has a region "
        "already; nested=True counts from its corner");
  }
  StreamView view = wanted.stream_view();
  auto child = Result<CodeStream>(self.stream);
  if (in_region && view.region) {
    // The engine refuses a region of a region: by way of the whole image.
    StreamView whole = view;
    whole.region.reset();
    child = self.stream.sub_stream(whole);
  }
  if (child.ok()) child = child->sub_stream(view);
  if (!child.ok()) raise_runtime_error(child.status().message());
  StreamObject result(std::move(*child));
  result.view = std::make_unique<ViewObject>(wanted);
  result.view->bitstream_offset = result.stream.view().bitstream_offset;
  return result;
}

std::size_t size_of(const StreamObject& self) {
  if (self.stream.empty() && self.output != nullptr) return self.output->pre_allocated_size;
  if (self.output == nullptr) {
    const ImageInfo& info = info_of(self, kOfStream);
    // A view of a TIFF: the image's own pixels, unless it is all that there is.
    if (self.view != nullptr && info.ifd_offset) {
      const ViewObject& view = *self.view;
      const bool plain =
          view.image_idx == 0 && view.bitstream_offset == 0 && view.limit_images == 0;
      const bool only = plain && info.subifd_offsets.empty() && !info.next_ifd_offset;
      if (!only) return ask(self, &CodeStream::coded_bytes);
    }
  }
  return self.bytes().size();
}

std::size_t capacity_of(const StreamObject& self) {
  return self.output != nullptr ? self.output->capacity : self.bytes().size();
}

std::uint32_t num_images_of(const StreamObject& self) { return ask(self, &CodeStream::num_images); }

std::string repr(const StreamObject& self) {
  const ImageInfo& info = info_of(self);
  std::string text =
      fmt::format("CodeStream( codec_name={} num_images={}", info.codec_name, num_images_of(self));
  if (self.view != nullptr) text += " view=" + self.view->repr();
  text += fmt::format(
      " height={} width={} num_channels={} dtype={} precision={} color_spec={} sample_format={} "
      "size={} capacity={}",
      info.height, info.width, info.channels, name_of(info.type), info.precision,
      static_cast<int>(info.color_spec), static_cast<int>(info.sample_format), size_of(self),
      capacity_of(self));
  if (info.tiles) {
    text += fmt::format(" num_tiles_y={} num_tiles_x={} tile_height={} tile_width={}",
                        info.tiles->num_tiles_y, info.tiles->num_tiles_x, info.tiles->tile_height,
                        info.tiles->tile_width);
  }
  return text + ")";
}

// The buffer protocol: the encoded bytes, which stay alive (and unchanged) as long as the view.
int get_buffer(PyObject* object, Py_buffer* view, int flags) {
  const auto* self = nb::inst_ptr<StreamObject>(object);
  if (self->stream.empty()) {
    PyErr_SetString(PyExc_RuntimeError, "nothing has been encoded into this CodeStream");
    view->obj = nullptr;
    return -1;
  }
  const Bytes bytes = self->stream.bytes();
  // PyBuffer_FillInfo wants a writable pointer; the view is read only.
  void* data = const_cast<std::uint8_t*>(bytes.data());
  if (PyBuffer_FillInfo(view, object, data, static_cast<Py_ssize_t>(bytes.size()), 1, flags) != 0) {
    return -1;
  }
  view->internal = new CodeStream(self->stream);
  return 0;
}

void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<CodeStream*>(view->internal); }

PyType_Slot kStreamSlots[] = {
    {Py_bf_getbuffer, reinterpret_cast<void*>(&get_buffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(&release_buffer)},
    {0, nullptr},
};

constexpr char kStreamDoc[] =
    "Encoded image data: bytes, an array, a file, or what an Encoder wrote.\n\n"
    "Headers are parsed at the first question and remembered; a stream and its sub streams may be\n"
    "used from many threads. Supports the buffer protocol: bytes(cs), memoryview(cs), "
    "file.write(cs).\n"
    "Properties of the image raise RuntimeError when the header cannot be read.";

void def_init(nb::class_<StreamObject>& stream) {
  stream
      .def(
          "__init__",
          [](StreamObject* self, const nb::bytes& bytes, const Offset& offset,
             std::uint64_t limit) { init_data(self, bytes, offset, limit); },
          "bytes"_a, "bitstream_offset"_a = 0, "limit_images"_a = 0,
          nb::sig("def __init__(self, bytes: bytes, bitstream_offset: int | None = 0, "
                  "limit_images: int = 0) -> None"),
          "Encoded bytes, kept without a copy.")
      .def(
          "__init__",
          [](StreamObject* self, const DataArgument& array, const Offset& offset,
             std::uint64_t limit) { init_data(self, array.object, offset, limit); },
          "array"_a, "bitstream_offset"_a = 0, "limit_images"_a = 0,
          nb::sig("def __init__(self, array: object, bitstream_offset: int | None = 0, "
                  "limit_images: int = 0) -> None"),
          "A 1-D uint8 array, bytearray or memoryview, kept without a copy when contiguous, or a\n"
          "binary file object, read from its position. Other numbers are cast to uint8.\n"
          "ValueError: not one dimension. TypeError: no numbers.")
      .def("__init__", &init_file, "filename"_a, "bitstream_offset"_a = 0, "limit_images"_a = 0,
           nb::sig("def __init__(self, filename: str | bytes | os.PathLike[str], bitstream_offset: "
                   "int | None = 0, limit_images: int = 0) -> None"),
           "A file. FileMissing or FileError: it cannot be opened, or is empty.")
      .def("__init__", &init_output, "pre_allocated_size"_a = 0, "pin_memory"_a = true,
           nb::sig(
               "def __init__(self, pre_allocated_size: int = 0, pin_memory: bool = True) -> None"),
           "An empty stream to encode into, with room for pre_allocated_size bytes.");
}

void def_image_properties(nb::class_<StreamObject>& stream) {
  stream
      .def_prop_ro(
          "width", [](const StreamObject& s) { return info_of(s).width; },
          "Columns of the whole image, as stored.")
      .def_prop_ro(
          "height", [](const StreamObject& s) { return info_of(s).height; },
          "Rows of the whole image, as stored.")
      .def_prop_ro(
          "num_channels", [](const StreamObject& s) { return info_of(s).channels; },
          "Channels over all planes.")
      .def_prop_ro(
          "dtype", [](const StreamObject& s) { return nb::borrow(numpy_dtype(info_of(s).type)); },
          nb::sig("def dtype(self) -> numpy.dtype[typing.Any]"), "numpy.dtype of a sample.")
      .def_prop_ro(
          "precision", [](const StreamObject& s) { return info_of(s).precision; },
          "Significant bits of a sample.")
      .def_prop_ro(
          "codec_name", [](const StreamObject& s) { return info_of(s).codec_name; },
          "'jpeg', 'jpeg2k', 'png', 'tiff', 'bmp', 'pnm' or 'webp'.")
      .def_prop_ro(
          "coding", [](const StreamObject& s) { return info_of(s).coding; },
          "The variant in the words of the format's standard: 'progressive DCT', ...")
      .def_prop_ro(
          "color_spec", [](const StreamObject& s) { return info_of(s).color_spec; },
          "Colour of the stored samples; what decode gives follows its own parameters.")
      .def_prop_ro(
          "sample_format", [](const StreamObject& s) { return info_of(s).sample_format; },
          "Components and planes of the stored samples.")
      .def_prop_ro(
          "chroma_subsampling", [](const StreamObject& s) { return info_of(s).chroma_subsampling; },
          "Of a JPEG, and of whatever else knows it; otherwise None.")
      .def_prop_ro(
          "orientation",
          [](const StreamObject& s) { return static_cast<int>(info_of(s).orientation); },
          "EXIF orientation, 1 (upright) to 8.")
      .def_prop_ro("num_images", &num_images_of,
                   "Images from bitstream_offset on (SubIFDs do not count), at most limit_images.\n"
                   "RuntimeError: the chain of images is damaged or has more than 100,000.");

  static constexpr std::pair<const char*, std::uint32_t TileGrid::*> kTileFields[] = {
      {"num_tiles_x", &TileGrid::num_tiles_x},     {"num_tiles_y", &TileGrid::num_tiles_y},
      {"tile_width", &TileGrid::tile_width},       {"tile_height", &TileGrid::tile_height},
      {"tile_offset_x", &TileGrid::tile_offset_x}, {"tile_offset_y", &TileGrid::tile_offset_y}};
  for (const auto& [name, field] : kTileFields) {
    stream.def_prop_ro(
        name,
        [field = field](const StreamObject& s) -> std::optional<std::uint32_t> {
          const std::optional<TileGrid>& tiles = info_of(s).tiles;
          return tiles ? std::optional((*tiles).*field) : std::nullopt;
        },
        "Of the tile grid; None for formats without tiles.");
  }
}

void def_stream_properties(nb::class_<StreamObject>& stream) {
  stream.def_prop_ro("size", &size_of, "Bytes of encoded data; of an unused output its room.")
      .def_prop_ro("capacity", &capacity_of,
                   "Bytes of the buffer: of an output, what encoding has room for without growing.")
      .def_prop_ro(
          "pin_memory",
          [](const StreamObject& s) { return s.output == nullptr || s.output->pin_memory; },
          "What the constructor was told; of streams to decode, True.")
      .def_prop_ro(
          "view",
          [](const StreamObject& s) {
            return s.view != nullptr ? std::optional(*s.view) : std::nullopt;
          },
          "Image and region that this stream selects; None for a plain stream.")
      .def_prop_ro(
          "next_bitstream_offset",
          [](const StreamObject& s) { return ask(s, &CodeStream::next_bitstream_offset); },
          nb::sig("def next_bitstream_offset(self) -> int | None"),
          "Where to go on after limit_images stopped the search; otherwise None.")
      .def_prop_ro(
          "subifd_offsets",
          [](const StreamObject& s) {
            nb::list offsets;
            for (const std::uint64_t offset : info_of(s, kOfStream).subifd_offsets) {
              offsets.append(offset);
            }
            return offsets;
          },
          nb::sig("def subifd_offsets(self) -> list[int]"),
          "Byte offsets of the image's SubIFDs; [] when it has none or is no TIFF.")
      .def_prop_ro(
          "ifd_offset", [](const StreamObject& s) { return info_of(s, kOfStream).ifd_offset; },
          nb::sig("def ifd_offset(self) -> int | None"),
          "Byte offset of the image's IFD; None when it is no TIFF.")
      .def_prop_ro(
          "next_ifd_offset",
          [](const StreamObject& s) { return info_of(s, kOfStream).next_ifd_offset; },
          nb::sig("def next_ifd_offset(self) -> int | None"),
          "Byte offset of the IFD that follows; None at the end, or when it is no TIFF.");
}

}  // namespace

void bind_code_stream(nb::module_& m) {
  nb::class_<StreamObject> stream(m, "CodeStream", kStreamDoc, nb::type_slots(kStreamSlots),
                                  nb::is_weak_referenceable());
  def_init(stream);
  def_image_properties(stream);
  def_stream_properties(stream);
  stream
      .def(
          "get_sub_code_stream",
          [](const StreamObject& self, std::uint64_t image_idx, std::optional<RegionObject> region,
             const Offset& bitstream_offset, std::uint64_t limit_images, bool nested) {
            return sub_stream(self, {image_idx, region, bitstream_offset.value_or(0), limit_images},
                              nested);
          },
          "image_idx"_a = 0, "region"_a = nb::none(), "bitstream_offset"_a = 0,
          "limit_images"_a = 0, nb::kw_only(), "nested"_a = false,
          nb::sig("def get_sub_code_stream(self, image_idx: int = 0, region: Region | None = None, "
                  "bitstream_offset: int | None = 0, limit_images: int = 0, *, nested: bool = "
                  "False) -> CodeStream"),
          "The same data under another view: image, region, where to start, how far to look.\n"
          "Both count from the whole stream: a child without region of one with a region is the\n"
          "whole image, and a second region is refused. With nested=True they count from what\n"
          "this stream selects: the region, which must lie within this stream's, from its corner\n"
          "(in stored pixels, before EXIF orientation), with the fill samples of the outer one.\n"
          "RuntimeError: there is no such image, or this stream has a region already.")
      .def("get_sub_code_stream", &sub_stream, "view"_a, nb::kw_only(), "nested"_a = false,
           nb::sig("def get_sub_code_stream(self, view: CodeStreamView, *, nested: bool = False) "
                   "-> CodeStream"),
           "The same data under the given view.")
      .def("__repr__", &repr);
}

}  // namespace glimt::python
