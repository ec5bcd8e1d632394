// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <map>
#include <mutex>

#include "glimt/tiff_writer.h"
#include "python/bind.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/import_image.h"
#include "python/source.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

struct WriterObject {
  TiffWriter writer;
  std::string path;
  std::mutex mutex;
  /// How arrays of each page are understood.
  std::map<std::uint32_t, ImportOptions> options;

  WriterObject(TiffWriter w, std::string p) : writer(std::move(w)), path(std::move(p)) {}

  ImportOptions options_of(std::uint32_t page) {
    const std::scoped_lock lock(mutex);
    const auto found = options.find(page);
    return found == options.end() ? ImportOptions() : found->second;
  }
};

void check(const WriterObject& self, const Status& status) {
  if (status.ok()) return;
  // Of a file that cannot be written: what the system says of it is what matters.
  if (status.message().find('\'' + self.path + '\'') != std::string::npos) {
    raise_unwritable(self.path, status);
  }
  raise(status);
}

template <class T>
T checked(const WriterObject& self, Result<T> result) {
  check(self, result.status());
  return std::move(*result);
}

void init(WriterObject* self, const PathArgument& path, std::optional<bool> bigtiff, bool sparse,
          int max_num_cpu_threads, std::string options) {
  const std::string name = path_of(path.object);
  TiffWriterConfig config;
  config.bigtiff = bigtiff;
  config.sparse = sparse;
  config.codec.device_id = CodecConfig::kCpuOnly;
  config.codec.max_num_cpu_threads = max_num_cpu_threads;
  config.codec.options = std::move(options);
  auto writer = TiffWriter::open(name, config);
  if (!writer.ok()) raise_unwritable(name, writer.status());
  new (self) WriterObject(std::move(*writer), name);
}

ResolutionUnit unit_of(const std::string& name) {
  constexpr std::pair<const char*, ResolutionUnit> kUnits[] = {
      {"none", ResolutionUnit::none},
      {"inch", ResolutionUnit::inch},
      {"centimeter", ResolutionUnit::centimeter}};
  for (const auto& [word, unit] : kUnits) {
    if (name == word) return unit;
  }
  raise_value_error("resolution_unit is 'none', 'inch' or 'centimeter', not '" + name + "'");
}

/// What both kinds of a page's beginning have in common.
struct PageArguments {
  const EncodeParams* params;
  std::optional<std::uint32_t> parent;
  bool reduced;
  std::string description;
  std::optional<std::array<double, 2>> resolution;
  std::string resolution_unit;

  [[nodiscard]] TiffPage page() const {
    TiffPage page;
    if (params != nullptr) page.params = *params;
    page.parent = parent;
    page.reduced = reduced;
    page.description = description;
    page.resolution = resolution.value_or(std::array<double, 2>{});
    page.resolution_unit = unit_of(resolution_unit);
    return page;
  }
};

/// A page of the shape, of what arrays of the dtype are taken for.
ImageSpec spec_of(const std::vector<std::int64_t>& shape, nb::handle dtype,
                  const ImportOptions& options) {
  const bool planar = options.sample_format && is_planar(*options.sample_format);
  if (shape.size() < 2 || shape.size() > 3) {
    raise_value_error(
        "shape is (height, width) or (height, width, channels), for planes (channels, height, "
        "width)");
  }
  const bool flat = shape.size() == 2;
  const std::size_t height = planar && !flat ? 1 : 0;
  const std::int64_t channels = flat ? 1 : shape[planar ? 0 : 2];
  if (channels < 1 || channels > UINT16_MAX) raise_value_error("a page has 1 to 65535 channels");
  const nb::tuple one = planar ? nb::make_tuple(channels, 1, 1) : nb::make_tuple(1, 1, channels);
  ImageSpec spec =
      import_image(nb::module_::import_("numpy").attr("zeros")(one, dtype), options).spec();
  spec.height = shape[height];
  spec.width = shape[height + 1];
  return spec;
}

std::uint32_t add_page(WriterObject& self, const std::vector<std::int64_t>& shape, nb::object dtype,
                       const EncodeParams* params, std::optional<std::uint32_t> parent,
                       bool reduced, std::string description,
                       std::optional<std::array<double, 2>> resolution, std::string unit,
                       std::optional<SampleFormat> sample_format,
                       std::optional<ColorSpec> color_spec, std::optional<int> precision) {
  TiffPage page =
      PageArguments{params, parent, reduced, std::move(description), resolution, std::move(unit)}
          .page();
  const ImportOptions options{sample_format, color_spec, precision, 0};
  page.spec = spec_of(shape, dtype, options);
  auto number = [&] {
    const nb::gil_scoped_release released;
    return self.writer.add_page(page);
  }();
  const std::uint32_t added = checked(self, std::move(number));
  const std::scoped_lock lock(self.mutex);
  self.options[added] = options;
  return added;
}

void write_tile(WriterObject& self, std::uint32_t page, std::int64_t y, std::int64_t x,
                nb::handle pixels) {
  const Image image = import_image(pixels, self.options_of(page));
  auto status = [&] {
    const nb::gil_scoped_release released;
    return self.writer.write_tile(page, x, y, image);
  }();
  check(self, status);
}

std::uint32_t write_page(WriterObject& self, nb::handle pixels, const EncodeParams* params,
                         std::optional<std::uint32_t> parent, bool reduced, std::string description,
                         std::optional<std::array<double, 2>> resolution, std::string unit) {
  const TiffPage page =
      PageArguments{params, parent, reduced, std::move(description), resolution, std::move(unit)}
          .page();
  const Image image = import_image(pixels);
  auto number = [&] {
    const nb::gil_scoped_release released;
    return self.writer.write_page(page, image);
  }();
  return checked(self, std::move(number));
}

void close(WriterObject& self) {
  auto status = [&] {
    const nb::gil_scoped_release released;
    return self.writer.close();
  }();
  check(self, status);
}

constexpr char kDoc[] =
    "Writes TIFF files of many pages, SubIFDs and pyramids, and images larger than memory from\n"
    "tiles in any order.\n\n"
    "Coded tiles go to the disk at once; what stays in memory is 16 bytes of each. The file has a\n"
    "temporary name until close() renames it. As a context manager it closes at the end, and "
    "leaves\n"
    "no file when an exception goes through.\n\n"
    "write_tile() may be called from many threads at once; each call codes its tiles on several\n"
    "threads itself.";

constexpr char kPageArguments[] =
    "params: compression, tiles or strips, quality, colour, metadata (ICC, EXIF, XMP, tags by "
    "id).\n"
    "parent: number of the page whose SubIFD this one is; None: a page of the file's chain.\n"
    "reduced: NewSubfileType says that it is a smaller copy of another page.\n"
    "description: ImageDescription: any text, or OME-XML.\n"
    "resolution: pixels in a resolution_unit ('none', 'inch', 'centimeter'), (across, down).\n\n"
    "Returns its number, which counts pages and SubIFDs from 0.\n"
    "ValueError: the arguments contradict each other.\nRuntimeError: TIFF cannot hold it.";

void def_closing(nb::class_<WriterObject>& writer) {
  writer
      .def(
          "tile_size",
          [](WriterObject& self, std::uint32_t page) {
            const TileGrid grid = checked(self, self.writer.grid(page));
            return nb::make_tuple(grid.tile_height, grid.tile_width);
          },
          "page"_a, nb::sig("def tile_size(self, page: int) -> tuple[int, int]"),
          "Rows and columns of a page's tiles, or of its strips.")
      .def("close", &close,
           "Writes what describes the pages, and gives the file its name. A second call does "
           "nothing.\n"
           "ValueError: there are no pages, or tiles are missing (see sparse); then there is no "
           "file.")
      .def(
          "discard", [](WriterObject& self) { self.writer.discard(); },
          "Gives the file up: nothing is left of it.")
      .def(
          "__enter__", [](nb::object self) { return self; },
          nb::sig("def __enter__(self) -> TiffWriter"))
      .def(
          "__exit__",
          [](WriterObject& self, nb::handle type, nb::handle, nb::handle) {
            if (type.is_none()) {
              close(self);
            } else {
              self.writer.discard();
            }
          },
          "type"_a.none(), "value"_a.none(), "traceback"_a.none(),
          nb::sig("def __exit__(self, type: object, value: object, traceback: object) -> None"),
          "close(), or discard() when an exception goes through.");
}

}  // namespace

void bind_tiff_writer(nb::module_& m) {
  const std::string add_doc =
      "Begins a page, whose pixels write_tile() brings; those of several pages may come by "
      "turns.\n\n"
      "shape: (height, width) or (height, width, channels); with a planar sample_format "
      "(channels,\n"
      "height, width).\n"
      "dtype: of its samples.\n"
      "sample_format, color_spec, precision: what arrays are taken for, as in as_image().\n" +
      std::string(kPageArguments);
  const std::string page_doc = "Writes a page from an Image, or whatever as_image() takes.\n\n" +
                               std::string(kPageArguments);
  nb::class_<WriterObject> writer(m, "TiffWriter", kDoc, nb::is_weak_referenceable());
  writer
      .def("__init__", &init, "path"_a, nb::kw_only(), "bigtiff"_a = nb::none(), "sparse"_a = false,
           "max_num_cpu_threads"_a = 0, "options"_a = "",
           nb::sig("def __init__(self, path: str | os.PathLike[str], *, bigtiff: bool | None = "
                   "None, sparse: bool = False, max_num_cpu_threads: int = 0, options: str = '') "
                   "-> None"),
           "bigtiff: None is when the file outgrows 4 GiB.\n"
           "sparse: tiles that were never written are left out at close(), and read as zeros;\n"
           "otherwise close() refuses the file.\n"
           "max_num_cpu_threads: 0 is as many as there are cores.\n"
           "options: 'module:key=value' of the encoders of JPEG, JPEG 2000 and WebP tiles.\n"
           "FileMissing, FileError: the file cannot be made.")
      .def(
          "add_page", &add_page, "shape"_a, "dtype"_a, nb::kw_only(), "params"_a = nb::none(),
          "parent"_a = nb::none(), "reduced"_a = false, "description"_a = "",
          "resolution"_a = nb::none(), "resolution_unit"_a = "centimeter",
          "sample_format"_a = nb::none(), "color_spec"_a = nb::none(), "precision"_a = nb::none(),
          nb::sig("def add_page(self, shape: collections.abc.Sequence[int], dtype: typing.Any, *, "
                  "params: EncodeParams | None = None, parent: int | None = None, reduced: bool = "
                  "False, description: str = '', resolution: tuple[float, float] | None = None, "
                  "resolution_unit: str = 'centimeter', sample_format: glimt.SampleFormat | None = "
                  "None, color_spec: glimt.ColorSpec | None = None, precision: int | None = None) "
                  "-> int"),
          add_doc.c_str())
      .def("write_tile", &write_tile, "page"_a, "y"_a, "x"_a, "pixels"_a,
           nb::sig("def write_tile(self, page: int, y: int, x: int, pixels: typing.Any) -> None"),
           "Pixels whose upper left corner is row y and column x of the page: an Image, or "
           "whatever\n"
           "as_image() takes. They are whole tiles (or strips), one or several, but that those at\n"
           "the right and lower edge end with the page; what exceeds the page is cut off.\n\n"
           "ValueError: they are not that, of another kind than the page, or were written before.\n"
           "FileError: the file cannot be written, because of a full disk say.")
      .def(
          "write_page", &write_page, "pixels"_a, nb::kw_only(), "params"_a = nb::none(),
          "parent"_a = nb::none(), "reduced"_a = false, "description"_a = "",
          "resolution"_a = nb::none(), "resolution_unit"_a = "centimeter",
          nb::sig("def write_page(self, pixels: typing.Any, *, params: EncodeParams | None = None, "
                  "parent: int | None = None, reduced: bool = False, description: str = '', "
                  "resolution: tuple[float, float] | None = None, resolution_unit: str = "
                  "'centimeter') -> int"),
          page_doc.c_str());
  def_closing(writer);
}

}  // namespace glimt::python
