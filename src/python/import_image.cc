// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/import_image.h"

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/checked.h"
#include "gpu/runtime.h"
#include "python/dlpack.h"
#include "python/enums.h"
#include "python/errors.h"
#include "python/objects.h"

namespace nb = nanobind;

namespace glimt::python {
namespace {

/// An n-dimensional array as all protocols know it.
struct Array {
  void* data = nullptr;
  int ndim = 0;
  std::ptrdiff_t shape[3] = {}, strides[3] = {};  ///< strides in bytes
  SampleType type = SampleType::u8;
  bool read_only = false;
  bool swapped = false;  ///< of the byte order that is not this machine's
  /// Bytes of which only 0 and 1 may be written: images are made of a copy.
  bool boolean = false;
  Place place;
};

/// Raises ValueError when the options cannot describe samples of this type and so many channels.
void apply_options(ImageSpec& spec, const ImportOptions& options) {
  constexpr std::uint8_t kNeeded[] = {1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4};
  if (options.color_spec) spec.color_spec = *options.color_spec;
  if (options.sample_format) {
    spec.sample_format = *options.sample_format;
    const std::string name = nb::str(nb::cast(spec.sample_format).attr("name")).c_str();
    if (spec.sample_format == SampleFormat::unsupported) {
      raise_value_error("sample_format UNSUPPORTED describes no array: name the components");
    }
    const std::uint32_t needed = kNeeded[static_cast<int>(spec.sample_format)];
    if (spec.channels < needed) {
      raise_value_error(fmt::format(
          "sample_format {} needs {} channels, the array has {}{}", name, needed, spec.channels,
          is_planar(spec.sample_format) ? ": a planar array is (channels, height, width)"
                                        : ": an interleaved array is (height, width, channels)"));
    }
  }
  if (options.precision) {
    const auto depth = static_cast<int>(8 * sample_bytes(spec.type));
    const bool real = spec.type == SampleType::f16 || spec.type == SampleType::f32 ||
                      spec.type == SampleType::f64;
    const int precision = *options.precision;
    if (precision < 0 || precision > depth || (real && precision != 0 && precision != depth)) {
      raise_value_error(fmt::format(
          "precision {} does not fit samples of {}: it is 0 (all bits){}", precision,
          name_of(spec.type), real ? fmt::format(" or {}", depth) : fmt::format(" to {}", depth)));
    }
    spec.precision = static_cast<std::uint8_t>(precision);
  }
}

SampleFormat usual_format(std::uint32_t channels) {
  constexpr SampleFormat interleaved[] = {SampleFormat::i_y, SampleFormat::i_ya,
                                          SampleFormat::i_rgb, SampleFormat::i_rgba};
  return channels > 4 ? SampleFormat::unknown : interleaved[channels - 1];
}

ColorSpec usual_color(std::uint32_t channels) {
  if (channels > 4) return ColorSpec::unchanged;
  return channels < 3 ? ColorSpec::gray : ColorSpec::srgb;
}

/// Can the memory be used as it lies? Foreign byte order, broadcast axes, samples at odd addresses
/// and truth values cannot.
bool describable(const Array& array) {
  if (array.swapped || array.boolean) return false;
  const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
  if (reinterpret_cast<std::uintptr_t>(array.data) % sample != 0) return false;
  for (int i = 0; i < array.ndim; ++i) {
    if (array.shape[i] > 1 && (array.strides[i] == 0 || array.strides[i] % sample != 0))
      return false;
  }
  return true;
}

Image wrap(const Array& array, const ImportOptions& options, std::shared_ptr<void> owner) {
  const bool planar = options.sample_format && is_planar(*options.sample_format);
  // Indices of the height, width and channel axes; -1 is an axis that a 2-D array lacks.
  const int height = planar && array.ndim == 3 ? 1 : 0;
  const int width = height + 1;
  const int channel = array.ndim == 2 ? -1 : (planar ? 0 : 2);

  const std::ptrdiff_t channels = channel < 0 ? 1 : array.shape[channel];
  if (array.shape[height] < 1 || array.shape[width] < 1 || channels < 1 ||
      channels > std::numeric_limits<std::uint16_t>::max()) {
    raise_runtime_error(fmt::format("an image of {} x {} pixels and {} channels cannot be",
                                    array.shape[width], array.shape[height], channels));
  }
  if (array.data == nullptr) raise_runtime_error("the address of the array's memory is null");
  ImageSpec spec;
  spec.height = array.shape[height];
  spec.width = array.shape[width];
  spec.channels = static_cast<std::uint32_t>(channels);
  spec.type = array.type;
  spec.sample_format = usual_format(spec.channels);
  spec.color_spec = usual_color(spec.channels);
  apply_options(spec, options);
  const auto bytes = spec.packed_bytes();
  if (!bytes.ok()) raise(bytes.status());
  Strides strides = packed_strides(spec);  // Of the axes with one element, which have no stride.
  if (array.shape[height] > 1) strides.row = array.strides[height];
  if (array.shape[width] > 1) strides.pixel = array.strides[width];
  if (channels > 1) strides.channel = array.strides[channel];
  return Image::wrap(spec, strides, array.data, std::move(owner), array.read_only ? 0 : *bytes,
                     array.place);
}

template <class Bits>
Bits swapped_bytes(Bits bits) {
  Bits swapped = 0;
  for (std::size_t i = 0; i < sizeof(Bits); ++i) {
    swapped = static_cast<Bits>(swapped << 8 | (bits & 0xFF));
    bits = static_cast<Bits>(bits >> 8);
  }
  return swapped;
}

template <class Bits>
void copy_samples(const Array& array, std::uint8_t* out) {
  const bool flat = array.ndim == 2;
  const std::ptrdiff_t last = flat ? 1 : array.shape[2], stride = flat ? 0 : array.strides[2];
  for (std::ptrdiff_t i = 0; i < array.shape[0]; ++i) {
    for (std::ptrdiff_t j = 0; j < array.shape[1]; ++j) {
      const auto* in = static_cast<const std::uint8_t*>(array.data) + i * array.strides[0] +
                       j * array.strides[1];
      for (std::ptrdiff_t k = 0; k < last; ++k, in += stride, out += sizeof(Bits)) {
        Bits bits;  // Neither side need be aligned.
        std::memcpy(&bits, in, sizeof(Bits));
        if (array.swapped) bits = swapped_bytes(bits);
        std::memcpy(out, &bits, sizeof(Bits));
      }
    }
  }
}

/// A packed copy in native byte order.
Image copied(const Array& array, const ImportOptions& options) {
  const std::size_t bytes = sample_bytes(array.type);
  const auto total =
      checked_size(array.shape[0], array.shape[1], array.ndim == 3 ? array.shape[2] : 1, bytes);
  if (!total) raise_runtime_error("an array of this shape is more than memory can hold");
  if (*total == 0 || array.data == nullptr) return wrap(array, options, nullptr);  // Which refuses.

  auto allocated = EncodedBytes::allocate(*total);
  if (!allocated.ok()) raise(allocated.status());
  const EncodedBytes memory = std::move(*allocated);
  constexpr void (*kCopy[])(const Array&, std::uint8_t*) = {nullptr,
                                                            &copy_samples<std::uint8_t>,
                                                            &copy_samples<std::uint16_t>,
                                                            nullptr,
                                                            &copy_samples<std::uint32_t>,
                                                            nullptr,
                                                            nullptr,
                                                            nullptr,
                                                            &copy_samples<std::uint64_t>};
  kCopy[bytes](array, memory.data());
  Array packed = array;
  packed.data = memory.data();
  packed.read_only = packed.swapped = false;
  auto stride = static_cast<std::ptrdiff_t>(bytes);
  for (int i = array.ndim - 1; i >= 0; stride *= array.shape[i--]) packed.strides[i] = stride;
  return wrap(packed, options, memory.owner());
}

void need_gpu() {
  const auto count = gpu::device_count();
  if (count.ok()) return;
  raise_runtime_error(
      "the array lies in the memory of a GPU and there is none that this build of glimt can use "
      "(" +
      count.status().message() + "): copy it to the host first");
}

/// Where the memory lies. Raises RuntimeError when it is no GPU's that can be used.
Place device_place(const void* data, std::uintptr_t stream) {
  need_gpu();
  if (data == nullptr) raise_runtime_error("the address of the array's memory is null");
  const auto device = gpu::device_of(data);
  if (!device.ok()) raise_runtime_error(device.status().message());
  return {*device, stream};
}

/// Wraps device memory, of which no copy in another form is made here.
Image wrap_device(Array array, const ImportOptions& options, std::shared_ptr<void> owner) {
  if (array.boolean) {  // as 0 and 1, which nobody may write other values to
    array.boolean = false;
    array.read_only = true;
  }
  if (!describable(array)) {
    raise_runtime_error(
        "the array lies in device memory with axes that repeat, samples of foreign byte order, or "
        "addresses that are no multiple of a sample's size: make a contiguous copy of it first");
  }
  return wrap(array, options, std::move(owner));
}

Image wrap_or_copy(const Array& array, const ImportOptions& options, std::shared_ptr<void> owner) {
  if (!array.place.on_host()) return wrap_device(array, options, std::move(owner));
  return describable(array) ? wrap(array, options, std::move(owner)) : copied(array, options);
}

std::optional<SampleType> type_of(char code, Py_ssize_t bytes) {
  constexpr SampleType kUnsigned[] = {SampleType::u8, SampleType::u16, SampleType::u32,
                                      SampleType::u64};
  constexpr SampleType kSigned[] = {SampleType::i8, SampleType::i16, SampleType::i32,
                                    SampleType::i64};
  int log2 = 0;
  while ((Py_ssize_t{1} << log2) < bytes) ++log2;
  if (log2 > 3 || (Py_ssize_t{1} << log2) != bytes) return std::nullopt;
  if (std::strchr("BHILQN", code) != nullptr) return kUnsigned[log2];
  if (std::strchr("bhilqn", code) != nullptr) return kSigned[log2];
  switch (code) {
    case 'e':
      return SampleType::f16;
    case 'f':
      return SampleType::f32;
    case 'd':
      return SampleType::f64;
    default:
      return std::nullopt;
  }
}

/// Of a typestr such as "<u2"; notes foreign byte order and truth values in `array`.
SampleType interface_type(const std::string& typestr, Array& array) {
  constexpr std::pair<char, char> kCodes[] = {{'u', 'B'}, {'i', 'b'}, {'b', 'B'}};
  const Py_ssize_t bytes = std::atoi(typestr.c_str() + 2);
  char code = typestr[1] == 'f' ? (bytes == 2 ? 'e' : bytes == 4 ? 'f' : 'd') : '\0';
  for (const auto& [kind, format] : kCodes) {
    if (typestr[1] == kind) code = format;
  }
  array.boolean = typestr[1] == 'b';
  array.swapped = typestr[0] == '>' && bytes > 1;
  const auto type = code == '\0' ? std::nullopt : type_of(code, bytes);
  if (!type) {
    raise_runtime_error(fmt::format(
        "samples of type '{}' are none that an image can have: use integers of 8 to 64 bits or "
        "floats of 16 to 64",
        typestr));
  }
  return *type;
}

Image import_buffer(nb::handle source, const ImportOptions& options) {
  std::shared_ptr<Py_buffer> buffer;
  try {
    buffer = hold_buffer(source, PyBUF_FULL_RO);
  } catch (nb::python_error& error) {
    nb::raise_from(error, PyExc_RuntimeError, "this buffer cannot be read as an image");
  }
  if (buffer->ndim != 2 && buffer->ndim != 3) {
    raise_runtime_error(fmt::format(
        "an image has 2 dimensions (height, width) or 3 (height, width, channels), not {}",
        buffer->ndim));
  }
  const char* format = buffer->format == nullptr ? "B" : buffer->format;
  const bool swapped = *format == '>' || *format == '!';
  if (std::strchr("@=<>!|", *format) != nullptr && *format != '\0') ++format;
  const bool boolean = std::strcmp(format, "?") == 0;
  const std::optional<SampleType> type =
      boolean ? SampleType::u8
              : (std::strlen(format) == 1 ? type_of(*format, buffer->itemsize) : std::nullopt);
  if (!type) {
    raise_runtime_error(fmt::format(
        "samples of format '{}' are none that an image can have: use integers of 8 to 64 bits or "
        "floats of 16 to 64",
        buffer->format));
  }
  Array array{buffer->buf,
              buffer->ndim,
              {},
              {},
              *type,
              buffer->readonly != 0,
              swapped && buffer->itemsize > 1,
              boolean};
  // Exporters of packed memory (ctypes is one) may leave out the strides.
  Py_ssize_t stride = buffer->itemsize;
  for (int i = buffer->ndim - 1; i >= 0; stride *= buffer->shape[i--]) {
    array.shape[i] = buffer->shape[i];
    array.strides[i] = buffer->strides != nullptr ? buffer->strides[i] : stride;
  }
  if (buffer->suboffsets != nullptr) raise_runtime_error("an array of pointers cannot be an image");
  return wrap_or_copy(array, options, buffer);
}

/// The attribute of an object, or None when it has none or refuses to tell.
nb::object attribute(nb::handle object, const char* name) {
  PyObject* found = PyObject_GetAttrString(object.ptr(), name);
  if (found == nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_Exception)) throw nb::python_error();
    PyErr_Clear();
    return nb::none();
  }
  return nb::steal(found);
}

/// Raises RuntimeError unless both array interfaces' rules hold.
nb::dict interface_facts(nb::handle interface, const char* name) {
  nb::dict facts;
  if (!nb::try_cast(interface, facts)) raise_runtime_error(fmt::format("{} must be a dict", name));
  for (const char* key : {"shape", "typestr", "data", "version"}) {
    if (!facts.contains(key)) raise_runtime_error(fmt::format("{} lacks '{}'", name, key));
  }
  int version = 0;
  if (!nb::try_cast(nb::object(facts["version"]), version) || version < 2) {
    raise_runtime_error(fmt::format("{} must be of version 2 or later", name));
  }
  nb::object data = facts["data"];
  std::uintptr_t address = 1;
  if (PyTuple_Check(data.ptr()) && nb::len(data) == 2 &&
      nb::try_cast(nb::object(data[0]), address) && address == 0) {
    raise_runtime_error(fmt::format("{} holds a null pointer", name));
  }
  return facts;
}

/// Objects that have numpy's interface and no buffer, such as Pillow's images.
Image import_interface(nb::handle source, nb::handle interface, const ImportOptions& options) {
  const nb::dict facts = interface_facts(interface, "__array_interface__");
  nb::object array;
  try {
    // numpy wants tuples where others write lists; the holder keeps the source alive.
    nb::dict tidy;
    tidy.update(facts);
    for (const char* key : {"shape", "strides"}) {
      nb::object value = facts.get(key, nb::none());
      if (nb::isinstance<nb::list>(value)) tidy[key] = nb::tuple(value);
    }
    nb::object holder = nb::module_::import_("types").attr("SimpleNamespace")(
        nb::arg("__array_interface__") = tidy, nb::arg("source") = source);
    array = nb::module_::import_("numpy").attr("asarray")(holder);
  } catch (nb::python_error& error) {
    nb::raise_from(error, PyExc_RuntimeError, "numpy cannot read this __array_interface__");
  }
  return import_image(array, options);
}

SampleType type_of(const dlpack::DataType& type) {
  const int bytes = type.bits % 8 == 0 ? type.bits / 8 : 0;
  char code = 0;
  if (type.code == dlpack::kInt) code = 'b';
  if (type.code == dlpack::kUint) code = 'B';
  if (type.code == dlpack::kBool && bytes == 1) code = 'B';
  if (type.code == dlpack::kFloat) code = bytes == 2 ? 'e' : (bytes == 4 ? 'f' : 'd');
  const bool odd_float = code == 'd' && bytes != 8;
  std::optional<SampleType> found;
  if (code != 0 && !odd_float && type.lanes == 1 && bytes != 0) found = type_of(code, bytes);
  if (!found) {
    raise_runtime_error(
        fmt::format("a DLPack tensor of type (code {}, bits {}, lanes {}) cannot be an image",
                    type.code, type.bits, type.lanes));
  }
  return *found;
}

bool on_host(int device_type) {
  return device_type == dlpack::kCpu || device_type == dlpack::kCudaHost;
}

bool on_device(int device_type) {
  return device_type == dlpack::kCuda || device_type == dlpack::kCudaManaged;
}

void check_device_type(int type) {
  if (on_host(type) || on_device(type)) return;
  raise_runtime_error(fmt::format(
      "the array lies on a GPU or other device of DLPack type {}: glimt reads host memory (1, 3) "
      "and CUDA's (2, 13)",
      type));
}

Array array_of(const dlpack::Tensor& tensor, bool read_only, std::uintptr_t stream) {
  check_device_type(tensor.device.type);
  if (tensor.ndim != 2 && tensor.ndim != 3) {
    raise_runtime_error(fmt::format(
        "an image has 2 dimensions (height, width) or 3 (height, width, channels), not {}",
        tensor.ndim));
  }
  if (tensor.shape == nullptr) raise_runtime_error("the DLPack tensor has no shape");
  Array array{static_cast<std::uint8_t*>(tensor.data) + tensor.byte_offset,
              tensor.ndim,
              {},
              {},
              type_of(tensor.dtype),
              read_only,
              false,
              tensor.dtype.code == dlpack::kBool};
  if (tensor.data == nullptr) array.data = nullptr;
  if (on_device(tensor.device.type)) array.place = device_place(array.data, stream);
  auto stride = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
  for (int i = tensor.ndim - 1; i >= 0; --i) {
    array.shape[i] = static_cast<std::ptrdiff_t>(tensor.shape[i]);
    const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
    array.strides[i] = tensor.strides != nullptr ? tensor.strides[i] * sample : stride;
    stride *= array.shape[i];
  }
  return array;
}

/// Takes the tensor out of the capsule; the image calls its deleter. A capsule that cannot be an
/// image stays as it was.
template <class Managed>
Image take_capsule(PyObject* capsule, const char* name, const char* used_name, bool read_only,
                   const ImportOptions& options) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
  if (managed == nullptr) throw nb::python_error();
  const Array array = array_of(managed->tensor, read_only, options.cuda_stream);
  // Whoever renames the capsule calls the deleter, hence not before the image is there.
  auto taken = std::make_shared<bool>(false);
  std::shared_ptr<void> owner(managed, [taken](Managed* self) {
    if (*taken && self->deleter != nullptr && Py_IsInitialized()) {
      const nb::gil_scoped_acquire gil;
      self->deleter(self);
    }
  });
  Image image = wrap_or_copy(array, options, owner);
  if (PyCapsule_SetName(capsule, used_name) != 0) throw nb::python_error();
  *taken = true;
  return image;
}

Image import_capsule(nb::handle capsule, const ImportOptions& options) {
  PyObject* object = capsule.ptr();
  if (PyCapsule_IsValid(object, dlpack::kVersionedCapsule)) {
    const auto* managed = static_cast<dlpack::VersionedTensor*>(
        PyCapsule_GetPointer(object, dlpack::kVersionedCapsule));
    if (managed->version.major > dlpack::kVersion.major) {
      raise_runtime_error(fmt::format("DLPack {}.{} is newer than the 1.x that glimt reads",
                                      managed->version.major, managed->version.minor));
    }
    const bool read_only = (managed->flags & dlpack::kReadOnly) != 0;
    return take_capsule<dlpack::VersionedTensor>(object, dlpack::kVersionedCapsule,
                                                 dlpack::kUsedVersionedCapsule, read_only, options);
  }
  if (PyCapsule_IsValid(object, dlpack::kCapsule)) {
    return take_capsule<dlpack::ManagedTensor>(object, dlpack::kCapsule, dlpack::kUsedCapsule,
                                               false, options);
  }
  const char* name = PyCapsule_GetName(object);
  PyErr_Clear();
  raise_runtime_error(fmt::format(
      "a capsule named '{}' holds no DLPack tensor{}", name == nullptr ? "" : name,
      name != nullptr && std::strncmp(name, "used_", 5) == 0 ? ": it has been taken already" : ""));
}

/// __cuda_array_interface__, version 2 or 3 (numba.readthedocs.io/en/stable/cuda).
Image import_device_interface(nb::handle source, nb::handle interface,
                              const ImportOptions& options) {
  constexpr const char* kName = "__cuda_array_interface__";
  const nb::dict facts = interface_facts(interface, kName);
  need_gpu();
  std::vector<std::ptrdiff_t> shape, strides;
  std::string typestr;
  std::pair<std::uintptr_t, bool> data;
  nb::object given_strides = facts.get("strides", nb::none());
  if (!nb::try_cast(nb::object(facts["shape"]), shape) ||
      !nb::try_cast(nb::object(facts["typestr"]), typestr) || typestr.size() < 3 ||
      !nb::try_cast(nb::object(facts["data"]), data) ||
      !(given_strides.is_none() || nb::try_cast(given_strides, strides)) ||
      (!given_strides.is_none() && strides.size() != shape.size())) {
    raise_runtime_error(fmt::format("{} is not as its standard has it", kName));
  }
  if (shape.size() != 2 && shape.size() != 3) {
    raise_runtime_error(fmt::format(
        "an image has 2 dimensions (height, width) or 3 (height, width, channels), not {}",
        shape.size()));
  }
  Array array;
  array.data = reinterpret_cast<void*>(data.first);
  array.ndim = static_cast<int>(shape.size());
  array.read_only = data.second;
  array.type = interface_type(typestr, array);
  auto stride = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
  for (int i = array.ndim - 1; i >= 0; stride *= array.shape[i--]) {
    array.shape[i] = shape[static_cast<std::size_t>(i)];
    array.strides[i] = strides.empty() ? stride : strides[static_cast<std::size_t>(i)];
  }
  std::uintptr_t stream = options.cuda_stream;
  nb::object own_stream = facts.get("stream", nb::none());
  if (!own_stream.is_none() && (!nb::try_cast(own_stream, stream) || stream == 0)) {
    raise_runtime_error(
        fmt::format("'stream' of {} is None, 1, 2 or a cudaStream_t, not 0", kName));
  }
  array.place = device_place(array.data, stream);
  return wrap_device(array, options, keep_alive(nb::borrow(source)));
}

bool is_producer(nb::handle source) {
  return nb::hasattr(source, "__dlpack__") && nb::hasattr(source, "__dlpack_device__");
}

Image import_producer(nb::handle source, const ImportOptions& options) {
  nb::object device = source.attr("__dlpack_device__")();
  int type = 0;
  if (!PyTuple_Check(device.ptr()) || nb::len(device) != 2 ||
      !nb::try_cast(nb::object(nb::int_(nb::object(device[0]))), type)) {
    raise_runtime_error("__dlpack_device__ must give (device type, device id)");
  }
  check_device_type(type);
  nb::dict arguments;
  // The producer orders its work before what comes on this stream; 1 is the legacy default one.
  if (on_device(type)) {
    need_gpu();
    arguments["stream"] = options.cuda_stream == 0 ? 1 : options.cuda_stream;
  }
  nb::object capsule;
  try {
    nb::dict newer;
    newer.update(arguments);
    newer["max_version"] = nb::make_tuple(dlpack::kVersion.major, dlpack::kVersion.minor);
    capsule = source.attr("__dlpack__")(**newer);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  // A producer older than DLPack 1.0 knows no max_version.
  if (!capsule.is_valid()) capsule = source.attr("__dlpack__")(**arguments);
  if (!PyCapsule_CheckExact(capsule.ptr())) {
    raise_runtime_error("__dlpack__ did not give a capsule");
  }
  return import_capsule(capsule, options);
}

/// Another image over the same pixels, which may call them something else.
Image import_same(const Image& pixels, const ImportOptions& options) {
  ImageSpec spec = pixels.spec();
  apply_options(spec, options);
  return Image::wrap(spec, pixels.strides(), pixels.data(), pixels.owner(), pixels.capacity_bytes(),
                     pixels.place());
}

}  // namespace

Image import_dlpack(nb::handle source, const ImportOptions& options) {
  ImageObject* image = nullptr;
  if (nb::try_cast(source, image) && image != nullptr) return import_same(image->image, options);
  if (PyCapsule_CheckExact(source.ptr())) return import_capsule(source, options);
  if (is_producer(source)) return import_producer(source, options);
  raise_runtime_error(
      fmt::format("from_dlpack takes a DLPack capsule or an object with __dlpack__, not {}",
                  nb::type_name(source.type()).c_str()));
}

Image import_image(nb::handle source, const ImportOptions& options) {
  ImageObject* image = nullptr;
  if (nb::try_cast(source, image) && image != nullptr) return import_same(image->image, options);
  if (PyCapsule_CheckExact(source.ptr())) return import_capsule(source, options);
  // Before the buffer protocol, which arrays in device memory may have and refuse.
  if (nb::object interface = attribute(source, "__cuda_array_interface__"); !interface.is_none()) {
    return import_device_interface(source, interface, options);
  }
  if (PyObject_CheckBuffer(source.ptr())) return import_buffer(source, options);
  if (nb::object interface = attribute(source, "__array_interface__"); !interface.is_none()) {
    return import_interface(source, interface, options);
  }
  if (is_producer(source)) return import_producer(source, options);
  raise_runtime_error(fmt::format(
      "{} is no image: it has neither __array_interface__, __cuda_array_interface__ nor "
      "__dlpack__, and is no buffer",
      nb::type_name(source.type()).c_str()));
}

}  // namespace glimt::python
