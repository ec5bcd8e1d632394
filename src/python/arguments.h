// SPDX-FileCopyrightText: The glimt authors
// SPDX-License-Identifier: Apache-2.0
//
// Types of arguments, where those of nanobind accept other objects than nvImageCodec's API.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <utility>

namespace glimt::python {

/// A bool: whatever has a truth value of its own, as numbers and numpy.bool have. Containers and
/// strings are a TypeError.
struct Flag {
  bool value = false;
};

/// The default of a Given argument, which no caller can name.
inline nanobind::handle not_given() {
  static PyObject* const object =
      PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type));
  return object;
}

/// An argument that knows whether it was given. Unlike std::optional it refuses None.
template <class T>
struct Given {
  std::optional<T> value;
  [[nodiscard]] T value_or(T fallback) const { return value.value_or(std::move(fallback)); }
};

}  // namespace glimt::python

namespace nanobind::detail {

template <>
struct type_caster<glimt::python::Flag> {
  NB_TYPE_CASTER(glimt::python::Flag, const_name("bool"))

  template <class Flags>
  bool from_python(handle source, Flags, cleanup_list*) noexcept {
    value.value = source.ptr() == Py_True;
    if (PyBool_Check(source.ptr())) return true;
    const PyNumberMethods* number = Py_TYPE(source.ptr())->tp_as_number;
    if (number == nullptr || number->nb_bool == nullptr) return false;
    const int truth = PyObject_IsTrue(source.ptr());
    if (truth < 0) PyErr_Clear();
    value.value = truth == 1;
    return truth >= 0;
  }
  static handle from_cpp(glimt::python::Flag flag, rv_policy, cleanup_list*) noexcept {
    return PyBool_FromLong(flag.value);
  }
};

template <class T>
struct type_caster<glimt::python::Given<T>> {
  NB_TYPE_CASTER(glimt::python::Given<T>, make_caster<T>::Name)

  template <class Flags>
  bool from_python(handle source, Flags flags, cleanup_list* cleanup) noexcept {
    value.value.reset();
    if (source.is(glimt::python::not_given())) return true;
    make_caster<T> caster;
    if (!caster.from_python(source, flags, cleanup)) return false;
    value.value = caster.operator cast_t<T>();
    return true;
  }
};

}  // namespace nanobind::detail
