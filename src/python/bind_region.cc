// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "python/bind.h"
#include "python/errors.h"
#include "python/objects.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace nanobind::detail {

template <>
struct type_caster<glimt::python::FillSample> {
  NB_TYPE_CASTER(glimt::python::FillSample, const_name("int | float"))

  template <class Flags>
  bool from_python(handle source, Flags, cleanup_list*) noexcept {
    value.integral = PyIndex_Check(source.ptr()) != 0;
    if (!value.integral && !PyFloat_Check(source.ptr()) && !PyNumber_Check(source.ptr()))
      return false;
    value.value = PyFloat_AsDouble(source.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      return false;
    }
    // Ints of 32 bits, signed or not, are kept as such, everything else as a float32.
    value.integral = value.integral && value.value >= -0x1p31 && value.value < 0x1p32;
    if (!value.integral) value.value = static_cast<float>(value.value);
    return true;
  }
  static handle from_cpp(const glimt::python::FillSample& sample, rv_policy,
                         cleanup_list*) noexcept {
    return sample.integral ? PyLong_FromDouble(sample.value) : PyFloat_FromDouble(sample.value);
  }
};

}  // namespace nanobind::detail

namespace glimt::python {
namespace {

/// Lists, arrays, ranges: every sequence that has no overload of its own and is no text.
class ListLike : public nb::object {
  static bool check(nb::handle h) {
    return PySequence_Check(h.ptr()) != 0 && !PyTuple_Check(h.ptr()) && !PyUnicode_Check(h.ptr()) &&
           !PyBytes_Check(h.ptr());
  }

 public:
  NB_OBJECT(ListLike, nb::object, "list[int]", check)
};

/// A sequence of ints of one kind: the other kind is another overload.
template <class Sequence>
int read_coordinates(const Sequence& from, std::array<std::int32_t, RegionObject::kMaxDims>& to) {
  const std::size_t count = nb::len(from);
  if (count > RegionObject::kMaxDims) {
    raise_runtime_error(
        fmt::format("a region has at most {} dimensions, not {}", RegionObject::kMaxDims, count));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!nb::try_cast(nb::object(from[i]), to[i])) {
      throw nb::type_error("coordinates of a region are ints of 32 bits");
    }
  }
  return static_cast<int>(count);
}

void check(const RegionObject& region) {
  for (int i = 0; i < region.ndim; ++i) {
    if (region.end[i] <= region.start[i]) {
      raise_runtime_error(fmt::format("end[{0}] = {1} must be greater than start[{0}] = {2}", i,
                                      region.end[i], region.start[i]));
    }
  }
}

void fill_with(RegionObject& region, FillSample sample) { region.fill.fill(sample); }

void fill_with(RegionObject& region, const nb::sequence& samples) {
  const std::size_t count = nb::len(samples);
  if (count > RegionObject::kFillSamples) {
    raise_runtime_error(fmt::format("out_of_bounds_samples holds at most {} samples, not {}",
                                    RegionObject::kFillSamples, count));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!nb::try_cast(nb::object(samples[i]), region.fill[i])) {
      throw nb::type_error("out_of_bounds_samples are ints or floats");
    }
  }
}

template <class Fill>
void init_corners(RegionObject* self, std::int32_t start_y, std::int32_t start_x,
                  std::int32_t end_y, std::int32_t end_x, const Fill& fill) {
  RegionObject region;
  region.ndim = 2;
  region.start = {start_y, start_x};
  region.end = {end_y, end_x};
  check(region);
  fill_with(region, fill);
  new (self) RegionObject(region);
}

template <class Sequence, class Fill>
void init_sequences(RegionObject* self, const Sequence& start, const Sequence& end,
                    const Fill& fill) {
  RegionObject region;
  region.ndim = read_coordinates(start, region.start);
  const int ends = read_coordinates(end, region.end);
  if (ends != region.ndim) {
    raise_runtime_error(fmt::format("start has {} dimensions and end has {}", region.ndim, ends));
  }
  check(region);
  fill_with(region, fill);
  new (self) RegionObject(region);
}

nb::tuple coordinates(const std::array<std::int32_t, RegionObject::kMaxDims>& values, int ndim) {
  nb::list list;
  for (int i = 0; i < ndim; ++i) list.append(values[static_cast<std::size_t>(i)]);
  return nb::tuple(list);
}

constexpr char kRegionDoc[] =
    "A window of an image in stored pixels, before EXIF orientation is applied.\n\n"
    "Coordinates are (y, x), start inclusive, end exclusive, and may lie outside of the image:\n"
    "pixels there take the fill samples. One to five dimensions can be constructed; decoding takes "
    "two.\n"
    "RuntimeError: lengths differ, an end does not lie past its start, more than five dimensions "
    "or fill samples.";
constexpr char kSampleDoc[] =
    "out_of_bounds_sample: what all channels of pixels outside of the image are set to, in the "
    "units of the output's dtype.";
constexpr char kSamplesDoc[] =
    "out_of_bounds_samples: the same for each channel; at most five, missing ones are 0, channels "
    "past the fifth take the fifth.";

void bind_view(nb::module_& m) {
  nb::class_<ViewObject>(m, "CodeStreamView", "Which image of a code stream, and which part of it.",
                         nb::is_weak_referenceable())
      .def(
          "__init__",
          [](ViewObject* self, std::uint64_t image_idx, std::optional<RegionObject> region,
             std::optional<std::uint64_t> bitstream_offset, std::uint64_t limit_images) {
            if (region && region->ndim == 0) region.reset();
            new (self) ViewObject{image_idx, region, bitstream_offset.value_or(0), limit_images};
          },
          "image_idx"_a = 0, "region"_a = nb::none(), "bitstream_offset"_a = 0,
          "limit_images"_a = 0,
          "image_idx: index of the image, counted from bitstream_offset.\n"
          "region: part of the image, None for all of it.\n"
          "bitstream_offset: byte offset of the IFD to start at (TIFF); 0 is the file's first.\n"
          "limit_images: how many images to look for at most; 0 is all.")
      .def_ro("image_idx", &ViewObject::image_idx, "Index of the image.")
      .def_prop_ro(
          "region", [](const ViewObject& v) { return v.region; }, "The region, or None.")
      .def_ro("bitstream_offset", &ViewObject::bitstream_offset, "Byte offset to start at.")
      .def_ro("limit_images", &ViewObject::limit_images, "Most images to look for; 0 is all.")
      .def("__repr__", &ViewObject::repr);
}

}  // namespace

void bind_region(nb::module_& m) {
  const nb::handle zero = nb::int_(0).release();
  const auto corners = [](const char* fill) {
    return fmt::format(
        "def __init__(self, start_y: int, start_x: int, end_y: int, end_x: int, {}) -> None", fill);
  };
  const auto sequences = [](const char* type, const char* fill) {
    return fmt::format("def __init__(self, start: {0}, end: {0}, {1}) -> None", type, fill);
  };
  constexpr char one[] = "out_of_bounds_sample: int | float = 0";
  constexpr char many[] = "out_of_bounds_samples: collections.abc.Sequence[int | float]";
  constexpr char list[] = "list[int]", tuple[] = "tuple[int, ...]";
  nb::class_<RegionObject>(m, "Region", kRegionDoc, nb::is_weak_referenceable())
      .def(nb::init<>(), "A region without dimensions: the whole image.")
      .def("__init__", &init_corners<FillSample>, "start_y"_a, "start_x"_a, "end_y"_a, "end_x"_a,
           "out_of_bounds_sample"_a = zero, nb::sig(corners(one).c_str()), kSampleDoc)
      .def("__init__", &init_sequences<ListLike, FillSample>, "start"_a, "end"_a,
           "out_of_bounds_sample"_a = zero, nb::sig(sequences(list, one).c_str()), kSampleDoc)
      .def("__init__", &init_sequences<nb::tuple, FillSample>, "start"_a, "end"_a,
           "out_of_bounds_sample"_a = zero, nb::sig(sequences(tuple, one).c_str()), kSampleDoc)
      .def("__init__", &init_corners<nb::sequence>, "start_y"_a, "start_x"_a, "end_y"_a, "end_x"_a,
           "out_of_bounds_samples"_a, nb::sig(corners(many).c_str()), kSamplesDoc)
      .def("__init__", &init_sequences<ListLike, nb::sequence>, "start"_a, "end"_a,
           "out_of_bounds_samples"_a, nb::sig(sequences(list, many).c_str()), kSamplesDoc)
      .def("__init__", &init_sequences<nb::tuple, nb::sequence>, "start"_a, "end"_a,
           "out_of_bounds_samples"_a, nb::sig(sequences(tuple, many).c_str()), kSamplesDoc)
      .def_ro("ndim", &RegionObject::ndim, "Number of dimensions, 0 to 5.")
      .def_prop_ro(
          "start", [](const RegionObject& r) { return coordinates(r.start, r.ndim); },
          nb::sig("def start(self) -> tuple[int, ...]"), "First coordinates: (y, x).")
      .def_prop_ro(
          "end", [](const RegionObject& r) { return coordinates(r.end, r.ndim); },
          nb::sig("def end(self) -> tuple[int, ...]"), "Coordinates past the last: (y, x).")
      .def_prop_ro(
          "out_of_bounds_samples",
          [](const RegionObject& r) {
            nb::list samples;
            for (const FillSample& sample : r.fill) samples.append(sample);
            return samples;
          },
          nb::sig("def out_of_bounds_samples(self) -> list[int | float]"),
          "The fill samples of five channels.")
      .def("__repr__", &RegionObject::repr)
      .def(
          "__getstate__",
          [](nb::handle self) {
            return nb::make_tuple(nb::getattr(self, "start"), nb::getattr(self, "end"),
                                  nb::getattr(self, "out_of_bounds_samples"));
          },
          nb::sig("def __getstate__(self) -> tuple[typing.Any, ...]"))
      .def(
          "__setstate__",
          [](RegionObject& self, const nb::tuple& state) {
            nb::object whole = nb::type<RegionObject>()(*state);
            new (&self) RegionObject(*nb::inst_ptr<RegionObject>(whole));
          },
          nb::sig("def __setstate__(self, state: tuple[typing.Any, ...]) -> None"));
  bind_view(m);
}

}  // namespace glimt::python
