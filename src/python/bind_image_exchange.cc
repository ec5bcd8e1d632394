// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// The pixels of an Image for others: buffer protocol, numpy's interface, DLPack. Everything handed
// out owns the memory, not the Image: a later decode into the Image may give it other memory.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

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

nb::dict array_interface(ImageObject& self) {
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

nb::object as_array(nb::handle self, nb::handle dtype, nb::handle copy) {
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
  std::shared_ptr<void> memory;
};

template <class Managed>
void delete_exported(Managed* self) {
  delete static_cast<Exporter<Managed>*>(self->manager_context);
}

/// The capsule's destructor: nobody took the tensor.
template <class Managed, const char* kName>
void drop_capsule(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kName)) return;
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, kName));
  managed->deleter(managed);
}

template <class Managed, const char* kName>
nb::object export_tensor(const Image& image, std::uint64_t flags) {
  auto exporter = std::make_unique<Exporter<Managed>>();
  const Layout layout(image);
  const auto sample = static_cast<std::int64_t>(sample_bytes(image.spec().type));
  for (int i = 0; i < 3; ++i) {
    exporter->shape[i] = layout.shape[i];
    exporter->strides[i] = layout.strides[i] / sample;
  }
  exporter->memory = image.owner();
  Managed& managed = exporter->managed;
  managed.manager_context = exporter.get();
  managed.deleter = &delete_exported<Managed>;
  managed.tensor = {image.data(),
                    {dlpack::kCpu, 0},
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

Image packed_copy(const Image& image) {
  auto made = Image::make(image.spec());
  if (!made.ok()) raise(made.status());
  Image copy = std::move(*made);
  const Layout from(image), to(copy);
  const auto sample = static_cast<std::size_t>(sample_bytes(image.spec().type));
  const bool runs = from.strides[2] == to.strides[2];
  const std::int64_t steps = runs ? 1 : from.shape[2];
  const std::size_t length = runs ? sample * static_cast<std::size_t>(from.shape[2]) : sample;
  for (std::int64_t i = 0; i < from.shape[0]; ++i) {
    for (std::int64_t j = 0; j < from.shape[1]; ++j) {
      for (std::int64_t k = 0; k < steps; ++k) {
        std::memcpy(copy.data() + i * to.strides[0] + j * to.strides[1] + k * to.strides[2],
                    image.data() + i * from.strides[0] + j * from.strides[1] + k * from.strides[2],
                    length);
      }
    }
  }
  return copy;
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

/// Streams mean nothing to host memory, but what is none is a mistake.
void check_stream(nb::handle stream) {
  if (stream.is_none() || PyIndex_Check(stream.ptr())) return;
  throw nb::type_error("a CUDA stream is an int, or None");
}

nb::object to_dlpack(const ImageObject& self, nb::handle stream, nb::handle max_version,
                     nb::handle dl_device, nb::handle copy) {
  check_stream(stream);
  const auto device = pair_of(dl_device, "dl_device");
  if (device && device->first != dlpack::kCpu) {
    throw nb::buffer_error("the image lies in host memory: only dl_device (1, 0) can be had");
  }
  const auto version = pair_of(max_version, "max_version");
  const bool versioned = version && version->first >= 1;
  const bool copies = !copy.is_none() && nb::cast<bool>(nb::bool_(copy));
  const Image image = copies ? packed_copy(self.image) : self.image;
  if (versioned) {
    const std::uint64_t flags =
        (read_only(image) ? dlpack::kReadOnly : 0) | (copies ? dlpack::kIsCopied : 0);
    return export_tensor<dlpack::VersionedTensor, dlpack::kVersionedCapsule>(image, flags);
  }
  if (read_only(image)) {
    throw nb::buffer_error("the image is read only, which only a versioned capsule can say");
  }
  return export_tensor<dlpack::ManagedTensor, dlpack::kCapsule>(image, 0);
}

}  // namespace

const PyType_Slot* image_slots() { return kImageSlots; }

void bind_image_exchange(nb::class_<ImageObject>& image) {
  image
      .def_prop_ro("__array_interface__", &array_interface,
                   nb::sig("def __array_interface__(self) -> dict[str, typing.Any]"),
                   "numpy's array interface, version 3.")
      .def_prop_ro(
          "__cuda_array_interface__",
          [](const ImageObject&) -> nb::dict {
            raise_memory_kind_error(
                "the image lies in host memory, which has no __cuda_array_interface__: call "
                ".cuda() "
                "first");
          },
          nb::sig("def __cuda_array_interface__(self) -> dict[str, typing.Any]"),
          "MemoryKindError for host memory.")
      .def("__array__", &as_array, "dtype"_a = nb::none(), "copy"_a = nb::none(),
           nb::sig("def __array__(self, dtype: typing.Any = None, copy: bool | None = None) -> "
                   "numpy.typing.NDArray[typing.Any]"),
           "The pixels as an ndarray: the same memory unless dtype or copy ask for another.\n"
           "ValueError: copy=False, and a copy is needed.")
      .def("__dlpack__", &to_dlpack, "stream"_a = nb::none(), "max_version"_a = nb::none(),
           "dl_device"_a = nb::none(), "copy"_a = nb::none(),
           nb::sig(
               "def __dlpack__(self, stream: object = None, max_version: tuple[int, int] | None = "
               "None, dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> "
               "object"),
           "A DLPack capsule over the same memory; versioned when max_version is (1, 0) or more.\n"
           "stream is ignored for host memory. BufferError: dl_device is no host, or the image is\n"
           "read only and the capsule is to be of the old kind.")
      .def(
          "__dlpack_device__",
          [](const ImageObject&) { return nb::make_tuple(static_cast<int>(dlpack::kCpu), 0); },
          nb::sig("def __dlpack_device__(self) -> tuple[int, int]"), "(1, 0): host memory.")
      .def(
          "to_dlpack",
          [](const ImageObject& self, nb::handle stream) {
            return to_dlpack(self, stream, nb::none(), nb::none(), nb::none());
          },
          "cuda_stream"_a = nb::none(),
          nb::sig("def to_dlpack(self, cuda_stream: object = None) -> object"),
          "A DLPack capsule over the same memory.")
      .def(
          "cpu", [](nb::object self) { return self; }, nb::sig("def cpu(self) -> Image"),
          "This image, which lies in host memory.")
      .def(
          "cuda",
          [](const ImageObject&, bool) -> nb::object {
            raise_runtime_error("there is no GPU that this build of glimt can use");
          },
          "synchronize"_a = true, nb::sig("def cuda(self, synchronize: bool = True) -> Image"),
          "A copy in device memory. RuntimeError: there is no GPU.");
}

}  // namespace glimt::python
