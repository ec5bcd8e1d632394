// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/import_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/checked.h"
#include "python/dlpack.h"
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
};

std::uint32_t channels_needed(SampleFormat format) {
  constexpr std::uint8_t needed[] = {1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4};
  const int value = static_cast<int>(format);
  return value < 0 ? 1 : needed[value];
}

SampleFormat usual_format(std::uint32_t channels, bool planar) {
  constexpr SampleFormat interleaved[] = {SampleFormat::i_y, SampleFormat::i_ya,
                                          SampleFormat::i_rgb, SampleFormat::i_rgba};
  if (channels > 4) return planar ? SampleFormat::p_unchanged : SampleFormat::unknown;
  const SampleFormat format = interleaved[channels - 1];
  return planar ? static_cast<SampleFormat>(static_cast<int>(format) - 1) : format;
}

ColorSpec usual_color(std::uint32_t channels) {
  if (channels > 4) return ColorSpec::unchanged;
  return channels < 3 ? ColorSpec::gray : ColorSpec::srgb;
}

/// Can the memory be used as it lies? Foreign byte order, broadcast axes and samples at odd
/// addresses cannot.
bool describable(const Array& array) {
  if (array.swapped) return false;
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
  ImageSpec spec;
  spec.height = array.shape[height];
  spec.width = array.shape[width];
  spec.channels = static_cast<std::uint32_t>(channels);
  spec.type = array.type;
  spec.sample_format = options.sample_format.value_or(usual_format(spec.channels, planar));
  spec.color_spec = options.color_spec.value_or(usual_color(spec.channels));
  const std::uint32_t needed = channels_needed(spec.sample_format);
  if (spec.channels < needed) {
    raise_value_error(fmt::format("this sample_format needs {} channels, the array has {}", needed,
                                  spec.channels));
  }
  const auto bytes = spec.packed_bytes();
  if (!bytes.ok()) raise(bytes.status());
  Strides strides = packed_strides(spec);  // Of the axes with one element, which have no stride.
  if (array.shape[height] > 1) strides.row = array.strides[height];
  if (array.shape[width] > 1) strides.pixel = array.strides[width];
  if (channels > 1) strides.channel = array.strides[channel];
  return Image::wrap(spec, strides, array.data, std::move(owner), array.read_only ? 0 : *bytes);
}

/// A packed copy in native byte order, sample by sample.
Image copied(const Array& array, const ImportOptions& options) {
  const std::size_t bytes = sample_bytes(array.type);
  const std::ptrdiff_t planes = array.ndim == 3 ? array.shape[2] : 1;
  const std::ptrdiff_t plane_stride = array.ndim == 3 ? array.strides[2] : 0;
  const auto total = checked_size(array.shape[0], array.shape[1], planes, bytes);
  if (!total) raise_runtime_error("an array of this shape is more than memory can hold");
  if (*total == 0) return wrap(array, options, nullptr);  // Which refuses it.

  auto allocated = EncodedBytes::allocate(*total);
  if (!allocated.ok()) raise(allocated.status());
  const EncodedBytes memory = std::move(*allocated);
  std::uint8_t* out = memory.data();
  for (std::ptrdiff_t y = 0; y < array.shape[0]; ++y) {
    for (std::ptrdiff_t x = 0; x < array.shape[1]; ++x) {
      for (std::ptrdiff_t c = 0; c < planes; ++c, out += bytes) {
        const auto* in = static_cast<const std::uint8_t*>(array.data) + y * array.strides[0] +
                         x * array.strides[1] + c * plane_stride;
        if (array.swapped) {
          std::reverse_copy(in, in + bytes, out);
        } else {
          std::copy_n(in, bytes, out);
        }
      }
    }
  }
  Array packed = array;
  packed.data = memory.data();
  packed.read_only = packed.swapped = false;
  auto stride = static_cast<std::ptrdiff_t>(bytes);
  for (int i = array.ndim - 1; i >= 0; stride *= array.shape[i--]) packed.strides[i] = stride;
  return wrap(packed, options, memory.owner());
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
              swapped && buffer->itemsize > 1};
  for (int i = 0; i < buffer->ndim; ++i) {
    array.shape[i] = buffer->shape[i];
    array.strides[i] = buffer->strides[i];
  }
  if (buffer->suboffsets != nullptr) raise_runtime_error("an array of pointers cannot be an image");
  // A copy of bool: decoding into the array itself would put other values than 0 and 1 there.
  return boolean || !describable(array) ? copied(array, options) : wrap(array, options, buffer);
}

/// Objects that have numpy's interface and no buffer, such as Pillow's images.
Image import_interface(nb::handle source, nb::handle interface, const ImportOptions& options) {
  nb::dict facts;
  if (!nb::try_cast(interface, facts)) raise_runtime_error("__array_interface__ must be a dict");
  for (const char* key : {"shape", "typestr", "data", "version"}) {
    if (!facts.contains(key))
      raise_runtime_error(fmt::format("__array_interface__ lacks '{}'", key));
  }
  int version = 0;
  if (!nb::try_cast(nb::object(facts["version"]), version) || version < 2) {
    raise_runtime_error("__array_interface__ must be of version 2 or later");
  }
  nb::object array;
  try {
    array = nb::module_::import_("numpy").attr("asarray")(source);
  } catch (nb::python_error& error) {
    nb::raise_from(error, PyExc_RuntimeError, "numpy cannot read this __array_interface__");
  }
  return import_image(array, options);
}

SampleType type_of(const dlpack::DataType& type) {
  const char* codes =
      type.code == dlpack::kInt ? "b" : (type.code == dlpack::kUint ? "B" : nullptr);
  if (type.code == dlpack::kFloat) codes = type.bits == 16 ? "e" : (type.bits == 32 ? "f" : "d");
  if (type.code == dlpack::kBool && type.bits == 8) codes = "B";
  std::optional<SampleType> found;
  if (codes != nullptr && type.lanes == 1 && type.bits % 8 == 0)
    found = type_of(*codes, type.bits / 8);
  if (!found) {
    raise_runtime_error(
        fmt::format("a DLPack tensor of type (code {}, bits {}, lanes {}) is no image", type.code,
                    type.bits, type.lanes));
  }
  return *found;
}

Array array_of(const dlpack::Tensor& tensor, bool read_only) {
  if (tensor.device.type != dlpack::kCpu && tensor.device.type != dlpack::kCudaHost) {
    raise_runtime_error(
        "the DLPack tensor lies in device memory and glimt has no GPU here: copy it to the host "
        "first");
  }
  if (tensor.ndim != 2 && tensor.ndim != 3) {
    raise_runtime_error(fmt::format(
        "an image has 2 dimensions (height, width) or 3 (height, width, channels), not {}",
        tensor.ndim));
  }
  Array array{static_cast<std::uint8_t*>(tensor.data) + tensor.byte_offset,
              tensor.ndim,
              {},
              {},
              type_of(tensor.dtype),
              read_only};
  auto stride = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
  for (int i = tensor.ndim - 1; i >= 0; --i) {
    array.shape[i] = static_cast<std::ptrdiff_t>(tensor.shape[i]);
    const auto sample = static_cast<std::ptrdiff_t>(sample_bytes(array.type));
    array.strides[i] = tensor.strides != nullptr ? tensor.strides[i] * sample : stride;
    stride *= array.shape[i];
  }
  return array;
}

/// Takes the tensor out of the capsule; the image calls its deleter.
template <class Managed>
Image take_capsule(PyObject* capsule, const char* name, const char* used_name, bool read_only,
                   const ImportOptions& options) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
  if (managed == nullptr) throw nb::python_error();
  const Array array = array_of(managed->tensor, read_only);
  if (PyCapsule_SetName(capsule, used_name) != 0) throw nb::python_error();
  std::shared_ptr<void> owner(managed, [](Managed* self) {
    if (self->deleter != nullptr && Py_IsInitialized()) {
      const nb::gil_scoped_acquire gil;
      self->deleter(self);
    }
  });
  return describable(array) ? wrap(array, options, std::move(owner)) : copied(array, options);
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

Image import_producer(nb::handle source, const ImportOptions& options) {
  const int device = nb::cast<int>(nb::object(source.attr("__dlpack_device__")()[0]));
  if (device != dlpack::kCpu && device != dlpack::kCudaHost) {
    raise_runtime_error(
        "the array lies in device memory and glimt has no GPU here: copy it to the host first");
  }
  nb::object capsule;
  try {
    capsule = source.attr("__dlpack__")(
        nb::arg("max_version") = nb::make_tuple(dlpack::kVersion.major, dlpack::kVersion.minor));
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError)) throw;  // A producer older than DLPack 1.0.
    capsule = source.attr("__dlpack__")();
  }
  return import_capsule(capsule, options);
}

}  // namespace

Image import_dlpack(nb::handle source, const ImportOptions& options) {
  if (PyCapsule_CheckExact(source.ptr())) return import_capsule(source, options);
  if (nb::hasattr(source, "__dlpack__") && nb::hasattr(source, "__dlpack_device__")) {
    return import_producer(source, options);
  }
  raise_runtime_error("from_dlpack takes a DLPack capsule or an object with __dlpack__");
}

Image import_image(nb::handle source, const ImportOptions& options) {
  ImageObject* image = nullptr;
  if (nb::try_cast(source, image) && image != nullptr) {
    // Another view of the same pixels, which may call them something else.
    ImageSpec spec = image->image.spec();
    spec.sample_format = options.sample_format.value_or(spec.sample_format);
    spec.color_spec = options.color_spec.value_or(spec.color_spec);
    const std::uint32_t needed = channels_needed(spec.sample_format);
    if (spec.channels < needed) {
      raise_value_error(fmt::format("this sample_format needs {} channels, the image has {}",
                                    needed, spec.channels));
    }
    const Image& pixels = image->image;
    return Image::wrap(spec, pixels.strides(), pixels.data(), pixels.owner(),
                       pixels.capacity_bytes());
  }
  if (PyCapsule_CheckExact(source.ptr())) return import_capsule(source, options);
  if (PyObject_CheckBuffer(source.ptr())) return import_buffer(source, options);
  if (nb::object interface = nb::getattr(source, "__array_interface__", nb::none());
      !interface.is_none()) {
    return import_interface(source, interface, options);
  }
  if (nb::hasattr(source, "__dlpack__") && nb::hasattr(source, "__dlpack_device__")) {
    return import_producer(source, options);
  }
  if (nb::hasattr(source, "__cuda_array_interface__")) {
    raise_runtime_error(
        "the array lies in device memory and glimt has no GPU here: copy it to the host first");
  }
  raise_runtime_error(fmt::format(
      "{} is no image: it has neither __array_interface__ nor __dlpack__, and is no buffer",
      nb::type_name(source.type()).c_str()));
}

}  // namespace glimt::python
