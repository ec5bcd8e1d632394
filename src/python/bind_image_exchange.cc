// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The pixels of an Image for others: buffer protocol, numpy's interface, DLPack. Everything handed
// out owns the memory, not the Image: a later decode into the Image may give it other memory.
#include <nanobind/stl/optional.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "gpu/runtime.h"
#include "python/bind.h"
#include "python/dlpack.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/objects.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace glimt::python {
namespace {

struct TypeCodes {
  const char* buffer;   ///< of the struct module
  const char* typestr;  ///< of numpy
  dlpack::TypeCode code;
};
constexpr TypeCodes kTypes[] = {
    {"B", "|u1", dlpack::kUint},  {"b", "|i1", dlpack::kInt},   {"H", "<u2", dlpack::kUint},
    {"h", "<i2", dlpack::kInt},   {"I", "<u4", dlpack::kUint},  {"i", "<i4", dlpack::kInt},
    {"Q", "<u8", dlpack::kUint},  {"q", "<i8", dlpack::kInt},   {"e", "<f2", dlpack::kFloat},
    {"f", "<f4", dlpack::kFloat}, {"d", "<f8", dlpack::kFloat},
};
const TypeCodes& codes_of(const Image& image) {
  return kTypes[static_cast<std::size_t>(image.spec().type)];
}

constexpr char kOnDevice[] =
    "the image lies in GPU memory, which the host cannot read: call .cpu() first";

bool read_only(const Image& image) { return image.capacity_bytes() == 0; }

/// Shape and strides in bytes, in the order of the axes that the sample format gives.
struct Layout {
  std::int64_t shape[3], strides[3];
  explicit Layout(const Image& image) {
    const ImageSpec& spec = image.spec();
    const Strides& s = image.strides();
    const bool planar = is_planar(spec.sample_format);
    const int row = planar ? 1 : 0, channel = planar ? 0 : 2;
    shape[row] = spec.height, strides[row] = s.row;
    shape[row + 1] = spec.width, strides[row + 1] = s.pixel;
    shape[channel] = spec.channels, strides[channel] = s.channel;
  }
};

struct Exported {
  std::shared_ptr<void> memory;
  Py_ssize_t shape[3], strides[3];
};

/// Does the memory lie in the order that the consumer of a buffer asks for?
bool provides(int flags, const Image& image, const Layout& layout) {
  const auto wants = [flags](int what) { return (flags & what) == what; };
  if (image.packed()) return !wants(PyBUF_F_CONTIGUOUS) || wants(PyBUF_ANY_CONTIGUOUS);
  if (!wants(PyBUF_STRIDES) || wants(PyBUF_C_CONTIGUOUS)) return false;
  if (!wants(PyBUF_F_CONTIGUOUS) && !wants(PyBUF_ANY_CONTIGUOUS)) return true;
  auto stride = static_cast<std::int64_t>(sample_bytes(image.spec().type));
  for (int i = 0; i < 3; stride *= layout.shape[i++]) {
    if (layout.strides[i] != stride && layout.shape[i] != 1) return false;
  }
  return true;
}

int get_buffer(PyObject* object, Py_buffer* view, int flags) {
  const Image& image = nb::inst_ptr<ImageObject>(object)->image;
  view->obj = nullptr;
  if (!image.place().on_host()) {
    PyErr_SetString(PyExc_BufferError, kOnDevice);
    return -1;
  }
  if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && read_only(image)) {
    PyErr_SetString(PyExc_BufferError, "the image is read only");
    return -1;
  }
  const Layout layout(image);
  if (!provides(flags, image, layout)) {
    PyErr_SetString(PyExc_BufferError,
                    "the image's memory is not contiguous in the order asked for");
    return -1;
  }
  auto exported = std::make_unique<Exported>();
  exported->memory = image.owner();
  std::copy_n(layout.shape, 3, exported->shape);
  std::copy_n(layout.strides, 3, exported->strides);
  view->buf = image.data();
  view->len = static_cast<Py_ssize_t>(image.size_bytes());
  view->itemsize = static_cast<Py_ssize_t>(sample_bytes(image.spec().type));
  view->readonly = read_only(image) ? 1 : 0;
  view->ndim = 3;
  // The buffer protocol wants a plain char*; nobody writes to it.
  view->format = (flags & PyBUF_FORMAT) != 0 ? const_cast<char*>(codes_of(image).buffer) : nullptr;
  view->shape = (flags & PyBUF_ND) != 0 ? exported->shape : nullptr;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? exported->strides : nullptr;
  view->suboffsets = nullptr;
  view->internal = exported.release();
  view->obj = nb::handle(object).inc_ref().ptr();
  return 0;
}

void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<Exported*>(view->internal); }

PyType_Slot kImageSlots[] = {
    {Py_bf_getbuffer, reinterpret_cast<void*>(&get_buffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(&release_buffer)},
    {0, nullptr},
};

/// What numpy's interface and CUDA's have in common.
nb::dict interface_of(ImageObject& self) {
  const Image& image = self.image;
  const Layout layout(image);
  nb::dict interface;
  interface["version"] = 3;
  interface["shape"] = nb::make_tuple(layout.shape[0], layout.shape[1], layout.shape[2]);
  interface["strides"] =
      image.packed() ? nb::object(nb::none())
                     : nb::make_tuple(layout.strides[0], layout.strides[1], layout.strides[2]);
  interface["typestr"] = codes_of(image).typestr;
  interface["data"] =
      nb::make_tuple(reinterpret_cast<std::uintptr_t>(image.data()), read_only(image));
  self.shown = true;
  return interface;
}

nb::dict array_interface(ImageObject& self) {
  if (!self.image.place().on_host()) raise_memory_kind_error(kOnDevice);
  return interface_of(self);
}

nb::dict cuda_array_interface(ImageObject& self) {
  const Place& place = self.image.place();
  if (place.on_host()) {
    raise_memory_kind_error(
        "the image lies in host memory, which has no __cuda_array_interface__: call .cuda() first");
  }
  nb::dict interface = interface_of(self);
  // 0 is not allowed there; 1 is its name of the legacy default stream.
  interface["stream"] = place.cuda_stream == 0 ? 1 : place.cuda_stream;
  return interface;
}

nb::object as_array(nb::handle self, nb::handle dtype, nb::handle copy) {
  if (!nb::inst_ptr<ImageObject>(self)->image.place().on_host()) raise_memory_kind_error(kOnDevice);
  nb::object numpy = nb::module_::import_("numpy");
  nb::object view = nb::steal(PyMemoryView_FromObject(self.ptr()));
  if (!view.is_valid()) throw nb::python_error();
  nb::object array = numpy.attr("asarray")(view);
  const bool converts = !dtype.is_none() && !numpy.attr("dtype")(dtype).equal(array.attr("dtype"));
  if (PyUnicode_Check(copy.ptr())) raise_value_error("copy is True, False or None, not a str");
  if (copy.is_none() || nb::cast<bool>(nb::bool_(copy))) {
    const bool wanted = converts || !copy.is_none();
    return wanted ? nb::object(array.attr("astype")(converts ? dtype : array.attr("dtype")))
                  : array;
  }
  if (converts) raise_value_error("copy=False, but another dtype than the image's needs a copy");
  return array;
}

template <class Managed>
struct Exporter {
  Managed managed{};
  std::int64_t shape[3], strides[3];
  Image image;
  std::optional<std::uintptr_t> stream;  ///< of the consumer
};

template <class Managed>
void delete_exported(Managed* self) {
  auto* exporter = static_cast<Exporter<Managed>*>(self->manager_context);
  if (exporter->stream) exporter->image.used_on(*exporter->stream);
  delete exporter;
}

/// The capsule's destructor: nobody took the tensor.
template <class Managed, const char* kName>
void drop_capsule(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kName)) return;
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, kName));
  managed->deleter(managed);
}

template <class Managed, const char* kName>
nb::object export_tensor(const Image& image, std::uint64_t flags,
                         std::optional<std::uintptr_t> stream) {
  auto exporter = std::make_unique<Exporter<Managed>>();
  const Layout layout(image);
  const auto sample = static_cast<std::int64_t>(sample_bytes(image.spec().type));
  for (int i = 0; i < 3; ++i) {
    exporter->shape[i] = layout.shape[i];
    exporter->strides[i] = layout.strides[i] / sample;
  }
  exporter->image = image;
  exporter->stream = stream;
  const Place& place = image.place();
  Managed& managed = exporter->managed;
  managed.manager_context = exporter.get();
  managed.deleter = &delete_exported<Managed>;
  managed.tensor = {image.data(),
                    place.on_host() ? dlpack::Device{dlpack::kCpu, 0}
                                    : dlpack::Device{dlpack::kCuda, place.device},
                    3,
                    {codes_of(image).code, static_cast<std::uint8_t>(8 * sample), 1},
                    exporter->shape,
                    image.packed() ? nullptr : exporter->strides,
                    0};
  if constexpr (std::is_same_v<Managed, dlpack::VersionedTensor>) {
    managed.version = dlpack::kVersion;
    managed.flags = flags;
    // Version 1.2 of the standard asks for strides always; they do no harm to older readers.
    managed.tensor.strides = exporter->strides;
  }
  PyObject* capsule = PyCapsule_New(&managed, kName, &drop_capsule<Managed, kName>);
  if (capsule == nullptr) throw nb::python_error();
  exporter.release();
  return nb::steal(capsule);
}

/// Two ints, or nothing for None. Raises TypeError.
std::optional<std::pair<int, int>> pair_of(nb::handle object, const char* name) {
  if (object.is_none()) return std::nullopt;
  std::pair<int, int> pair;
  if (!PyTuple_Check(object.ptr()) || nb::len(object) != 2 ||
      !nb::try_cast(nb::object(object[0]), pair.first) ||
      !nb::try_cast(nb::object(object[1]), pair.second)) {
    throw nb::type_error((std::string(name) + " is None or a tuple of two ints").c_str());
  }
  return pair;
}

/// The stream that a consumer names, by the rules of the array API: None is the legacy default
/// stream, -1 none. Raises TypeError.
std::optional<std::uintptr_t> consumer_stream(nb::handle stream) {
  if (stream.is_none()) return 1;
  std::int64_t handle = 0;
  if (!PyIndex_Check(stream.ptr()) ||
      !nb::try_cast(nb::object(nb::int_(nb::borrow(stream))), handle)) {
    throw nb::type_error("a CUDA stream is an int, or None");
  }
  if (handle == -1) return std::nullopt;
  return static_cast<std::uintptr_t>(handle);
}

/// The image where the consumer wants it. Raises BufferError.
Image image_for(const Image& image, const std::optional<std::pair<int, int>>& device, bool copies) {
  const Place& own = image.place();
  const bool to_host = device && device->first == dlpack::kCpu;
  const bool same =
      !device ||
      (own.on_host() ? to_host : device->first == dlpack::kCuda && device->second == own.device);
  auto result = [&]() -> Result<Image> {
    if (same) return copies ? image.packed_copy() : Result<Image>(image);
    if (!own.on_host() && to_host) return image.copy_to({});
    if (device->first == dlpack::kCuda && gpu::device_count().ok()) {
      return image.copy_to({device->second, own.cuda_stream}, false);
    }
    throw nb::buffer_error(
        "only host memory, dl_device (1, 0), and that of CUDA devices can be had");
  }();
  if (!result.ok()) throw nb::buffer_error(result.status().message().c_str());
  return std::move(*result);
}

nb::object to_dlpack(const ImageObject& self, nb::handle stream, nb::handle max_version,
                     nb::handle dl_device, nb::handle copy) {
  const auto consumer = consumer_stream(stream);
  const auto device = pair_of(dl_device, "dl_device");
  const auto version = pair_of(max_version, "max_version");
  const bool versioned = version && version->first >= 1;
  bool copies = !copy.is_none() && nb::cast<bool>(nb::bool_(copy));
  const Image image = image_for(self.image, device, copies);
  copies = copies || image.owner() != self.image.owner();
  if (consumer && !image.place().on_host()) {
    const Status status =
        gpu::follow(gpu::stream_of(*consumer), gpu::stream_of(image.place().cuda_stream));
    if (!status.ok()) raise(status);
  }
  if (versioned) {
    const std::uint64_t flags =
        (read_only(image) ? dlpack::kReadOnly : 0) | (copies ? dlpack::kIsCopied : 0);
    return export_tensor<dlpack::VersionedTensor, dlpack::kVersionedCapsule>(image, flags,
                                                                             consumer);
  }
  if (read_only(image)) {
    throw nb::buffer_error("the image is read only, which only a versioned capsule can say");
  }
  return export_tensor<dlpack::ManagedTensor, dlpack::kCapsule>(image, 0, consumer);
}

/// The image in another place: the same object where it lies there already.
nb::object moved(const nb::object& self, const Place& place, bool wait) {
  const Image& image = nb::inst_ptr<ImageObject>(self)->image;
  if (image.place().device == place.device) return self;
  auto copy = [&] {
    const nb::gil_scoped_release released;
    return image.copy_to(place, wait);
  }();
  if (!copy.ok()) raise_runtime_error(copy.status().message());
  return nb::cast(ImageObject(std::move(*copy)));
}

nb::object to_device(const nb::object& self, bool synchronize, std::optional<int> device_id,
                     std::optional<std::int64_t> cuda_stream) {
  const Place& own = nb::inst_ptr<ImageObject>(self)->image.place();
  if (!own.on_host() && !device_id) return self;
  const auto current = gpu::current_device();
  if (!current.ok()) {
    raise_runtime_error("there is no GPU that this build of glimt can use: " +
                        current.status().message());
  }
  if (device_id) {
    const auto found = gpu::describe(*device_id);
    if (!found.ok()) raise_runtime_error(found.status().message());
  }
  const std::int64_t stream = cuda_stream.value_or(0);
  return moved(self, {device_id.value_or(*current), static_cast<std::uintptr_t>(stream)},
               synchronize);
}

}  // namespace

const PyType_Slot* image_slots() { return kImageSlots; }

void bind_image_exchange(nb::class_<ImageObject>& image) {
  image
      .def_prop_ro("__array_interface__", &array_interface,
                   nb::sig("def __array_interface__(self) -> dict[str, typing.Any]"),
                   "numpy's array interface, version 3, of pixels in host memory.\n"
                   "MemoryKindError for device memory.")
      .def_prop_ro("__cuda_array_interface__", &cuda_array_interface,
                   nb::sig("def __cuda_array_interface__(self) -> dict[str, typing.Any]"),
                   "CUDA's array interface, version 3, of pixels in device memory.\n"
                   "MemoryKindError for host memory.")
      .def("__array__", &as_array, "dtype"_a = nb::none(), "copy"_a = nb::none(),
           nb::sig("def __array__(self, dtype: typing.Any = None, copy: bool | None = None) -> "
                   "numpy.typing.NDArray[typing.Any]"),
           "The pixels as an ndarray: the same memory unless dtype or copy ask for another.\n"
           "ValueError: copy=False, and a copy is needed. MemoryKindError: device memory.")
      .def(
          "__dlpack__", &to_dlpack, "stream"_a = nb::none(), "max_version"_a = nb::none(),
          "dl_device"_a = nb::none(), "copy"_a = nb::none(),
          nb::sig(
              "def __dlpack__(self, stream: object = None, max_version: tuple[int, int] | None = "
              "None, dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> "
              "object"),
          "A DLPack capsule over the same memory; versioned when max_version is (1, 0) or more.\n"
          "stream: the consumer's, which is made to wait for the pixels; None is the legacy "
          "default\n"
          "stream, -1 makes none wait; ignored for host memory. dl_device: (1, 0) is host memory,\n"
          "(2, n) CUDA device n; pixels that lie elsewhere are copied. BufferError: dl_device "
          "cannot\n"
          "be had, or the image is read only and the capsule is to be of the old kind.")
      .def(
          "__dlpack_device__",
          [](const ImageObject& self) {
            const Place& place = self.image.place();
            return place.on_host() ? nb::make_tuple(static_cast<int>(dlpack::kCpu), 0)
                                   : nb::make_tuple(static_cast<int>(dlpack::kCuda), place.device);
          },
          nb::sig("def __dlpack_device__(self) -> tuple[int, int]"),
          "(1, 0): host memory; (2, n): CUDA device n.")
      .def(
          "to_dlpack",
          [](const ImageObject& self, nb::handle stream) {
            return to_dlpack(self, stream, nb::none(), nb::none(), nb::none());
          },
          "cuda_stream"_a = nb::none(),
          nb::sig("def to_dlpack(self, cuda_stream: object = None) -> object"),
          "A DLPack capsule over the same memory.")
      .def(
          "cpu", [](nb::object self) { return moved(self, {}, true); },
          nb::sig("def cpu(self) -> Image"),
          "The pixels in host memory: this image when it lies there, else a packed copy, complete.")
      .def("cuda", &to_device, "synchronize"_a = true, nb::kw_only(), "device_id"_a = nb::none(),
           "cuda_stream"_a = nb::none(),
           nb::sig("def cuda(self, synchronize: bool = True, *, device_id: int | None = None, "
                   "cuda_stream: int | None = None) -> Image"),
           "The pixels in device memory: this image when it lies there, else a packed copy.\n"
           "synchronize: False leaves the copy under way on its stream.\n"
           "device_id: None is the current device, or the image's own; cuda_stream: the stream of "
           "the\n"
           "copy, None is the image's or the legacy default one. RuntimeError: there is no such "
           "GPU.");
}

}  // namespace glimt::python
