// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
#include "python/source.h"

#include <fmt/format.h>

#include <cstring>

#include "python/errors.h"

namespace nb = nanobind;

namespace glimt::python {
namespace {

CodeStream stream_of_bytes(nb::handle bytes, const StreamView& view) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(bytes.ptr()));
  const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()));
  return CodeStream::from_bytes({data, size}, keep_alive(nb::borrow(bytes)), view);
}

/// Whatever numpy can make of it, each value cast to a byte.
CodeStream stream_of_array(nb::handle data, const StreamView& view) {
  nb::object array, bytes;
  try {
    array = nb::module_::import_("numpy").attr("asarray")(data);
    bytes = array.attr("astype")("uint8").attr("tobytes")();
  } catch (nb::python_error& error) {
    const std::string type = nb::type_name(data.type()).c_str();
    nb::raise_from(error, PyExc_TypeError, "encoded data cannot be read from this %s",
                   type.c_str());
  }
  if (nb::cast<int>(array.attr("ndim")) != 1) {
    raise_value_error("encoded data must be a 1-D array of uint8, not one of shape " +
                      std::string(nb::str(nb::object(array.attr("shape"))).c_str()));
  }
  return stream_of_bytes(bytes, view);
}

bool holds_bytes(const Py_buffer& view) {
  return view.itemsize == 1 &&
         (view.format == nullptr || std::strpbrk(view.format, "Bbc?") != nullptr);
}

CodeStream stream_of_buffer(nb::handle data, const StreamView& view) {
  const std::shared_ptr<Py_buffer> buffer = hold_buffer(data, PyBUF_FULL_RO);
  if (buffer->ndim != 1) {
    raise_value_error(fmt::format(
        "encoded data must have one dimension, not {}: pass array.ravel()", buffer->ndim));
  }
  if (!holds_bytes(*buffer)) return stream_of_array(data, view);
  const auto size = static_cast<std::size_t>(buffer->len);
  if (!PyBuffer_IsContiguous(buffer.get(), 'C')) {
    nb::object copy = nb::steal(PyBytes_FromStringAndSize(nullptr, buffer->len));
    if (!copy.is_valid() ||
        PyBuffer_ToContiguous(PyBytes_AS_STRING(copy.ptr()), buffer.get(), buffer->len, 'C') != 0) {
      throw nb::python_error();
    }
    return stream_of_bytes(copy, view);
  }
  return CodeStream::from_bytes({static_cast<const std::uint8_t*>(buffer->buf), size}, buffer,
                                view);
}

bool has(nb::handle object, const char* name) {
  return PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())), name) == 1;
}

/// Not of the type alone: what wraps a file (tempfile does) hands its attributes through.
bool is_file(nb::handle object) { return PyObject_HasAttrString(object.ptr(), "read") == 1; }

}  // namespace

bool is_path(nb::handle object) {
  return PyUnicode_Check(object.ptr()) || has(object, "__fspath__");
}

bool is_filename(nb::handle object) { return is_path(object) || PyBytes_Check(object.ptr()); }

namespace {

/// An attribute; null when there is none or it refuses to tell.
nb::object attribute(nb::handle object, const char* name) noexcept {
  nb::object found = nb::steal(PyObject_GetAttrString(object.ptr(), name));
  PyErr_Clear();
  return found;
}

bool is_array(nb::handle object) {
  return has(object, "__array_interface__") || has(object, "__array__");
}

/// An array of rows, or of Python objects or names. One of numbers in a row is one stream.
bool is_array_of_several(nb::handle array) noexcept {
  const nb::object ndim = attribute(array, "ndim");
  long dimensions = ndim.is_valid() ? PyLong_AsLong(ndim.ptr()) : 0;
  PyErr_Clear();
  if (dimensions != 1) return dimensions > 1;
  const nb::object dtype = attribute(array, "dtype");
  const nb::object kind = dtype.is_valid() ? attribute(dtype, "kind") : nb::object();
  if (!kind.is_valid() || !PyUnicode_Check(kind.ptr()) || PyUnicode_GetLength(kind.ptr()) != 1) {
    return false;
  }
  const Py_UCS4 code = PyUnicode_ReadChar(kind.ptr(), 0);
  return code == 'O' || code == 'U';
}

}  // namespace

bool is_batch(nb::handle object) noexcept {
  PyObject* o = object.ptr();
  if (PyList_Check(o)) return true;
  if (PyTuple_Check(o)) return PyTuple_GET_SIZE(o) == 0 || !PyLong_Check(PyTuple_GET_ITEM(o, 0));
  if (o == Py_None || PyBytes_Check(o) || PyUnicode_Check(o) ||
      nb::isinstance<StreamObject>(object)) {
    return false;
  }
  if (PyGen_Check(o) || PyAnySet_Check(o) || PyDictViewSet_Check(o) ||
      PyObject_TypeCheck(o, &PyDictValues_Type)) {
    return true;
  }
  if (!PySequence_Check(o)) return false;
  if (is_array(object)) return is_array_of_several(object);
  return !PyObject_CheckBuffer(o) && !is_path(object) && !is_file(object);
}

bool is_sequence(nb::handle object) {
  return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
}

bool is_single(nb::handle object) { return !is_batch(object); }

bool is_data(nb::handle object) {
  if (is_path(object)) return false;
  if (PyObject_CheckBuffer(object.ptr())) return true;
  if (PyLong_Check(object.ptr())) return false;
  // A float is an array without dimensions, as in the rival: ValueError rather than TypeError.
  return is_sequence(object) || PyFloat_Check(object.ptr()) || is_file(object) || is_array(object);
}

std::string path_of(nb::handle object) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(object.ptr(), &encoded) == 0) {
    if (!PyErr_ExceptionMatches(PyExc_ValueError)) throw nb::python_error();
    PyErr_Clear();
    throw nb::type_error("a path cannot hold a NUL character");
  }
  nb::object bytes = nb::steal(encoded);
  return {PyBytes_AS_STRING(encoded), static_cast<std::size_t>(PyBytes_GET_SIZE(encoded))};
}

CodeStream stream_of_data(nb::handle data, const StreamView& view) {
  if (PyBytes_CheckExact(data.ptr())) return stream_of_bytes(data, view);
  if (PyObject_CheckBuffer(data.ptr())) return stream_of_buffer(data, view);
  if (is_file(data)) {
    nb::object content = data.attr("read")();
    if (!PyObject_CheckBuffer(content.ptr())) {
      throw nb::type_error("a file object must be opened in binary mode: open(path, \"rb\")");
    }
    return stream_of_data(content, view);
  }
  return stream_of_array(data, view);
}

namespace {

/// The same, with TypeError for arrays of several dimensions, too: they are no source.
CodeStream stream_to_decode(nb::handle data) {
  try {
    return stream_of_data(data);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    nb::raise_from(error, PyExc_TypeError, "cannot decode from this %s",
                   Py_TYPE(data.ptr())->tp_name);
  }
}

}  // namespace

Source source_of(nb::handle object) {
  Source source;
  StreamObject* stream = nullptr;
  if (PyBytes_CheckExact(object.ptr())) {
    source.stream = stream_of_data(object);
  } else if (nb::try_cast(object, stream) && stream != nullptr) {
    source.stream = stream->stream;
    const RegionObject* region =
        stream->view != nullptr && stream->view->region ? &*stream->view->region : nullptr;
    if (region != nullptr && region->ndim != 2) {
      source.refusal =
          Status(Code::unsupported,
                 fmt::format("a region of {} dimensions: images have two", region->ndim));
    } else if (stream->stream.empty()) {
      source.refusal = Status(Code::unsupported, "nothing has been encoded into this CodeStream");
    }
  } else if (object.is_none()) {
    source.refusal = Status(Code::unsupported, "the source is None");
  } else if (is_path(object)) {
    source.path = path_of(object);
    if (source.path.empty()) {
      raise_file_error(source.path, Status(Code::bad_argument, "the path is empty"));
    }
  } else if (is_data(object) && !is_batch(object)) {
    source.stream = stream_to_decode(object);
  } else {
    const std::string type = nb::type_name(object.type()).c_str();
    throw nb::type_error(
        ("cannot decode from " + type +
         ": use a path, bytes, a 1-D uint8 array, a binary file object or a CodeStream")
            .c_str());
  }
  return source;
}

std::string describe(nb::handle object) {
  StreamObject* stream = nullptr;
  if (nb::try_cast(object, stream) && stream != nullptr) {
    if (!stream->stream.empty() && !stream->stream.path().empty()) {
      return fmt::format("CodeStream of '{}'", stream->stream.path());
    }
    return fmt::format("CodeStream of {} bytes", stream->bytes().size());
  }
  if (object.is_none()) return "None";
  if (is_path(object)) return nb::repr(object).c_str();
  const Py_ssize_t size = PyObject_Size(object.ptr());
  if (size < 0) PyErr_Clear();
  const std::string type = nb::type_name(object.type()).c_str();
  return size < 0 ? type : fmt::format("{} of length {}", type, size);
}

}  // namespace glimt::python
