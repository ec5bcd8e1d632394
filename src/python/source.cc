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
  nb::object array = nb::module_::import_("numpy").attr("asarray")(data);
  if (nb::cast<int>(array.attr("ndim")) != 1) {
    raise_value_error("encoded data must be a 1-D array of uint8, not one of shape " +
                      std::string(nb::str(nb::object(array.attr("shape"))).c_str()));
  }
  nb::object bytes = array.attr("astype")("uint8").attr("tobytes")();
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

}  // namespace

bool is_path(nb::handle object) {
  return PyUnicode_Check(object.ptr()) || has(object, "__fspath__");
}

bool is_batch(nb::handle object) {
  if (PyList_Check(object.ptr())) return true;
  if (!PyTuple_Check(object.ptr())) return false;
  return PyTuple_GET_SIZE(object.ptr()) == 0 || !PyLong_Check(PyTuple_GET_ITEM(object.ptr(), 0));
}

bool is_sequence(nb::handle object) {
  return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
}

bool is_single(nb::handle object) { return !is_batch(object); }

bool is_data(nb::handle object) {
  if (PyObject_CheckBuffer(object.ptr())) return true;
  if (is_path(object) || PyLong_Check(object.ptr())) return false;
  return is_sequence(object) || has(object, "read") || has(object, "__array_interface__") ||
         has(object, "__array__");
}

std::string path_of(nb::handle object) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(object.ptr(), &encoded) == 0) throw nb::python_error();
  nb::object bytes = nb::steal(encoded);
  return {PyBytes_AS_STRING(encoded), static_cast<std::size_t>(PyBytes_GET_SIZE(encoded))};
}

CodeStream stream_of_data(nb::handle data, const StreamView& view) {
  if (PyBytes_CheckExact(data.ptr())) return stream_of_bytes(data, view);
  if (PyObject_CheckBuffer(data.ptr())) return stream_of_buffer(data, view);
  if (has(data, "read")) {
    nb::object content = data.attr("read")();
    if (!PyObject_CheckBuffer(content.ptr())) {
      throw nb::type_error("a file object must be opened in binary mode: open(path, \"rb\")");
    }
    return stream_of_data(content, view);
  }
  return stream_of_array(data, view);
}

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
  } else if (is_data(object) && !is_batch(object)) {
    source.stream = stream_of_data(object);
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
